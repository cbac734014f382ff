/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions that want the same packets of a port: a card gives a packet to one rule, so one rule copies for all of them, with a SAMPLE for each.
 * It is made before those that it is in place of go, whoever comes, changes, or leaves. Its counter is that of each: whatever meets the rule
 * is copied for all. Control thread.
 */
#include <string.h>

#include "session/flow_build.h"
#include "session/flow_build_priv.h"
#include "session/offload_priv.h"

typedef void (*each_fn)(struct rd_offload_session *t, struct offload_point *q, void *arg);

// Points of other sessions that have rules, or had to give them up for a moment.
static void each_other(
	struct rd_offload *off, const struct rd_offload_session *s, each_fn fn, void *arg)
{
	for (struct rd_offload_session *t = off->sessions; t != NULL; t = t->next)
		for (unsigned i = 0; t != s && t->programmed && i < t->nb; i++)
			if (t->points[i].set != 0 || t->points[i].evicted)
				fn(t, &t->points[i], arg);
}

static bool is_beside(const struct offload_point *q, const struct rd_offload_point *at,
	const struct rd_flow_plan *plan)
{
	return q->at.ethdev == at->ethdev && rd_flow_side_of(&q->at) == rd_flow_side_of(at)
		&& rd_flow_domain_of(q->plan.recipe) == rd_flow_domain_of(plan->recipe);
}

// Just the same packets, in the same order; and copies that leave the card by themselves: others can't be told apart.
static bool is_same(const struct rd_flow_plan *a, const struct rd_flow_plan *b)
{
	return a->recipe == RD_RECIPE_FULL && b->recipe == a->recipe && rd_flow_same_matches(a, b);
}

static bool has(const struct rd_flow_plan *plan, const struct rd_flow_match *m)
{
	for (unsigned i = 0; i < plan->nb_matches; i++)
		if (rd_flow_same(&plan->match[i], m))
			return true;
	return false;
}

// What both leave out alike is no loss: whichever rule meets the packet, it is not copied.
static bool meet(const struct rd_flow_plan *a, const struct rd_flow_match *x,
	const struct rd_flow_plan *b, const struct rd_flow_match *y)
{
	if (!rd_flow_overlap(x, y) || (x->deny && y->deny))
		return false;
	return !(x->deny && has(b, x)) && !(y->deny && has(a, y));
}

static bool clash(const struct rd_flow_plan *a, const struct rd_flow_plan *b)
{
	for (unsigned i = 0; i < a->nb_matches; i++)
		for (unsigned k = 0; k < b->nb_matches; k++)
			if (meet(a, &a->match[i], b, &b->match[k]))
				return true;
	return false;
}

static void add_with(const struct rd_offload_session *t, const struct offload_point *q,
	struct rd_flow_form *form)
{
	struct rd_flow_with *w = &form->with[form->nb_with++];

	w->session = t->id;
	w->out_port = q->plan.form.out_port;
	w->old_ports = q->plan.form.old_ports;
	w->head_len = q->plan.form.head_len;
	memcpy(w->head, q->plan.form.head, sizeof(w->head));
}

struct question {
	const struct rd_offload_point *at;
	struct rd_flow_plan *plan;
	bool taken;
};

static void ask_one(struct rd_offload_session *t, struct offload_point *q, void *arg)
{
	struct question *ask = arg;

	if (!is_beside(q, ask->at, ask->plan))
		return;
	if (is_same(&q->plan, ask->plan) && ask->plan->form.nb_with < RD_FLOW_WITH)
		add_with(t, q, &ask->plan->form);
	else
		ask->taken |= clash(&q->plan, ask->plan);
}

static void forget_shares(struct rd_flow_form *f)
{
	f->nb_with = 0;
	memset(f->with, 0, sizeof(f->with)); // forms are compared
}

enum rd_flow_taken offload_taken(const struct rd_flow_ask *ask, struct rd_flow_plan *plan)
{
	struct rd_offload_session *s = ask->taken_arg;
	struct question q = {ask->point, plan, false};

	forget_shares(&plan->form);
	q.taken = rd_flow_rules_stuck_at(&s->off->rules, ask, plan);
	each_other(s->off, s, ask_one, &q);
	if (q.taken) {
		forget_shares(&plan->form);
		return RD_FLOW_TAKEN;
	}
	return plan->form.nb_with != 0 ? RD_FLOW_SHARED : RD_FLOW_FREE;
}

