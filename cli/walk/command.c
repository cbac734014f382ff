/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The commands behind a colon: what they do, and the one table that command_line.c makes worth, completion and help from. Pure.
 */
#include "walk/command.h"

#include "walk/export.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool all(struct rd_view *v, struct rd_store *s, const char *args)
{
	rd_prompt_filter(v, s, args); // "": NOTHING stands behind it
	return true;
}

static bool capture(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	if (!v->live) {
		snprintf(v->notice, sizeof(v->notice),
			"only in a live walk: there is no daemon here");
		return true;
	}
	snprintf(v->capture, sizeof(v->capture), "%s", args);
	v->want |= RD_WANT_CAPTURE;
	return true;
}

static bool export(struct rd_view *v, struct rd_store *s, const char *args)
{
	const char *why;

	if (!rd_command_files(args, &v->save, &why))
		return true;
	if (v->save.which == RD_WHICH_MARKED && s->marked == 0)
		snprintf(v->notice, sizeof(v->notice), "no walk is marked: space marks one");
	else
		v->want |= RD_WANT_SAVE;
	return true;
}

static void jump(struct rd_view *v, uint64_t number)
{
	rd_place_here(v);
	rd_view_choose(v, number);
}

static bool go_to(struct rd_view *v, struct rd_store *s, const char *args)
{
	uint64_t number = strtoull(args, NULL, 0);
	const struct rd_wk *w = rd_store_walk(s, number);

	if (w == NULL)
		snprintf(v->notice, sizeof(v->notice), "there is no walk %s%s", args,
			number < s->first && number > 0 ? " any more" : "");
	else if (!w->shown)
		snprintf(v->notice, sizeof(v->notice), "walk %.40s does not fit: %.160s", args,
			v->filter);
	else
		jump(v, number);
	v->follow = false;
	return true;
}

static bool hop(struct rd_view *v, struct rd_store *s, const char *args)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	uint64_t number = strtoull(args, NULL, 0);

	if (w == NULL || number >= w->n)
		snprintf(v->notice, sizeof(v->notice), "this walk has no hop %s", args);
	else
		rd_view_move_hop(v, s, (int)number - (int)v->hop);
	return true;
}

static bool pane(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	rd_view_go(v, rd_pane_of(args));
	return true;
}

static bool split(struct rd_view *v, struct rd_store *s, const char *args)
{
	enum rd_pane other = *args != '\0' ? rd_pane_of(args) : RD_PANES;

	(void)s;
	v->split = *args != '\0' || !v->split;
	v->zoom = false;
	if (other != RD_PANES && other != v->pane)
		v->beside = other;
	if (v->beside == v->pane)
		v->beside = v->pane == RD_PANE_HOPS ? RD_PANE_DIFF : RD_PANE_HOPS;
	return true;
}

static bool mark(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)args;
	rd_store_mark(s, v->walk, true);
	return true;
}

static bool unmark(struct rd_view *v, struct rd_store *s, const char *args)
{
	if (strcmp(args, "all") != 0) {
		rd_store_mark(s, v->walk, false);
		return true;
	}
	for (uint64_t i = s->first; i < s->next; i++)
		if (rd_store_walk(s, i)->marked)
			rd_store_mark(s, i, false);
	return true;
}

static bool find(struct rd_view *v, struct rd_store *s, const char *args)
{
	rd_prompt_find(v, s, args);
	return true;
}

static bool mirror(struct rd_view *v, struct rd_store *s, const char *args)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	uint8_t bytes[16];

	if (!v->live)
		snprintf(v->notice, sizeof(v->notice),
			"only in a live walk: there is no daemon here");
	else if (inet_pton(AF_INET, args, bytes) != 1 && inet_pton(AF_INET6, args, bytes) != 1)
		snprintf(v->notice, sizeof(v->notice), "a collector's address is expected: %s",
			args);
	else if (w != NULL) {
		memmove(v->line, args, strlen(args) + 1); // a part of it
		rd_prompt_mirror(v, w);
	}
	return true;
}

static bool mouse(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	(void)args;
	v->mouse_off = !v->mouse_off;
	snprintf(v->notice, sizeof(v->notice), "the mouse is %s",
		v->mouse_off ? "the terminal's: it selects text" : "ours");
	return true;
}

static bool pause_it(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)s;
	(void)args;
	v->paused = !v->paused;
	return true;
}

static bool quit(struct rd_view *v, struct rd_store *s, const char *args)
{
	(void)v;
	(void)s;
	(void)args;
	return false;
}

