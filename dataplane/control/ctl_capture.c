/* SPDX-License-Identifier: BSD-3-Clause
 *
 * capture.start: what a client asks for becomes taps and rings. A session belongs to the connection that started it and
 * ends with it, unless it asked for a lease. Control thread.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "control/capture_session.h"
#include "control/pages.h"

#define POINTS_MAX 1024
#define SNAPLEN_MAX 262144
#define RING_MAX (UINT64_C(1) << 30)
#define SESSIONS_MAX \
	64 // with those that have ended and still wait for their client: each has its rings
#define DURATION_MAX_MS (UINT64_C(366) * 86400 * 1000)
#define KEEP_MAX_S 86400

struct point_list {
	struct rd_tap_point v[POINTS_MAX];
	unsigned nb;
	json_t *shown;
};

static int add_point(struct rd_request *req, struct point_list *l, unsigned stage, uint16_t port)
{
	char name[RD_QNAME_LEN];

	if (l->nb == POINTS_MAX)
		return rd_req_fail(req, "points", -E2BIG, "more than %d points", POINTS_MAX);
	l->v[l->nb++] = (struct rd_tap_point){.stage = (uint16_t)stage, .port = port};
	return json_array_append_new(l->shown,
		json_pack("{s:s,s:s}", "stage", rd_stage_by_id(stage)->name, "port",
			rd_ctl_port_qname(port, name)));
}

// A name of ours is one stage; pktcap-uw's name may stand for several.
static int add_stage(struct rd_request *req, struct point_list *l, const char *name, uint16_t port)
{
	unsigned before = l->nb;

	for (unsigned i = 0; i < rd_stages_count; i++)
		if (strcmp(rd_stages[i].name, name) == 0)
			return add_point(req, l, rd_stages[i].id, port);
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (strcasecmp(rd_stages[i].compat, name) == 0 && *name != '\0'
			&& add_point(req, l, rd_stages[i].id, port) < 0)
			return -E2BIG;
	if (l->nb > before)
		return 0;
	rd_req_fail(req, "points", -ENOENT, "there is no stage %.60s", name);
	rd_err_hint(req->err, "show stage");
	return -ENOENT;
}

static void read_points(struct rd_request *req, struct point_list *l)
{
	json_t *points = rd_req_array(req, "points", POINTS_MAX), *point;
	size_t i;

	if (json_array_size(points) == 0)
		rd_req_fail(req, "points", -EINVAL, "a capture needs points: [{\"stage\":NAME}]");
	json_array_foreach (points, i, point) {
		const char *stage = json_string_value(json_object_get(point, "stage"));
		json_t *port = json_object_get(point, "port");
		const struct rd_port *p = NULL;

		if (stage == NULL
			|| (port != NULL && !json_is_null(port) && !json_is_string(port))) {
			rd_req_fail(req, "points", -EINVAL,
				"point %zu is not {\"stage\":NAME,\"port\":NAME}", i + 1);
			return;
		}
		if (json_is_string(port) && *json_string_value(port) != '\0') {
			p = rd_port_find(json_string_value(port), req->err);
			if (p == NULL)
				return;
		}
		if (add_stage(req, l, stage, p == NULL ? RD_PORT_NONE : p->idx) < 0)
			return;
	}
}

static int read_insn(json_t *insn, struct rd_filter_insn *out)
{
	static const json_int_t max[4] = {UINT16_MAX, UINT8_MAX, UINT8_MAX, UINT32_MAX};
	json_int_t n[4];

	if (json_array_size(insn) != 4)
		return -EINVAL;
	for (size_t i = 0; i < 4; i++) {
		json_t *v = json_array_get(insn, i);

		n[i] = json_integer_value(v);
		if (!json_is_integer(v) || n[i] < 0 || n[i] > max[i])
			return -EINVAL;
	}
	*out = (struct rd_filter_insn){.code = (uint16_t)n[0],
		.jt = (uint8_t)n[1],
		.jf = (uint8_t)n[2],
		.k = (uint32_t)n[3]};
	return 0;
}

static void read_filter(struct rd_request *req, struct rd_filter *f)
{
	json_t *program = rd_req_array(req, "bpf", RD_FILTER_MAX_INSNS), *insn;
	uint32_t nb = (uint32_t)json_array_size(program);
	uint32_t where = (rd_req_bool_or(req, "outer", true) ? RD_FILTER_OUTER : 0)
		| (rd_req_bool_or(req, "inner", true) ? RD_FILTER_INNER : 0);
	struct rd_filter_insn *insns = calloc(nb + 1, sizeof(*insns));
	size_t i;

	if (where == 0)
		rd_req_fail(req, "inner", -EINVAL,
			"a filter looks at outer frames, inner ones or both");
	if (insns == NULL)
		rd_req_fail(req, "bpf", -ENOMEM, "out of memory");
	for (i = 0; insns != NULL && i < nb; i++) {
		insn = json_array_get(program, i);
		if (read_insn(insn, &insns[i]) < 0)
			rd_req_fail(
				req, "bpf", -EINVAL, "instruction %zu is not [code,jt,jf,k]", i);
	}
	if (req->err->code == 0 && rd_filter_load(f, insns, nb, where, req->err) < 0)
		rd_err_where(req->err, "bpf");
	free(insns);
}

// The reasons, a bit each; false when all are wanted.
static bool read_reasons(struct rd_request *req, uint64_t mask[RD_DROP_MAX / 64])
{
	json_t *list = rd_req_array(req, "reasons", RD_DROP_MAX), *name;
	size_t i;

	json_array_foreach (list, i, name) {
		const char *text = json_string_value(name);
		const struct rd_drop_desc *d = text != NULL ? rd_drop_by_name(text) : NULL;

		if (d == NULL) {
			rd_req_fail(req, "reasons", -ENOENT, "reason %zu is not known", i + 1);
			rd_err_hint(req->err, "show drop all");
			break;
		}
		mask[d->id / 64] |= UINT64_C(1) << (d->id % 64);
	}
	return json_array_size(list) != 0;
}

static unsigned nb_sessions(const struct rd_ctl *ctl)
{
	unsigned n = 0;

	for (const struct rd_ctl_session *s = ctl->sessions; s != NULL; s = s->next)
		n++;
	return n;
}

// Starts it: arms the taps and takes the descriptor for the client.
static int session_start(
	struct rd_request *req, struct rd_ctl_session *s, struct rd_capture_opts *o)
{
	int fd = -1;

	if (nb_sessions(req->ctl) >= SESSIONS_MAX) {
		rd_err_set(req->err, -EBUSY, "there are %d capture sessions", SESSIONS_MAX);
		rd_err_hint(req->err, "show capture, then capture stop SESSION");
		return -EBUSY;
	}
	s->capture = rd_capture_start(o, s->id, &fd, req->err);
	if (s->capture == NULL)
		return req->err->code != 0 ? req->err->code : -ENOMEM;
	req->fd = fcntl(
		fd, F_DUPFD_CLOEXEC, 0); // the session's own may be closed before this is sent
	if (req->fd < 0)
		return rd_err_set(
			req->err, -errno, "no descriptor for the ring: %s", strerror(errno));
	if (rd_session_add(s) < 0)
		return rd_err_set(req->err, -ENOMEM, "out of memory");
	rd_pages_later(req->ctl);
	rd_req_result(req,
		json_pack("{s:I,s:s,s:i,s:I,s:b}", "session", (json_int_t)s->id, "name", s->name,
			"rings", (int)rd_nb_workers, "ring_size", (json_int_t)o->ring_size, "fd",
			1));
	return 0;
}

// What the client is called, cut to the letters of names, and a number.
static void generate_name(struct rd_ctl_session *s, const char *client)
{
	size_t len = 0;

	for (; *client != '\0' && len < 40; client++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-",
			    *client)
			!= NULL)
			s->name[len++] = *client;
	rd_str_addf(s->name, sizeof(s->name), &len, "%s%u", len == 0 ? "capture-" : "-", s->id);
}

// A name is nobody else's; a number could be mistaken for a session's number.
static void read_name(struct rd_request *req, struct rd_ctl_session *s)
{
	const char *name;
	uint64_t number;

	if (!rd_req_has(req, "name")) {
		generate_name(s, req->conn->name);
		while (rd_session_find(req->ctl, s->name) != NULL) { // somebody chose it
			s->id = ++req->ctl->next_session;
			s->name[0] = '\0';
			generate_name(s, req->conn->name);
		}
		return;
	}
	name = rd_req_name(req, "name");
	if (name == NULL)
		return;
	rd_str_copy(s->name, sizeof(s->name), name);
	if (rd_parse_u64(name, 0, UINT64_MAX, &number) == 0) {
		rd_req_fail(req, "name", -EINVAL, "\"%s\" is a number, not a session's name", name);
	} else if (rd_session_find(req->ctl, name) != NULL) {
		rd_req_fail(req, "name", -EEXIST, "there is a capture session %s already", name);
		rd_err_hint(req->err, "another name, or: capture stop %s", name);
	}
}

static void read_limits(struct rd_request *req, struct rd_ctl_session *s, struct rd_capture_opts *o)
{
	s->duration_ns = rd_req_num_or(req, "duration_ms", 1, DURATION_MAX_MS, 0) * 1000000;
	s->keep_ns = rd_req_num_or(req, "keep_s", 0, KEEP_MAX_S, 0) * 1000000000;
	o->max_packets = s->max_packets = rd_req_num_or(req, "packets", 1, INT64_MAX, 0);
	o->max_bytes = s->max_bytes = rd_req_num_or(req, "bytes", 1, INT64_MAX, 0);
	o->max_cost = s->max_cost = (uint32_t)rd_req_num_or(req, "max_cost", 1, 100, 0);
}

static void read_session(
	struct rd_request *req, struct rd_ctl_session *s, struct rd_capture_opts *o)
{
	read_name(req, s);
	read_limits(req, s, o);
	rd_req_shown(req, "filter", "", s->filter, sizeof(s->filter));
	o->follow = s->follow = rd_req_bool_or(req, "follow", false);
	o->snaplen = s->snaplen =
		(uint32_t)rd_req_num_or(req, "snaplen", 1, SNAPLEN_MAX, SNAPLEN_MAX);
	o->ring_size = rd_req_num_or(req, "ring_size", 1, RING_MAX, rd_session_ring_size());
}

int ctl_capture_start(struct rd_request *req)
{
	struct rd_ctl_session *s;
	struct point_list *points;
	struct rd_capture_opts o = {0};
	uint64_t reasons[RD_DROP_MAX / 64] = {0};
	int ret = -ENOMEM;

	if (req->conn == NULL) {
		rd_err_set(req->err, -ENOTSUP, "a capture session belongs to a client");
		rd_err_hint(req->err, "pktcap");
		return -ENOTSUP;
	}
	s = rd_session_new(req->ctl, req->conn);
	points = calloc(1, sizeof(*points));
	if (s == NULL || points == NULL)
		goto out;
	s->points = points->shown = json_array();
	read_session(req, s, &o);
	read_points(req, points);
	read_filter(req, &o.filter);
	o.reasons = read_reasons(req, reasons) ? reasons : NULL;
	o.points = points->v;
	o.nb_points = points->nb;
	ret = rd_req_end(req);
	if (ret == 0)
		ret = session_start(req, s, &o);
	rd_filter_free(&o.filter);
	if (ret == 0)
		s = NULL; // the daemon's
out:
	rd_session_free(s);
	free(points);
	return ret;
}
