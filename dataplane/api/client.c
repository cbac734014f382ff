/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The client's calls: send one request, deliver its items, take its result and descriptor. Used by
 * pktcap and reddot; blocking, one thread. What the peer sends is checked like anything from a
 * socket.
 */
#include "api/client_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECV_LEN 65536u
#define MAX_FDS 4 // room for more than the one we expect, so that strays are closed and not lost

struct call {
	json_int_t id;
	rd_client_item_fn each;
	void *arg;
	json_t *list; // items are appended to it, when not NULL
	int stopped; // what `each` returned to stop the delivery
	json_t *result;
};

static int stream_broken(struct rd_client *c, struct rd_err *err, int code, const char *what)
{
	c->dead = true;
	rd_err_set(err, code, "%s", what);
	if (code == -ECONNRESET)
		rd_err_hint(err, "see the daemon's log, and start it again: reddotd -f FILE");
	return code;
}

static int stream_failed(struct rd_client *c, struct rd_err *err, int code)
{
	if (code == -ECONNRESET || code == -EPIPE || code == -ENOTCONN)
		return stream_broken(c, err, -ECONNRESET, "reddotd closed the connection");
	if (code == -EAGAIN)
		return stream_broken(c, err, -ETIMEDOUT, "reddotd does not answer");
	return stream_broken(c, err, code, strerror(-code));
}

static void keep_fd(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

static void take_control(struct rd_client *c, struct msghdr *mh)
{
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		size_t n;

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
			keep_fd(&c->arrived_fd, fd);
		}
	}
}

