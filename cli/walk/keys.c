/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What keys and the mouse do: one table, from which the help is made, too. Pure.
 */
#include "walk/panes.h"

#include <string.h>

#define CTRL_KEY(c) ((c)&0x1f)

typedef bool (*key_fn)(struct rd_view *v, struct rd_store *s, int amount);

void rd_view_choose(struct rd_view *v, uint64_t number)
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
		rd_view_choose(v, next);
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
	if (v->pane == RD_PANE_MIRROR) {
		int last = (int)json_array_size(rd_pane_facts(v, "mirrors", true)) - 1;

		v->pick = v->pick + amount > last ? last : v->pick + amount;
		v->pick = v->pick > 0 ? v->pick : 0;
		return true;
	}
	v->scroll += amount;
	if (v->pane != RD_PANE_LADDER && v->scroll < 0) // the ladder's stands at the dot
		v->scroll = 0;
	return true;
}

static bool page(struct rd_view *v, struct rd_store *s, int amount)
{
	return down(v, s, amount * (v->page > 1 ? v->page : 10));
}

static bool half_page(struct rd_view *v, struct rd_store *s, int amount)
{
	return down(v, s, amount * (v->page > 3 ? v->page / 2 : 5));
}

static bool ends(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (v->pane == RD_PANE_HOPS && w != NULL)
		v->hop = amount < 0 || w->n == 0 ? 0 : w->n - 1;
	else if (v->pane == RD_PANE_WALKS)
		rd_view_choose(v,
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
	case 'm':
		v->mouse_off = !v->mouse_off;
		snprintf(v->notice, sizeof(v->notice), "the mouse is %s",
			v->mouse_off ? "the terminal's: it selects text" : "ours");
		break;
	default:
		v->help = true;
	}
	return true;
}

static bool speed(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	if (v->speed + amount >= -3 && v->speed + amount <= 3)
		v->speed += amount;
	return true;
}

static bool ask(struct rd_view *v, struct rd_store *s, int prompt)
{
	rd_prompt_open(v, s, (enum rd_prompt)prompt);
	return true;
}

static bool recent(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	if (v->live)
		v->want |= RD_WANT_RECENT;
	else
		snprintf(v->notice, sizeof(v->notice),
			"only in a live walk: a daemon keeps its last drops");
	return true;
}

static bool stop_session(struct rd_view *v, struct rd_store *s, int amount)
{
	const json_t *m = json_array_get(rd_pane_facts(v, "mirrors", true), (size_t)v->pick);

	(void)s;
	(void)amount;
	if (v->pane != RD_PANE_MIRROR || m == NULL)
		return true;
	memset(v->command, 0, sizeof(v->command));
	snprintf(v->command[0], RD_LIVE_LINE, "mirror session stop %s", rd_pane_text(m, "session"));
	v->prompt = RD_PROMPT_RUN;
	return true;
}

static bool redraw(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	v->want |= RD_WANT_REDRAW;
	return true;
}

static bool leave(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)v;
	(void)s;
	(void)amount;
	return false;
}

