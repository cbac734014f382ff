/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --diff: what stages did to a walk's bytes, as a dump of what came, went and changed. Main thread.
 */
#pragma once

#include <stdbool.h>

#include "walk.h"

// Whether `which` means hop i of the walk: "all", a hop's number, or the name of its stage.
bool pk_walk_diff_wants(const char *which, const struct pk_walk *w, unsigned i);
// Prints the difference between the records of hops i and i + 1. 0, or as pk_text_line().
int pk_walk_print_bytes(const struct pk_walk *w, unsigned i, struct rd_err *err);
