/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the options say about sessions, triggers and files that follow each other: parts of struct pk_opts.
 */
#pragma once

#include "drops.h"

struct pk_session_opts {
	const char *name; // NULL = the daemon makes one
	const char *attach; // a session that is there; NULL = start one
	const char *target; // of show and stop
	uint64_t keep_s; // how long it lives without us
	uint64_t duration_ms, max_bytes; // 0 = no limit
	uint64_t max_cost; // per cent of a worker's time; 0 = no limit
};

struct pk_condition { // what a trigger waits for: a drop, or a packet
	bool given;
	struct pk_drops drops; // given: at the stage drop, of these reasons
	const char *filter; // else
};

struct pk_trigger_opts {
	struct pk_condition start, stop;
	uint64_t before, after; // packets
	bool has_after;
};

struct pk_rotate_opts {
	uint64_t size; // -C, bytes; 0 = no limit
	uint64_t seconds; // -G; 0 = no limit
	uint64_t files; // -W; 0 = keep all
	uint64_t min_free; // bytes that stay free on the file system; 0 = none
	uint64_t max_total; // bytes of all sessions' files on the file system; 0 = no limit
};

static inline bool pk_rotates(const struct pk_rotate_opts *r)
{
	return r->size != 0 || r->seconds != 0;
}
