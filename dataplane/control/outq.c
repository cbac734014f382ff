/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The output queue of a connection. Callers: control/conn.c. Control thread.
 */
#include "control/outq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECES 64 // per system call

static size_t total;

size_t rd_outq_total(void)
{
	return total;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int rd_outq_add(struct rd_outq *q, char *text, size_t len, int fd)
{
	struct rd_piece *p = text == NULL ? NULL : malloc(sizeof(*p));

	if (p == NULL) {
		free(text);
		close_fd(fd);
		return -ENOMEM;
	}
	*p = (struct rd_piece){.len = len, .fd = fd, .text = text};
	if (q->tail != NULL)
		q->tail->next = p;
	else
		q->head = p;
	q->tail = p;
	q->pending += len;
	total += len;
	return 0;
}

static void drop_head(struct rd_outq *q)
{
	struct rd_piece *p = q->head;

	q->head = p->next;
	if (q->head == NULL)
		q->tail = NULL;
	close_fd(p->fd);
	free(p->text);
	free(p);
}

static void sent(struct rd_outq *q, size_t len)
{
	q->pending -= len;
	total -= len;
	while (len > 0) {
		struct rd_piece *p = q->head;
		size_t n = p->len - p->off < len ? p->len - p->off : len;

		close_fd(p->fd); // it has travelled with the first byte
		p->fd = -1;
		p->off += n;
		len -= n;
		if (p->off == p->len)
			drop_head(q);
	}
}

static ssize_t send_some(struct rd_outq *q, int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov[PIECES];
	struct msghdr mh = {.msg_iov = iov};
	struct rd_piece *p = q->head;

	if (p->fd >= 0) {
		mh.msg_control = control.buf;
		mh.msg_controllen = sizeof(control.buf);
		struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &p->fd, sizeof(int));
	}
	do { // a piece with a descriptor starts its own message
		iov[mh.msg_iovlen++] =
			(struct iovec){.iov_base = p->text + p->off, .iov_len = p->len - p->off};
		p = p->next;
	} while (p != NULL && p->fd < 0 && mh.msg_iovlen < PIECES);
	return sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int rd_outq_send(struct rd_outq *q, int sock)
{
	while (q->head != NULL) {
		ssize_t n = send_some(q, sock);

		if (n > 0)
			sent(q, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		else if (n < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

void rd_outq_free(struct rd_outq *q)
{
	total -= q->pending;
	q->pending = 0;
	while (q->head != NULL)
		drop_head(q);
}
