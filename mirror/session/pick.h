/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of the packets that fit are copied: samplers and token buckets. Worker thread; control prepares.
 */
#pragma once

#include "session/match.h"

void mirror_pick_prepare(struct mirror_run *r);
bool mirror_sampled(const struct mirror_run *r, struct rd_worker *w, struct mirror_view *v);
// A token bucket in one word, *tat. false: it has no room for the cost now. Times are in 1/256 ns.
bool mirror_bucket_take(uint64_t *tat, uint64_t now, uint64_t cost, uint64_t burst);
void mirror_bucket_give_back(uint64_t *tat, uint64_t cost);
uint64_t mirror_bucket_now(uint64_t ns);
uint64_t mirror_bucket_bits(uint32_t bytes, uint64_t bps); // the cost of so many bytes
#define MIRROR_BUCKET_S (UINT64_C(1000000000) << 8)
// Whether the buckets have room for a copy of so many bytes on the wire at this moment.
bool mirror_rate(const struct mirror_run *r, uint64_t ns, uint32_t wire_len);
// Whether it has any.
static inline bool mirror_has_rate(const struct mirror_run *r)
{
	return r->gap_pps != 0 || r->spec.bps != 0;
}
