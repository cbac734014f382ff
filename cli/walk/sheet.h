/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What lies over the panes until a key: lines of a name and a text, page by page. Pure; one thread.
 */
#pragma once

#include "walk/view.h"

struct rd_sheet_line {
	char name[64], text[600];
};

// Fills at most max lines; how many.
typedef unsigned (*rd_sheet_fn)(const struct rd_view *v, const struct rd_store *s,
	struct rd_sheet_line *line, unsigned max);
// sheet_facts.c
unsigned rd_sheet_explain(const struct rd_view *v, const struct rd_store *s,
	struct rd_sheet_line *line, unsigned max);
unsigned rd_sheet_times(const struct rd_view *v, const struct rd_store *s,
	struct rd_sheet_line *line, unsigned max);

void rd_sheet_lay(struct rd_view *v, enum rd_sheet sheet);
void rd_sheet_draw(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a);
