/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the fast path's captures cost, see fast_tap.h: in a burst that is measured, running a filter and writing a record are timed
 * for the session that wants it. The rest, which is done for all at once, is shared by those that looked. Worker thread.
 */
#include "nodes/fast_tap.h"

struct fast_cost {
	uint64_t look[RD_TAP_SLOTS], write[RD_TAP_SLOTS]; // cycles, by slot
	uint32_t looks[RD_TAP_SLOTS]; // packets and points
};

static struct fast_cost costs[RD_WORKER_MAX] __rte_cache_aligned;

void fast_cost_begin(struct fast_taps *t)
{
	t->cost = &costs[t->w->id];
	*t->cost = (struct fast_cost){0};
}

void fast_cost_look(struct fast_taps *t, unsigned slot, uint64_t began)
{
	t->cost->look[slot] += rd_tsc() - began;
}

void fast_cost_write(struct fast_taps *t, struct rd_capture *c, unsigned stage, uint64_t began)
{
	struct rd_capring_cost *cost = &c->cost[t->w->id][stage];
	uint64_t cycles = rd_tsc() - began;

	t->cost->write[c->slot] += cycles;
	cost->write_cycles += cycles;
	cost->writes++;
}

// A point's part of what its session spent with looking; to the reader, too.
static void charge_point(
	struct fast_taps *t, struct rd_capture *c, unsigned stage, uint32_t packets, uint64_t look)
{
	struct rd_capring_cost *cost = &c->cost[t->w->id][stage];

	cost->looks += packets;
	cost->look_cycles += look * packets / t->cost->looks[c->slot];
	if (c->sink == NULL)
		c->ring.ring[t->w->id].ctl->cost[stage] = *cost;
}

// Its packets' plans have given way to others within the burst: what it spent is somebody's still.
static void charge_leaving(struct fast_taps *t, struct rd_capture *c)
{
	unsigned stage = (unsigned)__builtin_ctzll(c->stages);

	c->cost[t->w->id][stage].look_cycles += t->cost->look[c->slot];
}

static void charge_points(struct fast_taps *t, struct rd_capture *c)
{
	if (t->cost->looks[c->slot] == 0)
		charge_leaving(t, c);
	for (uint16_t used = t->used; used != 0; used &= used - 1) {
		const struct fast_plan *p = fast_plan_of(t, (unsigned)__builtin_ctz(used));

		for (uint16_t left = p->want[c->slot]; left != 0; left &= left - 1)
			charge_point(t, c, p->step[__builtin_ctz(left)].stage, p->packets,
				t->cost->look[c->slot]);
	}
}

static void count_looks(struct fast_taps *t)
{
	for (uint16_t used = t->used; used != 0; used &= used - 1) {
		const struct fast_plan *p = fast_plan_of(t, (unsigned)__builtin_ctz(used));

		for (unsigned i = 0; i < t->set->nb; i++) {
			unsigned slot = t->set->session[i]->slot;

			t->cost->looks[slot] +=
				p->packets * (uint32_t)__builtin_popcount(p->want[slot]);
		}
	}
}

void fast_cost_end(struct fast_taps *t)
{
	struct fast_cost *cost = t->cost;
	uint64_t cycles = t->cycles;
	uint64_t own = 0, share;
	unsigned nb = 0;

	count_looks(t);
	for (unsigned slot = 0; slot < RD_TAP_SLOTS; slot++) {
		own += cost->look[slot] + cost->write[slot];
		nb += cost->looks[slot] != 0 || cost->look[slot] != 0;
	}
	share = nb != 0 && cycles > own ? (cycles - own) / nb : 0;
	for (unsigned i = 0; i < t->set->nb; i++) {
		struct rd_capture *c = t->set->session[i];

		if (cost->looks[c->slot] == 0 && cost->look[c->slot] == 0)
			continue;
		cost->look[c->slot] += share;
		charge_points(t, c);
		rd_tap_spend(t->w, c, cost->look[c->slot] + cost->write[c->slot]);
	}
}
