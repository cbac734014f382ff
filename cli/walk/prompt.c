/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The prompts of the last row: what each asks for, what it is worth, and what becomes of it. Pure; files and the daemon are tui.c's.
 * How a line is typed: prompt_line.c.
 */
#include "walk/prompt.h"

#include "walk/export.h"
#include "walk/words.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

static const char *const names[RD_PROMPTS] = {[RD_PROMPT_SHOW] = "show",
	[RD_PROMPT_CAPTURE] = "capture",
	[RD_PROMPT_SAVE] = "save as .html .dot .json .txt .pcapng",
	[RD_PROMPT_SAVE_MARKED] = "save the marked walks as .html .dot .json .txt .pcapng",
	[RD_PROMPT_MIRROR] = "mirror this conversation to (collector's address)",
	[RD_PROMPT_COMMAND] = "command",
	[RD_PROMPT_FIND] = "find"};

// Why this can't be asked for now; NULL if it can.
static const char *refusal(const struct rd_view *v, const struct rd_store *s, enum rd_prompt prompt)
{
	if (!v->live && (prompt == RD_PROMPT_CAPTURE || prompt == RD_PROMPT_MIRROR))
		return "only in a live walk: there is no daemon here";
	if (prompt == RD_PROMPT_SAVE_MARKED && s->marked == 0)
		return "no walk is marked: space marks one";
	return NULL;
}

void rd_prompt_open(struct rd_view *v, const struct rd_store *s, enum rd_prompt prompt)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const char *why = refusal(v, s, prompt);

	if ((prompt == RD_PROMPT_SAVE || prompt == RD_PROMPT_MIRROR) && w == NULL)
		return;
	if (why != NULL) {
		snprintf(v->notice, sizeof(v->notice), "%s", why);
		return;
	}
	v->prompt = prompt;
	v->line[0] = '\0';
	v->past[prompt].at = v->past[prompt].n;
	if (prompt == RD_PROMPT_SHOW)
		snprintf(v->line, sizeof(v->line), "%s", v->filter);
	else if (prompt == RD_PROMPT_CAPTURE)
		snprintf(v->line, sizeof(v->line), "%s", v->capture);
	else if (prompt == RD_PROMPT_SAVE)
		snprintf(v->line, sizeof(v->line), "walk-%" PRIu64 ".html", w->number);
	else if (prompt == RD_PROMPT_SAVE_MARKED)
		snprintf(v->line, sizeof(v->line), "walks.html");
}

// The session, its rule for both directions of the packet's conversation, and its start.
void rd_prompt_mirror(struct rd_view *v, const struct rd_wk *w)
{
	struct rd_wk_tuple t;
	char sport[16] = "", dport[16] = "";
	const char *stages, *source = rd_wk_guest(w, &stages);

	rd_wk_tuple(w, &t);
	if (t.ports) {
		snprintf(sport, sizeof(sport), "sport %u ", t.sport);
		snprintf(dport, sizeof(dport), "dport %u", t.dport);
	}
	snprintf(v->command[0], RD_LIVE_LINE,
		"mirror session add walk%" PRIu64 " source %s%s to %s lifetime 10m", w->number,
		source, stages, v->line);
	snprintf(v->command[1], RD_LIVE_LINE,
		"mirror rule add walk%" PRIu64 " permit either-way%s%s from %s %sto %s %s",
		w->number, t.ports ? " proto " : "",
		!t.ports			 ? ""
			: t.proto == IPPROTO_TCP ? "tcp"
						 : "udp",
		t.is_ip ? t.src : "any", sport, t.is_ip ? t.dst : "any", dport);
	snprintf(v->command[2], RD_LIVE_LINE, "mirror session start walk%" PRIu64, w->number);
	v->prompt = RD_PROMPT_RUN;
}

static bool is_address(const char *text)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static enum rd_worth worth_of_show(const char *line, struct rd_show_err *why)
{
	struct rd_show *show = rd_show_parse(line, why);
	bool good = show != NULL;

	rd_show_free(show);
	return good ? RD_WORTH_GOOD : why->more ? RD_WORTH_MORE : RD_WORTH_BAD;
}

enum rd_worth rd_prompt_worth(enum rd_prompt prompt, const char *line, struct rd_show_err *why)
{
	*why = (struct rd_show_err){0};
	if (*line == '\0')
		return RD_WORTH_EMPTY;
	switch (prompt) {
	case RD_PROMPT_SHOW:
		return worth_of_show(line, why);
	case RD_PROMPT_COMMAND:
		return rd_command_worth(line, why);
	case RD_PROMPT_SAVE:
	case RD_PROMPT_SAVE_MARKED:
		return rd_export_form_of_name(line) != RD_EXPORT_FORMS ? RD_WORTH_GOOD
								       : RD_WORTH_BAD;
	case RD_PROMPT_MIRROR:
		return is_address(line) ? RD_WORTH_GOOD : RD_WORTH_BAD;
	case RD_PROMPT_CAPTURE:
		return RD_WORTH_MORE; // pktcap tells
	default:
		return RD_WORTH_GOOD;
	}
}

void rd_prompt_filter(struct rd_view *v, struct rd_store *s, const char *expression)
{
	if (!rd_store_filter(s, expression))
		return;
	snprintf(v->filter, sizeof(v->filter), "%s", expression);
	v->follow = false;
	if (rd_store_walk(s, v->walk) == NULL || !rd_store_walk(s, v->walk)->shown)
		rd_view_choose(v, rd_store_step(s, s->next - 1, -1));
	if (*expression != '\0')
		snprintf(v->notice, sizeof(v->notice), "%" PRIu64 " of %" PRIu64 " walks fit: %s",
			s->shown, s->next - s->first, expression);
}

