/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The last row: what is typed into it, and what becomes of that. Pure; files and the daemon are tui.c's.
 */
#include "walk/panes.h"

#include "walk/export.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#define CTRL_KEY(c) ((c)&0x1f)

void rd_prompt_open(struct rd_view *v, const struct rd_store *s, enum rd_prompt prompt)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	bool about_walk = prompt == RD_PROMPT_SAVE || prompt == RD_PROMPT_MIRROR;

	if (about_walk && w == NULL)
		return;
	if (!v->live && (prompt == RD_PROMPT_CAPTURE || prompt == RD_PROMPT_MIRROR)) {
		snprintf(v->notice, sizeof(v->notice),
			"only in a live walk: there is no daemon here");
		return;
	}
	v->prompt = prompt;
	v->line[0] = '\0';
	if (prompt == RD_PROMPT_SHOW)
		snprintf(v->line, sizeof(v->line), "%s", v->filter);
	else if (prompt == RD_PROMPT_CAPTURE)
		snprintf(v->line, sizeof(v->line), "%s", v->capture);
	else if (prompt == RD_PROMPT_SAVE)
		snprintf(v->line, sizeof(v->line), "walk-%" PRIu64 ".html", w->number);
}

// The session, its rule for both directions of the packet's conversation, and its start.
static void mirror_commands(struct rd_view *v, const struct rd_wk *w)
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
}

static bool is_address(const char *text)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool good_expression(const char *text)
{
	regex_t re;

	if (regcomp(&re, text, REG_EXTENDED | REG_NOSUB | REG_ICASE) != 0)
		return false;
	regfree(&re);
	return true;
}

// Whether what is typed would be taken.
static bool is_good(const struct rd_view *v)
{
	switch (v->prompt) {
	case RD_PROMPT_SHOW:
		return good_expression(v->line);
	case RD_PROMPT_SAVE:
		return rd_export_form_of_name(v->line) != RD_EXPORT_FORMS;
	case RD_PROMPT_MIRROR:
		return is_address(v->line);
	default:
		return true;
	}
}

static void enter(struct rd_view *v, struct rd_store *s)
{
	enum rd_prompt prompt = v->prompt;
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (!is_good(v))
		return; // it stays
	v->prompt = RD_PROMPT_NONE;
	switch (prompt) {
	case RD_PROMPT_SHOW:
		rd_store_filter(s, v->line);
		snprintf(v->filter, sizeof(v->filter), "%.*s", (int)sizeof(v->filter) - 1, v->line);
		rd_view_choose(v, rd_store_step(s, s->next - 1, -1));
		break;
	case RD_PROMPT_CAPTURE:
		snprintf(v->capture, sizeof(v->capture), "%s", v->line);
		v->want |= RD_WANT_CAPTURE;
		break;
	case RD_PROMPT_SAVE:
		v->want |= RD_WANT_SAVE;
		break;
	case RD_PROMPT_MIRROR:
		if (w == NULL)
			break;
		mirror_commands(v, w);
		v->prompt = RD_PROMPT_RUN;
		break;
	default:
		v->want |= RD_WANT_RUN;
	}
}

bool rd_prompt_key(struct rd_view *v, struct rd_store *s, int key)
{
	size_t len = strlen(v->line);

	if (key == '\r' || key == '\n') {
		enter(v, s);
	} else if (key == 0x1b || key == CTRL_KEY('C')) {
		if (v->prompt == RD_PROMPT_SHOW) {
			v->filter[0] = '\0';
			rd_store_filter(s, NULL);
		}
		v->prompt = RD_PROMPT_NONE;
	} else if (v->prompt == RD_PROMPT_RUN) {
		return true; // only Enter and Esc
	} else if (key == RD_KEY_BACKSPACE && len > 0) {
		v->line[len - 1] = '\0';
	} else if (key == CTRL_KEY('U')) {
		v->line[0] = '\0';
	} else if (key >= ' ' && key < 0x7f && len + 1 < sizeof(v->line)
		&& !(v->prompt == RD_PROMPT_SHOW && len + 1 >= sizeof(v->filter))) {
		v->line[len] = (char)key;
		v->line[len + 1] = '\0';
	}
	return true;
}

// The words before what is typed tell by signs and colour what it is worth.
void rd_prompt_draw(const struct rd_view *v, struct rd_grid *g, int row)
{
	static const char *const names[] = {[RD_PROMPT_SHOW] = "show",
		[RD_PROMPT_CAPTURE] = "capture",
		[RD_PROMPT_SAVE] = "save as .html .dot .json .txt .pcapng",
		[RD_PROMPT_MIRROR] = "mirror this conversation to (collector's address)"};
	bool good = is_good(v);

	if (v->prompt == RD_PROMPT_RUN) {
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_YELLOW | RD_ATTR_BOLD,
			"Enter runs these commands, Esc does not");
		for (int i = 0; i < RD_LIVE_LINES; i++)
			if (v->command[i][0] != '\0') {
				rd_grid_printf(g, RD_SPAN(row - RD_LIVE_LINES + i, 0, g->cols), 0,
					"%*s", g->cols, "");
				rd_grid_text(g, row - RD_LIVE_LINES + i, 1, g->cols - 1,
					RD_ATTR_BOLD, v->command[i]);
			}
		return;
	}
	rd_grid_printf(g, RD_SPAN(row, 1, g->cols - 1),
		v->line[0] == '\0' ? 0
			: good	   ? RD_ATTR_GREEN
				   : RD_ATTR_RED,
		"%s %s %s%s_", names[v->prompt],
		v->line[0] == '\0'			 ? "[  ]"
			: v->prompt == RD_PROMPT_CAPTURE ? "[..]"
			: good				 ? "[ok]"
							 : "[!!]",
		v->prompt == RD_PROMPT_SHOW ? "/" : "", v->line);
}
