/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The file that a full-screen walk begins with, see rc.c.
 */
#pragma once

#include "walk/view.h"

// What is wrong with it is in v->notice.
void rd_rc_read(struct rd_view *v, struct rd_store *s);
// A line of it. False with why.
bool rd_rc_line(struct rd_view *v, struct rd_store *s, const char *line, struct rd_show_err *why);
