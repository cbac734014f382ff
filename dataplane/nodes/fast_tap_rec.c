/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's records, see fast_tap.h: what core/tap.c would write at each stage. Worker thread.
 */
#include "nodes/fast_tap.h"

#include "core/tap_copy.h"
#include "tables/dfw.h"

static uint8_t kept_flags(const struct rd_meta *md)
{
	return (uint8_t)((md->flags & RD_META_CLONE ? RD_CAP_F_CLONE : 0)
		| (md->flags & RD_META_INJECTED ? RD_CAP_F_INJECTED : 0));
}

static uint32_t rule_of(const struct fast_seen *s, uint8_t which)
{
	if (which == FAST_RULE_NONE)
		return 0;
	return rd_dfw_slot_id(which == FAST_RULE_IN ? s->f->rule_in : s->f->rule_out);
}

// Before the stage `step` of its way, which is the i-th.
static void fill(const struct fast_taps *t, const struct fast_seen *s, const struct fast_hits *h,
	const struct fast_step *step, struct rd_cap_rec *r)
{
	const struct fast_plan *p = s->plan;
	unsigned i = (unsigned)(step - p->step);

	r->hdr_len = sizeof(*r);
	r->stage = step->stage;
	r->dir = step->dir;
	r->packet_id = s->md->packet_id;
	r->parent_id = s->md->parent_id;
	r->ns = t->ns;
	r->wire_len = h->len;
	r->port_id = p->port_id[step->out_side];
	r->port_idx = p->port[step->out_side];
	r->queue = 0;
	r->vni = step->in_segment ? s->vni : 0;
	r->rule_id = rule_of(s, step->rule);
	r->flow_id = step->found ? rd_flow_id(t->w->flows, s->f) : 0;
	r->reason = 0;
	r->worker = (uint8_t)t->w->id;
	r->prev_stage = i == 0 ? s->stage : p->step[i - 1].stage;
	r->lcore = rd_tap_lcore(s->md);
	r->hop = (uint16_t)(s->hop + i);
	r->hash = step->found ? rd_flow_l4_hash(&s->f->key) : 0;
	r->inner_off = (uint16_t)h->inner_off;
}

static struct rd_capring_prod *ring_of(struct fast_taps *t, struct rd_capture *c)
{
	struct rd_capring_prod *ring = &c->ring.ring[t->w->id];
	uint32_t bit = UINT32_C(1) << c->slot;

	if ((t->dirty & bit) == 0)
		rd_capring_look(ring);
	t->dirty |= bit;
	return ring;
}

// false: the session's budget is used up, and this packet is as if it had come later.
static bool write_one(struct fast_taps *t, const struct fast_seen *s, const struct fast_hits *h,
	struct rd_capture *c, const struct fast_step *step, uint8_t flags)
{
	struct rd_capring_prod *ring = ring_of(t, c);
	struct rd_capring_stage *st = &c->stats[t->w->id][step->stage];
	uint32_t cap_len = RTE_MIN(h->len, c->snaplen);
	uint64_t len = rd_capring_len(cap_len);
	struct rd_cap_rec *r = rd_capring_room(ring, len);

	if (r == NULL) {
		st->matched++;
		st->lost++;
		t->full |= UINT32_C(1) << c->slot;
		return true;
	}
	if (c->budget.on && !rd_tap_budget_take(&c->budget, cap_len))
		return false;
	rd_capring_fetch(ring, len);
	fill(t, s, h, step, r);
	r->rec_len = (uint32_t)len;
	r->cap_len = cap_len;
	r->lost = ring->lost;
	r->flags = flags | step->flags;
	r->match = rd_tap_match(c, flags);
	r->one_in = rd_tap_one_in(t->w, c);
	rd_tap_copy((uint8_t *)(r + 1), s->m, h->off, cap_len);
	rd_capring_next(ring, len);
	st->matched++;
	st->captured++;
	return true;
}

static bool write_measured(struct fast_taps *t, const struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, const struct fast_step *step,
	uint8_t flags)
{
	uint64_t began = t->cost != NULL ? rd_tsc() : 0;
	bool ok = write_one(t, s, h, c, step, flags);

	if (unlikely(t->cost != NULL))
		fast_cost_write(t, c, step->stage, began);
	return ok;
}

static inline const struct fast_step *first_step(const struct fast_seen *s, uint16_t left)
{
	return &s->plan->step[__builtin_ctz(left)];
}

// A session with a budget counts for itself what it has seen: nothing any more when the budget is used up.
static void budget_records(struct fast_taps *t, const struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, uint8_t flags)
{
	uint16_t left = s->plan->want[c->slot] & s->plan->of_form[h->form];
	bool hit = h->any >> c->slot & 1;

	for (; left != 0 && !rd_tap_spent(c); left &= left - 1) {
		const struct fast_step *step = first_step(s, left);

		if (!hit || write_measured(t, s, h, c, step, flags))
			c->stats[t->w->id][step->stage].seen++;
	}
}

static void session_records(struct fast_taps *t, const struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, uint8_t flags)
{
	uint16_t left = s->plan->want[c->slot] & s->plan->of_form[h->form];

	for (; left != 0; left &= left - 1)
		(void)write_measured(
			t, s, h, c, first_step(s, left), flags); // no budget: never false
}

void fast_records(struct fast_taps *t, const struct fast_seen *s, const struct fast_hits *h)
{
	uint32_t left = (h->any | t->set->budget) & s->plan->slots[h->form] & ~s->skip;
	uint8_t kept = kept_flags(s->md);

	for (; left != 0; left &= left - 1) {
		unsigned slot = (unsigned)__builtin_ctz(left);
		struct rd_capture *c = t->set->by_slot[slot];
		uint8_t flags = kept;

		flags |= h->inner >> slot & 1 ? RD_CAP_F_INNER : 0;
		flags |= h->followed >> slot & 1 ? RD_CAP_F_FOLLOWED : 0;
		if (unlikely(c->budget.on))
			budget_records(t, s, h, c, flags);
		else
			session_records(t, s, h, c, flags);
	}
}
