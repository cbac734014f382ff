/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The connection table's insides, for conn*.c only.
 *
 * A slot has its parts in three arrays: rd_conn_line for packets, conn_id for finding it, conn_tcp for what only SYN, FIN and
 * RST read. Locks: a bucket's for the chain, then a connection's for its state, then the free list's.
 */
#pragma once

#include "core/worker.h"
#include "tables/conn.h"
#include "tables/conn_state.h"

#define CONN_INC_BITS 16
#define CONN_STATS (RD_WORKER_MAX + 1) // one more for control

struct conn_id {
	struct rd_conn_key key; // of the first packet
	uint32_t next; // in its bucket
	uint32_t hash;
	uint32_t rule_id, policy; // atomic
	uint16_t rule_slot; // atomic
	uint8_t lock; // of the connection
	uint8_t flags; // enum conn_flags
	uint32_t created_s;
};
_Static_assert(sizeof(struct conn_id) == 64, "a chain costs one line per connection");

#define CONN_NO_SCALE 0xff
struct conn_tcp {
	uint32_t isn[2];
	uint32_t fin[2]; // sequence number after the FIN
	uint32_t syn_seq, syn_end;
	uint16_t syn_win;
	uint8_t syn_scale;
	uint8_t scale[2]; // that the SYNs offered, or CONN_NO_SCALE
	uint8_t pad[3];
};
_Static_assert(sizeof(struct conn_tcp) == 32, "half a line");

struct conn_bucket {
	uint8_t lock;
	uint32_t head;
};

struct conn_zone { // atomic
	uint32_t nb, half_open;
};

struct conn_free { // slots that can be used again: first freed, first used, but not before every worker has forgotten them
	uint8_t lock;
	uint64_t head, tail; // positions in the ring
	uint64_t safe; // nobody knows the slots before this position
	uint64_t mark,
		token; // those before mark are safe when token has passed; mark == safe: none waits
	uint32_t *ring; // [capacity]
};

struct conn_count { // one writer each, except the last
	uint64_t created, expired, killed, reset, limit, flood, memory, mismatch;
} __rte_cache_aligned;

struct conn_table {
	uint32_t capacity; // connections; slots 1 to capacity
	uint32_t bound; // atomic: slots from here on were never used
	uint32_t mask; // buckets - 1
	size_t populated; // bytes whose pages were made before they were needed; control
	uint64_t seed[3];
	struct conn_id *id;
	struct conn_tcp *tcp;
	struct conn_bucket *bucket;
	struct conn_free free;
	struct conn_zone zone[RD_PORT_MAX];
	struct conn_count count[CONN_STATS];
	struct rd_conn_settings settings; // members atomic
};
extern struct conn_table conn_table_;

static inline void conn_lock(uint8_t *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0)
		while (__atomic_load_n(lock, __ATOMIC_RELAXED) != 0)
			rte_pause();
}

static inline void conn_unlock(uint8_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static inline uint32_t conn_index(rd_conn_ref ref)
{
	return ref & rd_conn_fast_.mask;
}

// The reference that means what is in this slot now.
static inline rd_conn_ref conn_ref(uint32_t i)
{
	return (uint32_t)RD_CONN_GET(rd_conn_fast_.line[i].inc) << rd_conn_fast_.shift | i;
}

static inline bool conn_is(rd_conn_ref ref)
{
	return RD_CONN_GET(rd_conn_line(ref)->inc) == ref >> rd_conn_fast_.shift;
}

static inline struct conn_zone *conn_zone_of(const struct rd_conn_key *k)
{
	return &conn_table_.zone[k->zone % RD_PORT_MAX];
}

static inline struct conn_count *conn_count_of(unsigned worker)
{
	return &conn_table_.count[RTE_MIN(worker, (unsigned)RD_WORKER_MAX)];
}

static inline void conn_add(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

// conn_slot.c
uint32_t conn_take(void); // a slot, 0 = none
void conn_give(uint32_t i); // that nobody can find any more
bool conn_has_room(void); // control: whether a slot could be taken, now or soon
// conn_find.c
uint32_t conn_hash(const struct rd_conn_key *k);
// Into its chain, unless one with this key has come meanwhile: false, and *out is that one.
bool conn_publish(uint32_t i, uint8_t state, struct rd_conn_found *out);
// Ends the connection that ref means, if it is still there.
bool conn_remove(rd_conn_ref ref);
// conn_create.c. A packet that is not plain changes the connection: 0, enum rd_drop_reason, or RD_CONN_GONE. With the connection's lock.
int conn_changed(uint32_t i, enum rd_conn_dir dir, uint8_t proto, const struct rd_conn_l4 *l4);
// A slot that nobody can find yet: nothing is left of what it was; the first packet decides the state. 0 or enum rd_drop_reason.
void conn_clear(uint32_t i, const struct rd_conn_key *k, uint32_t now_s);
int conn_first_packet(
	uint32_t i, const struct rd_conn_key *k, const struct rd_conn_l4 *l4, uint8_t *state);
// Why a zone with so many, this one included, does not take it: 0 or enum rd_drop_reason.
int conn_zone_refuses(const struct rd_conn_key *k, const struct rd_conn_limits *l, uint32_t nb,
	uint32_t half_open);
// conn_tcp.c; with the connection's lock (conn_tcp_packet), or before anybody can find it (conn_tcp_first).
int conn_tcp_packet(uint32_t i, enum rd_conn_dir dir, const struct rd_conn_l4 *l4);
int conn_tcp_first(const struct rd_conn_l4 *l4, uint32_t i);
