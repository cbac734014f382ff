/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asks the daemon, see live.h. One question at a time: `ask` and `answer` are handed over under the lock, everything else belongs to
 * the asking thread.
 */
#include "walk/live.h"

#include "api/client.h"
#include "engine/cli.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 10
#define RECENT 1000 // drops

struct rd_live {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool asked, leave;
	struct rd_live_ask ask;
	json_t *answer;
	int fd; // eventfd
	int socket; // of the client, -1: none; shut down to end a wait
	struct rd_client *client; // the thread's
};

static bool greet(struct rd_live *l, int fd, struct rd_err *err)
{
	bool leave;

	pthread_mutex_lock(&l->lock);
	leave = l->leave;
	l->socket = leave ? -1 : fd;
	pthread_mutex_unlock(&l->lock);
	if (leave) {
		close(fd);
		return false;
	}
	l->client = rd_client_greet(fd, NULL, "reddot walk", err);
	if (l->client == NULL) {
		pthread_mutex_lock(&l->lock);
		l->socket = -1;
		pthread_mutex_unlock(&l->lock);
		return false;
	}
	rd_client_patience(l->client, PATIENCE_S);
	return true;
}

static void hang_up(struct rd_live *l)
{
	pthread_mutex_lock(&l->lock);
	l->socket = -1;
	pthread_mutex_unlock(&l->lock);
	rd_client_close(l->client);
	l->client = NULL;
}

static bool connected(struct rd_live *l, struct rd_err *err)
{
	int fd = l->client == NULL ? rd_client_dial(NULL, err) : -1;

	return l->client != NULL || (fd >= 0 && greet(l, fd, err));
}

// Asks for a list and puts it under a name. A connection that broke is made anew by the next question.
static void put_list(
	struct rd_live *l, json_t *answer, const char *name, const char *method, json_t *params)
{
	struct rd_err err = {0};
	json_t *list = l->client != NULL ? rd_client_list(l->client, method, params, &err) : NULL;

	if (list != NULL) {
		json_object_set_new(answer, name, list);
		return;
	}
	json_object_set_new(answer, "error", json_string(err.what));
	if (err.code == -ECONNRESET || err.code == -EPIPE || err.code == -ETIMEDOUT)
		hang_up(l);
}

static json_t *flow_params(const struct rd_wk_tuple *t, bool turned)
{
	json_t *p = json_pack("{s:s, s:s, s:i}", "src", turned ? t->dst : t->src, "dst",
		turned ? t->src : t->dst, "limit", 20);

	if (t->proto != 0)
		json_object_set_new(p, "proto", json_integer(t->proto));
	if (t->ports) {
		json_object_set_new(p, "sport", json_integer(turned ? t->dport : t->sport));
		json_object_set_new(p, "dport", json_integer(turned ? t->sport : t->dport));
	}
	return p;
}

static void put_flows(struct rd_live *l, json_t *answer, const struct rd_wk_tuple *t)
{
	if (!t->is_ip)
		return;
	put_list(l, answer, "flows", "flow.list", flow_params(t, false));
	put_list(l, answer, "back", "flow.list", flow_params(t, true));
	json_array_extend(json_object_get(answer, "flows"), json_object_get(answer, "back"));
	json_object_del(answer, "back");
}

static void put_rules(struct rd_live *l, json_t *answer, const char *port)
{
	struct rd_err err = {0};
	json_t *revision = NULL;

	put_list(l, answer, "rules", "dfw.list", json_pack("{s:s}", "port", port));
	put_list(l, answer, "policy", "dfw_rule.list", json_pack("{s:s}", "port", port));
	if (l->client == NULL
		|| rd_client_call(l->client, "dfw.revision", NULL, NULL, NULL, &revision, &err) < 0)
		return;
	json_object_set(answer, "revision", json_object_get(revision, "revision"));
	json_decref(revision);
}

static int call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	const struct rd_live *l = arg;

	return rd_client_call(l->client, method, params, each, each_arg, result, err);
}

