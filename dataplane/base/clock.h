/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TSC to wall clock. Workers never ask the kernel for the time: they read the TSC and apply a line
 * (base + slope) that the control thread corrects once a second against CLOCK_REALTIME. Corrections
 * are slewed (the slope changes so that the error is gone a second later); only an error above 100
 * ms steps. A worker keeps its own copy and its own last value, so its time never goes back even
 * when the clock is stepped back.
 *
 * rd_clock_discipline(): control thread, once a second. rd_clock_sync(): each worker, between two
 * graph walks. rd_clock_ns(): each worker on its own copy.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rd_clock { // one reader's copy
	uint64_t base_tsc;
	uint64_t base_ns; // CLOCK_REALTIME at base_tsc
	uint64_t mult; // ns = base_ns + ((tsc - base_tsc) * mult >> 32)
	uint64_t last_ns; // monotonic floor of this reader
	uint32_t seq; // version of the published line that this copy has
};

uint64_t rd_tsc(void);
uint64_t rd_tsc_hz(void); // measured once, at first use
uint64_t rd_realtime_ns(void);
uint64_t rd_monotonic_ns(void); // for timers in control and clients

void rd_clock_discipline(void);
// Takes the newest line if there is one; cheap when there is not.
void rd_clock_sync(struct rd_clock *c);

static inline uint64_t rd_clock_ns(struct rd_clock *c, uint64_t tsc)
{
	uint64_t delta = tsc > c->base_tsc ? tsc - c->base_tsc : 0;
	uint64_t ns = c->base_ns + (uint64_t)(((unsigned __int128)delta * c->mult) >> 32);

	if (ns < c->last_ns)
		ns = c->last_ns;
	c->last_ns = ns;
	return ns;
}

// Coarse seconds for aging, from CLOCK_MONOTONIC plus an offset that tests move (clock.advance).
// Control writes it once per loop (rd_coarse_tick), workers only read it.
uint32_t rd_coarse_s(void);
void rd_coarse_tick(void);
void rd_coarse_advance(uint32_t seconds);
