/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding and ending connections. Any thread. A connection is in one chain: the hash does not know which direction a key
 * has, and the comparison says which one it is.
 */
#include "tables/conn_priv.h"

#include <string.h>

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t hash_end(const uint8_t addr[16], uint16_t port)
{
	const uint64_t *seed = conn_table_.seed;
	uint64_t w[2];

	memcpy(w, addr, 16);
	return fold(fold(w[0] ^ seed[0], w[1] ^ seed[1]) ^ port,
		seed[2] ^ UINT64_C(0x9e3779b97f4a7c15));
}

uint32_t conn_hash(const struct rd_conn_key *k)
{
	uint64_t what = (uint64_t)k->zone << 16 | (uint64_t)k->proto << 8 | k->family;
	uint64_t h = fold(hash_end(k->src, k->sport) + hash_end(k->dst, k->dport),
		conn_table_.seed[1] ^ what ^ UINT64_C(0xa0761d6478bd642f));

	return (uint32_t)(h ^ h >> 32);
}

static bool is_same(const struct rd_conn_key *a, const struct rd_conn_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_reverse(const struct rd_conn_key *a, const struct rd_conn_key *b)
{
	return a->sport == b->dport && a->dport == b->sport && a->zone == b->zone
		&& a->to_guest != b->to_guest && a->proto == b->proto && a->family == b->family
		&& memcmp(a->src, b->dst, 16) == 0 && memcmp(a->dst, b->src, 16) == 0;
}

static void fill(uint32_t i, enum rd_conn_dir dir, struct rd_conn_found *out)
{
	const struct conn_id *id = &conn_table_.id[i];

	*out = (struct rd_conn_found){
		.ref = conn_ref(i),
		.dir = dir,
		.policy = __atomic_load_n(&id->policy, __ATOMIC_ACQUIRE),
		.rule_id = RD_CONN_GET(id->rule_id),
		.rule_slot = RD_CONN_GET(id->rule_slot),
		.orig = id->key,
	};
}

// With the bucket's lock.
static bool look(
	const struct conn_bucket *b, const struct rd_conn_key *k, struct rd_conn_found *out)
{
	for (uint32_t i = b->head; i != 0; i = conn_table_.id[i].next) {
		const struct rd_conn_key *have = &conn_table_.id[i].key;

		if (is_same(have, k)) {
			fill(i, RD_CONN_ORIG, out);
			return true;
		}
		if (is_reverse(have, k)) {
			fill(i, RD_CONN_REPLY, out);
			return true;
		}
	}
	return false;
}

bool rd_conn_find(const struct rd_conn_key *k, struct rd_conn_found *out)
{
	struct conn_bucket *b = &conn_table_.bucket[conn_hash(k) & conn_table_.mask];
	bool found;

	if (conn_table_.capacity == 0 || RD_CONN_GET(b->head) == 0)
		return false; // what another worker puts there now came after this packet
	conn_lock(&b->lock);
	found = look(b, k, out);
	conn_unlock(&b->lock);
	return found;
}

bool rd_conn_find_related(const struct rd_conn_key *inner, struct rd_conn_found *out)
{
	return rd_conn_find(inner, out);
}

bool conn_publish(uint32_t i, uint8_t state, struct rd_conn_found *out)
{
	struct conn_id *id = &conn_table_.id[i];
	struct conn_bucket *b = &conn_table_.bucket[id->hash & conn_table_.mask];
	bool found;

	conn_lock(&b->lock);
	found = look(b, &id->key, out);
	if (!found) {
		id->next = b->head;
		RD_CONN_SET(b->head, i);
		conn_set_state(i, state);
		fill(i, RD_CONN_ORIG, out);
	}
	conn_unlock(&b->lock);
	return !found;
}

static void unlink_from(struct conn_bucket *b, uint32_t i)
{
	uint32_t next = conn_table_.id[i].next, *p = &b->head;

	while (*p != i)
		p = &conn_table_.id[*p].next;
	RD_CONN_SET(*p, next);
}

// With both locks. From here on nobody finds it, and every reference to it is gone.
static void end(struct conn_bucket *b, uint32_t i)
{
	struct rd_conn_line *c = &rd_conn_fast_.line[i];
	uint32_t inc = RD_CONN_GET(c->inc) + 1u;

	unlink_from(b, i);
	conn_set_state(i, 0);
	__atomic_store_n(
		&c->inc, (uint16_t)(inc & UINT32_MAX >> rd_conn_fast_.shift), __ATOMIC_RELEASE);
	__atomic_fetch_sub(&conn_zone_of(&conn_table_.id[i].key)->nb, 1, __ATOMIC_RELAXED);
}

bool conn_remove(rd_conn_ref ref)
{
	uint32_t i = conn_index(ref);
	struct conn_id *id = &conn_table_.id[i];
	struct conn_bucket *b;
	bool is_there;

	if (i == 0 || i >= __atomic_load_n(&conn_table_.bound, __ATOMIC_ACQUIRE))
		return false;
	b = &conn_table_.bucket[RD_CONN_GET(id->hash) & conn_table_.mask];
	conn_lock(&b->lock);
	conn_lock(&id->lock);
	is_there = conn_is(ref) && RD_CONN_GET(rd_conn_fast_.line[i].state) != 0
		&& &conn_table_.bucket[RD_CONN_GET(id->hash) & conn_table_.mask] == b;
	if (is_there)
		end(b, i);
	conn_unlock(&id->lock);
	conn_unlock(&b->lock);
	if (is_there)
		conn_give(i);
	return is_there;
}

void rd_conn_kill(unsigned worker, rd_conn_ref ref)
{
	if (conn_remove(ref))
		conn_add(&conn_count_of(worker)->killed);
}

void rd_conn_judged(rd_conn_ref ref, uint32_t policy, uint32_t rule_id, uint16_t rule_slot)
{
	struct conn_id *id = &conn_table_.id[conn_index(ref)];

	if (!conn_is(ref))
		return;
	RD_CONN_SET(id->rule_id, rule_id);
	RD_CONN_SET(id->rule_slot, rule_slot);
	__atomic_store_n(&id->policy, policy, __ATOMIC_RELEASE);
}
