/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet as Wireshark's dissectors see it: sharkd, or tshark where that is not installed, is a child that is given one frame at a time.
 * A thread of its own asks, so the screen never waits. The child has limits, its answers are bounded, and what it says is hostile text for
 * whoever shows it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
// The answer, or NULL. The caller's: "walk", "hop", "by" whom, and "lines", or "error".
json_t *rd_deep_take(struct rd_deep *d);

// For deep.c. The child: NULL while there is none.
struct rd_shark {
	int pid, in, out; // its standard input and output
	int frame; // the capture file that it reads, in memory
};
int rd_shark_start(struct rd_shark *s, struct rd_err *err); // sharkd
void rd_shark_stop(struct rd_shark *s); // either
// The answer's result about this frame. leave: a file descriptor that ends the wait when it is readable. NULL with *err.
json_t *rd_shark_dissect(
	struct rd_shark *s, const struct rd_deep_ask *ask, int leave, struct rd_err *err);
// The tree as lines with two blanks for each level.
json_t *rd_shark_lines(const json_t *result);
// The same by a tshark that is started for this frame: lines at once. NULL with *err.
json_t *rd_tshark_dissect(const struct rd_deep_ask *ask, int leave, struct rd_err *err);
json_t *rd_tshark_lines(const char *text);

// deep_spawn.c, for both.
#define RD_DEEP_ANSWER (1u << 20) // bytes at most
#define RD_DEEP_PATIENCE_MS 30000 // the first answer needs its start, seconds on a small machine
int64_t rd_deep_now_ms(void);
int rd_deep_file(struct rd_shark *s,
	struct rd_err *err); // prepares *s; 0 or a negative errno, like all below
// Starts argv[0], or what the environment's variable names.
int rd_deep_spawn(struct rd_shark *s, char *const argv[], const char *variable, struct rd_err *err);
int rd_deep_put(const struct rd_shark *s, const struct rd_deep_ask *ask, struct rd_err *err);
// Waits for more of the answer. Bytes read, 0 at its end, or a negative errno.
ssize_t rd_deep_read(const struct rd_shark *s, int leave, int64_t until, char *buf, size_t room);
// Says why there is no answer: why as rd_deep_read() has it.
int rd_deep_fail(struct rd_shark *s, const char *name, ssize_t why, struct rd_err *err);
