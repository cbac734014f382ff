/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See fake_daemon.h. Used by api_client.c.
 */
#include "fake_daemon.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Reads one line; false at the end of the stream.
static int read_request(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1)
		if (c == '\n')
			return 1;
	return 0;
}

static void send_with_fd(int fd, const char *bytes, size_t len)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = strdup(bytes), .iov_len = len};
	struct msghdr mh = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf)};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);
	int pipe_fd[2];

	if (pipe(pipe_fd) == 0) {
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &pipe_fd[0], sizeof(int));
		(void)sendmsg(fd, &mh, MSG_NOSIGNAL);
		(void)!write(pipe_fd[1], "ring", 4);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
	}
	free(iov.iov_base);
}

static void play_answer(int fd, const struct answer *a)
{
	size_t len = strlen(a->text), step = a->split > 0 ? (size_t)a->split : len;

	if (a->with_fd) {
		send_with_fd(fd, a->text, len);
		return;
	}
	for (size_t at = 0; at < len; at += step)
		(void)send(fd, a->text + at, step < len - at ? step : len - at, MSG_NOSIGNAL);
}

static void *play(void *arg)
{
	struct fake_daemon *d = arg;
	int fd = accept(d->listen_fd, NULL, NULL);

	for (const struct answer *a = d->answers; read_request(fd) && a->text != NULL; a++)
		play_answer(fd, a);
	close(fd);
	return NULL;
}

void fake_daemon_start(struct fake_daemon *d, const struct answer *answers)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	d->answers = answers;
	snprintf(d->dir, sizeof(d->dir), "/tmp/reddot-unit-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/sock", d->dir);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", d->path);
	d->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(d->listen_fd >= 0);
	assert_int_equal(bind(d->listen_fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(d->listen_fd, 1), 0);
	assert_int_equal(pthread_create(&d->thread, NULL, play, d), 0);
}

void fake_daemon_stop(struct fake_daemon *d)
{
	pthread_join(d->thread, NULL);
	close(d->listen_fd);
	unlink(d->path);
	rmdir(d->dir);
}
