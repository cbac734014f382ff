/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding flows. Runs on the worker that owns the table.
 *
 * In bulk, three passes: fetch all buckets; compare their signatures and fetch the first entry that may match; compare
 * keys. So the cache misses of a burst overlap instead of adding up.
 */
#include "tables/flow_hash.h"
#include "tables/flow_priv.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

uint32_t rd_flow_hash(const struct rd_flow_key *k)
{
	uint64_t w[8];

	memcpy(w, k, sizeof(w));
	return flow_hash_words(w);
}

// Bit per slot whose signature is the wanted one and that has an entry.
static inline unsigned candidates(const struct rd_flow_bucket *b, uint16_t sig)
{
	unsigned mask = 0;

#ifdef __SSE2__
	__m128i sigs = _mm_load_si128((const __m128i *)b->sig);
	__m128i eq = _mm_cmpeq_epi16(sigs, _mm_set1_epi16((short)sig));

	mask = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(eq, _mm_setzero_si128()));
#else
	for (unsigned i = 0; i < FLOW_BUCKET; i++)
		mask |= (unsigned)(b->sig[i] == sig) << i;
#endif
	return mask;
}

static inline bool key_equal(const struct rd_flow_key *a, const struct rd_flow_key *b)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;

#ifdef __SSE2__
	__m128i d = _mm_setzero_si128();

	for (unsigned i = 0; i < 64; i += 16)
		d = _mm_or_si128(d,
			_mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)(x + i)),
				_mm_loadu_si128((const __m128i *)(const void *)(y + i))));
	return _mm_movemask_epi8(_mm_cmpeq_epi8(d, _mm_setzero_si128())) == 0xffff;
#else
	return memcmp(x, y, 64) == 0;
#endif
}

// Entry 0 is all zero and in no bucket for long: a free slot leads to it and no key equals it, for ft is never 0.
static inline struct rd_flow *match(struct rd_flow_table *t, const struct rd_flow_bucket *b,
	unsigned mask, const struct rd_flow_key *k)
{
	for (; mask != 0; mask &= mask - 1) {
		struct rd_flow *f = &t->entry[b->entry[__builtin_ctz(mask)]];

		if (key_equal(&f->key, k) && f != t->entry)
			return f;
	}
	return NULL;
}

struct rd_flow *rd_flow_find(struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash)
{
	const struct rd_flow_bucket *b = flow_bucket(t, hash);
	struct rd_flow *f = match(t, b, candidates(b, flow_sig(hash)), k);

	if (f != NULL)
		t->stats.hits++;
	else
		t->stats.misses++;
	return f;
}

// The first entry that may match: entry 0 when there is none.
static inline struct rd_flow *first(
	struct rd_flow_table *t, const struct rd_flow_bucket *b, unsigned mask)
{
	return &t->entry[b->entry[__builtin_ctz(mask | 1u << FLOW_BUCKET)]];
}

static __attribute__((noinline)) struct rd_flow *not_first(
	struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash)
{
	const struct rd_flow_bucket *b = flow_bucket(t, hash);

	return match(t, b, candidates(b, flow_sig(hash)), k);
}

void rd_flow_find_fetched(struct rd_flow_table *t, const struct rd_flow_key *keys,
	const uint32_t *hashes, unsigned n, struct rd_flow **out)
{
	for (unsigned i = 0; i < n; i++) {
		const struct rd_flow_bucket *b = flow_bucket(t, hashes[i]);

		out[i] = first(t, b, candidates(b, flow_sig(hashes[i])));
		__builtin_prefetch(out[i], 0, 3);
		__builtin_prefetch(&out[i]->hits, 1, 3); // counters and decisions, soon written
	}
	for (unsigned i = 0; i < n; i++) {
		if (__builtin_expect(key_equal(&out[i]->key, &keys[i]), 1) && out[i] != t->entry)
			continue;
		out[i] = out[i] != t->entry ? not_first(t, &keys[i], hashes[i]) : NULL;
	}
}

void rd_flow_find_bulk(struct rd_flow_table *t, const struct rd_flow_key *keys,
	const uint32_t *hashes, unsigned n, struct rd_flow **out)
{
	unsigned found = 0;

	n = n > RD_FLOW_BULK ? RD_FLOW_BULK : n;
	for (unsigned i = 0; i < n; i++)
		rd_flow_prefetch(t, hashes[i]);
	rd_flow_find_fetched(t, keys, hashes, n, out);
	for (unsigned i = 0; i < n; i++)
		found += out[i] != NULL;
	t->stats.hits += found;
	t->stats.misses += n - found;
}
