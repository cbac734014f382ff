/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture on the fast path: the records that the stages' taps would make of a packet, made at once before the packet leaves. Each
 * packet has up to three forms on its way; all that their records hold can be told from the last one: the bytes of headers that
 * were taken off lie before the frame, those that were put on are before it now.
 *
 * Packets that leave together by one port are looked at together: those that come the same way share a plan (fast_tap_plan.c), by
 * which they are counted as seen; filters are asked once per form, or the flow's entry knows their answer (fast_tap.c); what is
 * wanted is written (fast_tap_rec.c). The TX stage is in the plan where the packet goes straight to a device. Elsewhere, and at drop,
 * the stages' own taps find what they need in the metadata. Worker thread.
 */
#pragma once

#include "core/tap_priv.h"
#include "nodes/fast.h"
#include "nodes/fast_plan.h"
#include "tables/flow_verdict.h"

struct fast_taps { // one per worker; of a burst
	struct rd_worker *w;
	const struct rd_tapset *set;
	uint64_t ns; // 0: nothing was wanted yet
	uint64_t looked; // sessions whose reader was looked for
	uint64_t dirty; // ... that got records
	uint64_t full; // ... whose ring refused one
	uint64_t sinks; // those without a ring that got packets
	uint16_t used; // plans with packets, a bit each
	struct fast_cost *cost; // NULL: this burst is not measured
	uint64_t cycles; // of a measured one, so far
	uint64_t asked; // candidates, a bit each, of which is known:
	uint32_t done[FAST_BURST], match[FAST_BURST]; // as in the metadata: the lower slots
};

struct fast_seen { // a packet
	struct rte_mbuf *m;
	const struct rd_flow *f;
	struct fast_via *via; // NULL: came from a guest
	const struct fast_plan *plan;
	uint64_t packet_id, parent_id;
	uint32_t came; // lcore, hop
	uint32_t vni; // of its segment
	uint32_t hash; // 0 = not worked out yet
	uint64_t match; // sessions that it had matched when it came
	uint64_t skip; // ... that pass it over (core/thin.h)
	uint16_t strip; // bytes of outer headers taken off
	uint16_t pushed; // ... put on
	uint8_t stage; // that it came from
	uint8_t flags; // of each record
	struct rd_verdict plain; // of this packet's plain form
	struct rd_flow_verdict *kept; // for all of the flow, or NULL
};

// What a form's records have in common.
struct fast_hits {
	enum fast_form form;
	int32_t off; // where it begins, from the packet's present start
	uint32_t len;
	uint32_t inner_off; // 0 = no tunnel inside
	uint64_t any, inner,
		followed; // sessions that want it; because of the frame inside; because they did before
};

struct fast_frame { // what a program runs on
	int32_t off; // from the packet's present start
	uint32_t len;
	enum { // what all packets of a flow have in common
		FAST_SAME_IP4,
		FAST_SAME_IP6,
		FAST_SAME_OUTER, // headers that it comes with
		FAST_SAME_ENCAP, // headers that it goes with
	} same;
};

// fast_tap_ask.c
// Runs the programs of `need` on a frame; what is the same for all of the flow goes into *keep, too (NULL: nowhere).
void fast_ask(struct fast_taps *t, struct rte_mbuf *m, const struct fast_frame *f, uint64_t need,
	struct rd_verdict *now, struct rd_verdict *keep);
// Which of `ask` want the frame inside a tunnel that a guest made by itself; h->inner_off is set.
uint64_t fast_ask_nested(
	struct fast_taps *t, const struct fast_seen *s, struct fast_hits *h, uint64_t ask);

struct fast_run { // packets [begin, end) of those that leave: they go the same way
	struct fast_plan *plan;
	uint16_t begin, end;
	bool direct;
};

// fast_tap.c
void fast_tap_run(struct fast_burst *b, const struct fast_run *r);

// fast_tap_burst.c, around a burst. The packets of b->out leave now; direct: to a device.
struct fast_taps *fast_taps_of(struct rd_worker *w);
void fast_tap_begin(struct fast_burst *b);
void fast_tap(struct fast_burst *b, bool direct);
void fast_tap_end(struct fast_burst *b);
// What the taps of the TX stage and of drop have to know of the j-th candidate.
void fast_tap_note(const struct fast_taps *t, uint16_t j, struct rd_meta *md);

// fast_tap_cost.c: of a measured burst. What was spent for one session, since rd_tsc() said `began`; what all took in the end.
void fast_cost_begin(struct fast_taps *t);
void fast_cost_look(struct fast_taps *t, unsigned slot, uint64_t began);
void fast_cost_write(struct fast_taps *t, struct rd_capture *c, unsigned stage, uint64_t began);
void fast_cost_end(struct fast_taps *t);
// fast_tap_rec.c
void fast_records(struct fast_taps *t, struct fast_seen *s, const struct fast_hits *h);
