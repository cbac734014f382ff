/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capture session, see session.h. Main thread.
 */
#include "session.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "filter/filter.h"

#define WINDOW_NS 5000000u // reorder window between rings
#define IDLE_MS 1 // sleep when the rings are empty
#define IDLE_LONG_MS 10 // ... and have been for a while
#define IDLE_LONG_AFTER 1000 // empty rounds
#define CHECK_ROUNDS 100 // long idle rounds between two looks whether the session still exists
#define BATCH 1024 // records between two looks at signals and outputs
#define RELOAD_NS 1000000000u // at most one port list per second

static volatile sig_atomic_t interrupted;

void pk_session_interrupt(int sig)
{
	if (interrupted) // asked again: the next one ends us at once, should nobody take our output
		signal(sig, SIG_DFL);
	interrupted = 1;
}

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

static json_t *reasons_json(const struct pk_drops *d)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < rd_drops_count; i++)
		if (pk_drops_wants(d, rd_drops[i].id))
			json_array_append_new(list, json_string(rd_drops[i].name));
	return list;
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
	params = json_pack("{s:o, s:o, s:s, s:b, s:b, s:b, s:I, s:s}", "points", points, "bpf", bpf,
		"filter", o->filter, "inner", !o->outer_only, "outer", !o->inner_only, "follow",
		o->follow, "snaplen", (json_int_t)o->snaplen, "name", "pktcap");
	if (params == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the request, or the filter is not UTF-8");
		return NULL;
	}
	if (o->ring_size != 0)
		json_object_set_new(params, "ring_size", json_integer((json_int_t)o->ring_size));
	if (o->drops.some)
		json_object_set_new(params, "reasons", reasons_json(&o->drops));
	return params;
}

bool pk_session_asked(const struct pk_session *s, const struct rd_cap_rec *rec)
{
	if (!pk_points_have(s->points, rec))
		return false;
	return rec->stage != RD_STAGE_DROP || pk_drops_wants(&s->opts->drops, rec->reason);
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

int pk_session_start(struct pk_session *s, struct rd_err *err)
{
	json_t *params, *result = NULL;
	int rc;

	s->selective = s->opts->follow && (s->opts->nb_select != 0 || s->opts->capture != NULL);
	// Walks are chosen when they are complete, so that they begin where the packet did.
	if (s->selective && !s->opts->trace) {
		s->followed = pk_followed_new();
		if (s->followed == NULL)
			return rd_err_set(err, -ENOMEM, "no memory to follow packets");
	}
	params = params_json(s, err);
	if (params == NULL)
		return err->code;
	rc = rd_client_call(s->client, "capture.start", params, NULL, NULL, &result, err);
	if (rc < 0)
		return rc;
	s->number = json_integer_value(json_object_get(result, "session"));
	json_decref(result);
	s->ports_ns = rd_monotonic_ns();
	return open_ring(s, err);
}

// Whether the record is of a packet that was asked for: it is at a chosen point, or its packet (or the one that it is
// a copy of) has been there.
static bool is_wanted(struct pk_session *s, const struct rd_cap_rec *rec)
{
	bool wanted;

	if (s->followed == NULL) {
		wanted = s->selective || !s->points->some || pk_session_asked(s, rec);
		s->passed_over += !wanted;
		return wanted;
	}
	wanted = pk_session_asked(s, rec) || pk_followed_has(s->followed, rec->packet_id)
		|| pk_followed_has(s->followed, rec->parent_id);
	if (wanted)
		pk_followed_add(s->followed, rec->packet_id);
	else
		s->passed_over++;
	return wanted;
}

// A port that was added after the list was fetched.
static void learn_port(struct pk_session *s, struct pk_rec *r)
{
	struct rd_err err = {0};
	uint64_t now = rd_monotonic_ns();

	if (s->client == NULL || r->port != NULL || r->rec->port_id == 0
		|| now - s->ports_ns < RELOAD_NS)
		return;
	s->ports_ns = now;
	// On failure the record goes out with the port's number; a dead daemon is noticed by the loop.
	if (pk_ports_load(s->ports, s->client, &err) == 0)
		pk_rec_init(r, r->rec, s->ports);
}

int pk_session_put(struct pk_session *s, const struct rd_cap_rec *rec, struct rd_err *err)
{
	struct pk_rec r;
	int rc = 0;

	pk_rec_init(&r, rec, s->ports);
	learn_port(s, &r);
	r.asked = !s->selective || pk_session_asked(s, rec);
	for (unsigned i = 0; i < s->nb_outs && rc == 0; i++)
		rc = s->outs[i]->ops->record(s->outs[i], &r, err);
	s->captured++;
	s->captured_at[rec->stage % RD_STAGE_MAX]++;
	return rc;
}

static int flush_outs(struct pk_session *s, struct rd_err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < s->nb_outs && rc == 0; i++)
		rc = s->outs[i]->ops->flush(s->outs[i], err);
	return rc;
}

bool pk_session_enough(const struct pk_session *s)
{
	uint64_t n = s->captured;

	if (s->opts->count == 0)
		return false;
	for (unsigned i = 0; i < s->nb_outs && s->opts->trace; i++)
		n = s->outs[i]->walks;
	return n >= s->opts->count;
}

// Writes what the rings have, at most BATCH records. Their number, or a negative errno.
static int take_batch(struct pk_session *s, bool drain, struct rd_err *err)
{
	uint64_t now = rd_realtime_ns();
	int taken = 0, rc = 0, corrupt;

	while (taken < BATCH && rc == 0 && !pk_session_enough(s)) {
		const struct rd_cap_rec *rec = pk_merge_next(&s->merge, now, drain, &corrupt);

		s->corrupt |= corrupt != 0;
		if (rec == NULL)
			break;
		if (is_wanted(s, rec))
			rc = pk_session_put(s, rec, err);
		pk_merge_pop(&s->merge);
		taken++;
	}
	return rc < 0 ? rc : taken;
}

