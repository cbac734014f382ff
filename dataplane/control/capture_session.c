/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life of capture sessions, see capture_session.h. A session with a limit has a timer of its own. Control thread.
 */
#include "control/capture_session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "core/worker.h"

RD_LOG_MODULE(capture);

#define BUDGET_LOOK_NS 20000000u // the workers stop by themselves; we only turn the taps off
#define SECOND_NS UINT64_C(1000000000)
#define RING_DEFAULT \
	(8u << 20) // of all workers together: 20 ms at 3 million short records a second
#define RING_DEFAULT_MIN (4u << 20) // of each

uint64_t rd_session_ring_size(void)
{
	return RTE_MAX(
		(uint64_t)rte_align64prevpow2(RING_DEFAULT / rd_nb_workers), RING_DEFAULT_MIN);
}

struct rd_ctl_session *rd_session_new(struct rd_ctl *ctl, const struct rd_conn *conn)
{
	struct rd_ctl_session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ctl = ctl;
	s->id = ++ctl->next_session;
	s->uid = conn->uid;
	s->gid = conn->gid;
	s->start_ns = rd_monotonic_ns();
	s->start_wall_ns = rd_realtime_ns();
	rd_session_take(s, conn);
	return s;
}

void rd_session_free(struct rd_ctl_session *s)
{
	if (s == NULL)
		return;
	if (s->timer != NULL)
		event_free(s->timer);
	rd_capture_stop(s->capture);
	json_decref(s->points);
	free(s);
}

static uint64_t left(uint64_t since, uint64_t limit, uint64_t now)
{
	return limit == 0 ? UINT64_MAX : now - since >= limit ? 0 : limit - (now - since);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

// How long until something may have to be done; UINT64_MAX: nothing.
static uint64_t next_look(const struct rd_ctl_session *s, uint64_t now)
{
	uint64_t ns = UINT64_MAX;

	if (s->end == RD_CAPRING_RUNS) {
		ns = left(s->start_ns, s->duration_ns, now);
		if (s->max_packets != 0 || s->max_bytes != 0)
			ns = least(ns, BUDGET_LOOK_NS);
	}
	return s->conn != NULL ? ns : least(ns, left(s->detached_ns, s->keep_ns, now));
}

static void plan(struct rd_ctl_session *s)
{
	uint64_t ns = next_look(s, rd_monotonic_ns());
	struct timeval in = {.tv_sec = (time_t)(ns / SECOND_NS),
		.tv_usec = (suseconds_t)(ns % SECOND_NS / 1000 + 1)};

	if (in.tv_usec >= 1000000)
		in = (struct timeval){.tv_sec = in.tv_sec + 1};
	if (s->timer == NULL)
		return;
	if (ns == UINT64_MAX)
		event_del(s->timer);
	else
		event_add(s->timer, &in);
}

static void disarm(struct rd_ctl_session *s, enum rd_capring_end why)
{
	if (s->end != RD_CAPRING_RUNS)
		return;
	s->end = why;
	rd_capture_disarm(s->capture, why);
	rd_log_info(
		"session %u (%s) captures no more: %s", s->id, s->name, rd_capring_end_name(why));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rd_ctl_session *s = arg;
	uint64_t now = rd_monotonic_ns();

	(void)fd;
	(void)what;
	if (s->conn == NULL && left(s->detached_ns, s->keep_ns, now) == 0) {
		rd_session_end(s, RD_CAPRING_END_LEASE);
		return;
	}
	if (rd_capture_spent(s->capture) != RD_CAPRING_RUNS)
		disarm(s, rd_capture_spent(s->capture));
	else if (left(s->start_ns, s->duration_ns, now) == 0)
		disarm(s, RD_CAPRING_END_DURATION);
	plan(s);
}

int rd_session_add(struct rd_ctl_session *s)
{
	if (s->duration_ns != 0 || s->keep_ns != 0 || s->max_packets != 0 || s->max_bytes != 0) {
		s->timer = event_new(s->ctl->base, -1, 0, on_timer, s);
		if (s->timer == NULL)
			return -ENOMEM;
	}
	plan(s);
	s->next = s->ctl->sessions;
	s->ctl->sessions = s;
	rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_CAPTURE, .session = s->name),
		"session %u (%s) of uid %u, pid %d starts", s->id, s->name, (unsigned)s->uid,
		(int)s->pid);
	return 0;
}

