/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The start of a capture session: what the options ask for as the parameters of capture.start, or a session that is there
 * already. Main thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "filter/filter.h"
#include "trigger.h"

#define WINDOW_NS 5000000u // reorder window between rings

static json_t *bpf_json(const struct rd_filter *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list != NULL && i < f->nb_insns; i++) {
		const struct rd_filter_insn *in = &f->insns[i];
		json_t *item =
			json_pack("[i, i, i, I]", in->code, in->jt, in->jf, (json_int_t)in->k);

		if (item == NULL || json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

// Following from chosen ports: every stage is armed, and we keep what passed the chosen points.
static json_t *points_json(struct pk_session *s, struct rd_err *err)
{
	struct pk_opts all = {.dir = PK_DIR_BOTH};
	struct pk_points pts;
	json_t *list;

	if (!s->selective)
		return pk_points_json(s->points);
	if (pk_points_select(&pts, &all, s->ports, err) < 0)
		return NULL;
	list = pk_points_json(&pts);
	pk_points_free(&pts);
	return list;
}

// The drops that are shown, and those that are waited for.
static json_t *reasons_json(const struct pk_session *s)
{
	const struct pk_trigger_opts *t = &s->opts->trigger;
	json_t *list = json_array();

	for (unsigned i = 0; i < rd_drops_count; i++) {
		unsigned id = rd_drops[i].id;

		if (pk_drops_wants(&s->opts->drops, id)
			|| (t->start.drops.given && pk_drops_wants(&t->start.drops, id))
			|| (t->stop.drops.given && pk_drops_wants(&t->stop.drops, id)))
			json_array_append_new(list, json_string(rd_drops[i].name));
	}
	return list;
}

static bool has_stage(const struct pk_points *pts, unsigned stage)
{
	for (unsigned i = 0; i < pts->count; i++)
		if (pts->list[i].stage == stage && pts->list[i].port == NULL)
			return true;
	return false;
}

static void set_number(json_t *params, const char *key, uint64_t n)
{
	if (n != 0)
		json_object_set_new(params, key, json_integer((json_int_t)n));
}

// What the daemon ends by itself. It counts records, so -c is its business only where each of them is written.
static void set_limits(const struct pk_session *s, json_t *params)
{
	const struct pk_opts *o = s->opts;

	if (o->session.name != NULL)
		json_object_set_new(params, "name", json_string(o->session.name));
	set_number(params, "ring_size", o->ring_size);
	set_number(params, "duration_ms", o->session.duration_ms);
	set_number(params, "bytes", o->session.max_bytes);
	set_number(params, "keep_s", o->session.keep_s);
	set_number(params, "max_cost", o->session.max_cost);
	if (!s->selective && !o->trace && s->trigger == NULL)
		set_number(params, "packets", o->count);
}

static json_t *params_json(struct pk_session *s, struct rd_err *err)
{
	const struct pk_opts *o = s->opts;
	struct rd_filter f;
	json_t *params, *bpf, *points;

	if (rd_filter_compile(&f, o->filter, RD_FILTER_BOTH, err) < 0)
		return NULL;
	bpf = bpf_json(&f);
	rd_filter_free(&f);
	points = points_json(s, err);
	params = json_pack("{s:o, s:o, s:s, s:b, s:b, s:b, s:I}", "points", points, "bpf", bpf,
		"filter", o->filter, "inner", !o->outer_only, "outer", !o->inner_only, "follow",
		o->follow, "snaplen", (json_int_t)o->snaplen);
	if (params == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the request, or the filter is not UTF-8");
		return NULL;
	}
	set_limits(s, params);
	if (s->extra_drops)
		json_array_append_new(points, json_pack("{s:s}", "stage", "drop"));
	if (o->drops.some)
		json_object_set_new(params, "reasons", reasons_json(s));
	return params;
}

static int open_ring(struct pk_session *s, struct rd_err *err)
{
	int fd = rd_client_take_fd(s->client);

	if (fd < 0)
		return rd_err_set(err, -EPROTO, "the daemon started a session, but sent no ring");
	s->reader = rd_capring_open(fd); // takes the descriptor
	if (s->reader == NULL)
		return rd_err_set(
			err, -EPROTO, "the daemon's ring can't be used: %s", strerror(errno));
	pk_merge_init(&s->merge, s->reader, WINDOW_NS);
	return 0;
}

static int prepare(struct pk_session *s, struct rd_err *err)
{
	const struct pk_trigger_opts *t = &s->opts->trigger;

	s->selective = s->opts->follow && (s->opts->nb_select != 0 || s->opts->capture != NULL);
	// Walks are chosen when they are complete, so that they begin where the packet did.
	if (s->selective && !s->opts->trace) {
		s->followed = pk_followed_new();
		if (s->followed == NULL)
			return rd_err_set(err, -ENOMEM, "no memory to follow packets");
	}
	if (!t->start.given && !t->stop.given)
		return 0;
	s->trigger = pk_trigger_new(t, err);
	s->extra_drops =
		!s->selective && pk_trigger_needs_drops(t) && !has_stage(s->points, RD_STAGE_DROP);
	return s->trigger == NULL ? err->code : 0;
}

static json_t *request(struct pk_session *s, const char **method, struct rd_err *err)
{
	const char *attach = s->opts->session.attach;

	*method = attach == NULL ? "capture.start" : "capture.attach";
	return attach == NULL ? params_json(s, err) : json_pack("{s:s}", "session", attach);
}

int pk_session_start(struct pk_session *s, struct rd_err *err)
{
	json_t *params, *result = NULL;
	const char *method, *name;
	int rc;

	if (prepare(s, err) < 0)
		return err->code;
	params = request(s, &method, err);
	if (params == NULL)
		return rd_err_set(
			err, -ENOMEM, "no memory for the request, or a name is not UTF-8");
	rc = rd_client_call(s->client, method, params, NULL, NULL, &result, err);
	if (rc < 0)
		return rc;
	s->number = json_integer_value(json_object_get(result, "session"));
	name = json_string_value(json_object_get(result, "name"));
	rd_str_copy(s->name, sizeof(s->name), name != NULL ? name : "?");
	json_decref(result);
	s->ports_ns = rd_monotonic_ns();
	return open_ring(s, err);
}
