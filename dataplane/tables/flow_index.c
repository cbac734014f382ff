/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many buckets the flow cache uses: as many as its flows need, however large it may become. A bucket is a random
 * access, and over the 16 MB of a large table it costs a TLB miss besides the cache's where pages are small (performance.md).
 *
 * Linear hashing (Litwin 1980): one more bucket at a time, which takes over half of the flows of one that is there. So an insert
 * splits one bucket, an aging step joins a few, and nothing ever waits for the whole table. Worker that owns the table.
 */
#include "tables/flow_priv.h"

// Three flows for two buckets, so at most two and a quarter, on average, in one that is still to be split: with more, too many
// would find their bucket full.
#define FLOWS_MAX 3
#define PER_BUCKETS 2
#define BUCKETS_PER_FLOW_MAX 2 // far from the above, so that it does not grow and shrink in turn

static void put(struct rd_flow_bucket *b, unsigned *n, uint16_t sig, uint32_t entry)
{
	b->sig[*n] = sig;
	b->entry[*n] = entry;
	++*n;
}

// Those of `from` that belong to `to` by now.
static void split(struct rd_flow_table *t, uint32_t from, uint32_t to)
{
	struct rd_flow_bucket old = t->bucket[from], *b[2] = {&t->bucket[from], &t->bucket[to]};
	unsigned n[2] = {0, 0};

	*b[0] = *b[1] = (struct rd_flow_bucket){0};
	for (unsigned i = 0; i < FLOW_BUCKET; i++) {
		if (old.entry[i] == 0)
			continue;
		uint32_t hash = rd_flow_hash(&t->entry[old.entry[i]].key);
		unsigned moves = rd_flow_bucket_of(t, hash) == to;

		put(b[moves], &n[moves], old.sig[i], old.entry[i]);
	}
}

// All of `from` into `to`. false: there is no room.
static bool join(struct rd_flow_table *t, uint32_t from, uint32_t to)
{
	struct rd_flow_bucket both = {0};
	unsigned n = 0;

	for (unsigned k = 0; k < 2; k++) {
		const struct rd_flow_bucket *b = &t->bucket[k == 0 ? to : from];

		for (unsigned i = 0; i < FLOW_BUCKET; i++) {
			if (b->entry[i] == 0)
				continue;
			if (n == FLOW_BUCKET)
				return false;
			put(&both, &n, b->sig[i], b->entry[i]);
		}
	}
	t->bucket[to] = both;
	t->bucket[from] = (struct rd_flow_bucket){0};
	return true;
}

static void set_buckets(struct rd_flow_table *t, uint32_t nb)
{
	__atomic_store_n(&t->nb_buckets, nb, __ATOMIC_RELAXED); // control shows it
}

void flow_index_grow(struct rd_flow_table *t)
{
	uint32_t last = t->nb_buckets;

	if (last == t->max_buckets || (uint64_t)t->nb * PER_BUCKETS <= (uint64_t)last * FLOWS_MAX)
		return;
	if (last > t->high)
		t->high = t->high * 2 + 1;
	set_buckets(t, last + 1);
	split(t, last & t->high >> 1, last);
}

bool flow_index_shrink(struct rd_flow_table *t)
{
	uint32_t last = t->nb_buckets - 1;

	if (t->nb_buckets == t->min_buckets
		|| (uint64_t)t->nb * BUCKETS_PER_FLOW_MAX >= t->nb_buckets
		|| !join(t, last, last & t->high >> 1))
		return false;
	set_buckets(t, last);
	if (last <= t->high >> 1)
		t->high >>= 1;
	return true;
}
