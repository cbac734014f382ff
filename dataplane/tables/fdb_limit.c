/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many stations a segment may learn, and how often one may move. A station that two places claim would make all flows
 * of its segment decide again with every packet: beyond the limit it stays where it is for the rest of the time. Workers,
 * on a miss; lock-free, and so exact to a few.
 */
#include "tables/fdb_slot.h"

#define MOVERS 1024 // power of two; stations that share a place forget each other

static uint32_t learned_[RD_SEGMENT_MAX], refused_[RD_SEGMENT_MAX]; // atomic

// What a station did lately: tag (24 bits), start of the time in s (24), moves (16). Atomic.
static uint64_t mover[MOVERS];

static bool refuse(uint16_t segment)
{
	__atomic_fetch_add(&refused_[segment % RD_SEGMENT_MAX], 1, __ATOMIC_RELAXED);
	return false;
}

bool rd_fdb_is_full(uint16_t segment)
{
	const struct rd_segment *s = rd_segment_at(segment);

	return s != NULL && s->mac_limit != 0 && rd_fdb_learned(segment) >= s->mac_limit;
}

bool rd_fdb_may_learn(uint16_t segment)
{
	if (rd_fdb_is_full(segment))
		return refuse(segment);
	__atomic_fetch_add(&learned_[segment % RD_SEGMENT_MAX], 1, __ATOMIC_RELAXED);
	return true;
}

// Whether the place in `mover` is this station's, and of now.
static bool is_recent(uint64_t was, uint64_t tag, uint32_t now_s)
{
	uint32_t start = (uint32_t)(was >> 16) & 0xffffff;

	return was >> 40 == tag >> 40 && ((now_s - start) & 0xffffff) < RD_FDB_MOVE_S;
}

bool rd_fdb_is_restless(uint64_t key, uint32_t now_s)
{
	const struct rd_segment *s = rd_segment_at((uint16_t)(key >> 48));
	uint64_t h = rd_mix64(key),
		 was = __atomic_load_n(&mover[h & (MOVERS - 1)], __ATOMIC_RELAXED);

	return s != NULL && s->move_limit != 0 && (was & 0xffff) >= s->move_limit
		&& is_recent(was, h >> 40 << 40, now_s);
}

bool rd_fdb_may_move(uint64_t key, uint32_t now_s)
{
	const struct rd_segment *s = rd_segment_at((uint16_t)(key >> 48));
	uint64_t h = rd_mix64(key), tag = h >> 40 << 40;
	uint64_t *m = &mover[h & (MOVERS - 1)], was = __atomic_load_n(m, __ATOMIC_RELAXED), is;
	bool same = is_recent(was, tag, now_s);

	if (s == NULL || s->move_limit == 0)
		return true;
	if (same && (was & 0xffff) >= s->move_limit)
		return refuse((uint16_t)(key >> 48));
	is = same ? was + 1 : tag | (uint64_t)(now_s & 0xffffff) << 16 | 1;
	// Failure: somebody else counted here just now.
	(void)__atomic_compare_exchange_n(m, &was, is, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return true;
}

void rd_fdb_recount(const uint32_t learned[RD_SEGMENT_MAX])
{
	for (unsigned i = 0; i < RD_SEGMENT_MAX; i++)
		__atomic_store_n(&learned_[i], learned[i], __ATOMIC_RELAXED);
}

void rd_fdb_limits_reset(void)
{
	for (unsigned i = 0; i < RD_SEGMENT_MAX; i++)
		learned_[i] = refused_[i] = 0;
	for (unsigned i = 0; i < MOVERS; i++)
		mover[i] = 0;
}

uint32_t rd_fdb_learned(uint16_t segment)
{
	return __atomic_load_n(&learned_[segment % RD_SEGMENT_MAX], __ATOMIC_RELAXED);
}

uint32_t rd_fdb_refused(uint16_t segment)
{
	return __atomic_load_n(&refused_[segment % RD_SEGMENT_MAX], __ATOMIC_RELAXED);
}
