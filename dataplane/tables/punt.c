/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A bucket per worker and class: it holds time, and each packet takes what is its share of a second.
 */
#include "tables/punt.h"

#include "core/worker.h"

#define SECOND UINT64_C(1000000000)
#define BURST_PART 10 // of a second
#define BURST_MIN 16 // packets

static uint32_t rate = RD_PUNT_RATE; // atomic
static struct bucket {
	uint64_t until_ns[RD_PUNT_CLASSES]; // spent up to here
} __rte_cache_aligned buckets[RD_WORKER_MAX];

void rd_punt_set_rate(uint32_t per_second)
{
	__atomic_store_n(&rate, per_second, __ATOMIC_RELAXED);
}

uint32_t rd_punt_rate(void)
{
	return __atomic_load_n(&rate, __ATOMIC_RELAXED);
}

bool rd_punt_take(unsigned worker, enum rd_punt_class of, uint64_t now_ns)
{
	uint64_t *until = &buckets[worker].until_ns[of];
	uint64_t one = SECOND / rd_punt_rate(), burst = SECOND / BURST_PART;

	if (burst < BURST_MIN * one)
		burst = BURST_MIN * one;
	if (*until + burst < now_ns || *until > now_ns + SECOND) // full, or the clock was set
		*until = now_ns - burst;
	if (*until + one > now_ns)
		return false;
	*until += one;
	return true;
}
