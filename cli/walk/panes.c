/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes that are lists: walks, hops, paths. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <string.h>
#include <time.h>

static void time_text(uint64_t ns, char *buf, size_t size)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;
	char hms[16] = "";

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(hms, sizeof(hms), "%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%03u", hms, (unsigned)(ns % 1000000000u / 1000000u));
}

struct columns { // of the list
	int title, result; // where they begin
	const char *head;
};

static struct columns columns_for(const struct rd_area *a)
{
	if (a->cols < 60)
		return (struct columns){7, a->cols - 12, "    ID PACKET"};
	if (a->cols < 90)
		return (struct columns){16, a->cols - 22, "    ID TIME     PACKET"};
	return (struct columns){24, a->cols - 30, "    ID TIME         HOPS PACKET"};
}

static void draw_walk(const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, int row,
	struct rd_area a)
{
	const struct columns c = columns_for(&a);
	bool chosen = w->number == v->walk;
	char title[160], end[64], at[32];

	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	time_text(w->n > 0 ? w->hop[0].ns : 0, at, sizeof(at));
	rd_grid_printf(g, RD_SPAN(row, a.col, 7), 0, "%c%5llu%c", chosen ? '>' : ' ',
		(unsigned long long)w->number, w->marked ? '*' : ' ');
	if (a.cols >= 90)
		rd_grid_printf(
			g, RD_SPAN(row, a.col + 7, 17), 0, "%-12s %3u", at, w->n + w->left_out);
	else if (a.cols >= 60)
		rd_grid_text(g, row, a.col + 7, 8, 0, at);
	rd_grid_text(g, row, a.col + c.title, c.result - c.title - 1, 0, title);
	rd_grid_text(g, row, a.col + c.result, a.cols - c.result,
		rd_wk_dropped(w) ? RD_ATTR_RED : 0, end);
	if (chosen)
		rd_grid_attr(g, row, a.col, a.cols, RD_ATTR_REVERSE);
}

void rd_pane_hit(struct rd_view *v, enum rd_pane pane, struct rd_area a, uint64_t top)
{
	if (v->hits < sizeof(v->hit) / sizeof(v->hit[0]))
		v->hit[v->hits++] = (struct rd_hit){a, pane, top};
}

// The newest first; the chosen one in the middle where it can be.
void rd_draw_walks(struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	uint64_t top = v->walk;

	if (v->pane == RD_PANE_WALKS)
		v->page = a.rows - 1;
	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD, columns_for(&a).head);
	rd_grid_text(g, a.row, a.col + columns_for(&a).result, 6, RD_ATTR_BOLD, "RESULT");
	for (int i = 0; i < a.rows / 2 && top != 0; i++) {
		uint64_t above = top + 1 < s->next ? rd_store_step(s, top + 1, 1) : 0;

		if (above == 0)
			break;
		top = above;
	}
	rd_pane_hit(v, RD_PANE_WALKS, a, top);
	for (int row = 1; row < a.rows && top != 0; row++) {
		draw_walk(v, rd_store_walk(s, top), g, a.row + row, a);
		top = rd_store_step(s, top - 1, -1);
	}
}

// Columns of the name; what is beside it needs the rest.
static int name_width(const struct rd_area *a)
{
	return a->cols < 60 ? a->cols - 16 : a->cols < 100 ? 26 : 38;
}

static void draw_hop(const struct rd_view *v, const struct rd_wk *w, unsigned i, struct rd_grid *g,
	int row, struct rd_area a)
{
	const struct rd_wk_hop *h = &w->hop[i];
	unsigned attr = h->verdict == RD_WK_DROP ? RD_ATTR_RED : 0;
	uint64_t since = i > 0 ? rd_wk_since(w, i - 1, i) : 0;
	int width = name_width(&a), col = a.col + 6 + width;
	char text[160];

	rd_grid_printf(
		g, RD_SPAN(row, a.col, 4), attr | RD_ATTR_BOLD, "%s", i == v->hop ? ">*" : "  ");
	rd_grid_printf(g, RD_SPAN(row, a.col + 3, 3), attr, "%2u", i);
	rd_wk_where(h, text, sizeof(text));
	rd_grid_text(g, row, a.col + 6, width, attr, text);
	rd_grid_printf(g, RD_SPAN(row, col, 9), attr, "%8llu", (unsigned long long)since);
	if (a.cols < 60)
		return;
	rd_wk_detail(w, i, text, sizeof(text));
	if (a.cols < 72)
		rd_grid_printf(g, RD_SPAN(row, col + 9, a.cols - width - 15), attr, " %-9s %s",
			rd_wk_observed(w, i), text);
	else
		rd_grid_printf(g, RD_SPAN(row, col + 9, a.cols - width - 15), attr,
			"%9.3f %5u %-9s %s", (double)rd_wk_since(w, 0, i) / 1000, h->len,
			rd_wk_observed(w, i), text);
}

void rd_draw_hops(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	unsigned rows = a.rows > 1 ? (unsigned)a.rows - 1 : 0, top = 0;
	int width = name_width(&a);

	rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD, "  HOP %-*.*s     dNS%s",
		width, width, "STAGE@PORT",
		a.cols < 60	      ? ""
			: a.cols < 72 ? "  OBSERVED, DETAIL"
				      : "    SUM us   LEN OBSERVED, DETAIL");
	if (w == NULL || rows == 0)
		return;
	if (v->hop < w->n && v->hop >= rows)
		top = v->hop - rows + 1;
	rd_pane_hit(v, RD_PANE_HOPS, a, top);
	for (unsigned i = top; i < w->n && i - top < rows; i++)
		draw_hop(v, w, i, g, a.row + 1 + (int)(i - top), a);
}

void rd_draw_paths(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	struct rd_path paths[RD_STORE_PATHS];
	unsigned n = rd_store_paths(s, paths, RD_STORE_PATHS);

	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD,
		a.cols < 72 ? "  WALKS DROPPED PATH"
			    : "  WALKS DROPPED   P50 us   P90 us   P99 us PATH");
	for (int row = 1; row < a.rows && row - 1 + v->scroll < (int)n; row++) {
		const struct rd_path *p = &paths[row - 1 + v->scroll];
		unsigned attr = p->dropped > 0 ? RD_ATTR_RED : 0;
		int col = a.col
			+ rd_grid_printf(g, RD_SPAN(a.row + row, a.col, a.cols), attr,
				"%7llu %7llu ", (unsigned long long)p->walks,
				(unsigned long long)p->dropped);

		if (a.cols >= 72)
			col += rd_grid_printf(g, RD_SPAN(a.row + row, col, a.cols), attr,
				"%8.3f %8.3f %8.3f ", (double)p->p50_ns / 1000,
				(double)p->p90_ns / 1000, (double)p->p99_ns / 1000);
		rd_grid_text(g, a.row + row, col, a.col + a.cols - col, attr, p->text);
	}
}
