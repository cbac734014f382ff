/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Histograms, see hist.h. Pure.
 */
#include "hist.h"

#define SUB_BITS 4 // 16 buckets per power of two

// Below 32 a bucket holds one value.
static unsigned bucket_of(uint64_t v)
{
	unsigned top, n;

	if (v < 1u << SUB_BITS)
		return (unsigned)v;
	top = 63 - (unsigned)__builtin_clzll(v);
	n = ((top - SUB_BITS + 1) << SUB_BITS) + (unsigned)(v >> (top - SUB_BITS) & 15);
	return n < PK_HIST_BUCKETS ? n : PK_HIST_BUCKETS - 1;
}

// The middle of a bucket.
static uint64_t value_of(unsigned n)
{
	unsigned shift = n >> SUB_BITS;
	uint64_t low;

	if (shift <= 1)
		return n;
	shift--;
	low = (uint64_t)(16 + (n & 15)) << shift;
	return low + ((UINT64_C(1) << shift) - 1) / 2;
}

void pk_hist_add(struct pk_hist *h, uint64_t ns)
{
	h->bucket[bucket_of(ns)]++;
	h->min = h->count == 0 || ns < h->min ? ns : h->min;
	h->max = ns > h->max ? ns : h->max;
	h->count++;
}

uint64_t pk_hist_percentile(const struct pk_hist *h, double percent)
{
	double want = percent / 100.0 * (double)h->count;
	uint64_t seen = 0;

	for (unsigned n = 0; n < PK_HIST_BUCKETS; n++) {
		seen += h->bucket[n];
		if (seen > 0 && (double)seen >= want) {
			uint64_t v = value_of(n);

			v = v > h->max ? h->max : v;
			return v < h->min ? h->min : v;
		}
	}
	return h->max;
}
