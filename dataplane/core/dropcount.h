/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Drops by port, stage and reason: a small table per worker, so that every drop is counted once and all sums come from
 * the same numbers. Written by the worker, read by control without locks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_DROPCOUNT_SLOTS 8192 // power of two
#define RD_DROPCOUNT_FULL (RD_DROPCOUNT_SLOTS / 4 * 3) // beyond: only the "other ports" are added
#define RD_DROPCOUNT_OTHER UINT16_MAX // port of what found no room

struct rd_dropcount_row {
	uint16_t port; // table index; 0: of ports that are gone, RD_DROPCOUNT_OTHER
	uint16_t reason;
	uint8_t stage;
	uint64_t packets, bytes;
	uint64_t suppressed; // of them: not in the shared ring of droplog.h
	uint64_t first_ns, last_ns; // CLOCK_REALTIME
};

struct rd_dropcount_slot {
	uint64_t key; // 0 = free; atomic
	struct rd_dropcount_row sum; // its numbers; what they are of is in the key
};

struct rd_dropcount {
	uint32_t used;
	uint32_t last; // slot that was counted last: storms repeat themselves
	struct rd_dropcount_slot slot[RD_DROPCOUNT_SLOTS];
};

static inline void rd_dropcount_sum(struct rd_dropcount_row *s, const struct rd_dropcount_row *more)
{
	if (s->packets == 0 || more->first_ns < s->first_ns)
		s->first_ns = more->first_ns;
	if (more->last_ns > s->last_ns)
		s->last_ns = more->last_ns;
	s->packets += more->packets;
	s->bytes += more->bytes;
	s->suppressed += more->suppressed;
}

// Worker: what another row, or one packet, adds to that of its port, stage and reason.
void rd_dropcount_add(struct rd_dropcount *c, const struct rd_dropcount_row *more);
// Any thread: the row in slot i. false if there is none.
bool rd_dropcount_row(const struct rd_dropcount *c, uint32_t i, struct rd_dropcount_row *row);
// Worker: c becomes `from` with a port's rows under port 0; c is zeroed memory.
void rd_dropcount_forget(struct rd_dropcount *c, const struct rd_dropcount *from, uint16_t port);
