/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk on a terminal (ncursesw): keys in, frames out, at most 20 in a second. One thread.
 */
#pragma once

#include "base/err.h"
#include "walk/source.h"

// Whether this terminal can show it.
bool rd_tui_possible(void);
// Until the person leaves. name: where the walks come from, for the title. 0 or a negative errno.
int rd_tui_run(
	struct rd_source *source, struct rd_store *store, const char *name, struct rd_err *err);
