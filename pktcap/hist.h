/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Latencies as a histogram of fixed size: buckets of 1/16 of a power of two, so that a percentile is off by at most 3.2 %
 * whatever the range, and exact below 32. Pure. Any thread.
 */
#pragma once

#include <stdint.h>

#define PK_HIST_BUCKETS 608 // up to 2^41 ns, over half an hour; what is longer counts as that

struct pk_hist { // zeroed to start with
	uint64_t count, min, max;
	uint32_t bucket[PK_HIST_BUCKETS];
};

void pk_hist_add(struct pk_hist *h, uint64_t ns);
// The value that `percent` of all are not above; 0 if there is none. Never beyond the largest that was added.
uint64_t pk_hist_percentile(const struct pk_hist *h, double percent);
