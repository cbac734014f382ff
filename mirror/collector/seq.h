/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sequence numbers of one source as they arrive: which are missing, which came twice, which came late, where the source began anew. 32
 * bits that wrap. One thread per tracker; nothing is allocated.
 *
 * A number that has not come is missing until it does: then it was out of order. Numbers that lie so far ahead that the network hardly
 * lost what is between them (RD_SEQ_JUMP) are a jump: a sender that restarted, as ours does by about a million, or a long silence; what was
 * skipped is told apart from what is missing. Numbers that lie far behind, and 0 or 1 where they have long been seen, are a restart as soon
 * as a second one follows the first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_SEQ_WINDOW 4096u // numbers that can come late and be known
#define RD_SEQ_JUMP (UINT32_C(1) << 19)

struct rd_seq { // zeroed to start with
	uint64_t packets; // with a number
	uint64_t missing; // numbers that have not come
	uint64_t gaps; // times that one or more were left out
	uint64_t duplicates;
	uint64_t reordered; // came after a greater one
	uint64_t too_late; // so far behind that nothing more is known
	uint64_t jumps, skipped; // forwards, and how many numbers that were
	uint64_t restarts; // backwards
	uint32_t first, last, highest;
	uint32_t floor; // the lowest since the source began (anew)
	uint32_t most_late; // the greatest distance of one that came out of order
	uint32_t
		behind; // a number that may be a restart's first, the packet before; valid if has_behind
	bool has_behind;
	uint64_t seen[RD_SEQ_WINDOW
		/ 64]; // bit n % RD_SEQ_WINDOW: n has come; of the last RD_SEQ_WINDOW up to highest
};

enum rd_seq_what {
	RD_SEQ_NEXT, // or the first
	RD_SEQ_GAP, // numbers before it are missing
	RD_SEQ_DUPLICATE,
	RD_SEQ_LATE, // out of order
	RD_SEQ_TOO_LATE,
	RD_SEQ_JUMPED,
	RD_SEQ_RESTARTED,
};

enum rd_seq_what rd_seq_add(struct rd_seq *s, uint32_t number);
// All numbers were the same: the sender does not count (real switches do that), and nothing can be said.
bool rd_seq_stands_still(const struct rd_seq *s);
