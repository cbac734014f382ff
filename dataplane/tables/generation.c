/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configuration generation. Bumped by control and, when a station moves, by workers.
 */
#include "tables/generation.h"

#include <errno.h>
#include <stdbool.h>

// Starts at 1, so that a zeroed flow entry is stale.
uint32_t rd_generation_ = 1;

void rd_generation_bump(void)
{
	__atomic_fetch_add(&rd_generation_, 1, __ATOMIC_ACQ_REL);
}

int rd_generation_set(uint32_t value)
{
	uint32_t now = rd_generation();

	// A worker may bump it meanwhile, so this is a compare and swap.
	do {
		if (value < now)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(
		&rd_generation_, &now, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return 0;
}
