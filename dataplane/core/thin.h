/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a session keeps to its share of a worker's time (pktcap --max-cost): it takes 1 packet in N. Which, the packet's id says,
 * so that it is the same ones at every stage. Each worker has its own N, and sets it by what the session's
 * sampled bursts took. No DPDK, no lock, nothing shared but one_in, which others may read. Worker thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_THIN_MAX \
	255u // N fits a record's byte; with 1 per cent as the least limit it need not be more than 100
#define RD_THIN_PERIOD 61u // one burst in so many is measured; a prime, as stages take turns
#define RD_THIN_PPM 1000000u

struct rd_thin {
	uint32_t limit; // parts per million of the worker's time; 0 = as much as it takes
	uint32_t one_in; // N; atomic
	uint32_t keep; // ids with hashes up to here are taken
	uint32_t calm; // windows in a row in which a smaller N would have done
	uint32_t samples; // of this window
	uint64_t began; // TSC at which the window did; 0 = there is none
	uint64_t cycles; // of the samples
	uint64_t least; // TSC cycles of a window
};

// limit in parts per million, hz of the TSC.
void rd_thin_init(struct rd_thin *t, uint32_t limit, uint64_t hz);
// A burst of the session took so many cycles, of those that are measured. Whether N has changed by it.
bool rd_thin_sample(struct rd_thin *t, uint64_t now, uint64_t cycles);
// What N should be after a window in which the session took this share: one step at most.
uint32_t rd_thin_next(struct rd_thin *t, uint64_t share);

// Whether the packet is among those that are taken. Ids that follow each other are spread evenly, whatever pattern the
// traffic has.
static inline bool rd_thin_takes(const struct rd_thin *t, uint64_t packet_id)
{
	return (uint32_t)(packet_id * UINT64_C(0x9e3779b97f4a7c15) >> 32) <= t->keep;
}
