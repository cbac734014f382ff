/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Triggers, see trigger.h. Main thread.
 */
#include "trigger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "held.h"
#include "text.h"

enum state {
	WAITING, // nothing is written yet
	OPEN,
	ENDING, // `left` more records
	DONE,
};

struct condition {
	const struct pk_condition *want;
	struct rd_filter filter;
};

struct pk_trigger {
	const struct pk_trigger_opts *opts;
	struct condition start, stop;
	enum state state;
	uint64_t left;
	uint64_t passed; // records before the first trigger
	struct pk_held *held; // NULL without --before
};

int pk_condition_parse(struct pk_condition *c, const char *text, struct rd_err *err)
{
	if (c->given)
		return rd_err_set(err, -EINVAL, "a second trigger of the same kind: %s", text);
	c->given = true;
	if (strcmp(text, "drop") == 0) {
		c->drops.given = true;
		return 0;
	}
	if (pk_drops_is_list(text))
		return pk_drops_add(&c->drops, text, err);
	c->filter = text;
	return 0;
}

static int condition_init(struct condition *c, const struct pk_condition *want, struct rd_err *err)
{
	c->want = want;
	if (!want->given || want->drops.given)
		return 0;
	return rd_filter_compile(&c->filter, want->filter, RD_FILTER_BOTH, err);
}

struct pk_trigger *pk_trigger_new(const struct pk_trigger_opts *o, struct rd_err *err)
{
	struct pk_trigger *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the trigger");
		return NULL;
	}
	t->opts = o;
	t->state = o->start.given || o->before != 0 ? WAITING : OPEN;
	if (condition_init(&t->start, &o->start, err) < 0
		|| condition_init(&t->stop, &o->stop, err) < 0)
		goto fail;
	if (o->before != 0) {
		t->held = pk_held_new((uint32_t)o->before);
		if (t->held == NULL) {
			rd_err_set(err, -ENOMEM, "no memory to hold %llu packets",
				(unsigned long long)o->before);
			goto fail;
		}
	}
	return t;
fail:
	pk_trigger_free(t);
	return NULL;
}

void pk_trigger_free(struct pk_trigger *t)
{
	if (t == NULL)
		return;
	rd_filter_free(&t->start.filter);
	rd_filter_free(&t->stop.filter);
	pk_held_free(t->held);
	free(t);
}

bool pk_trigger_needs_drops(const struct pk_trigger_opts *o)
{
	return o->start.drops.given || o->stop.drops.given;
}

static bool is_met(const struct condition *c, const struct rd_cap_rec *rec)
{
	const uint8_t *bytes = (const uint8_t *)rec + rec->hdr_len;

	if (!c->want->given)
		return false;
	if (c->want->drops.given)
		return rec->stage == RD_STAGE_DROP && pk_drops_wants(&c->want->drops, rec->reason);
	return rd_filter_run(&c->filter, bytes, rec->cap_len, rec->wire_len,
		       rec->inner_off < rec->cap_len ? rec->inner_off : 0)
		!= RD_FILTER_NO;
}

static void say(const char *what, const struct rd_cap_rec *rec)
{
	char time[PK_TIME_TEXT];
	const struct rd_stage_desc *d = rd_stage_by_id(rec->stage);
	const char *reason = rec->stage == RD_STAGE_DROP ? pk_reason_name(rec->reason) : "";

	fprintf(stderr, "pktcap: %s: %s %s%s%s, packet %llu\n", what, pk_text_time(rec->ns, time),
		d != NULL ? d->name : "?", *reason ? " " : "", reason,
		(unsigned long long)rec->packet_id);
}

static int write_held(struct pk_trigger *t, struct pk_session *s, struct rd_err *err)
{
	const struct rd_cap_rec *rec;
	int rc = 0;

	while (rc == 0 && t->held != NULL && !pk_session_enough(s)
		&& (rec = pk_held_take(t->held)) != NULL)
		rc = pk_session_put(s, rec, err);
	return rc;
}

static void end_after(struct pk_trigger *t)
{
	t->left = t->opts->after;
	t->state = t->left == 0 ? DONE : ENDING;
}

// Nothing is written yet: is this the record that changes that?
static int wait_for(struct pk_trigger *t, struct pk_session *s, const struct rd_cap_rec *rec,
	bool shown, struct rd_err *err)
{
	const struct condition *c = t->opts->start.given ? &t->start : &t->stop;

	if (!is_met(c, rec)) {
		t->passed += shown;
		return shown && t->held != NULL ? pk_held_add(t->held, rec) : 0;
	}
	say(c == &t->start ? "started by" : "stopped by", rec);
	t->state = OPEN;
	return write_held(t, s, err);
}

int pk_trigger_offer(struct pk_trigger *t, struct pk_session *s, const struct rd_cap_rec *rec,
	bool shown, struct rd_err *err)
{
	enum state before = t->state;
	int rc = 0;

	if (before == WAITING) {
		rc = wait_for(t, s, rec, shown, err);
		if (rc < 0 || t->state == WAITING)
			return rc < 0 ? rd_err_set(err, rc, "no memory to hold a packet") : 0;
	}
	if (shown && t->state != DONE && !pk_session_enough(s))
		rc = pk_session_put(s, rec, err);
	if (before == ENDING) {
		if (shown && --t->left == 0)
			t->state = DONE;
	} else if (is_met(&t->stop, rec)) {
		if (before == OPEN)
			say("stopped by", rec);
		end_after(t);
	} else if (before == WAITING && t->opts->has_after && !t->opts->stop.given) {
		end_after(t);
	}
	return rc;
}

bool pk_trigger_done(const struct pk_trigger *t)
{
	return t->state == DONE;
}

void pk_trigger_summary(const struct pk_trigger *t)
{
	if (t->state == WAITING)
		fprintf(stderr,
			"pktcap: the trigger did not come: %llu packets passed, none was written\n",
			(unsigned long long)t->passed);
	else if (t->state == OPEN && t->opts->stop.given)
		fprintf(stderr, "pktcap: the stop trigger did not come\n");
	else if (t->state == ENDING)
		fprintf(stderr, "pktcap: %llu packets after the trigger are missing\n",
			(unsigned long long)t->left);
}