// The commands in a tree of their own, so they are exactly what a person would type.
static void run_lines(struct rd_live *l, json_t *answer, const struct rd_live_ask *ask)
{
	const struct rd_cli_transport transport = {call, l};
	struct rd_cli *cli = rd_cli_new(&transport);
	struct rd_err err = {0};
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	int ret = cli != NULL && out != NULL ? rd_cmds_register(cli) : -ENOMEM;

	if (ret == 0)
		rd_cli_set_output(cli, out);
	for (unsigned i = 0; i < RD_LIVE_LINES && ret == 0 && ask->line[i][0] != '\0'; i++)
		ret = rd_cli_run_line(cli, ask->line[i], &err);
	rd_cli_free(cli);
	if (out != NULL)
		fclose(out);
	json_object_set_new(answer, ret < 0 ? "error" : "said",
		json_string(ret < 0	       ? err.what
				: said != NULL ? said
					       : ""));
	free(said);
}

static json_t *answer_of(struct rd_live *l, const struct rd_live_ask *ask)
{
	json_t *answer =
		json_pack("{s:I, s:i}", "walk", (json_int_t)ask->walk, "parts", (int)ask->parts);
	struct rd_err err = {0};

	if (answer == NULL || !connected(l, &err)) {
		json_object_set_new(answer, "error", json_string(err.what));
		return answer;
	}
	if (ask->line[0][0] != '\0')
		run_lines(l, answer, ask);
	if (ask->parts & RD_LIVE_MAP) {
		put_list(l, answer, "ports", "port.list", NULL);
		put_list(l, answer, "stages", "stage.list", NULL);
	}
	if (ask->parts & RD_LIVE_FLOW)
		put_flows(l, answer, &ask->tuple);
	if (ask->parts & RD_LIVE_DFW && ask->port[0] != '\0')
		put_rules(l, answer, ask->port);
	if (ask->parts & RD_LIVE_MIRROR)
		put_list(l, answer, "mirrors", "mirror.list", NULL);
	if (ask->parts & RD_LIVE_RECENT)
		put_list(l, answer, "recent", "drop.recent", json_pack("{s:i}", "count", RECENT));
	return answer;
}

static void *run(void *arg)
{
	struct rd_live *l = arg;
	struct rd_live_ask ask;
	json_t *answer;

	pthread_mutex_lock(&l->lock);
	while (!l->leave) {
		if (!l->asked || l->answer != NULL) {
			pthread_cond_wait(&l->wake, &l->lock);
			continue;
		}
		ask = l->ask;
		pthread_mutex_unlock(&l->lock);
		answer = answer_of(l, &ask);
		pthread_mutex_lock(&l->lock);
		l->answer = answer;
		l->asked = false;
		if (eventfd_write(l->fd, 1) < 0)
			break; // can't be: the counter is far from its end
	}
	pthread_mutex_unlock(&l->lock);
	rd_client_close(l->client);
	return NULL;
}

// Signals are the screen's: the thread blocks them all.
static int start(struct rd_live *l)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

struct rd_live *rd_live_open(struct rd_err *err)
{
	struct rd_live *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (l == NULL) {
		rd_err_set(err, ret, "out of memory");
		return NULL;
	}
	l->socket = -1;
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	ret = l->fd >= 0 ? start(l) : -errno;
	if (ret == 0)
		return l;
	rd_err_set(err, ret, "no thread to ask the daemon: %s", strerror(-ret));
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return NULL;
}

void rd_live_close(struct rd_live *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->leave = true;
	if (l->socket >= 0)
		shutdown(l->socket, SHUT_RDWR);
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	json_decref(l->answer);
	close(l->fd);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	free(l);
}

int rd_live_fd(const struct rd_live *l)
{
	return l->fd;
}

bool rd_live_ask(struct rd_live *l, const struct rd_live_ask *ask)
{
	bool is_free;

	pthread_mutex_lock(&l->lock);
	is_free = !l->asked && l->answer == NULL;
	if (is_free) {
		l->ask = *ask;
		l->asked = true;
		pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
	return is_free;
}

json_t *rd_live_take(struct rd_live *l)
{
	eventfd_t n;
	json_t *answer;

	pthread_mutex_lock(&l->lock);
	answer = l->answer;
	l->answer = NULL;
	pthread_cond_signal(&l->wake);
	if (eventfd_read(l->fd, &n) < 0)
		n = 0; // nothing was there
	pthread_mutex_unlock(&l->lock);
	return answer;
}
