/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading a flow entry from another thread: for dumps, and for walks that only ask (core/dry.h).
 */
#include "tables/flow_priv.h"

#include <string.h>

#define TRIES 100

// Word by word with atomic loads, because the owner writes meanwhile. The counters change without the sequence number: each of
// them is one word, so it is never torn.
static void copy_words(struct rd_flow *copy, const struct rd_flow *f)
{
	const uint64_t *from = (const uint64_t *)f;
	uint64_t words[sizeof(*f) / 8];

	for (unsigned i = 0; i < sizeof(*f) / 8; i++)
		words[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	memcpy(copy, words, sizeof(*f));
}

bool rd_flow_read(const struct rd_flow_table *t, uint32_t id, struct rd_flow *copy)
{
	const struct rd_flow *f;

	if (id == 0 || id >= rd_flow_bound(t))
		return false;
	f = &t->entry[id];
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t seq = __atomic_load_n(&f->seq, __ATOMIC_ACQUIRE);

		if ((seq & 1) != 0)
			continue;
		copy_words(copy, f);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&f->seq, __ATOMIC_RELAXED) == seq)
			return copy->last_s != 0;
	}
	return false;
}

bool rd_flow_peek(const struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash,
	struct rd_flow *copy)
{
	const struct rd_flow_bucket *b =
		flow_bucket(t, hash); // while it is split the entry may be missed

	for (unsigned i = 0; i < FLOW_BUCKET; i++) {
		uint32_t id = __atomic_load_n(&b->entry[i], __ATOMIC_RELAXED);

		if (id != 0 && rd_flow_read(t, id, copy) && memcmp(&copy->key, k, sizeof(*k)) == 0)
			return true;
	}
	return false;
}
