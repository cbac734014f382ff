/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk without a terminal: its state, what a key or a click does to it, and how it is drawn. Drawing is a function of
 * state, store and size. What needs the outside (files, the daemon) is left in `want` for tui.c. Used by tui.c and the tests; one thread.
 */
#pragma once

#include "walk/deep.h"
#include "walk/grid.h"
#include "walk/live.h"
#include "walk/show.h"

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
	RD_KEY_F0 = 0x200, // F1 is RD_KEY_F0 + 1
};

enum rd_prompt { // what the last row asks for
	RD_PROMPT_NONE,
	RD_PROMPT_SHOW, // which walks
	RD_PROMPT_CAPTURE, // which packets the daemon gives
	RD_PROMPT_SAVE, // a file's name
	RD_PROMPT_SAVE_MARKED, // the same, for the marked walks
	RD_PROMPT_COMMAND, // after the colon
	RD_PROMPT_FIND, // what to search
	RD_PROMPT_MIRROR, // the collector's address
	RD_PROMPT_RUN, // whether to run the commands that are shown
	RD_PROMPTS
};

enum rd_want { // what tui.c is to do
	RD_WANT_SAVE = 1 << 0, // the walks into a file: struct rd_save
	RD_WANT_CAPTURE = 1 << 1, // begin again with `capture`
	RD_WANT_RUN = 1 << 2, // `command`
	RD_WANT_RECENT = 1 << 3, // the drop ring
	RD_WANT_REDRAW = 1 << 4,
};

enum rd_which { // walks
	RD_WHICH_CHOSEN,
	RD_WHICH_MARKED,
	RD_WHICH_SHOWN
};

struct rd_save {
	char path[RD_SHOW_TEXT];
	int form; // enum rd_export_form; what the name's end says: RD_EXPORT_FORMS
	enum rd_which which;
};

#define RD_PAST 16 // lines that a prompt remembers
struct rd_past {
	char line[RD_PAST][RD_SHOW_TEXT]; // the newest is n - 1
	unsigned n, at; // at: which one is shown, n: none
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
	bool follow, paused, utf8, playing, ended, mouse_off;
	unsigned help; // its page, 0: none
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
	char command[RD_LIVE_LINES][RD_LIVE_LINE];
	char notice[256]; // until the next key
	char error[256]; // of the source
	unsigned want; // enum rd_want
	struct rd_hit hit[12];
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
