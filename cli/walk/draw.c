/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lays the walk out for the size that there is, from a wall of panes down to one list. A function of state, store and size.
 */
#include "walk/view.h"

#include <string.h>

#define LEAST_ROWS 10
#define LEAST_COLS 40

static const char *const pane_names[] = {"Walks", "Hops", "Diff", "Hex", "Paths"};

static void draw_title(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	char counts[160], state[32];
	int width;

	snprintf(
		state, sizeof(state), "%s%s", v->paused ? " PAUSED" : "", v->ended ? " ended" : "");
	snprintf(counts, sizeof(counts), " walks %llu  dropped %llu  lost %llu%s",
		(unsigned long long)(s->next - 1), (unsigned long long)s->dropped,
		(unsigned long long)s->lost, s->forgotten > 0 ? "  (oldest gone)" : "");
	width = (int)strlen(counts);
	rd_grid_printf(
		g, RD_SPAN(0, 0, g->cols), RD_ATTR_BOLD, " reddot walk %s %s", state, v->source);
	if (width < g->cols - 24)
		rd_grid_text(g, 0, g->cols - width - 1, width, 0, counts);
	rd_grid_attr(g, 0, 0, g->cols, RD_ATTR_REVERSE);
}

static void draw_tabs(const struct rd_view *v, struct rd_grid *g, int row)
{
	int col = 1;

	for (unsigned i = 0; i < RD_PANES; i++)
		col += rd_grid_printf(g, RD_SPAN(row, col, g->cols - col),
			       i == v->pane ? RD_ATTR_BOLD : RD_ATTR_DIM,
			       i == v->pane ? "[%u %s]" : " %u %s ", i + 1, pane_names[i])
			+ 1;
}

// The expression with what it is worth: green, red or as it was applied.
static void draw_bar(const struct rd_view *v, struct rd_grid *g)
{
	int row = g->rows - 1;
	regex_t re;
	bool good;

	if (v->typing) {
		good = regcomp(&re, v->filter, REG_EXTENDED | REG_NOSUB | REG_ICASE) == 0;
		if (good)
			regfree(&re);
		rd_grid_printf(g, RD_SPAN(row, 1, g->cols - 1), good ? RD_ATTR_GREEN : RD_ATTR_RED,
			"show %s /%s_", good ? "[ok]" : "[!!]", v->filter);
	} else if (v->error[0] != '\0') {
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_RED, v->error);
	} else if (v->filter[0] != '\0') {
		rd_grid_printf(
			g, RD_SPAN(row, 1, g->cols - 1), 0, "show /%s   (/ Esc: all)", v->filter);
	} else {
		rd_grid_text(g, row, 1, g->cols - 1, RD_ATTR_DIM,
			"?help  /show  j/k walk  h/l hop  space plays  Tab pane  p pause  q back");
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
		rd_draw_diff(v, w, g, a);
		break;
	case RD_PANE_HEX:
		rd_draw_hex(v, w, g, a);
		break;
	default:
		rd_draw_paths(v, s, g, a);
	}
}

static void rule(struct rd_view *v, struct rd_grid *g, struct rd_area a, const char *title)
{
	for (int i = 0; i < a.cols; i++)
		rd_grid_text(g, a.row, a.col + i, 1, RD_ATTR_DIM, v->utf8 ? "\u2500" : "-");
	rd_grid_printf(g, RD_SPAN(a.row, a.col + 2, a.cols - 4), RD_ATTR_BOLD, " %s ", title);
}

// A pane with a line above it that names it.
static void titled(struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	enum rd_pane pane, struct rd_area a)
{
	rule(v, g, a, pane_names[pane]);
	a.row++;
	a.rows--;
	draw_pane(v, s, g, pane, a);
}

static void draw_large(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int half = g->cols / 2, body = g->rows - 9, upper = body / 2;
	enum rd_pane right = v->pane == RD_PANE_HEX ? RD_PANE_PATHS : RD_PANE_HEX;

	rd_draw_topology(v, rd_store_walk(s, v->walk), g, (struct rd_area){3, 0, 4, g->cols});
	titled(v, s, g, v->pane == RD_PANE_PATHS ? RD_PANE_PATHS : RD_PANE_WALKS,
		(struct rd_area){8, 0, upper, half - 1});
	titled(v, s, g, RD_PANE_HOPS, (struct rd_area){8, half, upper, g->cols - half});
	titled(v, s, g, RD_PANE_DIFF, (struct rd_area){8 + upper, 0, body - upper, half - 1});
	titled(v, s, g, v->pane == RD_PANE_HEX ? RD_PANE_HEX : right,
		(struct rd_area){8 + upper, half, body - upper, g->cols - half});
}

static void draw_medium(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	int body = g->rows - 8, hops = body * 3 / 5;
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	rd_draw_topology(v, w, g, (struct rd_area){2, 0, 4, g->cols});
	if (v->pane == RD_PANE_HOPS) {
		titled(v, s, g, RD_PANE_HOPS, (struct rd_area){6, 0, hops, g->cols});
		titled(v, s, g, RD_PANE_DIFF, (struct rd_area){6 + hops, 0, body - hops, g->cols});
	} else {
		titled(v, s, g, v->pane, (struct rd_area){6, 0, body, g->cols});
	}
}

void rd_view_draw(struct rd_view *v, const struct rd_store *s, struct rd_grid *g)
{
	if (g->rows < LEAST_ROWS || g->cols < LEAST_COLS) {
		rd_grid_printf(g, RD_SPAN(g->rows / 2, 0, g->cols), 0, "%dx%d needed, now %dx%d",
			LEAST_COLS, LEAST_ROWS, g->cols, g->rows);
		return;
	}
	draw_title(v, s, g);
	draw_bar(v, g);
	if (v->help)
		rd_draw_help(g, (struct rd_area){2, 0, g->rows - 3, g->cols});
	else if (s->first == s->next)
		rd_grid_text(g, g->rows / 2, 2, g->cols - 2, 0,
			v->ended ? "no packet at a stage" : "waiting for packets");
	else if (g->rows >= 40 && g->cols >= 120)
		draw_large(v, s, g);
	else if (g->rows >= 24 && g->cols >= 80)
		draw_medium(v, s, g);
	else
		draw_pane(v, s, g, v->pane, (struct rd_area){2, 0, g->rows - 3, g->cols});
	if (!v->help)
		draw_tabs(v, g, 1);
}
