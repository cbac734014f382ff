/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The picture of where we are: the walk's ports in a row, the tiers above them and the red dot below. Used by
 * report.c.
 */
#pragma once

#include <stdio.h>

#include "walk/model.h"

// Draws walk with the dot under the hop at step `at`. A walk that takes `first`'s ports the other way round is
// drawn from right to left, so that the picture stays the same and only the dot moves. colour: with ANSI codes.
void rd_picture_draw(FILE *out, const struct rd_walk *walk, const struct rd_walk *first,
	unsigned at, bool colour);