static void ask_to_save(struct rd_view *v, enum rd_which which)
{
	v->save.form = RD_EXPORT_FORMS;
	v->save.which = which;
	snprintf(v->save.path, sizeof(v->save.path), "%s", v->line);
	v->want |= RD_WANT_SAVE;
}

void rd_prompt_find(struct rd_view *v, const struct rd_store *s, const char *text)
{
	snprintf(v->find, sizeof(v->find), "%.*s", (int)sizeof(v->find) - 1, text);
	v->found = 0;
	if (v->find[0] != '\0')
		rd_find_next(v, s, 1);
}

bool rd_prompt_enter(struct rd_view *v, struct rd_store *s)
{
	enum rd_prompt prompt = v->prompt;
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	struct rd_show_err why;
	enum rd_worth worth = rd_prompt_worth(prompt, v->line, &why);
	bool may_be_empty = prompt == RD_PROMPT_SHOW || prompt == RD_PROMPT_CAPTURE
		|| prompt == RD_PROMPT_COMMAND || prompt == RD_PROMPT_FIND
		|| prompt == RD_PROMPT_RUN;

	if (why.what[0] != '\0' || worth == RD_WORTH_BAD
		|| (worth == RD_WORTH_EMPTY && !may_be_empty))
		return true; // it stays
	v->prompt = RD_PROMPT_NONE;
	switch (prompt) {
	case RD_PROMPT_SHOW:
		rd_prompt_filter(v, s, v->line);
		break;
	case RD_PROMPT_CAPTURE:
		snprintf(v->capture, sizeof(v->capture), "%s", v->line);
		v->want |= RD_WANT_CAPTURE;
		break;
	case RD_PROMPT_SAVE:
	case RD_PROMPT_SAVE_MARKED:
		ask_to_save(v, prompt == RD_PROMPT_SAVE ? RD_WHICH_CHOSEN : RD_WHICH_MARKED);
		break;
	case RD_PROMPT_MIRROR:
		if (w != NULL)
			rd_prompt_mirror(v, w);
		break;
	case RD_PROMPT_COMMAND:
		return rd_command_run(v, s, v->line);
	case RD_PROMPT_FIND:
		rd_prompt_find(v, s, v->line);
		break;
	default:
		v->want |= RD_WANT_RUN;
	}
	return true;
}

static void draw_commands(const struct rd_view *v, struct rd_grid *g, int row)
{
	rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_YELLOW | RD_ATTR_BOLD,
		"Enter runs these commands, Esc does not");
	for (int i = 0; i < RD_LIVE_LINES; i++)
		if (v->command[i][0] != '\0') {
			rd_grid_printf(g, RD_SPAN(row - RD_LIVE_LINES + i, 0, g->cols), 0, "%*s",
				g->cols, "");
			rd_grid_text(g, row - RD_LIVE_LINES + i, 1, g->cols - 1, RD_ATTR_BOLD,
				v->command[i]);
		}
}

// Above the line: what could come next, or what is wrong, below it stands the sign at the column.
static void draw_above(const struct rd_view *v, struct rd_grid *g, int row, int text_col,
	const struct rd_show_err *why)
{
	int col = text_col + why->at, width = (int)strlen(why->what) + 3;

	if (v->hint[0] == '\0' && why->what[0] == '\0')
		return;
	rd_grid_printf(g, RD_SPAN(row, 0, g->cols), 0, "%*s", g->cols, "");
	if (v->hint[0] != '\0') {
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_DIM, v->hint);
		return;
	}
	col = col < g->cols - 1 ? col : g->cols - 2;
	rd_grid_text(g, row, col, 1, RD_ATTR_BOLD, "v");
	col = col + width < g->cols ? col + 2 : col - width > 0 ? col - width + 2 : 0;
	rd_grid_text(
		g, row, col, g->cols - col, why->more ? RD_ATTR_YELLOW : RD_ATTR_RED, why->what);
}

// The words before what is typed tell by signs and colour what it is worth. A long line shows its end.
void rd_prompt_draw(const struct rd_view *v, struct rd_grid *g, int row)
{
	static const char *const signs[] = {"[  ]", "[ok]", "[..]", "[!!]"};
	static const unsigned colours[] = {0, RD_ATTR_GREEN, RD_ATTR_YELLOW, RD_ATTR_RED};
	static const char *const begins[RD_PROMPTS] = {
		[RD_PROMPT_SHOW] = "/", [RD_PROMPT_COMMAND] = ":"};
	struct rd_show_err why;
	enum rd_worth worth = rd_prompt_worth(v->prompt, v->line, &why);
	const char *begin = begins[v->prompt] != NULL ? begins[v->prompt] : "";
	int before = (int)(strlen(v->prompt != RD_PROMPT_RUN ? names[v->prompt] : "")
			     + strlen(signs[0]) + strlen(begin))
		+ 3;
	int room = g->cols - before - 1, hidden = (int)strlen(v->line) - room;

	if (v->prompt == RD_PROMPT_RUN) {
		draw_commands(v, g, row);
		return;
	}
	hidden = hidden > 0 && room > 0 ? hidden : 0;
	why.at -= hidden;
	why.at = why.at > 0 ? why.at : 0;
	draw_above(v, g, row - 1, before, &why);
	rd_grid_printf(g, RD_SPAN(row, 1, g->cols - 1), colours[worth], "%s %s %s%s_",
		names[v->prompt], signs[worth], begin, v->line + hidden);
}
