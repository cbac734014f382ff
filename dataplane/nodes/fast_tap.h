/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture on the fast path: the records that the stages' taps would make of a packet, made at once when the packet has been
 * dealt with. Each packet has up to three forms on its way; all that their records hold can be told from the last one: the
 * bytes of headers that were taken off lie before the frame, those that were put on are before it now.
 *
 * Per burst: what was executed is sorted by its way (fast_tap_plan.c) and counted as seen; filters are asked once per form, or
 * the flow's entry knows their answer (fast_tap.c); what is wanted is written (fast_tap_rec.c). TX stages and drop have
 * their own taps, which find all that they need in the metadata. Worker thread.
 */
#pragma once

#include "core/tap_priv.h"
#include "nodes/fast.h"
#include "tables/flow_verdict.h"

enum fast_form {
	FAST_OUTER, // as a tunnel packet came in
	FAST_PLAIN, // without tunnel headers
	FAST_ENCAP_, // as a tunnel packet goes out
	FAST_FORMS,
};

#define FAST_STEPS 8 // stages before TX
#define FAST_PLANS 16 // per worker; a power of two

enum fast_rule { // whose rule decided last
	FAST_RULE_NONE,
	FAST_RULE_OUT,
	FAST_RULE_IN,
};

struct fast_step { // a stage on the way, and what a record there says
	uint8_t stage, dir, form, flags, rule;
	bool out_side; // names the port that the packet leaves by
	bool in_segment; // the VNI is known
	bool found; // the flow's entry is known
};

// A way through the switch: which stages, from which port to which; and who wants to see what of it.
struct fast_plan {
	uint64_t key;
	uint32_t epoch, gen; // of the sessions, of the ports
	uint32_t vni; // of a guest's segment
	uint32_t port_id[2]; // in, out
	uint16_t port[2];
	uint16_t packets; // of this burst, not yet counted
	uint16_t drowned; // of those, all that came when every ring was full
	uint8_t nb; // steps
	uint8_t rule; // enum fast_rule, when it leaves
	enum fast_form first, last;
	struct fast_step step[FAST_STEPS];
	uint16_t of_form[FAST_FORMS]; // steps, a bit each
	uint32_t slots[FAST_FORMS]; // sessions that want to see this form
	uint32_t leave; // sessions that look at the TX stage or at drops
	bool slow; // some session wants every packet, or counts for itself
	// whose answers say that nobody wants a packet: of the plain frame, of the outer headers it came with, or goes with
	uint32_t ask_plain, ask_outer, ask_encap;
	uint16_t want[RD_CAPTURE_MAX]; // steps, a bit each
};

struct fast_taps { // a burst
	struct rd_worker *w;
	const struct rd_tapset *set;
	uint64_t ns;
	uint32_t dirty; // sessions that got records
	uint32_t full; // sessions whose ring refused one
	uint16_t used; // plans with packets, a bit each
	struct fast_cost *cost; // NULL: this burst is not measured
};

struct fast_seen { // a packet
	struct rte_mbuf *m;
	struct rd_meta *md;
	const struct rd_flow *f;
	struct fast_via *via; // NULL: came from a guest
	struct fast_plan *plan;
	uint32_t vni; // of its segment
	uint16_t strip; // bytes of outer headers taken off
	uint16_t pushed; // ... put on
	uint8_t hop, stage; // when it came
	uint32_t skip; // sessions that pass it over (core/thin.h)
	struct rd_verdict plain; // of the plain form; for this packet
	struct rd_flow_verdict *kept; // for all of the flow; NULL: nowhere
};

// What a form's records have in common.
struct fast_hits {
	enum fast_form form;
	int32_t off; // where it begins, from the packet's present start
	uint32_t len;
	uint32_t inner_off; // 0 = no tunnel inside
	uint32_t any, inner,
		followed; // sessions that want it; because of the frame inside; because they did before
};

// fast_tap.c: after a burst; next[] as fast_exec_all() left it, packets not yet sent.
void fast_tap(struct fast_burst *b, const uint16_t *next);
// fast_tap_plan.c
struct fast_plan *fast_plan(struct fast_taps *t, const struct fast_seen *s);
void fast_plan_count(struct fast_taps *t);
void fast_plan_skip(struct fast_taps *t, const struct fast_seen *s, struct rd_capture *c);
// fast_tap_cost.c: of a measured burst. What was spent for one session, since rd_tsc() said `began`; what all took in the end.
void fast_cost_begin(struct fast_taps *t);
void fast_cost_look(struct fast_taps *t, unsigned slot, uint64_t began);
void fast_cost_write(struct fast_taps *t, struct rd_capture *c, unsigned stage, uint64_t began);
void fast_cost_end(struct fast_taps *t, uint64_t cycles);
// The plans that have packets, for fast_cost_end().
struct fast_plan *fast_plan_of(const struct fast_taps *t, unsigned i);
// fast_tap_rec.c
void fast_records(struct fast_taps *t, const struct fast_seen *s, const struct fast_hits *h);