struct rd_ctl_session *rd_session_find(const struct rd_ctl *ctl, const char *name)
{
	uint32_t id;
	bool number = rd_parse_u32(name, 0, UINT32_MAX, &id) == 0;

	for (struct rd_ctl_session *s = ctl->sessions; s != NULL; s = s->next)
		if (number ? s->id == id : strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void add_bytes(json_int_t *sum, json_int_t bytes)
{
	*sum = bytes > INT64_MAX - *sum ? INT64_MAX : *sum + bytes;
}

json_int_t rd_session_others(const struct rd_ctl_session *s)
{
	json_int_t sum = 0;

	for (const struct rd_ctl_session *o = s->ctl->sessions; o != NULL; o = o->next)
		if (o != s && o->device == s->device)
			add_bytes(&sum, o->file_bytes);
	for (const struct rd_ctl_past *p = s->ctl->past; p != NULL; p = p->next)
		if (p->device == s->device && p->end_ns > s->start_ns)
			add_bytes(&sum, p->file_bytes);
	return sum;
}

static bool concerns_any(const struct rd_ctl *ctl, const struct rd_ctl_past *p)
{
	for (const struct rd_ctl_session *s = ctl->sessions; s != NULL; s = s->next)
		if (s->start_ns < p->end_ns)
			return true;
	return false;
}

// The session is no longer among the others.
static void remember(const struct rd_ctl_session *s)
{
	struct rd_ctl_past **at = &s->ctl->past, *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		*p = (struct rd_ctl_past){*at, s->device, s->file_bytes, rd_monotonic_ns()};
		*at = p;
	}
	while ((p = *at) != NULL) {
		if (p->file_bytes != 0 && concerns_any(s->ctl, p)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p);
	}
}

void rd_session_end(struct rd_ctl_session *s, enum rd_capring_end why)
{
	struct rd_ctl_session **at = &s->ctl->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_CAPTURE, .session = s->name),
		"session %u (%s) of pid %d ends%s", s->id, s->name, (int)s->pid,
		why == RD_CAPRING_END_LEASE ? ": nobody took it in time" : "");
	rd_capture_disarm(s->capture, why);
	remember(s);
	rd_session_free(s);
}

void rd_session_take(struct rd_ctl_session *s, const struct rd_conn *conn)
{
	s->conn = conn;
	s->pid = conn->pid;
	plan(s);
}

const char *rd_session_state(const struct rd_ctl_session *s)
{
	if (s->end != RD_CAPRING_RUNS)
		return "ended";
	return s->conn == NULL ? "detached" : "running";
}

static void detach(struct rd_ctl_session *s)
{
	s->conn = NULL;
	s->detached_ns = rd_monotonic_ns();
	rd_log_info("session %u (%s) has lost pid %d and is kept for %" PRIu64 " s", s->id, s->name,
		(int)s->pid, s->keep_ns / SECOND_NS);
	plan(s);
}

void rd_ctl_conn_closed(struct rd_ctl *ctl, const struct rd_conn *conn)
{
	struct rd_ctl_session *next;

	for (struct rd_ctl_session *s = ctl->sessions; s != NULL; s = next) {
		next = s->next;
		if (s->conn != conn)
			continue;
		if (s->keep_ns != 0 && !ctl->stopping)
			detach(s);
		else
			rd_session_end(
				s, ctl->stopping ? RD_CAPRING_END_DAEMON : RD_CAPRING_END_STOPPED);
	}
}

void rd_ctl_sessions_end(struct rd_ctl *ctl)
{
	while (ctl->sessions != NULL)
		rd_session_end(ctl->sessions, RD_CAPRING_END_DAEMON);
}
