/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names that a capture point can have: a stage's, one of pktcap-uw's, or one of ours for packets at several stages.
 * Made from points.def and the stages. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/caprec.h"
#include "api/stages.h"
#include "base/err.h"

enum pk_when { // which of a stage's packets
	PK_WHEN_ALWAYS,
	PK_WHEN_HIT, // just found in the flow cache
	PK_WHEN_MISS, // just not found there
};

struct pk_named_point {
	unsigned number; // pktcap-uw's; 0 = one of ours
	const char *name;
	uint64_t stages; // bits of enum rd_stage; 0 = nothing like it here, the note says why
	enum pk_when when;
	const char *what, *note;
};

extern const struct pk_named_point pk_named_points[];
extern const unsigned pk_named_points_count;

struct pk_place { // what a name means
	uint64_t stages;
	enum pk_when when;
};

// `function` is -f, for the points that take one (NULL = none). 0, -ENOENT without *err if the word is no point's name,
// or another negative errno with *err.
int pk_point_by_name(
	const char *word, const char *function, struct pk_place *place, struct rd_err *err);
bool pk_when_is(enum pk_when when, const struct rd_cap_rec *rec);
