/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A bucket per worker: it holds time, and each packet takes what is its share of a second.
 */
#include "tables/punt.h"

#include "core/worker.h"

#define SECOND UINT64_C(1000000000)
#define BURST_PART 10 // of a second
#define BURST_MIN 16 // packets

static uint32_t rate = RD_PUNT_RATE; // atomic
static struct bucket {
	uint64_t until_ns; // spent up to here
	uint8_t pad[56];
} buckets[RD_WORKER_MAX];

void rd_punt_set_rate(uint32_t per_second)
{
	__atomic_store_n(&rate, per_second, __ATOMIC_RELAXED);
}

uint32_t rd_punt_rate(void)
{
	return __atomic_load_n(&rate, __ATOMIC_RELAXED);
}

bool rd_punt_take(unsigned worker, uint64_t now_ns)
{
	struct bucket *b = &buckets[worker];
	uint64_t one = SECOND / rd_punt_rate(), burst = SECOND / BURST_PART;

	if (burst < BURST_MIN * one)
		burst = BURST_MIN * one;
	if (b->until_ns + burst < now_ns
		|| b->until_ns > now_ns + SECOND) // full, or the clock was set
		b->until_ns = now_ns - burst;
	if (b->until_ns + one > now_ns)
		return false;
	b->until_ns += one;
	return true;
}
