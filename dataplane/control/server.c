/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The listening socket. Every user of the machine may connect and look (mode 0666 unless --socket-mode says otherwise);
 * who may change things is decided per connection by the peer's credentials, see control/conn.c.
 */
#include "control/server.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "control/conn.h"

RD_LOG_MODULE(server);

// The folder is made if it is missing, and locked while we look whether the socket is in use, so that two daemons that
// start at once can't both think that it is not. A descriptor or -errno.
static int lock_folder(const char *path, struct rd_err *err)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *dir;
	int fd, ret;

	rd_str_copy(copy, sizeof(copy), path);
	dir = dirname(copy);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		ret = -errno;
		rd_err_set(err, ret, "can't make the socket's folder %s: %s", dir, strerror(-ret));
		rd_err_hint(err, "another place: --socket PATH");
		return ret;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		rd_err_set(err, ret, "can't open the socket's folder %s: %s", dir, strerror(-ret));
		rd_err_hint(err, "another place: --socket PATH");
		return ret;
	}
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (i < 100) {
			usleep(20000);
			continue;
		}
		close(fd);
		return rd_err_set(err, -EBUSY, "%s is locked by another program", dir);
	}
	return fd;
}

// -EADDRINUSE when somebody listens there; a socket that nobody listens on is removed.
static int clear_stale(const struct sockaddr_un *sa, struct rd_err *err)
{
	struct stat st;
	int fd, ret;

	if (lstat(sa->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		rd_err_set(err, -EEXIST, "%s exists and is no socket", sa->sun_path);
		rd_err_hint(err, "another place: --socket PATH");
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return rd_err_set(err, -errno, "socket: %s", strerror(errno));
	ret = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	ret = ret == 0 || errno != ECONNREFUSED ? -EADDRINUSE : 0;
	close(fd);
	if (ret < 0) {
		rd_err_set(err, ret, "a daemon is serving at %s already", sa->sun_path);
		rd_err_hint(
			err, "end it with: reddot daemon stop; or give this one another --socket");
		return ret;
	}
	unlink(sa->sun_path);
	return 0;
}

static int bind_socket(
	struct rd_server *srv, const struct sockaddr_un *sa, mode_t mode, struct rd_err *err)
{
	struct stat st;
	int ret = 0;

	srv->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (srv->sock < 0 || bind(srv->sock, (const struct sockaddr *)sa, sizeof(*sa)) < 0) {
		ret = -errno;
		goto fail;
	}
	srv->path = strdup(sa->sun_path);
	if (srv->path == NULL || chmod(sa->sun_path, mode) < 0 || lstat(sa->sun_path, &st) < 0
		|| listen(srv->sock, 64) < 0) {
		ret = -errno;
		unlink(sa->sun_path);
		goto fail;
	}
	srv->ino = st.st_ino;
	srv->dev = st.st_dev;
	return 0;
fail:
	rd_err_set(err, ret, "can't make the socket %s: %s", sa->sun_path, strerror(-ret));
	rd_err_hint(err, "another place: --socket PATH");
	return ret;
}

int rd_server_listen(struct rd_server *srv, const char *path, mode_t mode, struct rd_err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int lock, ret;

	*srv = (struct rd_server){.sock = -1};
	if (rd_str_copy(sa.sun_path, sizeof(sa.sun_path), path) < 0)
		return rd_err_set(err, -ENAMETOOLONG,
			"the socket's path has more than %zu bytes: %s", sizeof(sa.sun_path) - 1,
			path);
	lock = lock_folder(sa.sun_path, err);
	if (lock < 0)
		return lock;
	ret = clear_stale(&sa, err);
	if (ret == 0)
		ret = bind_socket(srv, &sa, mode, err);
	if (ret < 0)
		rd_server_close(srv);
	close(lock);
	return ret;
}

// Users who may only look share half of the places, so that they can't keep the others out.
static bool has_room(const struct rd_server *srv, const struct rd_conn *fresh)
{
	unsigned readers = 0;

	for (const struct rd_conn *c = srv->conns; c != NULL; c = c->next)
		readers += !c->admin;
	return fresh->admin || readers < RD_CONN_MAX / 2;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct rd_server *srv = arg;
	int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct rd_conn *c;

	(void)what;
	if (sock < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			rd_log_warn("a client could not be accepted: %s", strerror(errno));
		return;
	}
	if (srv->nb_conns >= RD_CONN_MAX) {
		rd_log_warn(
			"a client was refused: there are %u connections already", srv->nb_conns);
		close(sock);
		return;
	}
	c = rd_conn_new(srv, srv->ctl, sock);
	if (c == NULL) {
		rd_log_warn("a client was refused: out of memory");
		return;
	}
	if (!has_room(srv, c)) {
		rd_log_warn("a client of uid %u was refused: %d of its kind are connected",
			(unsigned)c->uid, RD_CONN_MAX / 2);
		rd_conn_free(c);
		return;
	}
	c->next = srv->conns;
	if (c->next != NULL)
		c->next->prev = c;
	srv->conns = c;
	srv->nb_conns++;
}

int rd_server_serve(struct rd_server *srv, struct rd_ctl *ctl)
{
	srv->ctl = ctl;
	srv->ev_accept = event_new(ctl->base, srv->sock, EV_READ | EV_PERSIST, on_accept, srv);
	if (srv->ev_accept == NULL || event_add(srv->ev_accept, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void rd_server_close(struct rd_server *srv)
{
	struct stat st;

	while (srv->conns != NULL)
		rd_conn_free(srv->conns);
	if (srv->ev_accept != NULL)
		event_free(srv->ev_accept);
	if (srv->path != NULL) {
		if (lstat(srv->path, &st) == 0 && st.st_ino == srv->ino && st.st_dev == srv->dev)
			unlink(srv->path);
		close(srv->sock);
	} else if (srv->sock > 0) {
		close(srv->sock);
	}
	free(srv->path);
	*srv = (struct rd_server){.sock = -1};
}