static int receive(struct rd_client *c, struct rd_err *err)
{
	char bytes[RECV_LEN];
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;
	int rc;

	do {
		mh.msg_control = control.buf;
		mh.msg_controllen = sizeof(control.buf);
		n = recvmsg(c->fd, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return stream_failed(c, err, -errno);
	take_control(c, &mh);
	if (n == 0)
		return stream_failed(c, err, -ECONNRESET);
	rc = rd_msg_feed(&c->in, bytes, (size_t)n);
	if (rc == -EMSGSIZE)
		return stream_broken(c, err, -EPROTO, "reddotd sent a line that is too long");
	return rc < 0 ? stream_failed(c, err, rc) : 0;
}

static int send_all(struct rd_client *c, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_request(struct rd_client *c, const char *method, json_t *params, struct rd_err *err)
{
	json_t *msg =
		json_pack("{s:I, s:s, s:o}", "id", c->last_id, "method", method, "params", params);
	char *line;
	size_t len;
	int rc;

	line = msg != NULL ? rd_msg_dump(msg, &len) : NULL;
	json_decref(msg);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "the request %s can't be made", method);
	if (len - 1 > RD_MSG_MAX) {
		free(line);
		return rd_err_set(err, -EMSGSIZE, "the request %s is longer than %u bytes", method,
			RD_MSG_MAX);
	}
	rc = send_all(c, line, len);
	free(line);
	// A peer that hung up may have said why: let receive() find that, or the end of the stream.
	if (rc == -EPIPE || rc == -ECONNRESET)
		return 0;
	return rc < 0 ? stream_failed(c, err, rc) : 0;
}

static int take_item(struct call *call, json_t *item)
{
	if (call->stopped != 0)
		return 0; // the rest is read to keep the stream in step
	if (call->list != NULL)
		call->stopped = json_array_append(call->list, item) < 0 ? -ENOMEM : 0;
	else if (call->each != NULL)
		call->stopped = call->each(call->arg, item);
	return 0;
}

static int take_result(struct rd_client *c, struct call *call, json_t *result, struct rd_err *err)
{
	if (json_is_true(json_object_get(result, "fd"))) {
		if (c->arrived_fd < 0) {
			rd_err_set(err, -EPROTO, "reddotd's answer came without its descriptor");
			rd_err_hint(err, "raise the limit of open files: ulimit -n");
			return -EPROTO;
		}
		c->result_fd = c->arrived_fd;
		c->arrived_fd = -1;
	}
	keep_fd(&c->arrived_fd, -1);
	call->result = json_incref(result);
	return 1;
}

// 1: the call is complete, 0: go on, negative: it failed.
static int take_message(struct rd_client *c, struct call *call, json_t *msg, struct rd_err *err)
{
	json_t *item = json_object_get(msg, "item"), *result = json_object_get(msg, "result");
	json_t *error = json_object_get(msg, "error"), *id = json_object_get(msg, "id");
	bool ours = json_is_integer(id) && json_integer_value(id) == call->id;

	// id 0: the daemon could not read our line.
	if (json_is_object(error)
		&& (ours || (json_is_integer(id) && json_integer_value(id) == 0))) {
		int code = rd_err_code(json_string_value(json_object_get(error, "code")));

		rd_msg_error_parse(error, err);
		return code != 0 ? code : -EIO;
	}
	if (ours && item != NULL)
		return take_item(call, item);
	if (ours && result != NULL)
		return take_result(c, call, result, err);
	return stream_broken(c, err, -EPROTO, "reddotd sent an answer to another question");
}

static int take_messages(struct rd_client *c, struct call *call, struct rd_err *err)
{
	int rc;

	do {
		json_t *msg;

		rc = rd_msg_next(&c->in, &msg, NULL);
		if (rc == 0)
			return 0;
		if (rc < 0)
			return stream_broken(
				c, err, -EPROTO, "the peer does not speak reddot's protocol");
		rc = take_message(c, call, msg, err);
		json_decref(msg);
	} while (rc == 0);
	return rc;
}

// Until the call has its answer.
static int take_answer(struct rd_client *c, struct call *call, struct rd_err *err)
{
	int rc = 0;

	while (rc == 0) {
		rc = take_messages(c, call, err);
		if (rc == 0)
			rc = receive(c, err);
	}
	return rc;
}

void rd_client_heed(struct rd_client *c, bool (*stopped)(void))
{
	c->stopped = stopped;
}

void rd_client_cancel(struct rd_client *c)
{
	if (!__atomic_load_n(&c->can_cancel, __ATOMIC_ACQUIRE)
		|| __atomic_exchange_n(&c->cancelled, true, __ATOMIC_ACQ_REL))
		return;
	if (send(c->fd, c->cancel, c->cancel_len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		__atomic_store_n(&c->cancelled, false, __ATOMIC_RELEASE);
}

// Written while nobody may send it: a signal handler can do no more than that.
static void prepare_cancel(struct rd_client *c, json_int_t id)
{
	c->cancel_id = -id; // no request has that
	c->cancel_len = (size_t)snprintf(c->cancel, sizeof(c->cancel),
		"{\"id\":%lld,\"method\":\"cancel\",\"params\":{\"id\":%lld}}\n",
		(long long)c->cancel_id, (long long)id);
	__atomic_store_n(&c->cancelled, false, __ATOMIC_RELEASE);
	__atomic_store_n(&c->can_cancel, true, __ATOMIC_RELEASE);
	if (c->stopped != NULL && c->stopped())
		rd_client_cancel(c);
}

// The wish has an answer of its own, behind the call's.
static void end_cancel(struct rd_client *c)
{
	struct call wish = {.id = c->cancel_id};
	struct rd_err err = {0}; // of no interest

	__atomic_store_n(&c->can_cancel, false, __ATOMIC_RELEASE);
	if (__atomic_load_n(&c->cancelled, __ATOMIC_ACQUIRE) && !c->dead)
		take_answer(c, &wish, &err);
	json_decref(wish.result);
}

static int run_call(struct rd_client *c, struct call *call, const char *method, json_t *params,
	struct rd_err *err)
{
	int rc;

	if (params == NULL)
		params = json_object();
	keep_fd(&c->result_fd, -1);
	if (c->dead) {
		json_decref(params);
		return stream_failed(c, err, -ECONNRESET);
	}
	call->id = ++c->last_id;
	rc = send_request(c, method, params, err);
	if (rc == 0) {
		prepare_cancel(c, call->id);
		rc = take_answer(c, call, err);
		end_cancel(c);
	}
	return rc < 0 ? rc : call->stopped;
}

int rd_client_call(struct rd_client *c, const char *method, json_t *params, rd_client_item_fn each,
	void *arg, json_t **result, struct rd_err *err)
{
	struct call call = {.each = each, .arg = arg};
	int rc = run_call(c, &call, method, params, err);

	if (result != NULL)
		*result = rc == 0 ? json_incref(call.result) : NULL;
	json_decref(call.result);
	return rc;
}

json_t *rd_client_list(struct rd_client *c, const char *method, json_t *params, struct rd_err *err)
{
	struct call call = {.list = json_array()};
	int rc;

	if (call.list == NULL) {
		json_decref(params);
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	rc = run_call(c, &call, method, params, err);
	json_decref(call.result);
	if (rc == 0)
		return call.list;
	json_decref(call.list);
	rd_err_set(err, rc, "out of memory"); // keeps the text of any other failure
	return NULL;
}

const json_t *rd_client_hello(const struct rd_client *c)
{
	return c->hello;
}

int rd_client_fd(const struct rd_client *c)
{
	return c->fd;
}

int rd_client_take_fd(struct rd_client *c)
{
	int fd = c->result_fd;

	c->result_fd = -1;
	return fd;
}