void offload_count(struct rd_offload *off, struct offload_point *p)
{
	struct rd_flow_fail fail;
	uint64_t hits, bytes;

	if (p->set == 0 || rd_flow_rules_count(&off->rules, p->set, &hits, &bytes, &fail) < 0)
		return;
	p->set_hits = hits;
	p->set_bytes = bytes;
}

void offload_fold(struct rd_offload *off, struct offload_point *p)
{
	offload_count(off, p);
	p->past_hits += p->set_hits;
	p->past_bytes += p->set_bytes;
	p->set_hits = p->set_bytes = 0;
}

static bool is_used(const struct rd_offload *off, uint32_t set)
{
	for (const struct rd_offload_session *t = off->sessions; t != NULL; t = t->next)
		for (unsigned i = 0; i < t->nb; i++)
			if (t->points[i].set == set)
				return true;
	return false;
}

struct move {
	struct rd_offload_session *s;
	struct offload_point *p;
	uint32_t set; // of evict_one()
	bool any;
};

static void take_one(struct rd_offload_session *t, struct offload_point *q, void *arg)
{
	const struct move *m = arg;
	uint32_t old = q->set;

	if (q->set == m->p->set || !is_beside(q, &m->p->at, &m->p->plan)
		|| !is_same(&q->plan, &m->p->plan))
		return;
	offload_fold(t->off, q);
	q->set = m->p->set;
	q->evicted = false;
	q->plan.form.count = m->p->plan.form.count;
	q->still = 0;
	q->seen_at_hit = q->seen;
	q->result.proof = m->p->result.proof;
	if (old != 0 && !is_used(t->off, old))
		rd_flow_rules_drop(&t->off->rules, old);
	offload_show(t, q);
}

void offload_take_along(struct rd_offload_session *s, struct offload_point *p)
{
	each_other(s->off, s, take_one, &(struct move){.s = s, .p = p});
}

static void evict_one(struct rd_offload_session *t, struct offload_point *q, void *arg)
{
	struct move *m = arg;

	if (q->set == 0 || !is_beside(q, &m->p->at, &m->p->plan)
		|| (q->set != m->set && !is_same(&q->plan, &m->p->plan)))
		return;
	offload_fold(t->off, q);
	rd_flow_rules_drop(&t->off->rules, q->set);
	q->set = 0;
	q->evicted = true;
	m->any = true;
}

bool offload_evict(struct rd_offload_session *s, struct offload_point *p)
{
	struct move m = {.s = s, .p = p, .set = p->old_set, .any = p->old_set != 0};

	each_other(s->off, s, evict_one, &m);
	rd_flow_rules_drop(&s->off->rules, p->old_set);
	p->old_set = 0;
	return m.any;
}

void offload_put_back(struct rd_offload *off)
{
	for (struct rd_offload_session *t = off->sessions; t != NULL; t = t->next)
		for (unsigned i = 0; t->programmed && i < t->nb; i++) {
			if (!t->points[i].evicted)
				continue;
			t->points[i].evicted = false;
			offload_plan_again(t, &t->points[i]);
		}
}

struct heir {
	uint32_t set;
	struct rd_offload_session *t;
	struct offload_point *q;
};

static void find_heir(struct rd_offload_session *t, struct offload_point *q, void *arg)
{
	struct heir *h = arg;

	if (h->q == NULL && q->set == h->set)
		*h = (struct heir){h->set, t, q};
}

void offload_let_go(struct rd_offload_session *s, uint32_t set)
{
	while (set != 0) {
		struct heir h = {.set = set};

		each_other(s->off, s, find_heir, &h);
		if (h.q == NULL)
			break;
		offload_plan_again(h.t, h.q);
	}
	rd_flow_rules_drop(&s->off->rules, set);
}

struct teller {
	struct rd_offload_session *s;
	struct offload_point *p;
};

static void tell_one(struct rd_offload_session *t, struct offload_point *q, void *arg)
{
	struct teller *to = arg;

	if (q->set == to->p->set && to->p->plan.form.nb_with < RD_FLOW_WITH)
		add_with(t, q, &to->p->plan.form);
}

void offload_tell_shares(struct rd_offload *off)
{
	for (struct rd_offload_session *t = off->sessions; t != NULL; t = t->next)
		for (unsigned i = 0; t->programmed && i < t->nb; i++) {
			struct teller to = {t, &t->points[i]};

			if (to.p->set == 0)
				continue;
			forget_shares(&to.p->plan.form);
			each_other(off, t, tell_one, &to);
			offload_show(t, to.p);
		}
}
