/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk on a terminal (ncursesw): keys in, frames out, at most 20 in a second. One thread.
 */
#pragma once

#include "base/err.h"
#include "walk/source.h"
#include "walk/typed.h"

// Whether this terminal can show it.
bool rd_tui_possible(void);
struct rd_tui_what {
	const char *name; // where the walks come from, for the title
	const char *filter; // of the capture, NULL: none
	const char *show; // which walks the store shows, NULL: all
	bool live; // there is a daemon to ask
};

// Until the person leaves. 0 or a negative errno.
int rd_tui_run(struct rd_source *source, struct rd_store *store, const struct rd_tui_what *what,
	struct rd_err *err);

// For tui.c. Prepares ncurses; whether there are colours, and UTF-8.
bool rd_tui_set_up(bool *utf8);
struct rd_grid;
void rd_tui_show(enum rd_theme theme, const struct rd_grid *g);
// Whether it knows, or passes over, what sets a clipboard.
bool rd_tui_copies(void);
// ncurses' number of a key as the view's, 0 if it is none.
int rd_tui_key(int key);
// After an escape: one that the terminal's description does not know comes as single keys, and all of it goes. True if it was one.
bool rd_tui_drop_sequence(void);
