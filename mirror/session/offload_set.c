/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a session wants, planned and programmed point by point, and taken back: see offload.h. Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session/offload_priv.h"

// Keeps its own copy: rules are made again later, when whoever asked is gone.
static int wish(struct offload_wish *w, uint16_t id, const struct rd_offload_want *want)
{
	*w = (struct offload_wish){.want = *want, .spec = *want->spec};
	w->want.id = id;
	if (want->head != NULL)
		w->head = *want->head;
	if (want->nb_own == 0)
		return 0;
	w->own = calloc(want->nb_own, sizeof(*w->own));
	if (w->own == NULL)
		return -ENOMEM;
	memcpy(w->own, want->own, want->nb_own * sizeof(*w->own));
	return 0;
}

static void take(struct rd_offload_session *s, const struct offload_wish *w)
{
	bool head = w->want.head != NULL;

	s->wish = *w;
	s->wish.want.spec = &s->wish.spec;
	s->wish.want.head = head ? &s->wish.head : NULL;
	s->wish.want.own = s->wish.own;
}

static bool same_point(const struct rd_offload_point *a, const struct rd_offload_point *b)
{
	return a->port == b->port && a->ethdev == b->ethdev && a->stage == b->stage;
}

static struct offload_point *old_point(
	struct offload_point *old, unsigned nb, const struct rd_offload_point *at)
{
	for (unsigned i = 0; i < nb; i++)
		if (same_point(&old[i].at, at))
			return &old[i];
	return NULL;
}

static bool same_rules(const struct rd_flow_plan *a, const struct rd_flow_plan *b)
{
	return a->recipe == b->recipe && memcmp(&a->form, &b->form, sizeof(a->form)) == 0
		&& rd_flow_same_matches(a, b);
}

static void inherit(struct rd_offload *off, struct offload_point *p, struct offload_point *old)
{
	offload_count(off, old);
	p->past_hits = old->past_hits + old->set_hits;
	p->past_bytes = old->past_bytes + old->set_bytes;
	p->seen = old->seen;
	p->result = old->result;
}

// What did not change keeps its rules; all else gets new ones, beside the old ones.
static void plan_point(
	struct rd_offload_session *s, struct offload_point *p, struct offload_point *old, bool dry)
{
	struct rd_flow_ask ask;

	if (old != NULL)
		inherit(s->off, p, old);
	p->old_set = old != NULL ? old->set : 0;
	ask = offload_ask(s, p);
	rd_flow_plan(&ask, &p->plan);
	if (dry) {
		offload_show(s, p);
		return;
	}
	if (old != NULL && old->set != 0 && same_rules(&p->plan, &old->plan)) {
		struct rd_offload_point at = p->at;

		*p = *old;
		p->at = at;
		return;
	}
	offload_make(s, p);
	if (old != NULL)
		old->set = p->old_set; // 0 if it had to make room
}

static bool kept(const struct offload_point *fresh, unsigned nb, uint32_t set)
{
	for (unsigned i = 0; i < nb; i++)
		if (fresh[i].set == set)
			return true;
	return false;
}

// Takes away what `gone` has and `stays` has not; the newest first.
static void drop_unless(struct rd_offload_session *s, struct offload_point *gone, unsigned nb_gone,
	const struct offload_point *stays, unsigned nb_stays)
{
	for (;;) {
		uint32_t newest = 0;

		for (unsigned i = 0; i < nb_gone; i++)
			if (gone[i].set > newest && !kept(stays, nb_stays, gone[i].set))
				newest = gone[i].set;
		if (newest == 0)
			return;
		for (unsigned i = 0; i < nb_gone; i++)
			if (gone[i].set == newest)
				gone[i].set = 0;
		offload_let_go(s, newest);
	}
}

