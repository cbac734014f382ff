/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See cap.h. As much as 10 ms' worth may come at once.
 */
#include "session/cap.h"

#define BURST (MIRROR_BUCKET_S / 100)

struct mirror_cap mirror_cap __rte_cache_aligned;

static bool take(uint64_t *tat, uint64_t now, uint64_t cost)
{
	return mirror_bucket_take(tat, now, cost, RTE_MAX(BURST, cost));
}

bool mirror_cap_take(uint64_t ns, uint32_t wire_len, unsigned copies)
{
	uint64_t pps = __atomic_load_n(&mirror_cap.pps, __ATOMIC_RELAXED);
	uint64_t bps = __atomic_load_n(&mirror_cap.bps, __ATOMIC_RELAXED);
	uint64_t now = mirror_bucket_now(ns);
	uint64_t cost = pps != 0 ? MIRROR_BUCKET_S / pps * copies : 0;

	if (pps != 0 && !take(&mirror_cap.tat_pps, now, cost))
		return false;
	if (bps == 0 || take(&mirror_cap.tat_bps, now, mirror_bucket_bits(wire_len, bps) * copies))
		return true;
	if (pps != 0)
		mirror_bucket_give_back(&mirror_cap.tat_pps, cost);
	return false;
}

void rd_mirror_cap_set(uint64_t pps, uint64_t bps)
{
	__atomic_store_n(&mirror_cap.pps, pps, __ATOMIC_RELAXED);
	__atomic_store_n(&mirror_cap.bps, bps, __ATOMIC_RELAXED);
}
