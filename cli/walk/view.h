/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk without a terminal: its state, what a key does to it, and how it is drawn. Drawing is a function of state,
 * store and size. Used by tui.c and the tests; one thread.
 */
#pragma once

#include "walk/grid.h"
#include "walk/store.h"

enum rd_pane {
	RD_PANE_WALKS,
	RD_PANE_HOPS,
	RD_PANE_DIFF,
	RD_PANE_HEX,
	RD_PANE_PATHS,
	RD_PANES
};

enum rd_key { // besides characters
	RD_KEY_UP = 0x100,
	RD_KEY_DOWN,
	RD_KEY_LEFT,
	RD_KEY_RIGHT,
	RD_KEY_PAGE_UP,
	RD_KEY_PAGE_DOWN,
	RD_KEY_HOME,
	RD_KEY_END,
	RD_KEY_BACKSPACE,
};

struct rd_view {
	const char *source; // "LIVE", "FILE x"
	enum rd_pane pane;
	uint64_t walk; // number of the chosen one, 0: none yet
	unsigned hop;
	int scroll; // of diff, hex and paths
	int page; // rows of the list, as drawn last
	bool follow, paused, help, utf8, playing, ended;
	bool typing; // into filter
	char filter[120];
	char error[256]; // of the source
};

// True as long as the walk goes on.
bool rd_view_key(struct rd_view *v, struct rd_store *s, int key);
// Once per frame: follows the newest walk; step: the dot moves, if it plays.
void rd_view_tick(struct rd_view *v, const struct rd_store *s, bool step);
void rd_view_draw(struct rd_view *v, const struct rd_store *s, struct rd_grid *g);

struct rd_area { // for draw.c and panes.c
	int row, col, rows, cols;
};
void rd_draw_walks(
	struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_hops(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_topology(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_diff(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_hex(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_paths(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_help(struct rd_grid *g, struct rd_area a);
