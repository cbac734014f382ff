/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What keys do, for the table of keys.c. All of them: true as long as the walk goes on.
 */
#pragma once

#include "walk/prompt.h"

#define CTRL_KEY(c) ((c)&0x1f)
#define F_KEY(n) (RD_KEY_F0 + (n))

typedef bool (*rd_key_fn)(struct rd_view *v, struct rd_store *s, int amount);

// keys_move.c
bool rd_key_down(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_page(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_half_page(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_ends(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_hop(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_next_pane(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_open(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_next_mark(struct rd_view *v, struct rd_store *s, int step);

// keys_two.c: waits for the key that belongs to this one.
bool rd_key_await(struct rd_view *v, struct rd_store *s, int key);
// map.c: takes the keys that this one stands for.
bool rd_map_run(struct rd_view *v, struct rd_store *s, const struct rd_key_map *map);

// keys_act.c
bool rd_key_toggle(struct rd_view *v, struct rd_store *s, int key); // what the key is for
bool rd_key_speed(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_share(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_recent(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_stop_session(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_compare(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_same_path(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_redraw(struct rd_view *v, struct rd_store *s, int amount);
bool rd_key_back(struct rd_view *v, struct rd_store *s, int amount); // amount 1: and then out

// The i-th key for the help: false behind the last.
bool rd_key_help(unsigned i, const char **name, const char **text);