// Sleeps until there may be something. false: the daemon is gone.
static bool wait_more(struct pk_session *s, int ms)
{
	struct pollfd p = {.fd = rd_client_fd(s->client), .events = POLLIN};

	// Between calls the daemon has nothing to say: readable means that it hung up.
	return poll(&p, 1, ms) <= 0 || p.revents == 0;
}

static int set_end(struct pk_session *s, int rc)
{
	s->end = rc == -EPIPE ? PK_END_PIPE : PK_END_ERROR;
	return rc == -EPIPE ? 0 : rc;
}

static int find_session(void *arg, const json_t *item)
{
	struct pk_session *s = arg;

	// 1 ends the list: found.
	return json_integer_value(json_object_get(item, "session")) == s->number;
}

// An administrator can stop our session (reddot capture stop): then nothing will ever come, and nobody tells us.
static bool is_stopped(struct pk_session *s)
{
	struct rd_err ignored = {0};

	return rd_client_call(s->client, "capture.list", NULL, find_session, s, NULL, &ignored)
		== 0;
}

// Nothing came in this round. false: nothing will, s->end says why.
static bool idle_round(struct pk_session *s, unsigned idle)
{
	bool longer = idle > IDLE_LONG_AFTER;

	if (longer && idle % CHECK_ROUNDS == 0 && is_stopped(s)) {
		s->end = PK_END_STOPPED;
		return false;
	}
	s->end = PK_END_DAEMON;
	return wait_more(s, longer ? IDLE_LONG_MS : IDLE_MS);
}

static int loop(struct pk_session *s, struct rd_err *err)
{
	unsigned idle = 0;
	int rc;

	for (;;) {
		rc = take_batch(s, false, err);
		if (rc >= 0 && rc < BATCH && flush_outs(s, err) < 0)
			rc = err->code ? err->code : -EPIPE;
		if (rc < 0)
			return set_end(s, rc);
		s->end = pk_session_enough(s) ? PK_END_COUNT : PK_END_SIGNAL;
		if (pk_session_enough(s) || interrupted
			|| (s->go_on != NULL && !s->go_on(s->go_on_arg)))
			return 0;
		idle = rc > 0 ? 0 : idle + 1;
		if (rc == 0 && !idle_round(s, idle))
			return 0;
	}
}

// The daemon confirms when no worker writes any more; then the rings are emptied.
static int stop_and_drain(struct pk_session *s, struct rd_err *err)
{
	struct rd_err ignored = {0};
	int rc = 0;

	if (s->end != PK_END_DAEMON && s->end != PK_END_STOPPED
		&& rd_client_call(s->client, "capture.stop",
			   json_pack("{s:I}", "session", s->number), NULL, NULL, NULL, &ignored)
			< 0
		&& s->end != PK_END_PIPE)
		s->end = s->end == PK_END_ERROR ? PK_END_ERROR : PK_END_DAEMON;
	while (s->end != PK_END_PIPE && s->end != PK_END_ERROR) {
		rc = take_batch(s, true, err);
		if (rc <= 0)
			break;
	}
	return rc < 0 ? set_end(s, rc) : 0;
}

int pk_session_finish(struct pk_session *s, int rc, struct rd_err *err)
{
	if (rc == -EPIPE) { // the reader of our output left: it has what it wanted
		s->end = PK_END_PIPE;
		rc = 0;
	}
	for (unsigned i = 0; i < s->nb_outs; i++) {
		int one = s->outs[i]->ops->finish(s->outs[i], s->reader, err);

		if (one < 0 && one != -EPIPE)
			s->end = PK_END_ERROR;
		rc = rc == 0 && one != -EPIPE ? one : rc;
	}
	return rc;
}

int pk_session_collect(struct pk_session *s, struct rd_err *err)
{
	int rc = loop(s, err);
	int more = stop_and_drain(s, err);

	return rc == 0 ? more : rc;
}

int pk_session_end(struct pk_session *s, int rc, struct rd_err *err)
{
	rc = pk_session_finish(s, rc, err);
	if (rc == 0 && s->end == PK_END_DAEMON) {
		rc = rd_err_set(err, -ECONNRESET,
			"the daemon is gone; what it had captured until then was kept");
		rd_err_hint(err, "its log, then: reddotd -f FILE");
	}
	if (rc == 0 && s->end == PK_END_STOPPED)
		rc = rd_err_set(err, -ECANCELED, "somebody stopped this capture at the daemon");
	if (rc == 0 && s->corrupt)
		rc = rd_err_set(err, -EBADMSG, "a capture ring is corrupt: its rest was lost");
	return rc;
}

int pk_session_run(struct pk_session *s, struct rd_err *err)
{
	return pk_session_end(s, pk_session_collect(s, err), err);
}

int pk_session_restart(struct pk_session *s, struct rd_err *err)
{
	rd_capring_close(s->reader);
	s->reader = NULL;
	free(s->followed);
	s->followed = NULL;
	return pk_session_start(s, err);
}

void pk_session_free(struct pk_session *s)
{
	for (unsigned i = 0; i < s->nb_outs; i++)
		s->outs[i]->ops->free(s->outs[i]);
	rd_capring_close(s->reader);
	free(s->followed);
	memset(s, 0, sizeof(*s));
}
