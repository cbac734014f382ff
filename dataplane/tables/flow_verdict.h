/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What capture filters said about a flow, for as long as nobody changes the flow or the sessions: beside the flow table, one
 * for each of its entries. It is there only once a session with a filter has been armed. An answer is remembered if it
 * depends on nothing but what all packets of the flow have in common (filter/note.h).
 */
#pragma once

#include "tables/flow.h"

struct rd_verdict { // bits, one per capture slot
	uint64_t known; // the answer is the same for every packet,
	uint64_t yes; // and this is it
	uint64_t vary; // it is not: ask for each packet
};

struct rd_flow_verdict {
	uint32_t seq; // of the entry's key and decisions
	uint32_t epoch; // of the sessions; 0 = nothing known
	struct rd_verdict plain; // of the frame without tunnel headers
	struct rd_verdict encap; // of the frame with those that are put on
};
_Static_assert(sizeof(struct rd_flow_verdict) == 56, "within a cache line or two");

// Control: makes the table's verdicts if it has none. 0 or -ENOMEM. They go with the table.
int rd_flow_verdict_create(struct rd_flow_table *t);

// Worker that owns t: the verdict of an entry, emptied when it is of an earlier time. NULL: nowhere to keep one.
static inline struct rd_flow_verdict *rd_flow_verdict(
	const struct rd_flow_table *t, const struct rd_flow *f, uint32_t epoch)
{
	struct rd_flow_verdict *all = __atomic_load_n(&t->verdict, __ATOMIC_ACQUIRE), *v;

	if (all == NULL)
		return NULL;
	v = &all[rd_flow_id(t, f)];
	if (v->seq != f->seq || v->epoch != epoch)
		*v = (struct rd_flow_verdict){.seq = f->seq, .epoch = epoch};
	return v;
}
