/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A conversation as steps: which walks belong to it, the columns that they pass, one step per hop that is shown. For panes_ladder.c; pure.
 */
#pragma once

#include "walk/tuple.h"

#define RD_LADDER_WALKS 256
#define RD_LADDER_COLS 24

struct rd_ladder_step {
	const struct rd_wk *w;
	unsigned hop;
	int from, to; // columns; from -1: it comes from outside
	bool first, turned, again; // of its walk; against the first walk's direction; a retransmit
};

struct rd_ladder {
	struct rd_ladder_step *step; // in the order of time
	unsigned steps;
	char col[RD_LADDER_COLS][64]; // "host/name"
	unsigned cols;
	uint64_t first_ns;
	uint64_t there_ns, back_ns,
		between_ns; // through the switch, both ways; in the guest. 0: not seen
	unsigned retransmits;
};

// ports: without the stages between them. 0 or -ENOMEM.
int rd_ladder_make(struct rd_ladder *l, const struct rd_store *s, uint64_t walk, bool ports);
void rd_ladder_free(struct rd_ladder *l);
