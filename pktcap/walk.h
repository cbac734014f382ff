/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One packet's walk through the stages: its records, copied, and the table that shows them. Main thread.
 */
#pragma once

#include "base/err.h"
#include "decode/oneline.h"
#include "rec.h"

#define PK_WALK_HOPS 256 // more are counted, not kept

struct pk_hop {
	struct rd_cap_rec rec;
	struct pk_rec r; // its pointers lead here
	uint8_t *bytes; // owned
};

struct pk_walk {
	uint64_t packet_id;
	uint64_t seen_ns; // monotonic time of the latest record
	struct pk_hop *hops;
	unsigned count, cap;
	bool asked; // it was at a point that was asked for
	unsigned left_out; // hops beyond PK_WALK_HOPS
};

struct pk_walk *pk_walk_new(uint64_t packet_id); // NULL when out of memory
int pk_walk_add(struct pk_walk *w, const struct pk_rec *r); // 0 or -ENOMEM
void pk_walk_free(struct pk_walk *w); // NULL is fine
// Prints the table to standard output. 0, or as pk_text_line().
int pk_walk_print(const struct pk_walk *w, struct rd_oneline *oneline, struct rd_err *err);
