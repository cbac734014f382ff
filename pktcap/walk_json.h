/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --trace --json: one object per walk. Main thread.
 */
#pragma once

#include <jansson.h>

#include "walk.h"

// NULL when out of memory.
json_t *pk_walk_json(const struct pk_walk *w, struct rd_oneline *oneline);
