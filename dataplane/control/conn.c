/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A connection. Requests are answered in order, one at a time; a long answer (a stream) goes on whenever the client has
 * taken what it got. Until it is complete one more request is read, for it may be "cancel"; any other waits. A client that does
 * not read at all is closed when too much waits for it. The bytes that come in are hostile.
 */
#include "control/conn.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "control/server.h"
#include "tables/dfw_edit.h"

RD_LOG_MODULE(control);

#define READ_LEN 65536u
#define GARBAGE_MAX 16
#define PENDING_MAX (64u << 20) // of one client
#define PENDING_TOTAL (256u << 20) // of all: many idle readers must not eat the memory either
#define STREAM_LOW (256u << 10) // a stream goes on below this
#define TURN 16 // requests or portions in a row, then the other clients have their turn

static void conn_close_why(struct rd_conn *c, const char *why)
{
	if (!c->dead)
		rd_log_warn("client %s (pid %d, uid %u) is closed: %s", c->name, (int)c->pid,
			(unsigned)c->uid, why);
	c->dead = true;
}

// Steals msg; fd (-1 = none) goes with it.
static int conn_send(struct rd_conn *c, json_t *msg, int fd)
{
	size_t len = 0;
	char *text = msg == NULL ? NULL : rd_msg_dump(msg, &len);

	json_decref(msg);
	if (c->dead) {
		free(text);
		if (fd >= 0)
			close(fd);
		return -EPIPE;
	}
	if (rd_outq_add(&c->out, text, len, fd) < 0)
		conn_close_why(c, "no memory for an answer");
	else if (c->out.pending > PENDING_MAX)
		conn_close_why(c, "it does not read its answers, and 64 MiB are waiting");
	else if (rd_outq_total() > PENDING_TOTAL)
		conn_close_why(c, "too many answers are waiting for clients that do not read");
	return c->dead ? -EPIPE : 0;
}

static int conn_item(struct rd_request *req, const json_t *item)
{
	struct rd_conn *c = req->conn;

	return conn_send(
		c, json_pack("{s:I,s:O}", "id", c->id, "item", (json_t *)(uintptr_t)item), -1);
}

static void conn_error(struct rd_conn *c, json_int_t id, const struct rd_err *err)
{
	conn_send(c, rd_msg_error(id, err), -1);
}

static void conn_garbage(struct rd_conn *c, json_int_t id, const struct rd_err *err)
{
	conn_error(c, id, err);
	if (++c->garbage >= GARBAGE_MAX)
		conn_close_why(c, "it sent 16 lines that are no requests");
}

// The end of a request: its result or its error goes out.
static void conn_answer(struct rd_conn *c, int ret)
{
	struct rd_request *req = &c->req;

	if (ret < 0)
		conn_error(c, c->id, &c->err);
	else
		conn_send(c, json_pack("{s:I,s:O}", "id", c->id, "result", req->result), req->fd);
	json_decref(req->result);
	json_decref(c->msg);
	c->msg = NULL;
	c->req = (struct rd_request){.fd = -1};
}

static int conn_check(struct rd_conn *c, const char *method)
{
	if (c->hello || strcmp(method, "hello") == 0)
		return 0;
	rd_err_set(&c->err, -EPROTO, "the first method of a connection must be hello");
	rd_err_hint(&c->err,
		"{\"id\":1,\"method\":\"hello\",\"params\":{\"version\":%d,\"client\":\"NAME\"}}",
		RD_PROTO_VERSION);
	return -EPROTO;
}

// Takes msg.
static void conn_request(struct rd_conn *c, json_t *msg)
{
	json_t *id = json_object_get(msg, "id"), *params = json_object_get(msg, "params");
	const char *method = json_string_value(json_object_get(msg, "method"));
	int ret;

	c->nb_requests++;
	c->err = (struct rd_err){0};
	c->id = json_integer_value(id);
	if (method == NULL || !json_is_integer(id) || (params != NULL && !json_is_object(params))) {
		rd_err_set(&c->err, -EBADMSG,
			"a request has \"id\" (integer), \"method\" (string) and \"params\" (object)");
		conn_garbage(c, c->id, &c->err);
		json_decref(msg);
		return;
	}
	if (params == NULL && json_object_set_new(msg, "params", json_object()) == 0)
		params = json_object_get(msg, "params");
	c->msg = msg;
	c->req = (struct rd_request){.method = method,
		.params = params,
		.err = &c->err,
		.ctl = c->ctl,
		.conn = c,
		.admin = c->admin,
		.item = conn_item,
		.fd = -1};
	ret = conn_check(c, method);
	if (ret == 0)
		ret = rd_method_run(&c->req);
	if (c->req.stream == NULL)
		conn_answer(c, ret);
}

static void conn_stream(struct rd_conn *c)
{
	int ret = rd_method_step(&c->req);

	if (c->req.stream == NULL)
		conn_answer(c, ret);
}

// Whether the client has asked to end the stream. The request stays: it has an answer of its own behind the stream's.
static bool conn_cancelled(struct rd_conn *c)
{
	const json_t *params;
	const char *method;

	if (c->ahead == 0)
		c->ahead = rd_msg_next(&c->in, &c->ahead_msg, &c->ahead_err);
	method = json_string_value(json_object_get(c->ahead_msg, "method"));
	params = json_object_get(c->ahead_msg, "params");
	return method != NULL && strcmp(method, "cancel") == 0
		&& json_is_integer(json_object_get(params, "id"))
		&& json_integer_value(json_object_get(params, "id")) == c->id;
}

static void conn_cancel(struct rd_conn *c)
{
	c->req.stream->free(c->req.stream);
	c->req.stream = NULL;
	c->err = (struct rd_err){0};
	conn_answer(c, rd_err_set(&c->err, -ECANCELED, "ended by the client's wish"));
}