const struct rd_command rd_commands[] = {
	// an abbreviation means the first that begins so
	{"filter", "EXPRESSION", RD_TAKES_EXPRESSION, all, "show only walks that fit, as / does"},
	{"all", "", RD_TAKES_NOTHING, all, "show all walks"},
	{"find", "TEXT", RD_TAKES_TEXT, find, "search, as F3 does"},
	{"goto", "N", RD_TAKES_NUMBER, go_to, "the walk with this number; also :N"},
	{"hop", "N", RD_TAKES_NUMBER, hop, "the dot to this hop"},
	{"mark", "", RD_TAKES_NOTHING, mark, "mark the walk"},
	{"unmark", "[all]", RD_TAKES_ANYTHING, unmark, "take its mark away, or all marks"},
	{"edit", "FILE", RD_TAKES_TEXT, rd_command_edit,
		"read another file in place of these walks"},
	{"export", "[FORM] FILE [walk|marked|shown]", RD_TAKES_FILES, export,
		"save walks: html, dot, json, text, pcapng"},
	{"write", "[FORM] FILE [walk|marked|shown]", RD_TAKES_FILES, export, "the same"},
	{"pane", "NAME", RD_TAKES_PANE, pane, "the pane with this name"},
	{"split", "[NAME]", RD_TAKES_PANE_OR_NOTHING, split,
		"two panes side by side, or one again"},
	{"zoom", "", RD_TAKES_NOTHING, NULL, "only this pane, or all again", '\\'},
	{"deep", "", RD_TAKES_NOTHING, NULL, "the packet as sharkd or tshark dissects it", 'd'},
	{"capture", "[FILTER]", RD_TAKES_ANYTHING, capture, "another capture filter (live)"},
	{"mirror", "ADDRESS", RD_TAKES_TEXT, mirror, "mirror the walk's conversation (live)"},
	{"recent", "", RD_TAKES_NOTHING, NULL, "the daemon's last drops (live)", 'T'},
	{"follow", "", RD_TAKES_NOTHING, NULL, "follow the newest walk, or stay", 'A'},
	{"pause", "", RD_TAKES_NOTHING, pause_it, "read nothing, or go on"},
	{"play", "", RD_TAKES_NOTHING, NULL, "the dot walks by itself, or stops", '.'},
	{"explain", "[STAGE|REASON]", RD_TAKES_TOPIC, rd_command_explain,
		"what a stage does, what a drop's reason means; this hop's"},
	{"compare", "", RD_TAKES_NOTHING, NULL, "compare other hops with this one, or no longer",
		'='},
	{"times", "", RD_TAKES_NOTHING, NULL, "how long this hop took in all walks", 'L'},
	{"copy", "[id|filter|hop|bytes]", RD_TAKES_COPY, rd_command_copy_it,
		"to the terminal's clipboard"},
	{"places", "", RD_TAKES_NOTHING, rd_command_places, "what letters are kept for"},
	{"set", "[SETTING]", RD_TAKES_SETTING, rd_command_set,
		"mouse, nomouse, mouse!, mouse?, speed=2; alone: all settings"},
	{"map", "[KEY KEYS]", RD_TAKES_MAP, rd_command_map,
		"a key that stands for others: <F9> :export w.html<Enter>; alone: all"},
	{"unmap", "KEY", RD_TAKES_KEY, rd_command_unmap, "a key has its own meaning again"},
	{"mouse", "", RD_TAKES_NOTHING, mouse, "leave the mouse to the terminal, or take it back"},
	{"help", "", RD_TAKES_NOTHING, NULL, "keys and commands", '?'},
	{"quit", "", RD_TAKES_NOTHING, quit, "the end, at once"},
	{"q!", "", RD_TAKES_NOTHING, quit, NULL},
};
const unsigned rd_commands_count = sizeof(rd_commands) / sizeof(rd_commands[0]);

bool rd_command_run(struct rd_view *v, struct rd_store *s, const char *line)
{
	char copy[RD_SHOW_TEXT];
	const char *args;
	const struct rd_command *c;

	rd_command_trim(line, copy); // a copy: the line is the view's
	if (isdigit((unsigned char)copy[0]))
		return go_to(v, s, copy);
	c = rd_command_of(copy, &args);
	if (c == NULL)
		return true;
	return c->run != NULL ? c->run(v, s, args) : rd_view_key(v, s, c->key);
}
