/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all mirror sessions together may send: copies and bits in a second, behind each session's own limits. Set by control, asked by
 * workers.
 */
#pragma once

#include "session/pick.h"

struct mirror_cap {
	uint64_t pps, bps; // 0 = no limit; atomic
	uint64_t tat_pps, tat_bps; // buckets, see pick.c; atomic
};
extern struct mirror_cap mirror_cap;

bool mirror_cap_take(uint64_t ns, uint32_t wire_len, unsigned copies);
// Whether so many copies more, each so long on the wire, are beyond it.
static inline bool mirror_is_capped(uint64_t ns, uint32_t wire_len, unsigned copies)
{
	uint64_t any = __atomic_load_n(&mirror_cap.pps, __ATOMIC_RELAXED)
		| __atomic_load_n(&mirror_cap.bps, __ATOMIC_RELAXED);

	return any != 0 && !mirror_cap_take(ns, wire_len, copies);
}

// Control.
#define RD_MIRROR_CAP_PPS UINT64_C(1000000000)
#define RD_MIRROR_CAP_BPS_MIN 8000
#define RD_MIRROR_CAP_BPS UINT64_C(1000000000000)
void rd_mirror_cap_set(uint64_t pps, uint64_t bps);
