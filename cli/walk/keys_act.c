/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys that do something else than moving: what they turn on and off, and what they leave for the outside. Pure.
 */
#include "walk/keys.h"
#include "walk/sheet.h"

#include <inttypes.h>
#include <string.h>

// Escape and q: back to the list, and then out.
bool rd_key_back(struct rd_view *v, struct rd_store *s, int amount)
{
	if (v->zoom)
		v->zoom = false;
	else if (v->pane != RD_PANE_WALKS)
		rd_view_go(v, RD_PANE_WALKS);
	else if (amount != 0)
		return rd_key_await(v, s, 'q');
	return true;
}

static void play(struct rd_view *v, const struct rd_wk *w)
{
	if (w != NULL && v->hop + 1 >= w->n)
		v->hop = 0;
	v->playing = !v->playing;
	v->follow = false;
}

static void dissect(struct rd_view *v)
{
	v->deep = !v->deep;
	v->scroll = 0;
	if (v->deep)
		rd_view_go(v, RD_PANE_HEX);
}

static void next_theme(struct rd_view *v)
{
	static const char *const said[RD_THEMES] = {
		"colours for dark backgrounds", "colours for light backgrounds", "no colours"};

	v->theme = (v->theme + 1) % RD_THEMES;
	snprintf(v->notice, sizeof(v->notice), "%s",
		v->mono ? "there are no colours here: NO_COLOR, or a terminal that has none"
			: said[v->theme]);
}

// Panes and what lies over them.
static bool toggle_screen(struct rd_view *v, struct rd_store *s, int key)
{
	switch (key) {
	case '|':
		return rd_command_run(v, s, "split");
	case '\\':
		v->zoom = !v->zoom;
		break;
	case 'd':
		dissect(v);
		break;
	case 'c':
		next_theme(v);
		break;
	case 'a':
		v->absolute = !v->absolute;
		break;
	case CTRL_KEY('W'):
		if (v->split)
			rd_view_go(v, v->beside);
		break;
	default:
		rd_sheet_lay(v,
			key == 'L'	     ? RD_SHEET_TIMES
				: key == 'K' ? RD_SHEET_EXPLAIN
					     : RD_SHEET_HELP);
		v->about[0] = '\0';
	}
	return true;
}

bool rd_key_toggle(struct rd_view *v, struct rd_store *s, int key)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	switch (key) {
	case 'p': // where there is nothing to pause, there is to play
		if (!v->ended) {
			v->paused = !v->paused;
			break;
		}
		play(v, w);
		break;
	case '.':
		play(v, w);
		break;
	case 'A':
		v->follow = !v->follow;
		break;
	case ' ':
		rd_store_mark(s, v->walk, w != NULL && !w->marked);
		break;
	case '*':
		rd_prompt_filter(v, s, strcmp(v->filter, "mark") == 0 ? "" : "mark");
		break;
	default:
		return toggle_screen(v, s, key);
	}
	return true;
}

bool rd_key_speed(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	if (v->speed + amount >= -RD_SPEED_MAX && v->speed + amount <= RD_SPEED_MAX)
		v->speed += amount;
	return true;
}

// The border between two panes moves.
bool rd_key_share(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	if (!v->split)
		snprintf(v->notice, sizeof(v->notice), "| puts two panes side by side");
	else if (v->share + amount >= -RD_SHARE_MAX && v->share + amount <= RD_SHARE_MAX)
		v->share += amount;
	return true;
}

// The chosen hop becomes the one that others are compared with; there once more: it is the one before again.
bool rd_key_compare(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_place at = {v->walk, v->hop, 0};

	(void)amount;
	if (rd_store_walk(s, v->walk) == NULL)
		return true;
	if (v->base.walk == at.walk && v->base.hop == at.hop) {
		v->base = (struct rd_place){0};
		snprintf(v->notice, sizeof(v->notice),
			"each hop is compared with the one before it");
		return true;
	}
	v->base = at;
	snprintf(v->notice, sizeof(v->notice),
		"panes 3 and 4 compare with hop %u of walk %" PRIu64
		"; = there again: with the hop before",
		at.hop, at.walk);
	return true;
}

// Only walks that took the chosen one's way, or all again.
bool rd_key_same_path(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	char show[32];

	(void)amount;
	if (w == NULL)
		return true;
	snprintf(show, sizeof(show), "path 0x%" PRIx32, w->path);
	rd_prompt_filter(v, s, strcmp(v->filter, show) == 0 ? "" : show);
	return true;
}

bool rd_key_recent(struct rd_view *v, struct rd_store *s, int amount)
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

bool rd_key_stop_session(struct rd_view *v, struct rd_store *s, int amount)
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

bool rd_key_redraw(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	v->want |= RD_WANT_REDRAW;
	return true;
}

void rd_view_renew(struct rd_view *v, const char *source)
{
	v->source = source;
	v->live = v->ended = v->paused = v->playing = false;
	v->walk = 0;
	v->hop = 0;
	v->scroll = v->found = 0;
	v->follow = true;
	memset(v->place, 0, sizeof(v->place));
	v->was = v->base = (struct rd_place){0};
	v->facts = v->tree = NULL;
	v->capture[0] = v->error[0] = '\0';
}
