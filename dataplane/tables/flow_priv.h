/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache's buckets, for flow.c and flow_find.c only.
 */
#pragma once

#include <stddef.h>

#include "tables/flow.h"

#define FLOW_BUCKET 8

struct rd_flow_bucket {
	uint16_t sig[FLOW_BUCKET]; // high half of the hash; meaningless when the entry is 0
	uint32_t entry[FLOW_BUCKET + 4]; // 0 = free, as those beyond FLOW_BUCKET always are
};
_Static_assert(sizeof(struct rd_flow_bucket) == RD_FLOW_BUCKET_SIZE, "a bucket is one cache line");

size_t flow_verdict_size(const struct rd_flow_table *t); // bytes

static inline uint16_t flow_sig(uint32_t hash)
{
	return (uint16_t)(hash >> 16);
}
