/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state machine of mirror sessions (state.c), for session.c. Control thread.
 */
#pragma once

#include "session/session.h"

// Makes the session run, or look for its collector. -errno with *err: it cannot be, and is as before.
int mirror_state_start(struct rd_mirror *m, struct rd_err *err);
// After a change of its spec while it runs; old: the spec before. As above.
int mirror_state_rebuild(struct rd_mirror *m, const struct rd_mirror_spec *old, struct rd_err *err);
// Workers forget the session; its counters stay.
void mirror_state_end(
	struct rd_mirror *m, enum rd_mirror_oper to, const char *sub, const char *why);
// It is so from now on, and why; in the journal if that is new.
void mirror_state_turn(
	struct rd_mirror *m, enum rd_mirror_oper to, const char *sub, const char *why);
// guard.c: false: the session is no longer of interest.
bool mirror_guard(struct rd_mirror *m, uint64_t now_ns);
// tell.c: where the numbers of the collectors come from.
struct mirror_numbers {
	int8_t from[RD_MIRROR_DESTS]; // the collector's place before; -1 = it is new
	uint32_t seq[RD_MIRROR_DESTS]; // of a new one
};
// numbers NULL: the collectors are the same. 0 or -errno with *err.
int mirror_tell_owner(
	struct rd_mirror *m, const struct mirror_numbers *numbers, struct rd_err *err);

// names.c
uint8_t mirror_ip_proto(const struct rd_mirror_spec *s); // of its copies
uint16_t mirror_udp_port(const struct rd_mirror_spec *s);

void mirror_state_guard(void); // whose copies are never copied, and where we listen: anew
