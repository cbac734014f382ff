/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening a client's connection: connect, hello, and errors that tell what to do. One thread.
 */
#include "api/client_priv.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// Behind 31 others that begin captures at once: each takes control 50 ms for its rings, and more on a machine that others use.
#define HELLO_TIMEOUT_S 60

static int connect_error(struct rd_err *err, int code, const char *path)
{
	switch (code) {
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		rd_err_set(err, code, "reddotd is not running at %s", path);
		rd_err_hint(err, "start it: reddotd -f FILE, or name its socket with --socket");
		break;
	case -EACCES:
	case -EPERM:
		rd_err_set(err, code, "no permission to use reddotd's socket %s", path);
		rd_err_hint(err, "run as the daemon's user or as root, or join the group reddot");
		break;
	case -EAGAIN:
		rd_err_set(err, code, "reddotd at %s takes no connections at the moment", path);
		rd_err_hint(err, "again; it is busy or stopped");
		break;
	case -EPROTOTYPE:
		rd_err_set(err, code, "%s is a socket, but not reddotd's", path);
		rd_err_hint(err, "name reddotd's socket with --socket");
		break;
	default:
		rd_err_set(err, code, "can't connect to %s: %s", path, strerror(-code));
	}
	return -1;
}

int rd_client_connect(const char *path, struct rd_err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd, rc;

	if (rd_str_copy(sa.sun_path, sizeof(sa.sun_path), path) < 0) {
		rd_err_set(err, -ENAMETOOLONG, "the socket's path is too long: %s", path);
		rd_err_hint(err, "a path of at most %zu bytes", sizeof(sa.sun_path) - 1);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return connect_error(err, -errno, path);
	do
		rc = connect(fd, (const struct sockaddr *)&sa, sizeof(sa));
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return fd;
	rc = -errno;
	close(fd);
	return connect_error(err, rc, path);
}

static void set_timeout(int fd, time_t seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	// A failure only means that a mute peer is waited for longer.
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

void rd_client_patience(struct rd_client *c, unsigned seconds)
{
	set_timeout(c->fd, (time_t)seconds);
}

static int check_version(const json_t *hello, const char *path, struct rd_err *err)
{
	const json_t *version = json_object_get(hello, "version");

	if (!json_is_integer(version))
		return rd_err_set(err, -EPROTO, "%s does not speak reddot's protocol", path);
	if (json_integer_value(version) == RD_PROTO_VERSION)
		return 0;
	rd_err_set(err, -EPROTO, "reddotd at %s speaks protocol version %lld, this program %d",
		path, (long long)json_integer_value(version), RD_PROTO_VERSION);
	rd_err_hint(err, "programs and daemon from the same release");
	return -EPROTO;
}

static int say_hello(struct rd_client *c, const char *path, const char *name, struct rd_err *err)
{
	json_t *params = json_pack("{s:i, s:s}", "version", RD_PROTO_VERSION, "client", name);
	int rc;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	set_timeout(c->fd, HELLO_TIMEOUT_S);
	rc = rd_client_call(c, "hello", params, NULL, NULL, &c->hello, err);
	set_timeout(c->fd, 0);
	if (rc < 0) {
		rd_err_where(err, "%s", path);
		return rc;
	}
	return check_version(c->hello, path, err);
}

#define PATH_LEN (sizeof(((struct sockaddr_un *)0)->sun_path) + 64)

int rd_client_dial(const char *path, struct rd_err *err)
{
	char def[PATH_LEN];

	return rd_client_connect(path != NULL ? path : rd_socket_path(def, sizeof(def)), err);
}

struct rd_client *rd_client_greet(int fd, const char *path, const char *name, struct rd_err *err)
{
	struct rd_client *c = calloc(1, sizeof(*c));
	char def[PATH_LEN];

	if (c == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		close(fd);
		return NULL;
	}
	if (path == NULL)
		path = rd_socket_path(def, sizeof(def));
	c->arrived_fd = -1;
	c->result_fd = -1;
	c->fd = fd;
	if (say_hello(c, path, name, err) == 0)
		return c;
	rd_client_close(c);
	return NULL;
}

struct rd_client *rd_client_open(const char *path, const char *name, struct rd_err *err)
{
	int fd = rd_client_dial(path, err);

	return fd >= 0 ? rd_client_greet(fd, path, name, err) : NULL;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void rd_client_close(struct rd_client *c)
{
	if (c == NULL)
		return;
	close_fd(c->fd);
	close_fd(c->arrived_fd);
	close_fd(c->result_fd);
	json_decref(c->hello);
	rd_msg_reader_free(&c->in);
	free(c);
}
