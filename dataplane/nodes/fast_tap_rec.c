/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's records, see fast_tap.h: what core/tap.c would write at each stage. Worker thread.
 */
#include "nodes/fast_tap.h"

#include <string.h>

#include "core/tap_copy.h"
#include "tables/dfw.h"

static uint32_t rule_of(const struct fast_seen *s, uint8_t which)
{
	if (which == FAST_RULE_NONE)
		return 0;
	return rd_dfw_slot_id(which == FAST_RULE_IN ? s->f->rule_in : s->f->rule_out);
}

static uint32_t hash_of(struct fast_seen *s)
{
	if (s->hash == 0)
		s->hash = rd_flow_l4_hash(&s->f->key);
	return s->hash;
}

// A record's header is ten words, each of which is stored at once.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's first half is its low one");
#define WORD_AT(i, low, high)                                                \
	_Static_assert(offsetof(struct rd_cap_rec, low) == 8 * (i)           \
			&& offsetof(struct rd_cap_rec, high) == 8 * (i) + 4, \
		"word " #i " of a record")
WORD_AT(0, rec_len, hdr_len);
_Static_assert(offsetof(struct rd_cap_rec, stage) == 6, "what: hdr_len, stage, dir");
_Static_assert(offsetof(struct rd_cap_rec, packet_id) == 8, "word 1");
_Static_assert(offsetof(struct rd_cap_rec, parent_id) == 16, "word 2");
_Static_assert(offsetof(struct rd_cap_rec, ns) == 24, "word 3");
WORD_AT(4, wire_len, cap_len);
WORD_AT(5, port_id, port_idx);
_Static_assert(offsetof(struct rd_cap_rec, queue) == 46, "port: port_id, port_idx, queue");
WORD_AT(6, vni, rule_id);
WORD_AT(7, flow_id, reason);
_Static_assert(offsetof(struct rd_cap_rec, worker) == 62, "who: reason, worker, flags");
WORD_AT(8, lost, prev_stage);
_Static_assert(offsetof(struct rd_cap_rec, hop) == 70, "came: prev_stage, lcore, hop");
WORD_AT(9, hash, inner_off);
_Static_assert(offsetof(struct rd_cap_rec, match) == 78, "inner_off, match, one_in");

static inline void put(struct rd_cap_rec *r, unsigned i, uint64_t word)
{
	memcpy((uint8_t *)r + sizeof(word) * i, &word, sizeof(word));
}

static inline uint64_t two(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

struct how { // what a session's records of one form have in common
	uint8_t flags, match, one_in;
	uint32_t lost; // of the ring, before the next one
	uint32_t cap_len;
	uint64_t len; // of the record
};

// Before the stage `step` of its way.
static inline void fill(const struct fast_taps *t, struct fast_seen *s, const struct fast_hits *h,
	const struct fast_step *step, const struct how *how, struct rd_cap_rec *r)
{
	uint32_t came = step->came + s->came + (step == s->plan->step ? s->stage : 0);
	uint32_t who = step->who | (uint32_t)(how->flags | step->flags) << 24;

	put(r, 0, two((uint32_t)how->len, step->what));
	put(r, 1, s->packet_id);
	put(r, 2, s->parent_id);
	put(r, 3, t->ns);
	put(r, 4, two(h->len, how->cap_len));
	put(r, 5, step->port);
	put(r, 6, two(step->in_segment ? s->vni : 0, rule_of(s, step->rule)));
	put(r, 7, two(step->found ? rd_flow_id(t->w->flows, s->f) : 0, who));
	put(r, 8, two(how->lost, came));
	put(r, 9,
		two(step->found ? hash_of(s) : 0,
			(uint16_t)h->inner_off | (uint32_t)how->match << 16
				| (uint32_t)how->one_in << 24));
}

static struct rd_capring_prod *ring_of(struct fast_taps *t, struct rd_capture *c)
{
	struct rd_capring_prod *ring = &c->ring.ring[t->w->id];
	uint64_t bit = UINT64_C(1) << c->slot;

	if ((t->looked & bit) == 0)
		rd_capring_look(ring);
	t->looked |= bit;
	return ring;
}

// false: the session's budget is used up, and this packet is as if it had come later.
static inline bool write_one(struct fast_taps *t, struct fast_seen *s, const struct fast_hits *h,
	struct rd_capture *c, const struct fast_step *step, struct how *how)
{
	struct rd_capring_prod *ring = ring_of(t, c);
	struct rd_capring_stage *st = &c->stats[t->w->id][step->stage];
	struct rd_cap_rec *r = rd_capring_room(ring, how->len);

	if (unlikely(r == NULL)) {
		st->matched++;
		st->lost++;
		t->full |= UINT64_C(1) << c->slot;
		return true;
	}
	if (c->budget.on && !rd_tap_budget_take(&c->budget, how->cap_len))
		return false;
	rd_capring_fetch(ring, how->len);
	how->lost = ring->lost;
	fill(t, s, h, step, how, r);
	rd_tap_copy((uint8_t *)(r + 1), s->m, h->off, how->cap_len);
	rd_capring_next(ring, how->len);
	t->dirty |= UINT64_C(1) << c->slot;
	st->matched++;
	st->captured++;
	return true;
}

static inline bool write_measured(struct fast_taps *t, struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, const struct fast_step *step,
	struct how *how)
{
	uint64_t began;
	bool ok;

	if (likely(t->cost == NULL))
		return write_one(t, s, h, c, step, how);
	began = rd_tsc();
	ok = write_one(t, s, h, c, step, how);
	fast_cost_write(t, c, step->stage, began);
	return ok;
}

static inline const struct fast_step *first_step(const struct fast_seen *s, uint16_t left)
{
	return &s->plan->step[__builtin_ctz(left)];
}

// What a sink gets of this form.
static __rte_noinline void sink_records(struct fast_taps *t, const struct fast_seen *s,
	const struct fast_hits *h, const struct rd_capture *c, uint8_t flags)
{
	struct rd_tap_seen seen = {.m = s->m,
		.off = h->off,
		.len = h->len,
		.inner_off = h->inner_off,
		.packet_id = s->packet_id,
		.ns = t->ns};

	t->sinks |= UINT64_C(1) << c->slot;
	for (uint16_t left = s->plan->want[c->slot] & s->plan->of_form[h->form]; left != 0;
		left &= left - 1) {
		const struct fast_step *step = first_step(s, left);

		seen.vni = step->in_segment ? s->vni : 0;
		seen.port = s->plan->port[step->out_side];
		seen.stage = step->stage;
		seen.flags = flags | step->flags;
		c->sink->take(c->sink_arg, t->w, &seen, 1);
	}
}

// A session with a budget counts for itself what it has seen: nothing any more when the budget is used up.
static __rte_noinline void budget_records(struct fast_taps *t, struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, struct how *how)
{
	uint16_t left = s->plan->want[c->slot] & s->plan->of_form[h->form];
	bool hit = h->any >> c->slot & 1;

	for (; left != 0 && !rd_tap_spent(c); left &= left - 1) {
		const struct fast_step *step = first_step(s, left);

		if (!hit || write_measured(t, s, h, c, step, how))
			c->stats[t->w->id][step->stage].seen++;
	}
}

static inline void session_records(struct fast_taps *t, struct fast_seen *s,
	const struct fast_hits *h, struct rd_capture *c, struct how *how)
{
	uint16_t left = s->plan->want[c->slot] & s->plan->of_form[h->form];

	for (; left != 0; left &= left - 1)
		(void)write_measured(
			t, s, h, c, first_step(s, left), how); // no budget: never false
}

void fast_records(struct fast_taps *t, struct fast_seen *s, const struct fast_hits *h)
{
	uint64_t left = (h->any | t->set->budget) & s->plan->slots[h->form] & ~s->skip;

	if (t->ns == 0)
		t->ns = rd_clock_ns(&t->w->clock, rd_tsc());
	for (; left != 0; left &= left - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(left);
		struct rd_capture *c = t->set->by_slot[slot];
		struct how how = {.flags = s->flags};

		how.flags |= h->inner >> slot & 1 ? RD_CAP_F_INNER : 0;
		how.flags |= h->followed >> slot & 1 ? RD_CAP_F_FOLLOWED : 0;
		if (c->sink != NULL) {
			sink_records(t, s, h, c, how.flags);
			continue;
		}
		how.match = rd_tap_match(c, how.flags);
		how.one_in = rd_tap_one_in(t->w, c);
		how.cap_len = RTE_MIN(h->len, c->snaplen);
		how.len = rd_capring_len(how.cap_len);
		if (unlikely(c->budget.on))
			budget_records(t, s, h, c, &how);
		else
			session_records(t, s, h, c, &how);
	}
}
