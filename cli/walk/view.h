/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk without a terminal: its state, what a key or a click does to it, and how it is drawn. Drawing is a function of
 * state, store and size. What needs the outside (files, the daemon) is left in `want` for tui.c. Used by tui.c and the tests; one thread.
 */
#pragma once

#include "walk/deep.h"
#include "walk/grid.h"
#include "walk/live.h"
#include "walk/typed.h"

enum rd_pane { // keys 1 to 9, 0
	RD_PANE_WALKS,
	RD_PANE_HOPS,
	RD_PANE_DIFF,
	RD_PANE_HEX,
	RD_PANE_FLOW,
	RD_PANE_DFW,
	RD_PANE_LADDER,
	RD_PANE_MIRROR,
	RD_PANE_PATHS,
	RD_PANE_MAP,
	RD_PANES
};

struct rd_area {
	int row, col, rows, cols;
};

struct rd_hit { // what was drawn where, for the mouse
	struct rd_area area;
	enum rd_pane pane;
	uint64_t top; // number of the walk, or hop, in the first row of a list
};

struct rd_view {
	const char *source; // "LIVE", "FILE x"
	enum rd_pane pane, beside; // the second one of a split; else where one was before
	bool split, right, zoom; // the first one is at the right; only it is seen
	uint64_t walk; // number of the chosen one, 0: none yet
	unsigned hop;
	int scroll; // of panes that are no lists
	int page; // rows of the list, as drawn last
	int pick; // of the mirror sessions
	int speed; // the dot's: 400 ms a hop, half of it with every step up
	int share; // percent of the width that the first pane of a split has above half
	unsigned theme; // enum rd_theme
	unsigned absolute; // the ladder tells the time of day
	bool follow, paused, utf8, playing, ended, mouse_off;
	bool mono; // the terminal has no colours, or is not to show them
	unsigned help; // the page of the sheet that lies over the panes, 0: none
	enum rd_sheet sheet;
	char about[64]; // what it explains: a stage or a reason, "": the chosen hop
	int awaits; // a key that a second one belongs to, 0: none
	struct rd_place place[RD_PLACES], was; // where letters lead to; where the last jump began
	struct rd_place
		base; // the hop that the chosen one is compared with, walk 0: the one before it
	struct rd_key_map map[RD_MAPS];
	unsigned maps;
	bool mapped; // these keys are those that another one stands for
	char find[64]; // what is searched
	bool deep; // the bytes' pane shows the dissection
	const json_t *tree; // of which packet, and its lines (walk/deep.h)
	int found; // 1 + the byte of the hop where it is, for the bytes; 0: nowhere
	bool live; // there is a daemon to ask
	const json_t *facts; // what it said last (walk/live.h)
	enum rd_prompt prompt;
	char line[RD_SHOW_TEXT]; // being typed
	char hint[256]; // what could be typed next
	struct rd_past past[RD_PROMPTS];
	char filter[RD_SHOW_TEXT], capture[RD_SHOW_TEXT]; // in force
	struct rd_save save;
	char open[RD_SHOW_TEXT], copy[RD_COPY_TEXT];
	char command[RD_LIVE_LINES][RD_LIVE_LINE];
	char notice[256]; // until the next key
	char error[256]; // of the source
	unsigned want; // enum rd_want
	struct rd_hit hit[96]; // tabs, rows of lists, hops of the map
	unsigned hits;
};

// True as long as the walk goes on.
bool rd_view_key(struct rd_view *v, struct rd_store *s, int key);
void rd_view_click(struct rd_view *v, struct rd_store *s, int row, int col, bool twice);
void rd_view_wheel(struct rd_view *v, struct rd_store *s, int lines);
// Once per frame: follows the newest walk; step: the dot moves, if it plays.
void rd_view_tick(struct rd_view *v, const struct rd_store *s, bool step);
void rd_view_draw(struct rd_view *v, const struct rd_store *s, struct rd_grid *g);
// What the panes on the screen of this size want to know; parts 0: nothing.
void rd_view_ask(const struct rd_view *v, const struct rd_store *s, int rows, int cols,
	struct rd_live_ask *ask);

// Other walks, those of a file with this name: what was chosen and kept is forgotten.
void rd_view_renew(struct rd_view *v, const char *source);
// The packet that sharkd is to dissect; false: none.
bool rd_view_ask_deep(const struct rd_view *v, const struct rd_store *s, struct rd_deep_ask *ask);

// For keys.c and what belongs to it.
bool rd_prompt_key(struct rd_view *v, struct rd_store *s, int key);
void rd_prompt_open(struct rd_view *v, const struct rd_store *s, enum rd_prompt prompt);
void rd_prompt_draw(const struct rd_view *v, struct rd_grid *g, int row);
void rd_view_choose(struct rd_view *v, uint64_t number);
void rd_view_go(struct rd_view *v, enum rd_pane pane);
void rd_view_open(struct rd_view *v);
void rd_view_move_hop(struct rd_view *v, struct rd_store *s, int amount);
void rd_view_down(struct rd_view *v, struct rd_store *s, int amount);
// NULL behind the last; and back: RD_PANES if it is none.
const char *rd_pane_name(unsigned pane);
enum rd_pane rd_pane_of(const char *name);
// Goes to the next place of v->find, or the one before.
void rd_find_next(struct rd_view *v, const struct rd_store *s, int step);
// The bytes that a search for this text means in a frame. Returns how many.
unsigned rd_find_bytes(const char *text, uint8_t out[RD_SHOW_TEXT]);
