/* SPDX-License-Identifier: BSD-3-Clause
 *
 * inject.*: frames into the graph as if a port's device had received them, once or again and again. A timer is the
 * daemon's, not the connection's: it goes on until it is stopped or its port is gone. A request that has to wait for its worker
 * does so in slices, with the other clients' requests between them. Control thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "control/ctl.h"

RD_LOG_MODULE(inject);

#define FRAMES_MAX 1000
#define COUNT_MAX 100000
#define EVERY_MAX_MS 86400000
#define TICK_MAX 1000 // frames of one tick of a timer: the control thread sends them
#define TIMERS_MAX 64
#define TICK_WAIT_NS 5000000u // of a whole tick; what it can't send, it leaves out
#define SLICE_NS 5000000u // of a request, then it is others' turn
#define STUCK_NS 2000000000u // a request ends when its worker has taken nothing for so long
#define NAP_NS 100000 // a full ring empties within microseconds
#define IDS_MAX 1000 // packet ids in an answer

struct frame {
	uint32_t len;
	uint8_t *bytes;
};

struct rd_ctl_timer {
	struct rd_ctl_timer *next;
	struct rd_ctl *ctl;
	uint32_t id;
	uint16_t port;
	uint32_t port_id; // the index may be another port's meanwhile
	uint64_t every_ms;
	uint32_t count; // of every frame, per tick
	uint64_t sent;
	struct event *ev;
	uint32_t nb;
	struct frame frame[];
};

static void timer_free(struct rd_ctl_timer *t)
{
	if (t == NULL)
		return;
	if (t->ev != NULL)
		event_free(t->ev);
	for (uint32_t i = 0; i < t->nb; i++)
		free(t->frame[i].bytes);
	free(t);
}

static void timer_end(struct rd_ctl_timer *t)
{
	struct rd_ctl_timer **at = &t->ctl->timers;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	timer_free(t);
}

static bool is_full(int ret)
{
	return ret == -EAGAIN || ret == -ENOBUFS;
}

// Frame n of count * nb. 0, or a negative errno; is_full(): later perhaps.
static int send_nth(const struct rd_ctl_timer *t, uint64_t n, uint64_t *packet_id)
{
	const struct frame *f = &t->frame[n % t->nb];
	const struct rd_port *p = rd_port_at(t->port);

	return p != NULL && p->id == t->port_id ? rd_inject(t->port, f->bytes, f->len, packet_id)
						: -ENODEV;
}

static void nap(void)
{
	struct timespec t = {.tv_nsec = NAP_NS};

	nanosleep(&t, NULL);
}

// All that go in at once or while a tick may wait. Returns how many, or the error of the first.
static int64_t send_tick(const struct rd_ctl_timer *t)
{
	uint64_t all = (uint64_t)t->count * t->nb, n = 0;
	uint64_t until = rd_monotonic_ns() + TICK_WAIT_NS;
	int ret = 0;

	while (n < all && (ret >= 0 || (is_full(ret) && rd_monotonic_ns() < until))) {
		ret = send_nth(t, n, NULL);
		if (ret == 0)
			n++;
		else
			nap();
	}
	return n > 0 ? (int64_t)n : ret;
}

static void nothing(struct rd_worker *w, void *arg)
{
	(void)w;
	(void)arg;
}

// The worker's ring is empty. Returns when it has walked what it took, and others what it handed to them: who injects and
// then looks finds the traces. The first call may be taken by a walk that began before, the second one is not.
static void wait_walked(void)
{
	struct rd_worker *w = rd_workers[0];

	rd_worker_call(w, nothing, NULL);
	rd_worker_call(w, nothing, NULL);
	rd_handoff_wait(w);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rd_ctl_timer *t = arg;
	int64_t ret = send_tick(t);

	(void)fd;
	(void)what;
	if (ret >= 0) {
		t->sent += (uint64_t)ret;
	} else if (!is_full((int)ret)) { // that passes
		rd_log_warn(
			"timer %u ends: its port takes no frames (%s)", t->id, strerror((int)-ret));
		timer_end(t);
	}
}

static int read_frame(json_t *hex, struct frame *f)
{
	size_t len;
	const uint8_t *bytes = rd_frame_of_hex(hex, &len);

	if (bytes == NULL)
		return -EINVAL;
	f->bytes = malloc(len);
	if (f->bytes == NULL)
		return -ENOMEM;
	memcpy(f->bytes, bytes, len);
	f->len = (uint32_t)len;
	return 0;
}

// NULL with *req->err.
static struct rd_ctl_timer *read_inject(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	json_t *frames = rd_req_array(req, "frames", FRAMES_MAX), *hex;
	struct rd_ctl_timer *t =
		calloc(1, sizeof(*t) + json_array_size(frames) * sizeof(t->frame[0]));
	size_t i;

	if (t == NULL) {
		rd_err_set(req->err, -ENOMEM, "out of memory");
		return NULL;
	}
	t->ctl = req->ctl;
	t->port = p == NULL ? 0 : p->idx;
	t->port_id = p == NULL ? 0 : p->id;
	t->count = (uint32_t)rd_req_num_or(req, "count", 1, COUNT_MAX, 1);
	t->every_ms = rd_req_num_or(req, "every_ms", 0, EVERY_MAX_MS, 0);
	if (json_array_size(frames) == 0)
		rd_req_fail(req, "frames", -EINVAL, "no frames: an array of 1 to %d hex strings",
			FRAMES_MAX);
	json_array_foreach (frames, i, hex) {
		if (read_frame(hex, &t->frame[t->nb]) == 0)
			t->nb++;
		else
			rd_req_fail(req, "frames", -EINVAL, "frame %zu is not 1 to %d bytes in hex",
				i + 1, RD_FRAME_MAX);
	}
	if (t->count * (uint64_t)json_array_size(frames) > COUNT_MAX)
		rd_req_fail(req, "count", -E2BIG, "more than %d frames at once", COUNT_MAX);
	if (t->every_ms != 0 && t->count * (uint64_t)json_array_size(frames) > TICK_MAX)
		rd_req_fail(req, "count", -E2BIG, "more than %d frames each time", TICK_MAX);
	if (rd_req_end(req) == 0)
		return t;
	timer_free(t);
	return NULL;
}

static int timer_start(struct rd_request *req, struct rd_ctl_timer *t)
{
	struct timeval every = {.tv_sec = (time_t)(t->every_ms / 1000),
		.tv_usec = (suseconds_t)(t->every_ms % 1000 * 1000)};
	unsigned nb = 0;

	for (const struct rd_ctl_timer *o = req->ctl->timers; o != NULL; o = o->next)
		nb++;
	if (nb >= TIMERS_MAX) {
		rd_req_fail(req, "every_ms", -EBUSY, "there are %u timers already", nb);
		rd_err_hint(req->err, "show inject, then inject stop TIMER");
		return -EBUSY;
	}
	t->id = ++req->ctl->next_timer;
	t->ev = event_new(req->ctl->base, -1, EV_PERSIST, on_timer, t);
	if (t->ev == NULL || event_add(t->ev, &every) < 0)
		return -ENOMEM;
	t->next = req->ctl->timers;
	req->ctl->timers = t;
	return 0;
}

struct inject { // a request that goes on
	struct rd_stream stream;
	struct rd_ctl_timer *t; // NULL: it goes on as a timer
	json_t *ids;
	uint64_t sent, all;
	unsigned waiting; // in the worker's ring when it was looked at last
	uint64_t moved_ns; // when the worker took something last
};

static void inject_free(struct rd_stream *s)
{
	struct inject *in = (struct inject *)s;

	timer_free(in->t);
	json_decref(in->ids);
	free(in);
}

static int inject_error(struct rd_request *req, int ret)
{
	if (ret == -EINVAL) {
		rd_req_fail(req, "port", ret, "no packet can enter at a port of this type");
		rd_err_hint(req->err, "an uplink, vnic, upt, mux or vmk port");
	} else if (ret == -ENODEV) {
		rd_req_fail(req, "port", ret, "the port went away while its frames went in");
	}
	return ret;
}

static int stuck(struct rd_request *req, const struct inject *in, int ret)
{
	unsigned wait = rte_ring_count(rd_workers[0]->inject);
	uint64_t taken = in->sent > wait ? in->sent - wait : 0;

	if (ret == -ENOBUFS) {
		rd_req_fail(req, "frames", ret,
			"%" PRIu64 " of %" PRIu64
			" frames went in, then no mbuf was free for a frame for 2 s",
			in->sent, in->all);
		rd_err_hint(req->err, "show worker; reddotd --mbufs N");
	} else {
		rd_req_fail(req, "frames", -EAGAIN,
			"the worker took %" PRIu64 " of %" PRIu64
			" frames, then none for 2 s; %u wait in its ring",
			taken, in->all, wait);
		rd_err_hint(req->err, "show worker");
	}
	return req->err->code;
}

static int inject_end(struct rd_request *req, struct inject *in)
{
	json_t *result;
	int ret = 0;

	wait_walked();
	in->t->sent = in->sent;
	result = json_pack("{s:I,s:O}", "injected", (json_int_t)in->sent, "packet_ids", in->ids);
	if (in->t->every_ms != 0)
		ret = timer_start(req, in->t);
	if (ret == 0 && in->t->every_ms != 0) {
		json_object_set_new(result, "timer", json_integer(in->t->id));
		in->t = NULL;
	}
	rd_req_result(req, result);
	return ret;
}

// 0: a frame went in; is_full(): none can, or the worker has yet to take those that did; 1: it has taken all.
static int inject_next(struct inject *in)
{
	uint64_t packet_id = 0;
	int ret;

	if (in->sent == in->all)
		return rte_ring_empty(rd_workers[0]->inject) ? 1 : -EAGAIN;
	ret = send_nth(in->t, in->sent, &packet_id);
	if (ret < 0)
		return ret;
	in->sent++;
	if (json_array_size(in->ids) < IDS_MAX)
		json_array_append_new(in->ids, json_integer((json_int_t)packet_id));
	return 0;
}

// Whether the worker has taken anything for STUCK_NS, or frames still go in.
static bool goes_on(struct inject *in, uint64_t sent_before, uint64_t now_ns)
{
	unsigned waiting = rte_ring_count(rd_workers[0]->inject);

	if (in->sent != sent_before || waiting < in->waiting)
		in->moved_ns = now_ns;
	in->waiting = waiting;
	return now_ns - in->moved_ns < STUCK_NS;
}

static int inject_step(struct rd_request *req, struct rd_stream *s)
{
	struct inject *in = (struct inject *)s;
	uint64_t sent = in->sent, now = rd_monotonic_ns(), until = now + SLICE_NS;
	int ret = 0;

	for (; now < until; now = rd_monotonic_ns()) {
		ret = inject_next(in);
		if (ret > 0)
			return inject_end(req, in);
		if (ret < 0 && !is_full(ret))
			return inject_error(req, ret);
		if (ret < 0)
			nap();
	}
	return goes_on(in, sent, now) ? 1 : stuck(req, in, ret);
}

int ctl_inject(struct rd_request *req)
{
	struct rd_ctl_timer *t = read_inject(req);
	struct inject *in;

	if (t == NULL)
		return req->err->code;
	in = calloc(1, sizeof(*in));
	if (in == NULL) {
		timer_free(t);
		return rd_err_set(req->err, -ENOMEM, "out of memory");
	}
	*in = (struct inject){.stream = {inject_step, inject_free},
		.t = t,
		.ids = json_array(),
		.all = (uint64_t)t->count * t->nb,
		.moved_ns = rd_monotonic_ns()};
	req->stream = &in->stream;
	return 0;
}

int ctl_inject_list(struct rd_request *req)
{
	char port[RD_QNAME_LEN];

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (const struct rd_ctl_timer *t = req->ctl->timers; t != NULL; t = t->next)
		rd_req_item(req,
			json_pack("{s:I,s:s,s:i,s:I,s:I}", "timer", (json_int_t)t->id, "port",
				rd_ctl_port_qname(t->port, port), "frames", (int)t->nb, "every_ms",
				(json_int_t)t->every_ms, "sent", (json_int_t)t->sent));
	return 0;
}

int ctl_inject_stop(struct rd_request *req)
{
	uint32_t id = (uint32_t)rd_req_num(req, "timer", 1, UINT32_MAX);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (struct rd_ctl_timer *t = req->ctl->timers; t != NULL; t = t->next) {
		if (t->id == id) {
			timer_end(t);
			return 0;
		}
	}
	rd_req_fail(req, "timer", -ENOENT, "there is no inject timer %u", id);
	rd_err_hint(req->err, "show inject");
	return -ENOENT;
}

void rd_ctl_timers_end(struct rd_ctl *ctl)
{
	while (ctl->timers != NULL)
		timer_end(ctl->timers);
}
