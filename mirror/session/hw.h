/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions and network cards: what session/offload.h has to know of a session, and what follows for its run. Control thread.
 */
#pragma once

#include "session/offload.h"
#include "session/session.h"

struct rd_offload *mirror_hw(void); // the daemon's; NULL: no memory
// The session's points, for workers that are about to run r: they look at what a card copies, and leave it. -errno with *err: offload
// require cannot be met.
int mirror_hw_apply(struct rd_mirror *m, struct mirror_run *r, struct rd_err *err);
void mirror_hw_revoke(struct rd_mirror *m); // no card copies for it any more
// How the points are copied, see rd_offload_summary(); and why nothing better.
const char *mirror_hw_path(const struct rd_mirror *m);
const char *mirror_hw_why(struct rd_mirror *m, char *buf, size_t size);
// Packets that cards copied, as their rules count; false: a rule that cannot.
bool mirror_hw_hits(const struct rd_mirror *m, uint64_t *hits);
void mirror_hw_tick(
	uint64_t now_ns); // once a second; sessions whose points have changed are marked
// For explain: m's points as they are, or as they would be. NULL with *err.
struct rd_offload_session *mirror_hw_explain(struct rd_mirror *m, struct rd_err *err);
void mirror_hw_fini(void);

// The device of a port has been opened; is about to be closed.
void rd_mirror_port_opened(uint16_t ethdev);
void rd_mirror_port_closing(uint16_t ethdev);
