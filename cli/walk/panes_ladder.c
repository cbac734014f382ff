/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder: ports and stages are columns, time goes down, both directions of a conversation in one picture. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/ladder.h"
#include "walk/words.h"

#include <string.h>

#define TIME 12 // columns of the time
#define NOTE 26 // and of the words at the right
#define LEAST 6 // of a rung

static int x_of(const struct rd_area *a, int width, int col)
{
	return a->col + TIME + col * width + width / 2;
}

// Since the first step, or of day without the hour.
static void put_time(const struct rd_view *v, const struct rd_ladder *l, const struct rd_wk_hop *h,
	char *buf, size_t size)
{
	uint64_t us = h->ns / 1000;

	if (v->absolute)
		snprintf(buf, size, "%02u:%02u.%05u", (unsigned)(us / 60000000 % 60),
			(unsigned)(us / 1000000 % 60), (unsigned)(us % 1000000 / 10));
	else
		snprintf(buf, size, "%11.3f",
			(double)(h->ns > l->first_ns ? h->ns - l->first_ns : 0) / 1000);
}

static void put_names(
	const struct rd_ladder *l, struct rd_grid *g, const struct rd_area *a, int width)
{
	const char *before = "";

	for (unsigned i = 0; i < l->cols; i++) {
		const char *slash = strchr(l->col[i], '/'); // there always is one
		int host = (int)(slash - l->col[i]), left = x_of(a, width, (int)i) - width / 2;

		if (strncmp(before, l->col[i], (size_t)host + 1) != 0)
			rd_grid_printf(g, RD_SPAN(a->row, left, width - 1), RD_ATTR_DIM, "%.*s",
				host, l->col[i]);
		before = l->col[i];
		rd_grid_text(g, a->row + 1, left, width - 1, RD_ATTR_BOLD, slash + 1);
	}
}

// What is said beside a step.
static void note(const struct rd_ladder_step *st, char *buf, size_t size)
{
	const struct rd_wk_hop *h = &st->w->hop[st->hop];
	struct rd_wk_tuple t;
	char segment[64];
	size_t len = 0;

	buf[0] = '\0';
	if (st->first) {
		rd_wk_tuple(st->w, &t);
		rd_wk_segment(&t, segment, sizeof(segment));
		rd_str_addf(buf, size, &len, "%s%s", segment, st->again ? " RETRANSMIT" : "");
	} else if (h->verdict == RD_WK_DROP) {
		rd_str_addf(buf, size, &len, "x %s", h->reason);
	} else if (h->verdict != RD_WK_PASS) {
		rd_str_addf(buf, size, &len, "%s", rd_wk_observed(st->w, st->hop));
	} else if (!rd_wk_is_port(h) && st->hop + 1 < st->w->n) {
		rd_wk_detail(st->w, st->hop + 1, buf, size); // what came of it
	}
}

static void put_arrow(const struct rd_view *v, const struct rd_ladder_step *st, struct rd_grid *g,
	int row, int from, int to)
{
	int left = from < to ? from + 1 : to + 1, right = from < to ? to - 1 : from - 1;
	unsigned attr = st->again ? RD_ATTR_YELLOW | RD_ATTR_BOLD : 0;

	for (int x = left; x <= right; x++)
		rd_grid_text(g, row, x, 1, attr, v->utf8 ? "\u2500" : "-");
	if (left <= right)
		rd_grid_text(g, row, from < to ? right : left, 1, attr, from < to ? ">" : "<");
}

static void put_step(const struct rd_view *v, const struct rd_ladder *l,
	const struct rd_ladder_step *st, struct rd_grid *g, struct rd_area a)
{
	int width = a.cols, to = x_of(&a, width, st->to), from; // a.cols: of a rung
	const struct rd_wk_hop *h = &st->w->hop[st->hop];
	bool chosen = st->w->number == v->walk, here = chosen && st->hop == v->hop;
	bool dead = h->verdict == RD_WK_DROP;
	char text[160];

	put_time(v, l, h, text, sizeof(text));
	rd_grid_text(g, a.row, a.col, TIME - 1, chosen ? RD_ATTR_BOLD : RD_ATTR_DIM, text);
	for (unsigned i = 0; i < l->cols; i++)
		rd_grid_text(g, a.row, x_of(&a, width, (int)i), 1, RD_ATTR_DIM,
			v->utf8 ? "\u2502" : "|");
	from = st->from >= 0 ? x_of(&a, width, st->from)
		: st->turned ? to + width / 2 + 1
			     : to - width / 2 - 1;
	if (from != to)
		put_arrow(v, st, g, a.row, from, to);
	if (dead)
		rd_grid_text(g, a.row, to, 1, RD_ATTR_RED | RD_ATTR_BOLD, "x");
	else if (here)
		rd_grid_text(g, a.row, to, 1, RD_ATTR_RED | RD_ATTR_BOLD, v->utf8 ? "\u25cf" : "@");
	note(st, text, sizeof(text));
	rd_grid_text(g, a.row, a.col + TIME + (int)l->cols * width + 1, g->cols,
		dead				 ? RD_ATTR_RED
			: st->again && st->first ? RD_ATTR_YELLOW
						 : 0,
		text);
}

static void put_sum(const struct rd_ladder *l, struct rd_grid *g, const struct rd_area *a)
{
	char text[200];
	size_t len = 0;

	text[0] = '\0';
	rd_str_addf(text, sizeof(text), &len, "there %.3f us", (double)l->there_ns / 1000);
	if (l->back_ns != 0)
		rd_str_addf(text, sizeof(text), &len, "  back %.3f us", (double)l->back_ns / 1000);
	if (l->between_ns != 0)
		rd_str_addf(text, sizeof(text), &len, "  between them %.3f us",
			(double)l->between_ns / 1000);
	rd_str_addf(text, sizeof(text), &len, "  retransmits %u", l->retransmits);
	rd_grid_text(g, a->row + a->rows - 1, a->col + 1, a->cols - 1, RD_ATTR_BOLD, text);
}

// The step of the chosen walk's hop, or of the one before it.
static int place_of(const struct rd_view *v, const struct rd_ladder *l)
{
	int at = 0;

	for (unsigned i = 0; i < l->steps; i++)
		if (l->step[i].w->number == v->walk
			&& (l->step[i].hop <= v->hop || l->step[i].first))
			at = (int)i;
	return at;
}

void rd_draw_ladder(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	int room = a.cols - TIME - NOTE, rows = a.rows - 3, width, top;
	struct rd_ladder l;

	if (rd_ladder_make(&l, s, v->walk, false) == 0 && (int)l.cols * LEAST > room) {
		rd_ladder_free(&l);
		if (rd_ladder_make(&l, s, v->walk, true) < 0)
			return;
	}
	if (l.steps == 0 || rows < 1) {
		rd_ladder_free(&l);
		return;
	}
	width = room / (int)l.cols;
	width = width < LEAST ? LEAST : width > 16 ? 16 : width;
	put_names(&l, g, &a, width);
	rd_grid_text(g, a.row + 1, a.col, TIME - 1, RD_ATTR_BOLD,
		v->absolute ? "  min:s" : "         us");
	top = place_of(v, &l) - rows / 2;
	top = top > (int)l.steps - rows ? (int)l.steps - rows : top;
	top = (top < 0 ? 0 : top) + v->scroll;
	for (int i = 0; i < rows && top + i < (int)l.steps; i++)
		if (top + i >= 0)
			put_step(v, &l, &l.step[top + i], g,
				(struct rd_area){a.row + 2 + i, a.col, 1, width});
	put_sum(&l, g, &a);
	rd_ladder_free(&l);
}
