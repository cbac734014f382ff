/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The connection to the daemon, for main and the shell. A signal handler ends a wait by asking the daemon to end its answer, so
 * that the connection lives on, and with it what the daemon keeps for it: a firewall's draft. A daemon that does not answer, and
 * a second signal, end it by shutting the socket down. Both work whether the signal came before or during the wait.
 */
#include "shell/link.h"

#include "engine/clean.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 3 // for the end of an answer that was to end

// For the signal handlers.
static volatile sig_atomic_t stopped;
static volatile sig_atomic_t busy_fd = -1;
static struct rd_client *volatile busy; // has a call that can be ended

static void hang_up(int number)
{
	(void)number;
	if (busy_fd >= 0)
		shutdown(busy_fd, SHUT_RDWR);
}

void rd_link_stop(void)
{
	int saved = errno;

	if (stopped || busy == NULL) {
		hang_up(0);
	} else {
		alarm(PATIENCE_S);
		rd_client_cancel(busy);
	}
	stopped = 1;
	errno = saved;
}

bool rd_link_stopped(void)
{
	return stopped;
}

void rd_link_go_on(void)
{
	stopped = 0;
}

int rd_link_fd(const struct rd_link *l)
{
	return l->client != NULL ? rd_client_fd(l->client) : -1;
}

void rd_link_close(struct rd_link *l)
{
	rd_client_close(l->client);
	l->client = NULL;
}

// Between calls the daemon sends nothing: what can be read is the end.
bool rd_link_alive(struct rd_link *l)
{
	struct pollfd p = {.fd = rd_link_fd(l), .events = POLLIN};

	if (l->client != NULL && poll(&p, 1, 0) != 0)
		rd_link_close(l);
	return l->client != NULL;
}

int rd_link_open(struct rd_link *l, struct rd_err *err)
{
	int fd;

	if (rd_link_alive(l))
		return 0;
	fd = rd_client_dial(l->socket, err);
	if (fd >= 0) {
		sigaction(SIGALRM, &(struct sigaction){.sa_handler = hang_up}, NULL);
		busy_fd = fd;
		l->client = rd_client_greet(fd, l->socket, "reddot", err);
		busy_fd = -1;
	}
	if (l->client != NULL) {
		rd_client_heed(l->client, rd_link_stopped);
		return 0;
	}
	return err != NULL && err->code < 0 ? err->code : -ENOTCONN;
}

// Around the receiver of a call's items.
struct taker {
	rd_client_item_fn each;
	void *arg;
	struct rd_client *client;
	int left; // what the receiver ended it with
};

// A list that nobody wants any more is ended; what was on its way is read, so that the connection lives on.
static int take(void *arg, const json_t *item)
{
	struct taker *t = arg;

	if (t->left != 0 || stopped)
		return 0;
	t->left = t->each(t->arg, item);
	if (t->left != 0)
		rd_client_cancel(t->client);
	return 0;
}

// The wish to stop may have come before anybody could act on it.
static void begin_busy(struct rd_client *c)
{
	busy_fd = rd_client_fd(c);
	busy = c;
	if (stopped)
		alarm(PATIENCE_S);
}

static void end_busy(void)
{
	busy = NULL;
	busy_fd = -1;
	alarm(0);
}

int rd_link_call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	struct rd_link *l = arg;
	struct taker t = {.each = each, .arg = each_arg};
	struct rd_err mine = {0};
	int ret = stopped ? -EINTR : rd_link_open(l, err);

	if (ret < 0) {
		json_decref(params);
		return ret;
	}
	t.client = l->client;
	begin_busy(l->client);
	ret = rd_client_call(
		l->client, method, params, each != NULL ? take : NULL, &t, result, &mine);
	end_busy();
	if (t.left != 0) { // what ended the rest is no news
		if (ret == 0 && result != NULL) {
			json_decref(*result);
			*result = NULL;
		}
		return t.left;
	}
	if (ret < 0 && err != NULL && err->code == 0)
		*err = mine;
	return ret;
}

const char *rd_link_name(const struct rd_link *l, char *buf, size_t size)
{
	const json_t *hello = l->client != NULL ? rd_client_hello(l->client) : NULL;
	const char *host = json_string_value(json_object_get(hello, "default_host"));
	const char *role = json_string_value(json_object_get(hello, "role"));
	char name[128];

	if (hello == NULL) {
		snprintf(buf, size, "not connected");
		return buf;
	}
	rd_clean(host != NULL ? host : "", host != NULL ? strlen(host) : 0, 40, name, sizeof(name));
	snprintf(buf, size, "%s%s", name[0] != '\0' ? name : "no host",
		role != NULL && strcmp(role, "admin") == 0 ? "" : " (read-only)");
	return buf;
}
