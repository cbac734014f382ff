/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clock's arithmetic, apart from the real clocks so that tests can feed it. clock.c and its
 * tests only.
 */
#pragma once

#include <stdint.h>

#define CLOCK_STEP_NS 100000000ll // an error above this steps the line

struct rd_clock_line {
	uint64_t base_tsc;
	uint64_t base_ns;
	uint64_t mult; // ns per tick, 32.32 fixed point
};

uint64_t rd_clock_line_ns(const struct rd_clock_line *line, uint64_t tsc);
// The line to use from tsc on, when the true time there is `ns` and a tick truly lasts `nominal`.
struct rd_clock_line rd_clock_line_correct(
	const struct rd_clock_line *line, uint64_t tsc, uint64_t ns, uint64_t nominal);
