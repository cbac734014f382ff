/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tcpdump's dumps of a packet: -x, -xx, -X, -XX. Main thread.
 */
#pragma once

#include "base/err.h"
#include "rec.h"

// -x and -X as often as they were given: once leaves the link header out. Nothing if neither was. 0, or as pk_text_line().
int pk_dump(const struct pk_rec *r, unsigned hex, unsigned ascii, struct rd_err *err);
