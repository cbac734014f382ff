/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long a worker's graph walks take, as the vendor's "ens latency lcore dump" shows it: histograms whose buckets end
 * at 32, 64, .. 4096 us. A walk's time runs from the poll that found packets to the walk's end, so it is what its
 * first packet waited at least. Two readings of the time stamp counter per walk, none for walks without packets but
 * the one that every loop makes. Written by the worker, read by control without locks.
 */
#pragma once

#include <stdint.h>

#define RD_LATENCY_BUCKETS 9 // the last one has no end

enum rd_latency_kind { // the vendor's columns, and what they mean here
	RD_LATENCY_UPLINK_TX, // walks that sent something to an uplink
	RD_LATENCY_POLLING, // all walks with packets
	RD_LATENCY_SCHED, // from a walk with packets to the next walk: calls, aging, other threads
	RD_LATENCY_SLOWPATH, // walks in which something was decided
	RD_LATENCY_COUNT,
};

struct rd_latency {
	uint64_t samples, min, max, sum; // ns
	uint64_t bucket[RD_LATENCY_BUCKETS];
};

static inline void rd_latency_add(struct rd_latency *l, uint64_t ns)
{
	uint64_t us = ns >> 15; // of 32.768, so that no division is needed
	unsigned b = us == 0 ? 0 : 64u - (unsigned)__builtin_clzll(us);

	if (l->samples == 0 || ns < l->min)
		l->min = ns;
	if (ns > l->max)
		l->max = ns;
	l->samples++;
	l->sum += ns;
	l->bucket[b < RD_LATENCY_BUCKETS ? b : RD_LATENCY_BUCKETS - 1]++;
}
