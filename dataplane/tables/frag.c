/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See frag.h. Fragments are rare and never fast: a lock per bucket.
 */
#include "tables/frag.h"

#include <string.h>

#define BUCKETS 1024
#define BUCKET 4

struct head {
	struct rd_frag_key key;
	struct rd_frag_verdict verdict;
	uint32_t made_s; // 0 = free
};

static struct bucket {
	uint8_t lock;
	struct head head[BUCKET];
} buckets[BUCKETS];

static struct bucket *bucket_of(const struct rd_frag_key *k)
{
	const uint8_t *p = (const uint8_t *)k;
	uint32_t h = 0, word;

	for (unsigned i = 0; i < sizeof(*k); i += 4) {
		memcpy(&word, p + i, 4);
		h = (h ^ word) * 0x9e3779b1u;
		h ^= h >> 15;
	}
	return &buckets[h % BUCKETS];
}

static void lock(struct bucket *b)
{
	while (__atomic_exchange_n(&b->lock, 1, __ATOMIC_ACQUIRE) != 0)
		;
}

static void unlock(struct bucket *b)
{
	__atomic_store_n(&b->lock, 0, __ATOMIC_RELEASE);
}

static struct head *find(struct bucket *b, const struct rd_frag_key *k)
{
	for (unsigned i = 0; i < BUCKET; i++)
		if (b->head[i].made_s != 0 && memcmp(&b->head[i].key, k, sizeof(*k)) == 0)
			return &b->head[i];
	return NULL;
}

static struct head *oldest(struct bucket *b)
{
	struct head *h = &b->head[0];

	for (unsigned i = 1; i < BUCKET; i++)
		if (b->head[i].made_s < h->made_s)
			h = &b->head[i];
	return h;
}

void rd_frag_put(const struct rd_frag_key *k, const struct rd_frag_verdict *v, uint32_t now_s)
{
	struct bucket *b = bucket_of(k);
	struct head *h;

	lock(b);
	h = find(b, k);
	if (h == NULL)
		h = oldest(b);
	*h = (struct head){.key = *k, .verdict = *v, .made_s = now_s != 0 ? now_s : 1};
	unlock(b);
}

bool rd_frag_get(const struct rd_frag_key *k, uint32_t now_s, struct rd_frag_verdict *v)
{
	struct bucket *b = bucket_of(k);
	const struct head *h;
	bool found;

	lock(b);
	h = find(b, k);
	found = h != NULL && (now_s <= h->made_s || now_s - h->made_s < RD_FRAG_TIMEOUT_S);
	if (found)
		*v = h->verdict;
	unlock(b);
	return found;
}

void rd_frag_clear(void)
{
	memset(buckets, 0, sizeof(buckets));
}
