/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The pane of the bytes, when it shows the packet as sharkd or tshark dissects it. Pure drawing.
 */
#include "walk/panes.h"

#include <string.h>

static bool is_about(const struct rd_view *v, uint64_t walk, unsigned hop)
{
	return v->tree != NULL && (uint64_t)rd_pane_number(v->tree, "walk") == walk
		&& (unsigned)rd_pane_number(v->tree, "hop") == hop;
}

bool rd_view_ask_deep(const struct rd_view *v, const struct rd_store *s, struct rd_deep_ask *ask)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const struct rd_wk_hop *h = w != NULL && v->hop < w->n ? &w->hop[v->hop] : NULL;

	if (!v->deep || v->playing || h == NULL || h->caplen == 0 || is_about(v, v->walk, v->hop))
		return false;
	*ask = (struct rd_deep_ask){.walk = v->walk, .hop = v->hop, .wire_len = h->len};
	ask->len = h->caplen < sizeof(ask->bytes) ? h->caplen : sizeof(ask->bytes);
	memcpy(ask->bytes, h->bytes, ask->len);
	return true;
}

void rd_draw_deep(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	const json_t *lines, *line;
	const char *error, *by; // of what answered last
	size_t i;

	if (w == NULL || v->hop >= w->n)
		return;
	by = rd_pane_text(v->tree, "by");
	by = *by != '\0' ? by : "sharkd";
	rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD,
		" hop %u %s as %s dissects it   (d: the bytes)", v->hop, w->hop[v->hop].stage->name,
		by);
	if (w->hop[v->hop].caplen == 0) {
		rd_pane_line(v, g, &a, 0, 0, "the record has no bytes");
		return;
	}
	if (!is_about(v, v->walk, v->hop)) {
		rd_pane_line(v, g, &a, 0, RD_ATTR_DIM,
			*by == 's' ? "sharkd is asked" : "tshark is asked");
		return;
	}
	error = rd_pane_text(v->tree, "error");
	if (*error != '\0')
		rd_pane_line(v, g, &a, 0, RD_ATTR_RED, error);
	lines = json_object_get(v->tree, "lines");
	json_array_foreach (lines, i, line) {
		const char *text = json_string_value(line);

		rd_pane_line(v, g, &a, (int)i, *text != ' ' ? RD_ATTR_BOLD : 0, text);
	}
}
