/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet as Wireshark's dissectors see it: sharkd, where it is installed, is a child that is given one frame at a time. A thread of its own
 * asks, so the screen never waits. The child has limits, its answers are bounded, and what it says is hostile text for whoever shows it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "walk/store.h"

#define RD_DEEP_LINES 400 // of an answer; more are counted
#define RD_DEEP_LINE 200 // bytes of a line

struct rd_deep_ask {
	uint64_t walk; // both are given back
	unsigned hop;
	uint32_t wire_len, len;
	uint8_t bytes[RD_STORE_FRAME];
};

struct rd_deep;
struct rd_deep *rd_deep_open(struct rd_err *err); // NULL with *err
void rd_deep_close(struct rd_deep *d); // also while the child is busy; NULL is fine
int rd_deep_fd(const struct rd_deep *d); // readable when an answer is there
// false while an earlier question is not answered: ask again later.
bool rd_deep_ask(struct rd_deep *d, const struct rd_deep_ask *ask);
// The answer, or NULL. The caller's: "walk", "hop", and "lines", or "error".
json_t *rd_deep_take(struct rd_deep *d);

// For deep.c. The child: NULL while there is none.
struct rd_shark {
	int pid, in, out; // its standard input and output
	int frame; // the capture file that it reads, in memory
};
int rd_shark_start(struct rd_shark *s, struct rd_err *err);
void rd_shark_stop(struct rd_shark *s);
// The answer's result about this frame. leave: a file descriptor that ends the wait when it is readable. NULL with *err.
json_t *rd_shark_dissect(
	struct rd_shark *s, const struct rd_deep_ask *ask, int leave, struct rd_err *err);
// The tree as lines with two blanks for each level.
json_t *rd_shark_lines(const json_t *result);
