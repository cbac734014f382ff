/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Adding up what workers count for a capture session. Any thread: the counters are read while they change.
 */
#pragma once

#include "api/capring.h"

static inline void rd_capring_stage_add(
	struct rd_capring_stage *sum, const struct rd_capring_stage *s)
{
	sum->seen += __atomic_load_n(&s->seen, __ATOMIC_RELAXED);
	sum->matched += __atomic_load_n(&s->matched, __ATOMIC_RELAXED);
	sum->captured += __atomic_load_n(&s->captured, __ATOMIC_RELAXED);
	sum->lost += __atomic_load_n(&s->lost, __ATOMIC_RELAXED);
	sum->skipped += __atomic_load_n(&s->skipped, __ATOMIC_RELAXED);
}
static inline void rd_capring_cost_add(struct rd_capring_cost *sum, const struct rd_capring_cost *c)
{
	sum->look_cycles += __atomic_load_n(&c->look_cycles, __ATOMIC_RELAXED);
	sum->looks += __atomic_load_n(&c->looks, __ATOMIC_RELAXED);
	sum->write_cycles += __atomic_load_n(&c->write_cycles, __ATOMIC_RELAXED);
	sum->writes += __atomic_load_n(&c->writes, __ATOMIC_RELAXED);
}
// Cycles per packet, rounded; 0 where nothing was measured.
static inline uint64_t rd_capring_per(uint64_t cycles, uint64_t packets)
{
	return packets == 0 ? 0 : (cycles + packets / 2) / packets;
}
