/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which bucket of the flow cache a hash leads to. The worker that owns the table, inlined.
 */
#pragma once

#include "tables/flow.h"

#define RD_FLOW_BUCKET_SIZE 64
static inline uint32_t rd_flow_bucket_of(const struct rd_flow_table *t, uint32_t hash)
{
	uint32_t i = hash & t->high;

	return i < t->nb_buckets
		? i
		: i & t->high >> 1; // not split yet: in the one that it will come from
}
static inline void rd_flow_prefetch(const struct rd_flow_table *t, uint32_t hash)
{
	const uint8_t *bucket = (const uint8_t *)t->bucket;

	__builtin_prefetch(bucket + (size_t)rd_flow_bucket_of(t, hash) * RD_FLOW_BUCKET_SIZE, 0, 3);
}
