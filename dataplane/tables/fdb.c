/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The forwarding database as the workers use it: look up, learn. Lock-free; see fdb_slot.h.
 */
#include "tables/fdb_slot.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 16 // attempts of one change; each failure means that another thread succeeded

struct rd_fdb rd_fdb_;

int rd_fdb_init(uint32_t capacity)
{
	uint32_t buckets = 1;
	size_t size;

	if (rd_fdb_.slot != NULL)
		return -EEXIST;
	if (capacity == 0 || capacity > 1u << 24)
		return -EINVAL;
	while (buckets * FDB_BUCKET < capacity)
		buckets *= 2;
	size = (size_t)buckets * FDB_BUCKET * sizeof(rte_int128_t);
	rd_fdb_.slot = aligned_alloc(128, size);
	if (rd_fdb_.slot == NULL)
		return -ENOMEM;
	memset(rd_fdb_.slot, 0, size);
	rd_fdb_.nb_slots = buckets * FDB_BUCKET;
	rd_fdb_.mask = buckets - 1;
	rd_fdb_.failures = 0;
	rd_fdb_limits_reset();
	return 0;
}

void rd_fdb_fini(void)
{
	free(rd_fdb_.slot);
	rd_fdb_ = (struct rd_fdb){0};
}

uint64_t rd_fdb_learn_failures(void)
{
	return __atomic_load_n(&rd_fdb_.failures, __ATOMIC_RELAXED);
}

uint32_t rd_fdb_find_slot(uint64_t key, uint64_t *val)
{
	uint32_t first[2];
	uint64_t found;

	if (rd_fdb_.slot == NULL)
		return FDB_NONE;
	fdb_buckets(key, first);
	rte_prefetch0(&rd_fdb_.slot[first[1]]);
	for (unsigned b = 0; b < 2; b++) {
		for (uint32_t s = first[b]; s < first[b] + FDB_BUCKET; s++) {
			if (fdb_peek(s) != key)
				continue;
			fdb_read(s, &found, val);
			if (found == key)
				return s;
		}
	}
	return FDB_NONE;
}

bool rd_fdb_lookup(uint16_t segment, const uint8_t mac[6], struct rd_fdb_entry *e)
{
	uint64_t val;
	uint32_t slot = rd_fdb_find_slot(fdb_key(segment, mac), &val);

	if (slot == FDB_NONE)
		return false;
	*e = (struct rd_fdb_entry){.segment = segment,
		.kind = fdb_kind(val),
		.is_tunnel = fdb_is_tunnel(val),
		.to = fdb_to(val),
		.last_s = fdb_last(val)};
	memcpy(e->mac, mac, 6);
	return true;
}

// Two threads may have put the same key into different slots. All of them see all copies after their own insert, and keep the
// same one: one that is not learned, else the first. Returns it.
static uint32_t settle(uint64_t key)
{
	uint32_t first[2], keep = FDB_NONE;
	uint64_t keep_val = 0;

	fdb_buckets(key, first);
	for (unsigned b = 0; b < (first[0] == first[1] ? 1u : 2u); b++) {
		for (uint32_t s = first[b]; s < first[b] + FDB_BUCKET; s++) {
			uint64_t k, v;

			if (fdb_peek(s) != key)
				continue;
			fdb_read(s, &k, &v);
			if (k != key)
				continue;
			if (keep == FDB_NONE) {
				keep = s;
				keep_val = v;
			} else if (fdb_kind(v) != RD_FDB_LEARNED
				&& fdb_kind(keep_val) == RD_FDB_LEARNED) {
				(void)fdb_cas(keep, key, keep_val, 0, 0);
				keep = s;
				keep_val = v;
			} else {
				(void)fdb_cas(
					s, k, v, 0, 0); // failure: it is something else by now
			}
		}
	}
	return keep;
}

struct room {
	uint32_t slot;
	uint64_t key, val; // what is there
};

// Of one bucket: how many slots are free, the first of them in *vacant; in *oldest the learned one that was silent longest.
static unsigned survey(uint32_t first, struct room *vacant, struct room *oldest)
{
	unsigned nb_free = 0;

	for (uint32_t s = first; s < first + FDB_BUCKET; s++) {
		struct room r = {.slot = s};

		fdb_read(s, &r.key, &r.val);
		if (r.key == 0 && nb_free++ == 0)
			*vacant = r;
		if (r.key != 0 && fdb_kind(r.val) == RD_FDB_LEARNED
			&& (oldest->slot == FDB_NONE || fdb_last(r.val) < fdb_last(oldest->val)))
			*oldest = r;
	}
	return nb_free;
}

// A free slot of the bucket that has more of them: so no bucket is full long before the table is. Else with `evict` the learned one
// that was silent longest.
static bool find_room(uint64_t key, bool evict, struct room *r)
{
	struct room vacant[2], oldest = {.slot = FDB_NONE};
	unsigned nb[2];
	uint32_t first[2];

	fdb_buckets(key, first);
	for (unsigned b = 0; b < 2; b++)
		nb[b] = survey(first[b], &vacant[b], &oldest);
	if (nb[0] + nb[1] != 0)
		*r = vacant[nb[1] > nb[0]];
	else
		*r = oldest;
	return nb[0] + nb[1] != 0 || (evict && oldest.slot != FDB_NONE);
}

uint32_t rd_fdb_insert_slot(uint64_t key, uint64_t val, bool evict)
{
	struct room r;

	for (unsigned i = 0; i < TRIES && find_room(key, evict, &r); i++)
		if (fdb_cas(r.slot, r.key, r.val, key, val))
			return settle(key);
	return FDB_NONE;
}

// The key is in `slot` with `val`. false: it changed meanwhile, look again.
static bool learn_known(uint32_t *slot, uint64_t key, uint64_t val, uint64_t fresh)
{
	if (fdb_kind(val) != RD_FDB_LEARNED)
		return true;
	if (fdb_same(val, fresh))
		return fdb_last(val) == fdb_last(fresh)
			|| fdb_touch_val(*slot, val, fdb_last(fresh));
	if (!rd_fdb_may_move(key, fdb_last(fresh))) {
		*slot = RD_FDB_MOVES;
		return true;
	}
	if (!fdb_cas(*slot, key, val, key, fresh))
		return false;
	rd_generation_segment(
		(uint16_t)(key >> 48)); // the station moved: flows towards it decide again
	return true;
}

static uint32_t learn_failed(void)
{
	__atomic_fetch_add(&rd_fdb_.failures, 1, __ATOMIC_RELAXED);
	return FDB_NONE;
}

uint32_t rd_fdb_learn(
	uint16_t segment, const uint8_t mac[6], bool is_tunnel, uint16_t to, uint32_t now_s)
{
	uint64_t key = fdb_key(segment, mac);
	uint64_t fresh = fdb_val(RD_FDB_LEARNED, is_tunnel, to, now_s);
	uint64_t val;

	if (segment == 0 || (mac[0] & 1) != 0 || rd_fdb_.slot == NULL)
		return FDB_NONE;
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t slot = rd_fdb_find_slot(key, &val);

		if (slot == FDB_NONE) {
			if (!rd_fdb_may_learn(segment))
				return RD_FDB_LIMIT;
			slot = rd_fdb_insert_slot(key, fresh, false);
			return slot == FDB_NONE ? learn_failed() : slot;
		}
		if (learn_known(&slot, key, val, fresh))
			return slot;
	}
	return learn_failed();
}
