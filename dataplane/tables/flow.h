/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache: one table per worker, so no locks. A bucket is one cache line (eight 16-bit signatures, eight entry
 * numbers); an entry is two lines: key, and decisions. A full bucket evicts its least recently used entry. As many buckets are
 * in use as the flows need (tables/flow_index.c).
 *
 * Life of an entry: flow_lookup makes it (or finds it stale: older generation) with decided = 0; each stage on the way
 * finds its bit missing, decides from its tables and sets the bit; flow_install marks it live. A later packet finds
 * the bits set and takes the decisions. So hit and miss go through the same stages.
 *
 * Memory: 128 bytes per entry, 64 per bucket (three quarters to one and a half of an entry's line), 4 for the free list:
 * 164 to 196 MB for a million flows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/meta.h"
#include "tables/conn.h"
#include "tables/flow_key.h"
#include "tables/generation.h"

enum rd_flow_decided {
	RD_DECIDED_L2 = 1 << 0, // acts, out_port, tunnel
	RD_DECIDED_DFW_OUT = 1 << 1,
	RD_DECIDED_DFW_IN = 1 << 2,
	RD_DECIDED_UPLINK = 1 << 3,
	RD_DECIDED_LIVE = 1 << 4, // flow_install has seen it: shown in dumps
	// not decisions, but with them: packets of this flow go against the direction that made the connection
	RD_FLOW_REPLY_OUT = 1 << 5,
	RD_FLOW_REPLY_IN = 1 << 6,
};

enum rd_flow_fw { // the firewalls on a flow's way
	RD_FW_OUT, // of the source vNIC
	RD_FW_IN, // of the destination vNIC
};

struct rd_flow {
	struct rd_flow_key key;
	// second line
	uint64_t hits, bytes;
	rd_conn_ref conn[2]; // enum rd_flow_fw: its connection there, 0 = none
	uint32_t seq; // odd while key or decisions change, for readers on other threads
	uint32_t gen; // generation that the decisions were last compared with
	uint32_t deps; // rd_generation_deps() and the policy's changes, when decided
	uint32_t acts; // enum rd_flow_act
	uint32_t last_s; // coarse second of the last hit; 0 = entry is free
	uint32_t decided_s; // ... of the last decision
	uint16_t rule_out, rule_in; // that decided, see tables/dfw.h; 0 = default
	uint16_t rev; // of the firewall's policy, as gen; comes round with a new generation
	union {
		uint16_t reason; // enum rd_drop_reason when RD_ACT_DROP
		uint16_t next_hop; // when RD_ACT_ROUTE: the neighbour, for rd_neigh_at()
		uint16_t sport; // else: outer source port, 0 = not worked out
	};
	uint16_t out_port; // destination port: local, or the uplink of a VLAN segment
	uint16_t tunnel; // with RD_ACT_ENCAP
	uint16_t uplink; // chosen uplink
	uint8_t decided; // enum rd_flow_decided
	union {
		uint8_t drop_stage; // with RD_ACT_DROP: who did
		uint8_t quiet; // else: rd_worker.tap_tag of taps that do not want it
	};
};
_Static_assert(sizeof(struct rd_flow) == 128, "two cache lines");

struct rd_flow_stats {
	uint64_t hits, misses; // counted by find and find_bulk
	uint64_t inserts, evictions; // ... by insert
	uint64_t stale; // ... by flow_lookup: older, and what they depend on has changed
	uint64_t renewed; // ... older generation, but nothing that concerns them
	uint64_t expired; // by rd_flow_age
};

struct rd_flow_table {
	uint32_t capacity, nb; // entries; in use
	uint32_t idle_s; // idle timeout
	uint32_t age_pos; // where the next aging step starts
	// Buckets in use: atomic; a power of two at least and at most; and the mask of the first power of two that they fit into
	uint32_t nb_buckets, min_buckets, max_buckets, high;
	uint32_t bound; // atomic: entries from here on were never used
	struct rd_flow *entry; // [capacity]; entry 0 is never used, so capacity - 1 flows fit
	struct rd_flow_bucket *bucket;
	struct rd_flow_verdict *verdict; // atomic; [capacity], or NULL (tables/flow_verdict.h)
	uint32_t *free_list;
	uint32_t nb_free; // entries below bound that are free again
	int node; // NUMA node of its worker, -1 = not known yet
	bool touched; // atomic; rd_flow_table_touch() is through
	size_t populated; // bytes, see there
	struct rd_flow_stats stats;
};

// Control. NULL and errno.
struct rd_flow_table *rd_flow_table_create(uint32_t capacity, uint32_t idle_s);
void rd_flow_table_free(struct rd_flow_table *t);
// Worker that owns t, before its first packet (or control, before the worker gets t): makes the first pages now, so that no
// packet waits for them. The rest is for rd_flow_table_populate().
void rd_flow_table_touch(struct rd_flow_table *t);
// Control, after that: makes the pages of the next max bytes while the worker goes on. Whether there are more.
bool rd_flow_table_populate(struct rd_flow_table *t, size_t max);
// Worker that owns t.
uint32_t rd_flow_hash(const struct rd_flow_key *k); // never 0
// Looks up n <= RD_FLOW_BULK keys with prefetch; out[i] = entry or NULL.
#define RD_FLOW_BULK 64
void rd_flow_find_bulk(struct rd_flow_table *t, const struct rd_flow_key *keys,
	const uint32_t *hashes, unsigned n, struct rd_flow **out);
// The same after rd_flow_prefetch() (tables/flow_bucket.h) of each hash; does not count.
void rd_flow_find_fetched(struct rd_flow_table *t, const struct rd_flow_key *keys,
	const uint32_t *hashes, unsigned n, struct rd_flow **out);
struct rd_flow *rd_flow_find(struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash);
// A new entry with this key and decided = 0; evicts when the bucket or the table is full. Never NULL.
struct rd_flow *rd_flow_insert(
	struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash, uint32_t now_s);
// The same, but NULL rather than evicting an entry that was used this second: packets of the present
// graph walk may still hold it (flow_lookup sets last_s of all that it hands out).
struct rd_flow *rd_flow_insert_idle(
	struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash, uint32_t now_s);
void rd_flow_remove(struct rd_flow_table *t, struct rd_flow *f);
// One bounded step of idle aging: looks at `max` entries.
void rd_flow_age(struct rd_flow_table *t, uint32_t now_s, unsigned max);
unsigned rd_flow_flush(struct rd_flow_table *t);
// Around a change of a live entry's decisions.
static inline void rd_flow_write_begin(struct rd_flow *f)
{
	__atomic_store_n(&f->seq, f->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
static inline void rd_flow_write_end(struct rd_flow *f)
{
	__atomic_store_n(&f->seq, f->seq + 1, __ATOMIC_RELEASE);
}
static inline uint32_t rd_flow_id(const struct rd_flow_table *t, const struct rd_flow *f)
{
	return (uint32_t)(f - t->entry);
}
// Any thread: exclusive bound of entry ids in use, for loops from 1.
static inline uint32_t rd_flow_bound(const struct rd_flow_table *t)
{
	return __atomic_load_n(&t->bound, __ATOMIC_ACQUIRE);
}
// Any thread: a consistent copy of entry `id`. false if free or changing all the time.
bool rd_flow_read(const struct rd_flow_table *t, uint32_t id, struct rd_flow *copy);
bool rd_flow_peek(const struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash,
	struct rd_flow *copy); // the same by key
