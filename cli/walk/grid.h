/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A screen in memory: what the walk draws on and the terminal shows. Text is cleaned on its way in. Pure; one thread.
 */
#pragma once

#include "engine/clean.h"

enum rd_attr {
	RD_ATTR_BOLD = 1 << 0,
	RD_ATTR_REVERSE = 1 << 1,
	RD_ATTR_DIM = 1 << 2,
	RD_ATTR_RED = 1 << 3,
	RD_ATTR_GREEN = 1 << 4,
	RD_ATTR_YELLOW = 1 << 5,
	RD_ATTR_FOUND = 1 << 6, // what is searched: underlined
};

struct rd_cell {
	char text[RD_CLEAN_MAX]; // "" behind a wide character
	unsigned char attr;
};

struct rd_grid {
	int rows, cols;
	struct rd_cell *cell;
};

struct rd_span {
	int row, col, width;
};
#define RD_SPAN(row, col, width) ((struct rd_span){(row), (col), (width)})

int rd_grid_open(struct rd_grid *g, int rows, int cols); // blank; 0 or -ENOMEM
void rd_grid_close(struct rd_grid *g);
// Writes at (row, col), at most width columns; what is outside is not drawn. Returns the columns used.
int rd_grid_text(struct rd_grid *g, int row, int col, int width, unsigned attr, const char *text);
int rd_grid_printf(struct rd_grid *g, struct rd_span at, unsigned attr, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void rd_grid_attr(struct rd_grid *g, int row, int col, int width, unsigned attr);
// The row as text without blanks at its end, for tests and plain output.
void rd_grid_row(const struct rd_grid *g, int row, char *buf, size_t size);
