/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes. Each draws itself into an area of any size; w may be NULL. Pure drawing, for draw.c.
 */
#pragma once

#include "walk/view.h"

void rd_draw_walks(
	struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_hops(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
// The walk's ports in a row with the dot, 4 rows; or its stages in one row.
void rd_draw_strip(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_line(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_map(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
// The chosen hop against the one before it, or the one that the person picked.
void rd_draw_diff(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_hex(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
// The same pane with what sharkd says of the packet.
void rd_draw_deep(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_flow(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_dfw(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_ladder(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
void rd_draw_mirror(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a);
void rd_draw_paths(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);

// What was drawn here, for the mouse.
void rd_pane_hit(struct rd_view *v, enum rd_pane pane, struct rd_area a, uint64_t top);
// A line of a pane that scrolls: row counts from 0 at the pane's top, below a heading that stays.
void rd_pane_line(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	unsigned attr, const char *text);
// A list that the daemon gave about the chosen walk, or about itself (any); NULL if it has not.
const json_t *rd_pane_facts(const struct rd_view *v, const char *name, bool any);
const char *rd_pane_text(const json_t *item, const char *key);
long long rd_pane_number(const json_t *item, const char *key);
// Why there are no facts: what it is waiting for, or would need.
void rd_pane_unknown(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const char *of_files);
#define RD_PANE_ROOMY \
	12 // rows, from which on a pane shows what the walks say besides what the daemon says
// The port whose firewall the walk met, "" if none; *dir: "in" or "out", NULL is fine.
const char *rd_wk_guarded(const struct rd_wk *w, const char **dir);
// The port that a mirror of this conversation has as its source, and the words for its stages, if it is not to copy at the port's edge.
const char *rd_wk_guest(const struct rd_wk *w, const char **stages);
