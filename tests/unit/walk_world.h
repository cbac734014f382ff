/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A view of three walks: 1 and 3 are delivered, 2 is dropped at a port with a hostile name; packet ids are 70 more. For tests that type.
 */
#pragma once

#include "walk/panes.h"

extern struct rd_store store;
extern struct rd_view view;

int fill(void **state);
int empty(void **state);
void type(const char *text); // the walk goes on
bool has(const char *text); // the screen, 30 rows of 100 columns