static int required(const struct rd_offload_session *s, const struct offload_point *p, unsigned nb,
	struct rd_err *err)
{
	for (unsigned i = 0; s->wish.spec.offload == RD_MIRROR_OFFLOAD_REQUIRE && i < nb; i++) {
		const struct rd_flow_plan *plan = &p[i].plan;
		const struct rd_flow_step *last =
			plan->nb_steps > 0 ? &plan->step[plan->nb_steps - 1] : NULL;
		char text[RD_FLOW_FAIL_TEXT];

		if (p[i].result.path != RD_PATH_SW)
			continue;
		for (unsigned k = 0; k < plan->nb_steps; k++)
			if (plan->step[k].why == plan->why) {
				last = &plan->step[k];
				break;
			}
		rd_err_set(err, -ENOTSUP, "offload require: %s at %s: %s",
			rd_flow_reason(plan->why)->meaning,
			rd_stage_by_id(p[i].at.stage) != NULL ? rd_stage_by_id(p[i].at.stage)->name
							      : "?",
			last != NULL ? rd_flow_fail_text(&last->fail, text, sizeof(text)) : "");
		rd_err_hint(err,
			"mirror explain says what was tried; offload auto falls back to software");
		return -ENOTSUP;
	}
	return 0;
}

// As it was: a rule that had to make room comes back, if its driver still takes it.
static void restore(struct rd_offload_session *s, struct offload_point *fresh, unsigned nb)
{
	drop_unless(s, fresh, nb, s->points, s->nb);
	for (unsigned i = 0; i < s->nb; i++) {
		struct offload_point *p = &s->points[i];

		p->old_set = 0;
		if (p->set == 0 && p->plan.recipe != RD_RECIPE_SOFTWARE)
			offload_make(s, p);
	}
}

static void replace(struct rd_offload_session *s, struct offload_point *fresh, unsigned nb)
{
	drop_unless(s, s->points, s->nb, fresh, nb);
	free(s->points);
	s->points = fresh;
	s->nb = nb;
	for (unsigned i = 0; i < nb; i++) {
		fresh[i].old_set = 0;
		offload_show(s, &fresh[i]);
	}
}

// On failure everything is as it was `before`, but for the copies missed meanwhile.
static int apply(struct rd_offload_session *s, const struct offload_wish *before,
	const struct rd_offload_point *points, unsigned nb, bool dry, struct rd_err *err)
{
	struct offload_point *fresh = calloc(nb != 0 ? nb : 1, sizeof(*fresh));
	int ret;

	if (fresh == NULL) {
		take(s, before);
		return rd_err_set(
			err, -ENOMEM, "out of memory for %u points of a mirror session", nb);
	}
	for (unsigned i = 0; i < nb; i++) {
		fresh[i].at = points[i];
		plan_point(s, &fresh[i], old_point(s->points, s->nb, &points[i]), dry);
	}
	ret = required(s, fresh, nb, err);
	if (ret == 0 || dry) {
		replace(s, fresh, nb);
	} else {
		take(s, before);
		restore(s, fresh, nb);
		free(fresh);
	}
	return ret;
}

static int change(struct rd_offload_session *s, const struct rd_offload_want *want,
	const struct rd_offload_point *points, unsigned nb, bool dry, struct rd_err *err)
{
	struct offload_wish before = s->wish, now;
	int ret;

	if (nb > RD_OFFLOAD_POINTS)
		return rd_err_set(err, -E2BIG, "%u ports at once: one session can mirror %d", nb,
			RD_OFFLOAD_POINTS);
	if (wish(&now, s->id, want) < 0)
		return rd_err_set(err, -ENOMEM, "out of memory for a mirror session");
	take(s, &now);
	ret = apply(s, &before, points, nb, dry, err);
	free(s->wish.own == now.own ? before.own : now.own);
	s->changed = true;
	return ret;
}

int rd_offload_set(struct rd_offload_session *s, const struct rd_offload_want *want,
	const struct rd_offload_point *points, unsigned nb, struct rd_err *err)
{
	int ret = change(s, want, points, nb, false, err);

	s->programmed |= ret == 0;
	offload_tell_shares(s->off);
	return ret;
}

int rd_offload_dry_run(struct rd_offload_session *s, const struct rd_offload_want *want,
	const struct rd_offload_point *points, unsigned nb, struct rd_err *err)
{
	if (s->programmed)
		return rd_err_set(err, -EBUSY, "this session is programmed");
	return change(s, want, points, nb, true, err);
}

void rd_offload_revoke(struct rd_offload_session *s)
{
	drop_unless(s, s->points, s->nb, NULL, 0);
	free(s->points);
	s->points = NULL;
	s->nb = 0;
	s->programmed = false;
	s->changed = true;
	offload_tell_shares(s->off);
}
