/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Configuration generations, in two levels. Every change that can alter a forwarding decision bumps the generation, and
 * the counter of what it touches: a port, a segment, a tunnel or everything. A flow entry of an older generation
 * compares the sum of the counters that it depends on (rd_generation_deps): equal, and it is good as it is; else it decides
 * again on its next packet. So a change costs other flows one comparison.
 *
 * Counters only grow, so a sum is the same only if every counter is.
 */
#pragma once

#include <stdint.h>

extern uint32_t rd_generation_; // atomic
static inline uint32_t rd_generation(void)
{
	return __atomic_load_n(&rd_generation_, __ATOMIC_ACQUIRE);
}

// Any thread, after the change is visible. Indexes as in the tables; out of range counts as everything.
void rd_generation_bump(void); // everything decides again
void rd_generation_next(void); // nothing decides again, but every flow compares its sum
void rd_generation_port(uint16_t idx); // flows in, out or by this port
void rd_generation_segment(uint16_t idx);
void rd_generation_tunnel(uint16_t idx);
int rd_generation_set(
	uint32_t value); // control; only forward (or the same); -EINVAL; re-decides nothing

// What a decision was made from.
struct rd_deps {
	uint16_t in_port, out_port, uplink; // RD_PORT_NONE = not of this flow
	uint16_t segment, tunnel; // 0 likewise
};
uint32_t rd_generation_deps(const struct rd_deps *d); // worker
