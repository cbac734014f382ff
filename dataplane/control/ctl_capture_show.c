/* SPDX-License-Identifier: BSD-3-Clause
 *
 * capture.list, capture.show, capture.stop, capture.attach: what can be done with sessions that are there. Control thread.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "api/capring_sum.h"
#include "base/clock.h"
#include "base/str.h"
#include "control/capture_session.h"

static json_t *stage_item(const struct rd_stage_desc *d, const struct rd_capring_stage *t,
	const struct rd_capring_cost *cost)
{
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "stage", d->name, "seen",
		(json_int_t)t->seen, "matched", (json_int_t)t->matched, "captured",
		(json_int_t)t->captured, "lost", (json_int_t)t->lost, "skipped",
		(json_int_t)t->skipped, "cycles_seen",
		(json_int_t)rd_capring_per(cost->look_cycles, cost->looks), "cycles_matched",
		(json_int_t)rd_capring_per(cost->write_cycles, cost->writes));
}

// The sums over all stages, and each of those that saw something, unless stages is NULL.
static struct rd_capring_stage count(const struct rd_ctl_session *s, json_t *stages)
{
	struct rd_capring_stage sum = {0};

	for (unsigned i = 0; i < rd_stages_count; i++) {
		struct rd_capring_stage t = rd_capture_totals(s->capture, rd_stages[i].id);

		struct rd_capring_cost cost;

		rd_capring_stage_add(&sum, &t);
		if (stages == NULL || t.seen == 0)
			continue;
		cost = rd_capture_costs(s->capture, rd_stages[i].id);
		json_array_append_new(stages, stage_item(&rd_stages[i], &t, &cost));
	}
	return sum;
}

static void add_limits(json_t *item, const struct rd_ctl_session *s)
{
	uint64_t now = rd_monotonic_ns(), room, waiting = rd_capture_waiting(s->capture, &room);

	json_object_set_new(item, "start_ns", json_integer((json_int_t)s->start_wall_ns));
	json_object_set_new(
		item, "duration_ms", json_integer((json_int_t)(s->duration_ns / 1000000)));
	json_object_set_new(item, "keep_s", json_integer((json_int_t)(s->keep_ns / 1000000000)));
	json_object_set_new(item, "packets", json_integer((json_int_t)s->max_packets));
	json_object_set_new(item, "bytes", json_integer((json_int_t)s->max_bytes));
	json_object_set_new(item, "max_cost", json_integer(s->max_cost));
	json_object_set_new(item, "one_in", json_integer(rd_capture_one_in(s->capture)));
	json_object_set_new(item, "waiting", json_integer((json_int_t)waiting));
	json_object_set_new(item, "memory", json_integer((json_int_t)room));
	json_object_set_new(item, "file", json_string(s->file));
	json_object_set_new(item, "file_bytes", json_integer(s->file_bytes));
	json_object_set_new(item, "detached_s",
		json_integer(
			s->conn != NULL ? 0 : (json_int_t)((now - s->detached_ns) / 1000000000)));
}

static json_t *session_item(const struct rd_ctl_session *s, json_t *stages)
{
	struct rd_capring_stage sum = count(s, stages);
	json_t *item =
		json_pack("{s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:O,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			"session", (json_int_t)s->id, "name", s->name, "state", rd_session_state(s),
			"ended", s->end == RD_CAPRING_RUNS ? "" : rd_capring_end_name(s->end),
			"owner_uid", (json_int_t)s->uid, "owner_gid", (json_int_t)s->gid,
			"owner_pid", (json_int_t)s->pid, "points", s->points, "filter", s->filter,
			"follow", s->follow, "snaplen", (json_int_t)s->snaplen, "age_s",
			(json_int_t)((rd_monotonic_ns() - s->start_ns) / 1000000000), "seen",
			(json_int_t)sum.seen, "matched", (json_int_t)sum.matched, "captured",
			(json_int_t)sum.captured, "lost", (json_int_t)sum.lost, "skipped",
			(json_int_t)sum.skipped);

	if (item != NULL)
		add_limits(item, s);
	return item;
}

int ctl_capture_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (const struct rd_ctl_session *s = req->ctl->sessions; s != NULL; s = s->next)
		rd_req_item(req, session_item(s, NULL));
	return 0;
}

// The parameter session: a number, or a name.
static struct rd_ctl_session *req_session(struct rd_request *req)
{
	const json_t *v = json_object_get(req->params, "session");
	struct rd_ctl_session *s;
	const char *name;
	char number[16];

	if (json_is_integer(v)) {
		snprintf(number, sizeof(number), "%u",
			(unsigned)rd_req_num(req, "session", 1, UINT32_MAX));
		name = number;
	} else {
		name = rd_req_str(req, "session");
	}
	if (rd_req_end(req) < 0)
		return NULL;
	s = rd_session_find(req->ctl, name);
	if (s != NULL)
		return s;
	rd_req_fail(req, "session", -ENOENT, "there is no capture session %.64s", name);
	rd_err_hint(req->err, "show capture");
	return NULL;
}

// Those who may not change things may still end and take what is theirs.
static int check_owner(struct rd_request *req, const struct rd_ctl_session *s)
{
	if (req->admin || (req->conn != NULL && req->conn->uid == s->uid))
		return 0;
	rd_err_set(req->err, -EPERM, "session %s belongs to uid %u (pid %d)", s->name,
		(unsigned)s->uid, (int)s->pid);
	rd_err_hint(req->err,
		"its owner can do that, or root, the daemon's user, a member of group reddot");
	return -EPERM;
}

// A client's files: for show, and so that the clients can keep to a limit for all of them.
int ctl_capture_note(struct rd_request *req)
{
	json_int_t device = (json_int_t)rd_req_num(req, "device", 0, INT64_MAX);
	json_int_t bytes = (json_int_t)rd_req_num(req, "bytes", 0, INT64_MAX);
	struct rd_ctl_session *s;
	char file[sizeof(s->file)];

	rd_req_shown(req, "file", "", file, sizeof(file));
	s = req_session(req);
	if (s == NULL || check_owner(req, s) < 0)
		return req->err->code;
	s->device = device;
	s->file_bytes = bytes;
	rd_str_copy(s->file, sizeof(s->file), file);
	rd_req_result(req, json_pack("{s:I}", "others", rd_session_others(s)));
	return 0;
}

int ctl_capture_show(struct rd_request *req)
{
	const struct rd_ctl_session *s = req_session(req);
	json_t *stages, *item;

	if (s == NULL)
		return req->err->code;
	stages = json_array();
	item = session_item(s, stages);
	if (item == NULL || json_object_set_new(item, "stages", stages) < 0) {
		json_decref(item);
		return -ENOMEM;
	}
	return rd_req_item(req, item);
}

int ctl_capture_stop(struct rd_request *req)
{
	struct rd_ctl_session *s = req_session(req);

	if (s == NULL || check_owner(req, s) < 0)
		return req->err->code;
	rd_session_end(s, RD_CAPRING_END_STOPPED);
	return 0;
}

int ctl_capture_attach(struct rd_request *req)
{
	struct rd_ctl_session *s = req_session(req);

	if (s == NULL || check_owner(req, s) < 0)
		return req->err->code;
	if (req->conn == NULL)
		return rd_err_set(req->err, -ENOTSUP, "a capture session belongs to a client");
	if (s->conn != NULL) {
		rd_err_set(req->err, -EBUSY, "pid %d has session %s", (int)s->pid, s->name);
		rd_err_hint(req->err,
			"a second capture of its own: pktcap; to end this one: capture stop %s",
			s->name);
		return -EBUSY;
	}
	req->fd = fcntl(rd_capture_fd(s->capture), F_DUPFD_CLOEXEC, 0);
	if (req->fd < 0)
		return rd_err_set(
			req->err, -errno, "no descriptor for the ring: %s", strerror(errno));
	rd_session_take(s, req->conn);
	rd_req_result(req, session_item(s, NULL));
	json_object_set_new(req->result, "rings", json_integer((json_int_t)rd_nb_workers));
	json_object_set_new(req->result, "fd", json_true());
	return 0;
}
