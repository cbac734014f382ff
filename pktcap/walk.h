/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One packet's walk through the stages: its records, copied, and the table that shows them. Main thread.
 */
#pragma once

#include <stdbool.h>

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
	uint64_t last_ns; // that record's own time
	size_t bytes; // memory that it takes
	struct pk_walk *next_same, *older, *newer; // walks.c
	struct pk_hop *hops;
	unsigned count, cap;
	bool asked; // it was at a point that was asked for
	unsigned left_out; // hops beyond PK_WALK_HOPS
};

struct pk_walk *pk_walk_new(uint64_t packet_id); // NULL when out of memory
int pk_walk_add(struct pk_walk *w, const struct pk_rec *r); // 0 or -ENOMEM
void pk_walk_free(struct pk_walk *w); // NULL is fine
// The record of hop i, with pointers that are good now (hops may have moved since it was added).
struct pk_rec pk_walk_rec(const struct pk_walk *w, unsigned i);
// The packet in tcpdump's words, without the Ethernet part; of a tunnel packet the frame inside.
void pk_walk_packet(const struct pk_walk *w, struct rd_oneline *oneline, char *buf, size_t size);
// "DELIVERED", "DROPPED DFW_RULE_DENY": what became of the packet, as far as its last record tells.
void pk_walk_end(const struct pk_walk *w, char *buf, size_t size);
// The rule because of which a firewall made the packet; 0 if none did.
uint32_t pk_walk_made_rule(const struct pk_rec *first);
// Prints the table to standard output; form: there was a filter, so say which form of the packet matched. 0, or as
// pk_text_line().
int pk_walk_print(
	const struct pk_walk *w, struct rd_oneline *oneline, bool form, struct rd_err *err);
