/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's captures, see fast_tap.h: around a burst. Packets that leave together are split by the way that they came; a flow
 * that no session wants has a mark (rd_flow.quiet), and where all that leave have it they are only counted, by thousands: what is
 * owed to the counters is settled by core/loop.c. Worker thread.
 */
#include "nodes/fast_tap.h"

static struct fast_taps taps[RD_WORKER_MAX] __rte_cache_aligned;

static inline struct fast_way way_of(const struct fast_burst *b, uint16_t i, bool direct)
{
	uint16_t j = b->out.cand[i];
	uint32_t acts = b->flow[j]->acts;

	return (struct fast_way){.in = b->key[j].in_port,
		.out = b->out.idx,
		.acts = (uint8_t)((b->pkt[j].via != NULL ? WAY_DECAP : 0)
			| (acts & RD_ACT_DFW_SRC ? WAY_DFW_OUT : 0)
			| (acts & RD_ACT_DFW_DST ? WAY_DFW_IN : 0)
			| (acts & RD_ACT_ENCAP ? WAY_ENCAP : 0) | (direct ? WAY_DIRECT : 0))};
}

// Whether the i-th comes and goes the way of the one before.
static inline bool same_way(const struct fast_burst *b, uint16_t i)
{
	const uint32_t acts = RD_ACT_DFW_SRC | RD_ACT_DFW_DST | RD_ACT_ENCAP;
	uint16_t j = b->out.cand[i], k = b->out.cand[i - 1];

	return ((b->flow[j]->acts ^ b->flow[k]->acts) & acts) == 0
		&& (b->pkt[j].via != NULL) == (b->pkt[k].via != NULL)
		&& b->key[j].in_port == b->key[k].in_port;
}

// Whether it is known of all that leave that nobody wants them. A packet that has been elsewhere may be one that is followed.
static inline bool is_quiet(const struct fast_burst *b)
{
	return b->out.loud == 0 && (b->bare || b->taps->set->follow == 0);
}

static void see_leaving(struct fast_burst *b, bool direct)
{
	// One port, and all that the burst did was of one kind: so there is one way.
	bool one = b->bare && (b->kinds & (b->kinds - 1)) == 0, quiet = direct && is_quiet(b);

	for (uint16_t i = 0, end; i < b->out.nb; i = end) {
		struct fast_way way = way_of(b, i, direct);
		struct fast_plan *plan;

		end = one ? b->out.nb : (uint16_t)(i + 1);
		while (end < b->out.nb && same_way(b, end))
			end++;
		plan = fast_plan(b->taps, &way);
		plan->packets += end - i;
		if (!quiet)
			fast_tap_run(b, &(struct fast_run){plan, i, end, direct});
	}
}

void fast_tap(struct fast_burst *b, bool direct)
{
	uint64_t began;

	if (likely(b->taps->cost == NULL)) {
		see_leaving(b, direct);
		return;
	}
	began = rd_tsc();
	see_leaving(b, direct);
	b->taps->cycles += rd_tsc() - began;
}

void fast_tap_note(const struct fast_taps *t, uint16_t j, struct rd_meta *md)
{
	bool asked = t->asked >> j & 1;

	md->cap_done = asked ? t->done[j] : 0;
	if (asked)
		md->cap_match = t->match[j];
}

struct fast_taps *fast_taps_of(struct rd_worker *w)
{
	return &taps[w->id];
}

void fast_tap_begin(struct fast_burst *b)
{
	struct fast_taps *t = b->taps;

	t->w = b->w;
	t->set = b->w->taps;
	t->ns = 0;
	t->looked = t->dirty = t->full = t->sinks = 0;
	t->asked = 0;
	t->cost = NULL;
	t->cycles = 0;
	if (unlikely(rd_tap_measured(b->w))) {
		rd_tap_settle(b->w); // what is measured is this burst's
		fast_cost_begin(t);
	}
}

static void settle(struct rd_worker *w)
{
	w->settle = NULL;
	fast_plan_count(&taps[w->id]);
}

void fast_tap_end(struct fast_burst *b)
{
	struct fast_taps *t = b->taps;

	if (likely((t->dirty | t->sinks | t->full) == 0 && t->cost == NULL)) {
		b->w->settle = settle;
		return;
	}
	if (t->cost != NULL)
		fast_cost_end(t);
	settle(b->w);
	for (; t->sinks != 0; t->sinks &= t->sinks - 1) {
		const struct rd_capture *c = t->set->by_slot[__builtin_ctzll(t->sinks)];

		c->sink->flush(c->sink_arg, b->w);
	}
	for (; t->dirty != 0; t->dirty &= t->dirty - 1)
		rd_capring_show(&t->set->by_slot[__builtin_ctzll(t->dirty)]->ring.ring[b->w->id]);
}
