/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configuration generation: every change that can alter a forwarding decision bumps it; flow entries of an older
 * generation decide again on their next packet.
 */
#pragma once

#include <stdint.h>

extern uint32_t rd_generation_; // atomic
static inline uint32_t rd_generation(void)
{
	return __atomic_load_n(&rd_generation_, __ATOMIC_ACQUIRE);
}
void rd_generation_bump(void); // any thread
int rd_generation_set(uint32_t value); // control; only forward (or the same); -EINVAL
