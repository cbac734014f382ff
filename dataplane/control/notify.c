/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See notify.h. One datagram of NAME=value lines, as sd_notify(3) documents it; libsystemd would be a dependency for these few lines.
 *
 * The watchdog is fed after every worker has answered a call: a worker that hangs keeps control waiting, and systemd starts the daemon anew.
 */
#include "control/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "core/worker.h"

#define TEXT_MAX 512
#define STATUS_S 10 // how often without a watchdog

static struct event *tick;
static char last_status[TEXT_MAX - 16];

// A path, or "@name" of the abstract namespace.
static socklen_t parse(const char *name, struct sockaddr_un *sa)
{
	size_t len = name != NULL ? strlen(name) : 0;

	if (len < 2 || len >= sizeof(sa->sun_path) || (name[0] != '/' && name[0] != '@'))
		return 0;
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(sa->sun_path, name, len);
	if (name[0] == '@')
		sa->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
}

static void tell(const char *text)
{
	struct sockaddr_un sa;
	socklen_t len = parse(getenv("NOTIFY_SOCKET"), &sa);
	int fd = len > 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;

	if (fd < 0)
		return;
	// Nobody to tell it to when systemd does not listen.
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&sa, len);
	close(fd);
}

static void status(char *buf, size_t size)
{
	unsigned ports = 0;

	for (uint16_t i = 1; i < rd_port_bound(); i++)
		ports += rd_port_at(i) != NULL;
	snprintf(buf, size, "STATUS=%u port%s, %u worker%s", ports, ports == 1 ? "" : "s",
		rd_nb_workers, rd_nb_workers == 1 ? "" : "s");
}

static void nothing(struct rd_worker *w, void *arg)
{
	(void)w;
	(void)arg;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	char text[sizeof(last_status)];

	(void)fd;
	(void)what;
	(void)arg;
	rd_worker_call_all(nothing, NULL);
	tell("WATCHDOG=1");
	status(text, sizeof(text));
	if (strcmp(text, last_status) != 0)
		tell(text);
	(void)rd_str_copy(last_status, sizeof(last_status), text);
}

// Half of what systemd waits, if the watchdog is meant for us.
static struct timeval period(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	struct timeval tv = {.tv_sec = STATUS_S};
	uint64_t us;

	if (usec == NULL || rd_parse_u64(usec, 2000, UINT64_MAX, &us) < 0
		|| (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return tv;
	tv.tv_sec = (time_t)(us / 2 / 1000000);
	tv.tv_usec = (suseconds_t)(us / 2 % 1000000);
	return tv;
}

void rd_notify_serving(struct rd_ctl *ctl)
{
	char text[TEXT_MAX];
	struct timeval tv = period();

	if (getenv("NOTIFY_SOCKET") == NULL)
		return;
	status(last_status, sizeof(last_status));
	snprintf(text, sizeof(text), "READY=1\n%s", last_status);
	tell(text);
	tick = event_new(ctl->base, -1, EV_PERSIST, on_tick, NULL);
	if (tick != NULL)
		(void)event_add(tick, &tv);
}

void rd_notify_ending(void)
{
	tell("STOPPING=1");
	if (tick != NULL)
		event_free(tick);
	tick = NULL;
}
