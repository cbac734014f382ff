/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mirror.*: what its files share. Control thread.
 */
#pragma once

#include "control/ctl.h"
#include "session/blind.h"
#include "session/session.h"

// The parameter session: a name or an id. NULL with *req->err.
struct rd_mirror *rd_req_mirror(struct rd_request *req);
const char *rd_mirror_who(const struct rd_request *req, char buf[64]); // for the journal
void rd_ctl_mirror_clock(struct rd_ctl *ctl); // ticks while there are sessions
#define RD_MIRROR_CROWD 128
#define RD_MIRROR_WARNING (RD_MIRROR_WARN + MIRROR_BLIND_TEXT + RD_MIRROR_CROWD)
// What it gave up because of other sessions; "": nothing. Returns buf.
const char *rd_mirror_crowd(const struct rd_mirror *m, char buf[RD_MIRROR_CROWD]);
const char *rd_mirror_warning(const struct rd_mirror *m, char *buf, size_t size);
json_t *rd_mirror_item(const struct rd_mirror *m, bool whole); // of show
