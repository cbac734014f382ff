/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stops at the end of the screen: by $REDDOT_PAGER or $PAGER, else by asking here. Nothing is started or asked as long as the
 * output fits. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct rd_pager {
	FILE *to; // the terminal
	const char *program; // NULL: ask here
	bool off; // for this command
	bool left; // the person has seen enough
	bool (*stopped)(void); // may be NULL
	FILE *pipe; // to the program, once it runs
	char *held; // what was printed before it is known whether it fits
	size_t held_len, held_cap;
	unsigned used, rows, columns; // of the screen
	int keys; // where answers come from
	void (*pipe_before)(int); // handler of SIGPIPE
};

void rd_pager_init(struct rd_pager *p, FILE *to);
void rd_pager_begin(struct rd_pager *p, bool page);
// Prints one line (with its newline) that takes so many columns.
void rd_pager_put(struct rd_pager *p, const char *line, size_t len, unsigned columns);
void rd_pager_end(struct rd_pager *p);
// Between two runs of a command: waits so long. false when q was typed, or the person wants to stop.
bool rd_pager_pause(const struct rd_pager *p, unsigned ms);
