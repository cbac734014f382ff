/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What keys do: one table, from which the help is made, too. Pure; the mouse: mouse.c.
 */
#include "walk/prompt.h"

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
	v->found = 0;
}

// In a split the other pane stays; the one that is there already is only the first one then.
void rd_view_go(struct rd_view *v, enum rd_pane pane)
{
	if (pane >= RD_PANES || pane == v->pane)
		return;
	if (v->split && pane == v->beside)
		v->right = !v->right;
	if (!v->split || pane == v->beside)
		v->beside = v->pane;
	v->pane = pane;
	v->scroll = 0;
	v->found = 0;
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
	v->found = 0;
	v->playing = false;
	v->follow = false; // the dot stays where the person put it
	return true;
}

void rd_view_move_hop(struct rd_view *v, struct rd_store *s, int amount)
{
	move_hop(v, s, amount);
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
	if (v->pane != RD_PANE_LADDER && v->found == 0
		&& v->scroll < 0) // those stand at the dot, or the found
		v->scroll = 0;
	return true;
}

void rd_view_down(struct rd_view *v, struct rd_store *s, int amount)
{
	down(v, s, amount);
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
	rd_view_go(v, (enum rd_pane)((v->pane + RD_PANES + (unsigned)amount) % RD_PANES));
	return true;
}

void rd_view_open(struct rd_view *v)
{
	v->follow = false;
	if (v->pane == RD_PANE_WALKS)
		rd_view_go(v, RD_PANE_HOPS);
	else if (v->pane == RD_PANE_HOPS)
		rd_view_go(v, RD_PANE_DIFF);
}

static bool open_walk(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	rd_view_open(v);
	return true;
}

static bool find(struct rd_view *v, struct rd_store *s, int step)
{
	rd_find_next(v, s, step);
	return true;
}

static bool next_mark(struct rd_view *v, struct rd_store *s, int step)
{
	uint64_t number = rd_store_next_mark(s, v->walk + (uint64_t)(int64_t)step, step);

	if (number == 0) // round the end
		number = rd_store_next_mark(s, step < 0 ? s->next - 1 : s->first, step);
	v->follow = false;
	if (number == 0)
		snprintf(v->notice, sizeof(v->notice), "no walk is marked: m marks one");
	else if (!rd_store_walk(s, number)->shown)
		snprintf(v->notice, sizeof(v->notice), "the marked walk %llu does not fit: %s",
			(unsigned long long)number, v->filter);
	else
		rd_view_choose(v, number);
	return true;
}

// Escape and q: back to the list, and then out.
static bool back(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	if (v->zoom)
		v->zoom = false;
	else if (v->pane == RD_PANE_WALKS)
		return amount == 0;
	else
		rd_view_go(v, RD_PANE_WALKS);
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
		rd_store_mark(s, v->walk, w != NULL && !w->marked);
		break;
	case '*':
		rd_prompt_filter(v, s, strcmp(v->filter, "mark") == 0 ? "" : "mark");
		break;
	case '|':
		return rd_command_run(v, s, "split");
	case '\\':
		v->zoom = !v->zoom;
		break;
	case 'd':
		v->deep = !v->deep;
		v->scroll = 0;
		if (v->deep)
			rd_view_go(v, RD_PANE_HEX);
		break;
	case CTRL_KEY('W'):
		if (v->split)
			rd_view_go(v, v->beside);
		break;
	default:
		v->help = 1;
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
		"show only walks that fit: stage drop and dport 80; empty: all"},
	{'f', 0, ask, RD_PROMPT_SHOW, NULL, NULL},
	{'C', 0, ask, RD_PROMPT_CAPTURE, "C", "capture only what fits this pcap filter (live)"},
	{':', 0, ask, RD_PROMPT_COMMAND, ":",
		"a command; Tab completes, Up and Down go through earlier ones"},
	{F(3), 0, ask, RD_PROMPT_FIND, "F3 n N",
		"search in panes 1 to 4; the next place, the one before; 0xdead: bytes"},
	{'n', 0, find, 1, NULL, NULL},
	{'N', 0, find, -1, NULL, NULL},
	{'m', 0, toggle, 'm', "m ' \"",
		"mark the walk, or not; the next marked one, the one before"},
	{'\'', 0, next_mark, -1, NULL, NULL},
	{'"', 0, next_mark, 1, NULL, NULL},
	{'*', 0, toggle, '*', "*", "show only marked walks, or all"},
	{'|', 0, toggle, '|', "| Ctrl-W", "two panes side by side; the other one"},
	{CTRL_KEY('W'), 0, toggle, CTRL_KEY('W'), NULL, NULL},
	{'\\', 0, toggle, '\\', "\\", "this pane alone, or all again"},
	{'d', 0, toggle, 'd', "d", "the packet as sharkd dissects it, in place of the bytes"},
	{'w', F(2), ask, RD_PROMPT_SAVE, "w W F2",
		"save the walk, the marked ones: a page, a graph, JSON, text, a capture"},
	{'E', 0, ask, RD_PROMPT_SAVE, NULL, NULL},
	{'W', 0, ask, RD_PROMPT_SAVE_MARKED, NULL, NULL},
	{'M', 0, ask, RD_PROMPT_MIRROR, "M",
		"mirror the walk's conversation; commands are shown first"},
	{'x', 0, stop_session, 0, "x", "stop the marked mirror session"},
	{'T', 0, recent, 0, "T", "back in time: the last packets that the daemon dropped"},
	{'A', 0, toggle, 'A', "A", "follow the newest walk"},
	{'p', 0, toggle, 'p', "p", "pause: read nothing"},
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
	if (v->help > 0) { // a page on, or out of it
		v->help = key == ' ' || key == RD_KEY_PAGE_DOWN ? v->help + 1 : 0;
		return key != CTRL_KEY('C');
	}
	if (key >= '0' && key <= '9')
		rd_view_go(v, key == '0' ? RD_PANE_MAP : (enum rd_pane)(key - '1'));
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].key || (key == keys[i].other && key != 0))
			return keys[i].fn(v, s, keys[i].amount);
	return true;
}

// The i-th line of the help: keys, then commands. False behind the last.
static bool help_line(unsigned i, char *name, size_t size, const char **text)
{
	for (unsigned k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		if (keys[k].name == NULL || i-- > 0)
			continue;
		snprintf(name, size, "%s", keys[k].name);
		*text = keys[k].help;
		return true;
	}
	return rd_command_help(i, name, size, text);
}

void rd_draw_help(struct rd_grid *g, struct rd_area a, unsigned page)
{
	char name[64];
	const char *text;
	unsigned rows = a.rows > 1 ? (unsigned)a.rows - 1 : 1, lines = 0, pages, first;
	int width;

	while (help_line(lines, name, sizeof(name), &text))
		lines++;
	pages = (lines + rows - 1) / rows;
	first = (page - 1) % pages * rows;
	for (unsigned i = 0; i < rows && help_line(first + i, name, sizeof(name), &text); i++) {
		width = (int)strlen(name) > 15 ? (int)strlen(name) : 15;
		rd_grid_text(g, a.row + (int)i, a.col + 1, width, RD_ATTR_BOLD, name);
		rd_grid_text(g, a.row + (int)i, a.col + width + 2, a.cols - width - 2, 0, text);
	}
	rd_grid_printf(g, RD_SPAN(a.row + (int)rows, a.col + 1, a.cols - 1), RD_ATTR_DIM,
		"page %u of %u: space turns it, another key ends the help", (page - 1) % pages + 1,
		pages);
}