#define F(n) (RD_KEY_F0 + (n))

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
	{CTRL_KEY('D'), 0, half_page, 1, "Ctrl-D Ctrl-U", "half a page"},
	{CTRL_KEY('U'), 0, half_page, -1, NULL, NULL},
	{'g', RD_KEY_HOME, ends, -1, "g G", "the newest walk or first hop; the oldest or last"},
	{'G', RD_KEY_END, ends, 1, NULL, NULL},
	{'l', RD_KEY_RIGHT, move_hop, 1, "h l, arrows", "the dot moves a hop on, back"},
	{'h', RD_KEY_LEFT, move_hop, -1, NULL, NULL},
	{' ', 0, toggle, ' ', "space", "the dot walks by itself"},
	{'+', 0, speed, 1, "+ -", "the dot walks faster, slower"},
	{'-', 0, speed, -1, NULL, NULL},
	{'\r', '\n', open_walk, 0, "Enter", "the walk's hops, then what changed"},
	{'\t', 0, next_pane, 1, "Tab, 1 to 9, 0", "the next pane; the pane with this number"},
	{'/', F(7), ask, RD_PROMPT_SHOW, "/ f F7",
		"show only walks with this expression; empty: all"},
	{'f', 0, ask, RD_PROMPT_SHOW, NULL, NULL},
	{'C', 0, ask, RD_PROMPT_CAPTURE, "C", "capture only what fits this pcap filter (live)"},
	{'w', F(2), ask, RD_PROMPT_SAVE, "w E F2",
		"save the walk: a page, a graph, JSON, text, a capture"},
	{'E', 0, ask, RD_PROMPT_SAVE, NULL, NULL},
	{'M', 0, ask, RD_PROMPT_MIRROR, "M",
		"mirror the walk's conversation; commands are shown first"},
	{'x', 0, stop_session, 0, "x", "stop the marked mirror session"},
	{'T', 0, recent, 0, "T", "back in time: the last packets that the daemon dropped"},
	{'A', 0, toggle, 'A', "A", "follow the newest walk"},
	{'p', 0, toggle, 'p', "p", "pause: read nothing"},
	{'m', 0, toggle, 'm', "m", "leave the mouse to the terminal, or take it back"},
	{'?', F(1), toggle, '?', "? F1", "this help"},
	{CTRL_KEY('L'), F(5), redraw, 0, "Ctrl-L F5", "draw all anew"},
	{'q', F(10), back, 1, "q, Esc, F10", "back to the list; q there ends"},
	{0x1b, 0, back, 0, NULL, NULL},
	{CTRL_KEY('C'), 0, leave, 0, "Ctrl-C", "the end, at once"},
};

bool rd_view_key(struct rd_view *v, struct rd_store *s, int key)
{
	v->notice[0] = '\0';
	if (v->prompt != RD_PROMPT_NONE)
		return rd_prompt_key(v, s, key);
	if (v->help) { // any key ends it
		v->help = false;
		return key != CTRL_KEY('C');
	}
	if (key >= '0' && key <= '9') {
		v->pane = key == '0' ? RD_PANE_MAP : (enum rd_pane)(key - '1');
		v->scroll = 0;
	}
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].key || (key == keys[i].other && key != 0))
			return keys[i].fn(v, s, keys[i].amount);
	return true;
}

static const struct rd_hit *hit_at(const struct rd_view *v, int row, int col)
{
	for (unsigned i = 0; i < v->hits; i++) {
		const struct rd_area *a = &v->hit[i].area;

		if (row >= a->row && row < a->row + a->rows && col >= a->col
			&& col < a->col + a->cols)
			return &v->hit[i];
	}
	return NULL;
}

void rd_view_click(struct rd_view *v, struct rd_store *s, int row, int col, bool twice)
{
	const struct rd_hit *hit = hit_at(v, row, col);
	int line = hit != NULL ? row - hit->area.row - 1 : -1; // below the heading
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	uint64_t number;

	if (hit == NULL || v->prompt != RD_PROMPT_NONE || v->help)
		return;
	if (hit->area.rows == 1 && row == 1) { // a tab
		v->pane = hit->pane;
		v->scroll = 0;
	} else if (hit->pane == RD_PANE_WALKS && line >= 0) {
		number = hit->top;
		for (; line > 0 && number != 0; line--)
			number = rd_store_step(s, number - 1, -1);
		v->follow = false;
		v->pane = RD_PANE_WALKS;
		rd_view_choose(v, number);
		if (twice)
			open_walk(v, s, 0);
	} else if (hit->pane == RD_PANE_HOPS && line >= 0 && w != NULL) {
		v->pane = RD_PANE_HOPS;
		move_hop(v, s, (int)hit->top + line - (int)v->hop);
		if (twice)
			open_walk(v, s, 0);
	}
}

void rd_view_wheel(struct rd_view *v, struct rd_store *s, int lines)
{
	if (v->prompt == RD_PROMPT_NONE && !v->help)
		down(v, s, lines);
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
