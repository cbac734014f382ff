/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The screen in memory. Nothing outside of it is ever written.
 */
#include "walk/grid.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rd_grid_open(struct rd_grid *g, int rows, int cols)
{
	g->rows = rows > 0 ? rows : 1;
	g->cols = cols > 0 ? cols : 1;
	g->cell = calloc((size_t)g->rows * (size_t)g->cols, sizeof(*g->cell));
	if (g->cell == NULL)
		return -ENOMEM;
	for (int i = 0; i < g->rows * g->cols; i++)
		g->cell[i].text[0] = ' ';
	return 0;
}

void rd_grid_close(struct rd_grid *g)
{
	free(g->cell);
	g->cell = NULL;
}

static struct rd_cell *cell_at(const struct rd_grid *g, int row, int col)
{
	if (row < 0 || row >= g->rows || col < 0 || col >= g->cols)
		return NULL;
	return &g->cell[row * g->cols + col];
}

int rd_grid_text(struct rd_grid *g, int row, int col, int width, unsigned attr, const char *text)
{
	const char *end = text + strlen(text);
	int used = 0;

	while (text < end) {
		char shown[RD_CLEAN_MAX];
		int columns = (int)rd_clean_next(&text, end, shown);
		bool wide = columns == 2 && shown[0] != '\\';

		if (used + columns > width || col + used + columns > g->cols)
			break;
		for (int i = 0; i < columns; i++) {
			struct rd_cell *c = cell_at(g, row, col + used + i);

			if (c == NULL)
				continue;
			memset(c, 0, sizeof(*c));
			c->attr = (unsigned char)attr;
			if (columns == 1 || (wide && i == 0))
				memcpy(c->text, shown, sizeof(c->text));
			else if (!wide)
				c->text[0] = shown[i];
		}
		used += columns;
	}
	return used;
}

int rd_grid_printf(struct rd_grid *g, struct rd_span at, unsigned attr, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return rd_grid_text(g, at.row, at.col, at.width, attr, text);
}

void rd_grid_attr(struct rd_grid *g, int row, int col, int width, unsigned attr)
{
	for (int i = 0; i < width; i++) {
		struct rd_cell *c = cell_at(g, row, col + i);

		if (c != NULL)
			c->attr |= (unsigned char)attr;
	}
}

void rd_grid_row(const struct rd_grid *g, int row, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int col = 0; col < g->cols; col++) {
		const struct rd_cell *c = cell_at(g, row, col);

		if (c != NULL)
			rd_str_addf(buf, size, &len, "%s", c->text);
	}
	while (len > 0 && buf[len - 1] == ' ')
		buf[--len] = '\0';
}
