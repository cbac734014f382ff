/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A view of three walks: 1 and 3 are delivered, 2 is dropped at a port with a hostile name; packet ids are 70 more. For tests that
 * type; walk_typed.c has walks of its own.
 */
#pragma once

#include "walk/panes.h"

extern struct rd_store store;
extern struct rd_view view;

struct hop {
	unsigned id, ns;
	const char *stage, *port, *hex, *more; // more: further members, each with a comma before it
};
int fill_with(const struct hop *list, unsigned n,
	unsigned len); // other walks, of frames of this length; the view is at the third
int fill(void **state);
int empty(void **state);
void type(const char *text); // the walk goes on
bool has(const char *text); // the screen, 30 rows of 100 columns
bool has_at(int rows, int cols, const char *text, int from); // a row has it at or behind a column
