/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tcpdump's time stamps: -t to -ttttt, in nanoseconds or microseconds. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PK_STAMP_TEXT 48

struct pk_stamp {
	unsigned
		style; // number of t: 0 time of day, 1 nothing, 2 epoch, 3 since the last, 4 date, 5 since the first
	bool micro;
	uint64_t first_ns, last_ns; // packets that were stamped; 0 = none yet
};

// Of the next packet, with a blank at its end unless it is empty.
const char *pk_stamp(struct pk_stamp *s, uint64_t ns, char buf[PK_STAMP_TEXT]);
