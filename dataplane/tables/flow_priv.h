/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache's buckets, for flow*.c only.
 */
#pragma once

#include <stddef.h>

#include "tables/flow_bucket.h"

#define FLOW_BUCKET 8

struct rd_flow_bucket {
	uint16_t sig[FLOW_BUCKET]; // high half of the hash; meaningless when the entry is 0
	uint32_t entry[FLOW_BUCKET + 4]; // 0 = free, as those beyond FLOW_BUCKET always are
};
_Static_assert(sizeof(struct rd_flow_bucket) == RD_FLOW_BUCKET_SIZE, "a bucket is one cache line");

size_t flow_verdict_size(const struct rd_flow_table *t); // bytes

static inline struct rd_flow_bucket *flow_bucket(const struct rd_flow_table *t, uint32_t hash)
{
	return &t->bucket[rd_flow_bucket_of(t, hash)];
}

// flow_index.c: one bucket more, if the flows need it; before an insert, never while a search is under way.
void flow_index_grow(struct rd_flow_table *t);
// One less, if they are far from needing it. false: they are not, or it can't be.
bool flow_index_shrink(struct rd_flow_table *t);

static inline uint16_t flow_sig(uint32_t hash)
{
	return (uint16_t)(hash >> 16);
}
