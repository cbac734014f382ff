/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What keys do: one table, from which the help is made, too. Pure.
 */
#include "walk/view.h"

#include <ctype.h>
#include <string.h>

#define CTRL_KEY(c) ((c)&0x1f)

typedef bool (*key_fn)(struct rd_view *v, struct rd_store *s, int amount);

static void choose(struct rd_view *v, uint64_t number)
{
	if (number == 0 || number == v->walk)
		return;
	v->walk = number;
	v->hop = 0;
	v->scroll = 0;
}

// amount rows down the list, which begins with the newest.
static bool move_walk(struct rd_view *v, struct rd_store *s, int amount)
{
	int step = amount > 0 ? -1 : 1;

	v->follow = false;
	for (int i = 0; i != amount; i -= step) {
		uint64_t next = rd_store_step(s, v->walk + (uint64_t)(int64_t)step, step);

		if (next == 0)
			break;
		choose(v, next);
	}
	return true;
}

static bool move_hop(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	int hop = (int)v->hop + amount;

	if (w != NULL && hop >= 0 && hop < (int)w->n)
		v->hop = (unsigned)hop;
	v->scroll = 0;
	v->playing = false;
	v->follow = false; // the dot stays where the person put it
	return true;
}

static bool down(struct rd_view *v, struct rd_store *s, int amount)
{
	if (v->pane == RD_PANE_WALKS)
		return move_walk(v, s, amount);
	if (v->pane == RD_PANE_HOPS)
		return move_hop(v, s, amount);
	v->scroll = v->scroll + amount > 0 ? v->scroll + amount : 0;
	return true;
}

static bool page(struct rd_view *v, struct rd_store *s, int amount)
{
	return down(v, s, amount * (v->page > 1 ? v->page : 10));
}

static bool ends(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (v->pane == RD_PANE_HOPS && w != NULL)
		v->hop = amount < 0 || w->n == 0 ? 0 : w->n - 1;
	else if (v->pane == RD_PANE_WALKS)
		choose(v,
			amount < 0 ? rd_store_step(s, s->next - 1, -1)
				   : rd_store_step(s, s->first, 1));
	v->scroll = 0;
	v->follow = false;
	return true;
}

static bool next_pane(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	v->pane = (enum rd_pane)((v->pane + RD_PANES + (unsigned)amount) % RD_PANES);
	v->scroll = 0;
	return true;
}

static bool open_walk(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	v->follow = false;
	if (v->pane == RD_PANE_WALKS)
		v->pane = RD_PANE_HOPS;
	else if (v->pane == RD_PANE_HOPS)
		v->pane = RD_PANE_DIFF;
	return true;
}

// Escape and q: back to the list, and then out.
static bool back(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	if (v->pane == RD_PANE_WALKS)
		return amount == 0;
	v->pane = RD_PANE_WALKS;
	return true;
}

static bool toggle(struct rd_view *v, struct rd_store *s, int what)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	switch (what) {
	case 'p':
		v->paused = !v->paused;
		break;
	case 'A':
		v->follow = !v->follow;
		break;
	case ' ':
		if (w != NULL && v->hop + 1 >= w->n)
			v->hop = 0;
		v->playing = !v->playing;
		v->follow = false;
		break;
	case '/':
		v->typing = true;
		break;
	default:
		v->help = true;
	}
	return true;
}

static bool leave(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)v;
	(void)s;
	(void)amount;
	return false;
}

static const struct {
	int key, other; // 0: none
	key_fn fn;
	int amount;
	const char *name, *help; // NULL: told by the line above
} keys[] = {
	{'j', RD_KEY_DOWN, down, 1, "j k, arrows", "one line down, up"},
	{'k', RD_KEY_UP, down, -1, NULL, NULL},
	{CTRL_KEY('F'), RD_KEY_PAGE_DOWN, page, 1, "page down, up", "a page; also Ctrl-F, Ctrl-B"},
	{CTRL_KEY('B'), RD_KEY_PAGE_UP, page, -1, NULL, NULL},
	{'g', RD_KEY_HOME, ends, -1, "g G", "the newest walk or first hop; the oldest or last"},
	{'G', RD_KEY_END, ends, 1, NULL, NULL},
	{'l', RD_KEY_RIGHT, move_hop, 1, "h l, arrows", "the dot moves a hop on, back"},
	{'h', RD_KEY_LEFT, move_hop, -1, NULL, NULL},
	{' ', 0, toggle, ' ', "space", "the dot walks by itself"},
	{'\r', '\n', open_walk, 0, "Enter", "the walk's hops, then what changed"},
	{'\t', 0, next_pane, 1, "Tab, 1 to 5", "the next pane; walks, hops, diff, hex, paths"},
	{'/', 0, toggle, '/', "/", "show only walks with this expression; empty: all"},
	{'A', 0, toggle, 'A', "A", "follow the newest walk"},
	{'p', 0, toggle, 'p', "p", "pause: read nothing"},
	{'?', 0, toggle, '?', "?", "this help"},
	{'q', 0, back, 1, "q, Esc", "back to the list; q there ends"},
	{0x1b, 0, back, 0, NULL, NULL},
	{CTRL_KEY('C'), 0, leave, 0, "Ctrl-C", "the end, at once"},
};

static bool type(struct rd_view *v, struct rd_store *s, int key)
{
	size_t len = strlen(v->filter);

	if (key == '\r' || key == '\n') {
		v->typing = !rd_store_filter(s, v->filter); // stays while the expression is none
		if (!v->typing)
			choose(v, rd_store_step(s, s->next - 1, -1));
	} else if (key == 0x1b || key == CTRL_KEY('C')) {
		v->typing = false;
		v->filter[0] = '\0';
		rd_store_filter(s, NULL);
	} else if (key == RD_KEY_BACKSPACE && len > 0) {
		v->filter[len - 1] = '\0';
	} else if (key >= ' ' && key < 0x7f && len + 1 < sizeof(v->filter)) {
		v->filter[len] = (char)key;
		v->filter[len + 1] = '\0';
	}
	return true;
}

bool rd_view_key(struct rd_view *v, struct rd_store *s, int key)
{
	if (v->typing)
		return type(v, s, key);
	if (v->help) { // any key ends it
		v->help = false;
		return key != CTRL_KEY('C');
	}
	if (key >= '1' && key < '1' + (int)RD_PANES) {
		v->pane = (enum rd_pane)(key - '1');
		v->scroll = 0;
	}
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].key || (key == keys[i].other && key != 0))
			return keys[i].fn(v, s, keys[i].amount);
	return true;
}

void rd_view_tick(struct rd_view *v, const struct rd_store *s, bool step)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (v->follow || w == NULL || !w->shown) {
		uint64_t newest = s->next > s->first ? rd_store_step(s, s->next - 1, -1) : 0;

		if (newest != v->walk)
			v->hop = 0;
		v->walk = newest;
		w = rd_store_walk(s, newest);
	}
	if (w == NULL || v->hop + 1 >= w->n)
		v->playing = false;
	if (v->playing && step)
		v->hop++;
	if (w != NULL && w->n > 0 && v->hop >= w->n)
		v->hop = w->n - 1;
}

void rd_draw_help(struct rd_grid *g, struct rd_area a)
{
	int row = 0;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]) && row < a.rows; i++) {
		if (keys[i].name == NULL)
			continue;
		rd_grid_text(g, a.row + row, a.col + 1, 15, RD_ATTR_BOLD, keys[i].name);
		rd_grid_text(g, a.row + row++, a.col + 17, a.cols - 17, 0, keys[i].help);
	}
}
