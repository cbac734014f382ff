/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Samplers and token buckets, see pick.h. Worker thread.
 *
 * A bucket is one word that all workers share: the time at which it will be empty of what was taken (generic cell rate
 * algorithm, ITU-T I.371). A copy moves it on by its cost and is refused when it would be further ahead of now than the burst.
 * Times are in 1/256 ns, since a fixed moment not long ago.
 */
#include "session/pick.h"

#define SECOND_NS UINT64_C(1000000000)
#define SHIFT 8
#define STEP_BACK (UINT64_C(2) * SECOND_NS << SHIFT) // the wall clock was set

static __thread uint64_t dice; // of this worker

static uint64_t roll(const struct rd_worker *w)
{
	if (dice == 0)
		dice = rd_tsc() ^ (uint64_t)(w->id + 1) * UINT64_C(0x9e3779b97f4a7c15);
	dice ^= dice << 13; // xorshift64
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice;
}

bool mirror_sampled(const struct mirror_run *r, struct rd_worker *w, struct mirror_view *v)
{
	uint32_t n = r->spec.sample;

	if (n <= 1)
		return true;
	if (r->spec.sampling == RD_MIRROR_SAMPLE_COUNT)
		return __atomic_fetch_add(&r->state->counted, 1, __ATOMIC_RELAXED) % n == 0;
	if (r->spec.sampling == RD_MIRROR_SAMPLE_RANDOM)
		return (roll(w) >> 32) * n >> 32 == 0;
	return ((uint64_t)(mirror_view_flow(v) * 0x85ebca6bu) * n) >> 32 == 0;
}

void mirror_pick_prepare(struct mirror_run *r)
{
	const struct rd_mirror_spec *s = &r->spec;

	r->gap_pps = s->pps != 0 ? (SECOND_NS << SHIFT) / s->pps : 0;
	r->burst_gap = (uint64_t)s->burst_ms * 1000000 << SHIFT;
	r->wants_flow = s->mode == RD_MIRROR_BALANCE || s->encap == RD_ENCAP_VXLAN
		|| s->encap == RD_ENCAP_GENEVE || s->encap == RD_ENCAP_TZSP;
}

bool mirror_bucket_take(uint64_t *tat, uint64_t now, uint64_t cost, uint64_t burst)
{
	uint64_t was = __atomic_load_n(tat, __ATOMIC_RELAXED), then;

	do {
		uint64_t from = was > now ? was : now;

		if (from > now + burst + STEP_BACK)
			from = now;
		then = from + cost;
		// The first one of a burst always fits.
		if (from != now && then > now + burst)
			return false;
	} while (!__atomic_compare_exchange_n(
		tat, &was, then, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

void mirror_bucket_give_back(uint64_t *tat, uint64_t cost)
{
	__atomic_fetch_sub(tat, cost, __ATOMIC_RELAXED);
}

uint64_t mirror_bucket_now(uint64_t ns)
{
	return (ns & (UINT64_MAX >> (SHIFT + 1))) << SHIFT;
}

uint64_t mirror_bucket_bits(uint32_t bytes, uint64_t bps)
{
	return (uint64_t)((unsigned __int128)bytes * 8 * MIRROR_BUCKET_S / bps);
}

bool mirror_rate(const struct mirror_run *r, uint64_t ns, uint32_t wire_len)
{
	struct mirror_state *st = r->state;
	uint64_t now = mirror_bucket_now(ns), cost = r->gap_pps;

	if (cost != 0 && !mirror_bucket_take(&st->tat_pps, now, cost, RTE_MAX(r->burst_gap, cost)))
		return false;
	if (r->spec.bps == 0)
		return true;
	cost = mirror_bucket_bits(wire_len, r->spec.bps);
	if (mirror_bucket_take(&st->tat_bps, now, cost, RTE_MAX(r->burst_gap, cost)))
		return true;
	if (r->gap_pps != 0)
		mirror_bucket_give_back(&st->tat_pps, r->gap_pps);
	return false;
}