// As rd_msg_next(), with what was read ahead.
static int conn_next(struct rd_conn *c, json_t **msg, struct rd_err *err)
{
	int ret = c->ahead;

	if (ret == 0)
		return rd_msg_next(&c->in, msg, err);
	*msg = c->ahead_msg;
	*err = c->ahead_err;
	c->ahead = 0;
	c->ahead_msg = NULL;
	c->ahead_err = (struct rd_err){0};
	return ret;
}

// One request, or one portion of a stream. false: nothing more can be done now.
static bool conn_step(struct rd_conn *c)
{
	struct rd_err err = {0};
	json_t *msg;
	int ret;

	if (c->req.stream != NULL && conn_cancelled(c)) {
		conn_cancel(c);
		return true;
	}
	if (c->req.stream != NULL) {
		if (c->out.pending >= STREAM_LOW)
			return false;
		conn_stream(c);
		return true;
	}
	ret = conn_next(c, &msg, &err);
	if (ret > 0)
		conn_request(c, msg);
	else if (ret < 0)
		conn_garbage(c, 0, &err);
	return ret != 0;
}

// Answers what has been read, as far as its turn goes and the client takes its answers.
static void conn_work(struct rd_conn *c)
{
	c->more = true;
	for (unsigned i = 0; i < TURN && c->more && !c->dead; i++) {
		c->more = conn_step(c);
		// A client that is closed for a reason still gets the error it was told, if it takes it now.
		if (rd_outq_send(&c->out, c->sock) < 0)
			c->dead = true;
		// What was too much a moment ago may all have gone: nothing else would wake the stream then.
		if (c->req.stream != NULL && c->out.pending < STREAM_LOW)
			c->more = true;
	}
}

// Frees the connection or says what to wait for.
static void conn_settle(struct rd_conn *c)
{
	static const struct timeval at_once;
	bool idle = c->out.head == NULL && c->req.stream == NULL && !c->more;

	if (idle && c->stop_after)
		rd_ctl_stop(c->ctl);
	if (c->dead || (idle && c->eof)) {
		if (c->stop_after)
			rd_ctl_stop(c->ctl);
		rd_conn_free(c);
		return;
	}
	if (c->more || c->out.head != NULL)
		event_add(c->ev_write, c->more ? &at_once : NULL);
	if (!c->eof && (c->req.stream != NULL ? c->ahead == 0 : !c->more))
		event_add(c->ev_read, NULL);
	else
		event_del(c->ev_read);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct rd_conn *c = arg;

	(void)fd;
	(void)what;
	conn_work(c);
	conn_settle(c);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct rd_conn *c = arg;
	char bytes[READ_LEN];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	int ret = 0;

	(void)what;
	if (n == 0)
		c->eof = true;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->dead = true;
	else if (n > 0)
		ret = rd_msg_feed(&c->in, bytes, (size_t)n);
	conn_work(c);
	if (ret == -EMSGSIZE) {
		struct rd_err err = {0};

		rd_err_set(&err, ret, "a line is longer than %u bytes", RD_MSG_MAX);
		conn_error(c, 0, &err);
		rd_outq_send(&c->out, c->sock);
		conn_close_why(c, "it sent a line of more than 1 MiB");
	} else if (ret < 0) {
		conn_close_why(c, "no memory for its request");
	}
	conn_settle(c);
}

// Root, the daemon's own user, and members of the group reddot may change things.
static bool is_admin(int sock, const struct ucred *peer)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);
	const struct group *g;

	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	g = getgrnam("reddot");
	if (g == NULL)
		return false;
	if (peer->gid == g->gr_gid)
		return true;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == g->gr_gid)
			return true;
	return false;
}

struct rd_conn *rd_conn_new(struct rd_server *srv, struct rd_ctl *ctl, int sock)
{
	struct rd_conn *c = calloc(1, sizeof(*c));
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (c == NULL || getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		free(c);
		close(sock);
		return NULL;
	}
	c->srv = srv;
	c->ctl = ctl;
	c->sock = sock;
	c->uid = peer.uid;
	c->gid = peer.gid;
	c->pid = peer.pid;
	c->admin = is_admin(sock, &peer);
	c->since_ns = rd_monotonic_ns();
	c->req.fd = -1;
	rd_str_copy(c->name, sizeof(c->name), "?");
	c->ev_read = event_new(ctl->base, sock, EV_READ | EV_PERSIST, on_read, c);
	c->ev_write = event_new(ctl->base, sock, EV_WRITE, on_write, c);
	if (c->ev_read == NULL || c->ev_write == NULL || event_add(c->ev_read, NULL) < 0) {
		rd_conn_free(c);
		return NULL;
	}
	return c;
}

static void conn_unlink(struct rd_conn *c)
{
	if (c->srv->conns != c && c->prev == NULL)
		return; // was never in the list
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->srv->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->srv->nb_conns--;
}

void rd_conn_free(struct rd_conn *c)
{
	if (c == NULL)
		return;
	conn_unlink(c);
	rd_ctl_conn_closed(c->ctl, c);
	rd_dfw_owner_gone(c);
	if (c->req.stream != NULL)
		c->req.stream->free(c->req.stream);
	if (c->req.fd >= 0)
		close(c->req.fd);
	json_decref(c->req.result);
	json_decref(c->msg);
	json_decref(c->ahead_msg);
	if (c->ev_read != NULL)
		event_free(c->ev_read);
	if (c->ev_write != NULL)
		event_free(c->ev_write);
	rd_outq_free(&c->out);
	rd_msg_reader_free(&c->in);
	close(c->sock);
	free(c);
}
