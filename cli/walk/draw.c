/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lays the walk out for the size that there is, from a wall of panes down to one list. A function of state, store and size.
 */
#include "walk/panes.h"
#include "walk/sheet.h"
#include "walk/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LEAST_ROWS 10
#define LEAST_COLS 40

static const char *const pane_names[] = {
	"Walks", "Hops", "Diff", "Hex", "Flow", "DFW", "Ladder", "Mirror", "Paths", "Map"};

const char *rd_pane_name(unsigned pane)
{
	return pane < RD_PANES ? pane_names[pane] : NULL;
}

enum rd_pane rd_pane_of(const char *name)
{
	unsigned i = 0;

	while (i < RD_PANES && strcasecmp(pane_names[i], name) != 0)
		i++;
	return (enum rd_pane)i;
}

static void draw_title(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	char counts[200], state[32];
	size_t len = 0;
	int width;

	snprintf(
		state, sizeof(state), "%s%s", v->paused ? " PAUSED" : "", v->ended ? " ended" : "");
	counts[0] = '\0';
	if (s->marked > 0)
		rd_str_addf(counts, sizeof(counts), &len, " marked %llu ",
			(unsigned long long)s->marked);
	if (s->show != NULL)
		rd_str_addf(
			counts, sizeof(counts), &len, " shown %llu ", (unsigned long long)s->shown);
	rd_str_addf(counts, sizeof(counts), &len, " walks %llu  dropped %llu  lost %llu%s",
		(unsigned long long)(s->next - 1), (unsigned long long)s->dropped,
		(unsigned long long)s->lost, s->forgotten > 0 ? "  (oldest gone)" : "");
	width = (int)strlen(counts);
	rd_grid_printf(g, RD_SPAN(0, 0, g->cols), RD_ATTR_BOLD, " reddot walk %s %s%s%s", state,
		v->source, v->capture[0] != '\0' ? "  capture: " : "", v->capture);
	if (width < g->cols - 24)
		rd_grid_text(g, 0, g->cols - width - 1, width, 0, counts);
	rd_grid_attr(g, 0, 0, g->cols, RD_ATTR_REVERSE);
}

// The first tab that is shown, so that the chosen one is.
static unsigned first_tab(const struct rd_view *v, int cols)
{
	unsigned first = v->pane;
	int room = cols - 5 - (int)strlen(pane_names[first]);

	while (first > 0 && room >= 3 + (int)strlen(pane_names[first - 1]))
		room -= 3 + (int)strlen(pane_names[--first]);
	return first;
}

static void draw_tabs(struct rd_view *v, struct rd_grid *g, int row)
{
	int col = 1;

	for (unsigned i = first_tab(v, g->cols); i < RD_PANES; i++) {
		bool here = i == v->pane;
		int used = rd_grid_printf(g, RD_SPAN(row, col, g->cols - col),
			here ? RD_ATTR_BOLD : RD_ATTR_DIM, here ? "[%u %s]" : "%u %s", (i + 1) % 10,
			pane_names[i]);

		rd_pane_hit(v, (enum rd_pane)i, (struct rd_area){row, col, 1, used}, 0);
		col += used + 1;
	}
}

// What is being typed, else what is to be known: an error, a notice, what is filtered, the keys.
static void draw_bar(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int row = g->rows - 1;

	if (v->prompt != RD_PROMPT_NONE)
		rd_prompt_draw(v, g, row);
	else if (v->awaits != 0)
		rd_grid_text(
			g, row, 1, g->cols - 1, RD_ATTR_YELLOW | RD_ATTR_BOLD, rd_key_awaits(v));
	else if (v->notice[0] != '\0')
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_YELLOW, v->notice);
	else if (v->error[0] != '\0')
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_RED, v->error);
	else if (v->filter[0] != '\0')
		rd_grid_printf(g, RD_SPAN(row, 1, g->cols - 1), 0,
			"show %llu of %llu: /%s   (:all)", (unsigned long long)s->shown,
			(unsigned long long)(s->next - s->first), v->filter);
	else
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_DIM,
			"?help /show :command jk walk hl hop . plays Tab pane space mark w save q back");
}

