/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The keys: one table, from which the help and the manual page are made, too. Pure; the mouse: mouse.c.
 */
#include "walk/keys.h"

static bool ask(struct rd_view *v, struct rd_store *s, int prompt)
{
	rd_prompt_open(v, s, (enum rd_prompt)prompt);
	return true;
}

static bool find(struct rd_view *v, struct rd_store *s, int step)
{
	rd_find_next(v, s, step);
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
	rd_key_fn fn;
	int amount;
	const char *name, *help; // NULL: told by the line above
} keys[] = {
	{'j', RD_KEY_DOWN, rd_key_down, 1, "j k, arrows", "one line down, up"},
	{'k', RD_KEY_UP, rd_key_down, -1, NULL, NULL},
	{CTRL_KEY('F'), RD_KEY_PAGE_DOWN, rd_key_page, 1, "page down, up",
		"a page; also Ctrl-F, Ctrl-B"},
	{CTRL_KEY('B'), RD_KEY_PAGE_UP, rd_key_page, -1, NULL, NULL},
	{CTRL_KEY('D'), 0, rd_key_half_page, 1, "Ctrl-D Ctrl-U", "half a page"},
	{CTRL_KEY('U'), 0, rd_key_half_page, -1, NULL, NULL},
	{'g', RD_KEY_HOME, rd_key_ends, -1, "g G",
		"the newest walk or first hop; the oldest or last; :17 is walk 17"},
	{'G', RD_KEY_END, rd_key_ends, 1, NULL, NULL},
	{'l', RD_KEY_RIGHT, rd_key_hop, 1, "h l, arrows", "the dot moves a hop on, back"},
	{'h', RD_KEY_LEFT, rd_key_hop, -1, NULL, NULL},
	{'.', 0, rd_key_toggle, '.', ". + -", "the dot walks by itself, or stops; faster, slower"},
	{'+', 0, rd_key_speed, 1, NULL, NULL},
	{'-', 0, rd_key_speed, -1, NULL, NULL},
	{'p', 0, rd_key_toggle, 'p', "p",
		"pause: read nothing; where all is read, the dot walks by itself"},
	{'A', 0, rd_key_toggle, 'A', "A", "follow the newest walk"},
	{'\r', '\n', rd_key_open, 0, "Enter", "the walk's hops, then what changed"},
	{'\t', 0, rd_key_next_pane, 1, "Tab, 1 to 9, 0",
		"the next pane; the pane with this number"},
	{'|', 0, rd_key_toggle, '|', "| Ctrl-W < >",
		"two panes side by side; the other one; their border moves"},
	{CTRL_KEY('W'), 0, rd_key_toggle, CTRL_KEY('W'), NULL, NULL},
	{'<', 0, rd_key_share, -5, NULL, NULL},
	{'>', 0, rd_key_share, 5, NULL, NULL},
	{'\\', 0, rd_key_toggle, '\\', "\\", "this pane alone, or all again"},
	{'/', F_KEY(7), ask, RD_PROMPT_SHOW, "/ f F7",
		"show only walks that fit: stage drop and dport 80; empty: all"},
	{'f', 0, ask, RD_PROMPT_SHOW, NULL, NULL},
	{'P', 0, rd_key_same_path, 0, "P", "show only walks that took the same path, or all"},
	{'C', 0, ask, RD_PROMPT_CAPTURE, "C", "capture only what fits this pcap filter (live)"},
	{':', 0, ask, RD_PROMPT_COMMAND, ":",
		"a command; Tab completes, Up and Down go through earlier ones"},
	{F_KEY(3), 0, ask, RD_PROMPT_FIND, "F3 n N",
		"search in panes 1 to 4, 0xdead: bytes; the next place, the one before; in pane 3 without a search: changes"},
	{'n', 0, find, 1, NULL, NULL},
	{'N', 0, find, -1, NULL, NULL},
	{' ', 0, rd_key_toggle, ' ', "space ] [ *",
		"mark the walk, or not; the next marked one, the one before; show only those, or all"},
	{']', 0, rd_key_next_mark, -1, NULL, NULL},
	{'[', 0, rd_key_next_mark, 1, NULL, NULL},
	{'*', 0, rd_key_toggle, '*', NULL, NULL},
	{'m', 0, rd_key_await, 'm', "ma 'a ''",
		"keep this place as a (to z); go there; back from where a jump began"},
	{'\'', 0, rd_key_await, '\'', NULL, NULL},
	{'=', 0, rd_key_compare, 0, "=",
		"compare other hops with this one, also of other walks; again: each with the one before"},
	{'d', 0, rd_key_toggle, 'd', "d",
		"the packet as sharkd or tshark dissects it, in place of the bytes"},
	{'K', 0, rd_key_toggle, 'K', "K L", "explain this hop; its times in all walks"},
	{'L', 0, rd_key_toggle, 'L', NULL, NULL},
	{'y', 0, rd_key_await, 'y', "yy yi yf yh yb",
		"copy to the terminal's clipboard: what the pane is about; packet id, filter, hop, bytes"},
	{'w', F_KEY(2), ask, RD_PROMPT_SAVE, "w s F2 W",
		"save the walk, the marked ones: a page, a graph, JSON, text, a capture"},
	{'s', 0, ask, RD_PROMPT_SAVE, NULL, NULL},
	{'E', 0, ask, RD_PROMPT_SAVE, NULL, NULL},
	{'W', 0, ask, RD_PROMPT_SAVE_MARKED, NULL, NULL},
	{'M', 0, ask, RD_PROMPT_MIRROR, "M",
		"mirror the walk's conversation; commands are shown first"},
	{'x', 0, rd_key_stop_session, 0, "x", "stop the marked mirror session"},
	{'T', 0, rd_key_recent, 0, "T", "back in time: the last packets that the daemon dropped"},
	{'a', 0, rd_key_toggle, 'a', "a", "in the ladder: time since its first step, or of day"},
	{'c', 0, rd_key_toggle, 'c', "c", "colours for dark, for light backgrounds, none"},
	{'?', F_KEY(1), rd_key_toggle, '?', "? F1", "this help"},
	{CTRL_KEY('L'), F_KEY(5), rd_key_redraw, 0, "Ctrl-L F5", "draw all anew"},
	{'q', F_KEY(10), rd_key_back, 1, "q, Esc, F10",
		"back to the list; q there asks, and q again ends"},
	{0x1b, 0, rd_key_back, 0, NULL, NULL},
	{'Z', 0, rd_key_await, 'Z', "ZZ Ctrl-C", "the end, at once"},
	{CTRL_KEY('C'), 0, leave, 0, NULL, NULL},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

bool rd_view_key(struct rd_view *v, struct rd_store *s, int key)
{
	const struct rd_key_map *map = v->mapped ? NULL : rd_map_of(v, key);

	v->notice[0] = '\0';
	if (v->prompt != RD_PROMPT_NONE)
		return rd_prompt_key(v, s, key);
	if (v->help > 0) { // a page on, or out of it
		v->help = key == ' ' || key == RD_KEY_PAGE_DOWN ? v->help + 1 : 0;
		return key != CTRL_KEY('C');
	}
	if (v->awaits != 0)
		return rd_key_second(v, s, key);
	if (map != NULL)
		return rd_map_run(v, s, map);
	if (key >= '0' && key <= '9')
		rd_view_go(v, key == '0' ? RD_PANE_MAP : (enum rd_pane)(key - '1'));
	for (unsigned i = 0; i < KEYS; i++)
		if (key == keys[i].key || (key == keys[i].other && key != 0))
			return keys[i].fn(v, s, keys[i].amount);
	return true;
}

bool rd_key_help(unsigned i, const char **name, const char **text)
{
	for (unsigned k = 0; k < KEYS; k++) {
		if (keys[k].name == NULL || i-- > 0)
			continue;
		*name = keys[k].name;
		*text = keys[k].help;
		return true;
	}
	return false;
}
