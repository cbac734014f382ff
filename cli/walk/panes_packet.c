/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes of one packet: what a hop changed, and the bytes. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <string.h>

// The hop before the chosen one, and that; false when there are no two.
static bool pair(const struct rd_view *v, const struct rd_wk *w, unsigned *before, unsigned *after)
{
	if (w == NULL || w->n < 2)
		return false;
	*after = v->hop > 0 && v->hop < w->n ? v->hop : 1;
	*before = *after - 1;
	return true;
}

void rd_draw_diff(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	char text[2048], *line = text;
	unsigned i, j;

	if (!pair(v, w, &i, &j))
		return;
	rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD,
		" hop %u %s > hop %u %s   - removed + added ~ changed", i, w->hop[i].stage->name, j,
		w->hop[j].stage->name);
	rd_wk_layers(w, i, j, text, sizeof(text));
	for (int row = 1 - v->scroll; row < a.rows && line != NULL; row++) {
		char *end = strchr(line, '\n');
		unsigned attr = *line == '+' ? RD_ATTR_GREEN
			: *line == '-'	     ? RD_ATTR_RED
			: *line == '~'	     ? RD_ATTR_YELLOW
					     : 0;

		if (end != NULL)
			*end = '\0';
		if (row > 0)
			rd_grid_text(g, a.row + row, a.col + 1, a.cols - 1, attr, line);
		line = end != NULL ? end + 1 : NULL;
	}
}

struct rows { // of a hex dump
	struct rd_grid *g;
	struct rd_area a;
	int row, per; // bytes in a row
};

// len bytes of one side; sign tells what became of them.
static void put_bytes(
	struct rows *r, char sign, unsigned attr, const uint8_t *bytes, uint32_t off, uint32_t len)
{
	for (uint32_t done = 0; done < len; done += (uint32_t)r->per, r->row++) {
		char text[160];
		size_t at = (size_t)snprintf(text, sizeof(text), "%04x %c", off + done, sign);

		if (r->row < 1 || r->row >= r->a.rows)
			continue;
		for (uint32_t i = done; i < len && i < done + (uint32_t)r->per; i++)
			at += (size_t)snprintf(
				text + at, sizeof(text) - at, " %02x", bytes[off + i]);
		rd_grid_text(r->g, r->a.row + r->row, r->a.col + 1, r->a.cols - 1, attr, text);
	}
}

void rd_draw_hex(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	struct rows r = {g, a, 1 - v->scroll, a.cols >= 56 ? 16 : 8};
	struct pk_frame before, after;
	struct pk_edits edits;
	unsigned i, j;

	if (!pair(v, w, &i, &j))
		return;
	before = rd_wk_frame(&w->hop[i]);
	after = rd_wk_frame(&w->hop[j]);
	rd_grid_printf(
		g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD, " bytes of hop %u > hop %u", i, j);
	pk_walk_edits(&before, &after, &edits);
	for (unsigned k = 0; k < edits.count; k++) {
		const struct pk_edit *e = &edits.list[k];

		if (e->kind == PK_EDIT_SAME)
			put_bytes(&r, ' ', 0, after.bytes, e->after, e->len);
		if (e->kind == PK_EDIT_REMOVED || e->kind == PK_EDIT_CHANGED)
			put_bytes(&r, '-', RD_ATTR_RED, before.bytes, e->before, e->len);
		if (e->kind == PK_EDIT_ADDED || e->kind == PK_EDIT_CHANGED)
			put_bytes(&r, '+', RD_ATTR_GREEN, after.bytes, e->after, e->len);
	}
}