// Where the list, the hops or the changes have what is searched.
static void show_found(
	const struct rd_view *v, struct rd_grid *g, enum rd_pane pane, struct rd_area a)
{
	int len = (int)strlen(v->find), same;

	if (len == 0 || (pane != RD_PANE_WALKS && pane != RD_PANE_HOPS && pane != RD_PANE_DIFF))
		return;
	for (int row = a.row + 1; row < a.row + a.rows && row < g->rows; row++)
		for (int col = a.col; col + len <= a.col + a.cols && col + len <= g->cols; col++) {
			const struct rd_cell *c = &g->cell[row * g->cols + col];

			for (same = 0; same < len; same++)
				if (c[same].text[1] != '\0'
					|| tolower((unsigned char)c[same].text[0])
						!= tolower((unsigned char)v->find[same]))
					break;
			if (same == len)
				rd_grid_attr(g, row, col, len, RD_ATTR_FOUND);
		}
}

static void draw_pane(struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	enum rd_pane pane, struct rd_area a)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	switch (pane) {
	case RD_PANE_WALKS:
		rd_draw_walks(v, s, g, a);
		break;
	case RD_PANE_HOPS:
		rd_draw_hops(v, w, g, a);
		break;
	case RD_PANE_DIFF:
		rd_draw_diff(v, s, g, a);
		break;
	case RD_PANE_HEX:
		if (v->deep)
			rd_draw_deep(v, w, g, a);
		else
			rd_draw_hex(v, s, g, a);
		break;
	case RD_PANE_FLOW:
		rd_draw_flow(v, s, g, a);
		break;
	case RD_PANE_DFW:
		rd_draw_dfw(v, s, g, a);
		break;
	case RD_PANE_LADDER:
		rd_draw_ladder(v, s, g, a);
		break;
	case RD_PANE_MIRROR:
		rd_draw_mirror(v, w, g, a);
		break;
	case RD_PANE_MAP:
		rd_draw_map(v, w, g, a);
		break;
	default:
		rd_draw_paths(v, s, g, a);
	}
	show_found(v, g, pane, a);
}

static void rule(struct rd_view *v, struct rd_grid *g, struct rd_area a, const char *title)
{
	for (int i = 0; i < a.cols; i++)
		rd_grid_text(g, a.row, a.col + i, 1, RD_ATTR_DIM, v->utf8 ? "\u2500" : "-");
	rd_grid_printf(g, RD_SPAN(a.row, a.col + 2, a.cols - 4), RD_ATTR_BOLD, " %s ", title);
}

// A pane with a line above it that names it. Only the first one is scrolled.
static void titled(struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	enum rd_pane pane, struct rd_area a)
{
	int scroll = v->scroll;

	if (pane != v->pane)
		v->scroll = 0;
	rule(v, g, a, pane_names[pane]);
	a.row++;
	a.rows--;
	draw_pane(v, s, g, pane, a);
	v->scroll = scroll;
}

static bool is_split(const struct rd_view *v, int cols)
{
	return v->split && !v->zoom && cols >= 2 * LEAST_COLS && v->beside != v->pane;
}

static void draw_split(
	struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	int half = a.cols / 2 + a.cols * v->share / 100;

	titled(v, s, g, v->right ? v->beside : v->pane,
		(struct rd_area){a.row, a.col, a.rows, half - 1});
	titled(v, s, g, v->right ? v->pane : v->beside,
		(struct rd_area){a.row, a.col + half, a.rows, a.cols - half});
	rd_grid_text(g, a.row, a.col + (v->right ? half : 0), 1, RD_ATTR_BOLD, ">");
}

// Why it ended as it did.
static void draw_why(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, int row)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	char text[400];

	if (w == NULL)
		return;
	rd_wk_why(s, w, text, sizeof(text));
	rd_grid_printf(g, RD_SPAN(row, 1, g->cols - 1), rd_wk_dropped(w) ? RD_ATTR_RED : 0,
		"why: %s", text);
}

// A wall: what the list has, what a hop changed, what the daemon knows. Other panes take the place of all but the strip.
static void draw_large(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int half = g->cols / 2, body = g->rows - 9, upper = body * 2 / 5, facts = body / 5;
	int lower = body - upper - facts, row = 7;

	rd_draw_strip(v, rd_store_walk(s, v->walk), g, (struct rd_area){2, 0, 4, g->cols});
	draw_why(v, s, g, g->rows - 2);
	if (is_split(v, g->cols)) {
		draw_split(v, s, g, (struct rd_area){row - 1, 0, body + 1, g->cols});
		return;
	}
	if (v->pane >= RD_PANE_LADDER || v->zoom) {
		titled(v, s, g, v->pane, (struct rd_area){row - 1, 0, body + 1, g->cols});
		return;
	}
	titled(v, s, g, RD_PANE_WALKS, (struct rd_area){row, 0, upper, half - 1});
	titled(v, s, g, RD_PANE_HOPS, (struct rd_area){row, half, upper, g->cols - half});
	row += upper;
	titled(v, s, g, RD_PANE_DIFF, (struct rd_area){row, 0, lower, half - 1});
	titled(v, s, g, RD_PANE_HEX, (struct rd_area){row, half, lower, g->cols - half});
	row += lower;
	titled(v, s, g, RD_PANE_FLOW, (struct rd_area){row, 0, facts, half - 1});
	titled(v, s, g, RD_PANE_DFW, (struct rd_area){row, half, facts, g->cols - half});
}

