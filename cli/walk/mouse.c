/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the mouse does, and what time does: the newest walk is followed, the dot walks. Pure.
 */
#include "walk/panes.h"

static const struct rd_hit *hit_at(const struct rd_view *v, int row, int col)
{
	for (unsigned i = 0; i < v->hits; i++) {
		const struct rd_area *a = &v->hit[i].area;

		if (row >= a->row && row < a->row + a->rows && col >= a->col
			&& col < a->col + a->cols)
			return &v->hit[i];
	}
	return NULL;
}

void rd_view_click(struct rd_view *v, struct rd_store *s, int row, int col, bool twice)
{
	const struct rd_hit *hit = hit_at(v, row, col);
	int line = hit != NULL ? row - hit->area.row - 1 : -1; // below the heading
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	uint64_t number;

	if (hit == NULL || v->prompt != RD_PROMPT_NONE || v->help > 0)
		return;
	if (hit->area.rows == 1 && row == 1) { // a tab
		rd_view_go(v, hit->pane);
	} else if (hit->pane == RD_PANE_MAP) { // a hop of the picture
		rd_view_move_hop(v, s, (int)hit->top - (int)v->hop);
	} else if (hit->pane == RD_PANE_WALKS && line >= 0) {
		number = hit->top;
		for (; line > 0 && number != 0; line--)
			number = rd_store_step(s, number - 1, -1);
		v->follow = false;
		rd_view_go(v, RD_PANE_WALKS);
		rd_view_choose(v, number);
		if (twice)
			rd_view_open(v);
	} else if (hit->pane == RD_PANE_HOPS && line >= 0 && w != NULL) {
		rd_view_go(v, RD_PANE_HOPS);
		rd_view_move_hop(v, s, (int)hit->top + line - (int)v->hop);
		if (twice)
			rd_view_open(v);
	}
}

void rd_view_wheel(struct rd_view *v, struct rd_store *s, int lines)
{
	if (v->prompt == RD_PROMPT_NONE && v->help == 0)
		rd_view_down(v, s, lines);
}

void rd_view_tick(struct rd_view *v, const struct rd_store *s, bool step)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (v->follow || w == NULL || !w->shown) {
		uint64_t newest = s->next > s->first ? rd_store_step(s, s->next - 1, -1) : 0;

		if (newest != v->walk)
			v->hop = 0;
		v->walk = newest;
		w = rd_store_walk(s, newest);
	}
	if (w == NULL || v->hop + 1 >= w->n)
		v->playing = false;
	if (v->playing && step)
		v->hop++;
	if (w != NULL && w->n > 0 && v->hop >= w->n)
		v->hop = w->n - 1;
}
