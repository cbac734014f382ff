/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The file of typed lines: $XDG_STATE_HOME/reddot/history, for its owner alone, at most RD_HISTORY_LINES lines. Several shells
 * may add to it at the same time. One thread.
 */
#pragma once

#define RD_HISTORY_LINES 1000
#define RD_HISTORY_BYTES (1u << 20) // of which not more is read

struct rd_history {
	char *path; // NULL: nothing is kept
	char *last; // line that was added
};

typedef void (*rd_history_fn)(void *arg, const char *line);

// Finds the file, makes its folder, and gives every line of it to each. Failures only mean that nothing is kept.
void rd_history_open(struct rd_history *h, rd_history_fn each, void *arg);
// Adds a line, unless it begins with a blank, is empty, or is the last one again. True when it was taken.
int rd_history_add(struct rd_history *h, const char *line);
void rd_history_close(struct rd_history *h);