static void draw_medium(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int body = g->rows - 8, hops = body * 3 / 5;

	rd_draw_strip(v, rd_store_walk(s, v->walk), g, (struct rd_area){2, 0, 4, g->cols});
	draw_why(v, s, g, g->rows - 2);
	if (is_split(v, g->cols)) {
		draw_split(v, s, g, (struct rd_area){6, 0, body, g->cols});
	} else if (v->pane == RD_PANE_HOPS && !v->zoom) {
		titled(v, s, g, RD_PANE_HOPS, (struct rd_area){6, 0, hops, g->cols});
		titled(v, s, g, RD_PANE_DIFF, (struct rd_area){6 + hops, 0, body - hops, g->cols});
	} else {
		titled(v, s, g, v->pane, (struct rd_area){6, 0, body, g->cols});
	}
}

// One pane; where there is room, the way as one line above it.
static void draw_small(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int line = g->cols >= 60 && g->rows >= 16;

	if (line)
		rd_draw_line(v, rd_store_walk(s, v->walk), g, (struct rd_area){2, 0, 1, g->cols});
	if (is_split(v, g->cols))
		draw_split(v, s, g, (struct rd_area){2 + line, 0, g->rows - 3 - line, g->cols});
	else
		draw_pane(v, s, g, v->pane,
			(struct rd_area){2 + line, 0, g->rows - 3 - line, g->cols});
}

static bool is_large(int rows, int cols)
{
	return rows >= 40 && cols >= 120;
}

void rd_view_draw(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	bool empty = s->first == s->next && v->pane != RD_PANE_MAP && v->pane != RD_PANE_MIRROR;

	v->hits = 0;
	if (g->rows < LEAST_ROWS || g->cols < LEAST_COLS) {
		rd_grid_printf(g, RD_SPAN(g->rows / 2, 0, g->cols), 0, "%dx%d needed,", LEAST_COLS,
			LEAST_ROWS);
		rd_grid_printf(
			g, RD_SPAN(g->rows / 2 + 1, 0, g->cols), 0, "now %dx%d", g->cols, g->rows);
		return;
	}
	draw_title(v, s, g);
	if (v->help > 0)
		rd_sheet_draw(v, s, g, (struct rd_area){2, 0, g->rows - 3, g->cols});
	else if (empty)
		rd_grid_text(g, g->rows / 2, 2, g->cols - 2, 0,
			v->ended ? "no packet at a stage" : "waiting for packets");
	else if (is_large(g->rows, g->cols))
		draw_large(v, s, g);
	else if (g->rows >= 24 && g->cols >= 80)
		draw_medium(v, s, g);
	else
		draw_small(v, s, g);
	draw_bar(v, s, g);
	if (v->help == 0)
		draw_tabs(v, g, 1);
}

// On the wall the flow cache and the firewall are always seen.
void rd_view_ask(const struct rd_view *v, const struct rd_store *s, int rows, int cols,
	struct rd_live_ask *ask)
{
	static const unsigned parts[RD_PANES] = {
		[RD_PANE_FLOW] = RD_LIVE_FLOW,
		[RD_PANE_DFW] = RD_LIVE_DFW,
		[RD_PANE_MIRROR] = RD_LIVE_MIRROR,
		[RD_PANE_MAP] = RD_LIVE_MAP,
	};
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	memset(ask, 0, sizeof(*ask));
	ask->parts = parts[v->pane];
	if (is_split(v, cols))
		ask->parts |= parts[v->beside];
	else if (is_large(rows, cols) && v->pane < RD_PANE_LADDER && !v->zoom)
		ask->parts = RD_LIVE_FLOW | RD_LIVE_DFW;
	ask->walk = v->walk;
	if (w == NULL) {
		ask->parts &= RD_LIVE_MAP | RD_LIVE_MIRROR;
		return;
	}
	rd_wk_tuple(w, &ask->tuple);
	snprintf(ask->port, sizeof(ask->port), "%s", rd_wk_guarded(w, NULL));
}
