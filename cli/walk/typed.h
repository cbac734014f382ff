/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a person types in the full-screen walk, and what it leaves behind: keys, prompts, places, mapped keys, settings, and what the
 * outside is to do. Parts of struct rd_view, and the files between keys.c and the panes. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "walk/show.h"

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
	RD_WANT_COPY = 1 << 5, // `copy` to the terminal's clipboard
	RD_WANT_OPEN = 1 << 6, // read the file `open`
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

struct rd_place { // walk 0: none
	uint64_t walk;
	unsigned hop;
	int pane; // enum rd_pane
};
#define RD_PLACES 26 // a to z

#define RD_MAPS 32 // keys with another meaning
#define RD_MAP_KEYS RD_SHOW_TEXT // that one stands for
struct rd_key_map {
	int key, stands_for[RD_MAP_KEYS];
	unsigned n;
};

#define RD_SPEED_MAX 3 // steps of the dot's speed, up and down
#define RD_SHARE_MAX 30 // percent that one pane of a split may take off the other

enum rd_theme {
	RD_THEME_DARK,
	RD_THEME_LIGHT, // for white backgrounds
	RD_THEME_NONE,
	RD_THEMES
};

enum rd_sheet { // what lies over the panes, page by page
	RD_SHEET_HELP,
	RD_SHEET_SETTINGS,
	RD_SHEET_MAPS,
	RD_SHEET_PLACES,
	RD_SHEET_EXPLAIN,
	RD_SHEET_TIMES,
	RD_SHEETS
};

#define RD_COPY_TEXT 2048 // bytes of what is copied: a frame as hex has 1536
#define RD_COPY_SEQUENCE (RD_COPY_TEXT / 3 * 4 + 16)

struct rd_view;
struct rd_store;
struct rd_wk;

// keys_two.c: keys that a second one belongs to. What the screen says meanwhile, NULL: nothing is awaited.
const char *rd_key_awaits(const struct rd_view *v);
bool rd_key_second(struct rd_view *v, struct rd_store *s, int key);

// place.c
void rd_place_here(struct rd_view *v); // before a jump, so that '' leads back
void rd_place_keep(struct rd_view *v, int letter);
void rd_place_go(struct rd_view *v, const struct rd_store *s, int letter);

// map.c. "KEY KEYS" as :map takes it; false with why.
bool rd_map_parse(const char *text, struct rd_key_map *map, const char **why);
const struct rd_key_map *rd_map_of(const struct rd_view *v, int key);
bool rd_map_add(struct rd_view *v, const struct rd_key_map *map); // false: there are too many
bool rd_map_remove(struct rd_view *v, int key);
int rd_map_key(const char **text); // takes one key off: "j", "<F5>", "<C-x>"; 0: it is none
void rd_map_key_name(int key, char *buf, size_t size);

// settings.c. "mouse", "nomouse", "mouse!", "mouse?", "speed=2"; v NULL: only looks at it. False with why.
bool rd_setting(struct rd_view *v, const char *text, const char **why);
// The i-th one: its name, its value now, what it means. False behind the last.
bool rd_setting_at(const struct rd_view *v, unsigned i, const char **name, char *value, size_t size,
	const char **help);
// The i-th word that a setting may be given as, for completion; false behind the last.
bool rd_setting_word(unsigned i, char *buf, size_t size);

// copy.c: 'i' packet id, 'f' filter, 'h' hop, 'b' bytes, 'y' what the pane is about. False with v->notice.
bool rd_copy(struct rd_view *v, const struct rd_store *s, int what);
// What a terminal takes as a new clipboard (OSC 52). Returns its length.
size_t rd_copy_sequence(const char *text, char out[RD_COPY_SEQUENCE]);
