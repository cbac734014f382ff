/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs a filter program as bpf_filter() does, and notes whether the answer is the same for every packet of a flow: which it is
 * when no step of the way depended on a bit that differs between them. Such an answer is worth remembering. Workers call it.
 */
#pragma once

#include "filter/filter.h"

struct rd_filter_flow { // what is common to a flow's frames
	const uint8_t *vary; // per byte of the frame: its bits that may differ
	uint32_t len; // every frame has so many bytes at least; what follows may be anything
};

// Whether the program wants the frame, of which `len` bytes can be read. Sets *varies when another frame of the flow could
// get another answer; leaves it alone otherwise. The program has passed rd_filter_load(). No allocation, no system call.
bool rd_filter_note(const struct rd_filter *f, const uint8_t *frame, uint32_t len,
	uint32_t wire_len, const struct rd_filter_flow *flow, bool *varies);
