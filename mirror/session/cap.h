/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all mirror sessions together may do: copies and bits in a second, behind each session's own limits, and copies of one packet. Set by
 * control, asked by workers.
 */
#pragma once

#include "session/pick.h"

enum mirror_cap_look { // bits: which limits a copy has to be held against
	MIRROR_CAP_RATE = 1,
	MIRROR_CAP_COPIES = 2, // there are sessions enough to go beyond it
};

struct mirror_cap {
	uint32_t looks; // enum mirror_cap_look; atomic
	uint32_t copies; // of a packet at one stage; 0 = no limit; atomic
	uint64_t pps, bps; // 0 = no limit; atomic
	uint64_t tat_pps, tat_bps; // buckets, see pick.c; atomic
};
extern struct mirror_cap mirror_cap;

static inline bool mirror_cap_looks(enum mirror_cap_look what)
{
	return (__atomic_load_n(&mirror_cap.looks, __ATOMIC_RELAXED) & what) != 0;
}

bool mirror_cap_take(uint64_t ns, uint32_t wire_len, unsigned copies);
// Whether so many copies more, each so long on the wire, are beyond the rate.
static inline bool mirror_is_capped(uint64_t ns, uint32_t wire_len, unsigned copies)
{
	return mirror_cap_looks(MIRROR_CAP_RATE) && !mirror_cap_take(ns, wire_len, copies);
}

uint32_t *mirror_crowd_find(const struct rd_worker *w, const struct rd_tap_seen *seen);
// How many copies of this packet have been made at this stage; NULL: there can't be too many. Counted for the packets of the last bursts: one
// that is forgotten is counted anew.
static inline uint32_t *mirror_crowd(const struct rd_worker *w, const struct rd_tap_seen *seen)
{
	return likely(!mirror_cap_looks(MIRROR_CAP_COPIES)) ? NULL : mirror_crowd_find(w, seen);
}
static inline bool mirror_is_crowded(const uint32_t *crowd, unsigned copies)
{
	return crowd != NULL
		&& *crowd + copies > __atomic_load_n(&mirror_cap.copies, __ATOMIC_RELAXED);
}

// Control.
#define RD_MIRROR_CAP_PPS UINT64_C(1000000000)
#define RD_MIRROR_CAP_BPS_MIN 8000
#define RD_MIRROR_CAP_BPS UINT64_C(1000000000000)
#define RD_MIRROR_CAP_COPIES 4 // if nobody says otherwise
#define RD_MIRROR_CAP_COPIES_MAX 256
void rd_mirror_cap_set(uint64_t pps, uint64_t bps);
void rd_mirror_cap_copies_set(uint32_t copies);
void mirror_cap_sessions(unsigned copies); // so many can be made of one packet at most
