/* SPDX-License-Identifier: BSD-3-Clause
 *
 * inject.*: frames into the graph as if a port's device had received them, once or again and again. A timer is the
 * daemon's, not the connection's: it goes on until it is stopped or its port is gone. Control thread.
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
#define TICK_WAIT_NS 5000000u // for a frame; what a tick can't send, it leaves out
#define CALL_WAIT_NS 2000000000u // somebody asked for so many frames and waits for them
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

// One frame; a full ring empties within microseconds, so that is waited for.
static int send_frame(uint16_t port, const struct frame *f, uint64_t *packet_id, uint64_t wait_ns)
{
	int ret = rd_inject(port, f->bytes, f->len, packet_id);
	uint64_t until = rd_monotonic_ns() + wait_ns;

	while ((ret == -EAGAIN || ret == -ENOBUFS) && rd_monotonic_ns() < until) {
		struct timespec nap = {.tv_nsec = 100000};

		nanosleep(&nap, NULL);
		ret = rd_inject(port, f->bytes, f->len, packet_id);
	}
	return ret;
}

// Sends all frames count times, each within wait_ns. ids may be NULL. Returns how many went in, or the error of the first.
static int64_t send_all(struct rd_ctl_timer *t, json_t *ids, uint64_t wait_ns)
{
	uint64_t packet_id = 0;
	int64_t sent = 0;

	for (uint32_t n = 0; n < t->count; n++) {
		for (uint32_t i = 0; i < t->nb; i++) {
			int ret = send_frame(t->port, &t->frame[i], &packet_id, wait_ns);

			if (ret < 0)
				return sent > 0 ? sent : ret;
			sent++;
			if (ids != NULL && json_array_size(ids) < IDS_MAX)
				json_array_append_new(ids, json_integer((json_int_t)packet_id));
		}
	}
	return sent;
}

static void nothing(struct rd_worker *w, void *arg)
{
	(void)w;
	(void)arg;
}

// Returns when the worker has walked what is in its ring, and others what it handed to them: who injects and then looks
// finds the traces. The first call may be taken by a walk that began before, the second one is not.
static void wait_walked(void)
{
	struct rd_worker *w = rd_workers[0];
	struct timespec nap = {.tv_nsec = 50000};

	for (int tries = 0; tries < 20000 && !rte_ring_empty(w->inject); tries++)
		nanosleep(&nap, NULL);
	rd_worker_call(w, nothing, NULL);
	rd_worker_call(w, nothing, NULL);
	rd_handoff_wait(w);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rd_ctl_timer *t = arg;
	int64_t ret = send_all(t, NULL, TICK_WAIT_NS);

	(void)fd;
	(void)what;
	if (ret >= 0) {
		t->sent += (uint64_t)ret;
	} else if (ret != -EAGAIN && ret != -ENOBUFS) { // those two pass
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

static int inject_error(struct rd_request *req, int ret)
{
	if (ret == -EINVAL) {
		rd_req_fail(req, "port", ret, "no packet can enter at a port of this type");
		rd_err_hint(req->err, "an uplink, vnic, upt, mux or vmk port");
	} else if (ret == -ENOBUFS) {
		rd_req_fail(req, "frames", ret, "no free mbuf for a frame");
		rd_err_hint(req->err, "show worker; reddotd --mbufs N");
	} else if (ret == -EAGAIN) {
		rd_req_fail(req, "frames", ret, "the worker does not take frames fast enough");
		rd_err_hint(req->err, "show worker");
	}
	return ret;
}

static int stuck(struct rd_request *req, int64_t sent, uint64_t all)
{
	rd_req_fail(req, "frames", -EAGAIN,
		"the worker took %" PRId64 " of %" PRIu64 " frames, then none for 2 s", sent, all);
	rd_err_hint(req->err, "show worker");
	return -EAGAIN;
}

int ctl_inject(struct rd_request *req)
{
	struct rd_ctl_timer *t = read_inject(req);
	json_t *ids, *result;
	int64_t sent;
	int ret = 0;

	if (t == NULL)
		return req->err->code;
	ids = json_array();
	sent = send_all(t, ids, CALL_WAIT_NS);
	if (sent < 0) {
		json_decref(ids);
		timer_free(t);
		return inject_error(req, (int)sent);
	}
	wait_walked();
	if ((uint64_t)sent < (uint64_t)t->count * t->nb) {
		ret = stuck(req, sent, (uint64_t)t->count * t->nb);
		json_decref(ids);
		timer_free(t);
		return ret;
	}
	t->sent = (uint64_t)sent;
	result = json_pack("{s:I,s:o}", "injected", (json_int_t)sent, "packet_ids", ids);
	if (t->every_ms != 0)
		ret = timer_start(req, t);
	if (ret == 0 && t->every_ms != 0)
		json_object_set_new(result, "timer", json_integer(t->id));
	else
		timer_free(t);
	rd_req_result(req, result);
	return ret;
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
