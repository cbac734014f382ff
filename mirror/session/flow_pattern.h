/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session's ordered rules as rules of a card, at one point. Exact or not at all: what a card would select otherwise than software does is
 * refused here. Pure; any thread.
 */
#pragma once

#include "session/flow_match.h"
#include "session/offload.h"

// Fills out[RD_FLOW_RULES], in order of priority. How many; or -ENOTSUP (no card can tell), -E2BIG (more than 32 rules) with *err, whose
// text says which rule and why. 0 = no packet of this point can match.
int rd_flow_pattern(const struct rd_offload_want *want, const struct rd_offload_point *point,
	struct rd_flow_match *out, struct rd_err *err);
// The values and masks that cover lo..hi: at most 30. How many.
struct rd_flow_masked16 {
	uint16_t value, mask;
};
#define RD_FLOW_RANGE_MAX 30
unsigned rd_flow_range(uint16_t lo, uint16_t hi, struct rd_flow_masked16 out[RD_FLOW_RANGE_MAX]);
