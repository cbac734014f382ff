/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The forwarding database's slots, for fdb.c (workers) and fdb_control.c only.
 *
 * A slot is two words. key: segment (16 bits) and MAC (48 bits), 0 = free. val: last seen (32), destination (16), is_tunnel (1),
 * kind (4), version (11). Both words change together by a 128-bit compare and swap, and then the version changes;
 * last seen alone changes by a compare and swap of val. A reader takes val, key, val: when val is the same
 * twice, the key between them belongs to it, because every change of the key changes the version.
 */
#pragma once

#include <rte_atomic.h>

#include "tables/index.h"
#include "tables/segment.h"

#define FDB_BUCKET 8
#define FDB_NONE UINT32_MAX

struct rd_fdb {
	rte_int128_t *slot; // val[0] = key, val[1] = val
	uint32_t nb_slots;
	uint32_t mask; // buckets - 1
	uint64_t failures; // atomic: stations that found no room
};
extern struct rd_fdb rd_fdb_;

static inline uint64_t fdb_key(uint16_t segment, const uint8_t mac[6])
{
	return (uint64_t)segment << 48 | rd_mac48(mac);
}

#define FDB_VERSION_ONE (UINT64_C(1) << 53)
#define FDB_VERSION_MASK (UINT64_C(0x7ff) << 53)

static inline uint32_t fdb_last(uint64_t val)
{
	return (uint32_t)val;
}
static inline uint16_t fdb_to(uint64_t val)
{
	return (uint16_t)(val >> 32);
}
static inline bool fdb_is_tunnel(uint64_t val)
{
	return val >> 48 & 1;
}
static inline uint8_t fdb_kind(uint64_t val)
{
	return val >> 49 & 15;
}
// A val without version.
static inline uint64_t fdb_val(enum rd_fdb_kind kind, bool is_tunnel, uint16_t to, uint32_t last_s)
{
	return (uint64_t)kind << 49 | (uint64_t)is_tunnel << 48 | (uint64_t)to << 32 | last_s;
}
// Same destination and kind, whatever the version and time.
static inline bool fdb_same(uint64_t a, uint64_t b)
{
	return (((a ^ b) & ~FDB_VERSION_MASK) >> 32) == 0;
}

static inline uint64_t fdb_peek(uint32_t slot)
{
	return __atomic_load_n(&rd_fdb_.slot[slot].val[0], __ATOMIC_RELAXED);
}

static inline void fdb_read(uint32_t slot, uint64_t *key, uint64_t *val)
{
	rte_int128_t *s = &rd_fdb_.slot[slot];
	uint64_t before, after = __atomic_load_n(&s->val[1], __ATOMIC_ACQUIRE);

	do { // again only when somebody else succeeded
		before = after;
		*key = __atomic_load_n(&s->val[0], __ATOMIC_ACQUIRE);
		after = __atomic_load_n(&s->val[1], __ATOMIC_ACQUIRE);
	} while (after != before);
	*val = after;
}

// Replaces (key, val) by (new_key, new_val with the next version). false: the slot has changed meanwhile.
static inline bool fdb_cas(
	uint32_t slot, uint64_t key, uint64_t val, uint64_t new_key, uint64_t new_val)
{
	rte_int128_t expected = {.val = {key, val}};
	rte_int128_t desired = {.val = {new_key,
					(new_val & ~FDB_VERSION_MASK)
						| ((val + FDB_VERSION_ONE) & FDB_VERSION_MASK)}};

	return rte_atomic128_cmp_exchange(&rd_fdb_.slot[slot], &expected, &desired, 0,
		       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
		!= 0;
}

static inline bool fdb_touch_val(uint32_t slot, uint64_t val, uint32_t now_s)
{
	uint64_t touched = (val & ~UINT64_C(0xffffffff)) | now_s;

	return __atomic_compare_exchange_n(&rd_fdb_.slot[slot].val[1], &val, touched, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// The two buckets of a key, lower first; the same one twice is possible.
static inline void fdb_buckets(uint64_t key, uint32_t first[2])
{
	uint64_t h = rd_mix64(key);
	uint32_t a = ((uint32_t)h & rd_fdb_.mask) * FDB_BUCKET;
	uint32_t b = ((uint32_t)(h >> 32) & rd_fdb_.mask) * FDB_BUCKET;

	first[0] = a < b ? a : b;
	first[1] = a < b ? b : a;
}

// fdb_limit.c. Worker: whether another station may be learned in the segment, or one may move; counts it, or the refusal.
bool rd_fdb_may_learn(uint16_t segment);
bool rd_fdb_may_move(uint64_t key, uint32_t now_s);
// The same questions without counting: whether the segment has as many stations as it may; whether one moves too often.
bool rd_fdb_is_full(uint16_t segment);
bool rd_fdb_is_restless(uint64_t key, uint32_t now_s);
// Control: learned entries of each segment were counted anew; and forgets everything.
void rd_fdb_recount(const uint32_t learned[RD_SEGMENT_MAX]);
void rd_fdb_limits_reset(void);

// The slot that has this key and its val, or FDB_NONE.
uint32_t rd_fdb_find_slot(uint64_t key, uint64_t *val);
// Puts a key that is not there into a free slot, evicting a learned one if `evict`. FDB_NONE when there is no room.
uint32_t rd_fdb_insert_slot(uint64_t key, uint64_t val, bool evict);
