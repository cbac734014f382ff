/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ways through the switch, and who wants to see what of their packets: fast_tap_plan.c makes them for the fast path's captures, see
 * fast_tap.h. Worker thread.
 */
#pragma once

#include "core/tap_priv.h"

enum fast_form {
	FAST_OUTER, // as a tunnel packet came in
	FAST_PLAIN, // without tunnel headers
	FAST_ENCAP_, // as a tunnel packet goes out
	FAST_FORMS,
};
#define FAST_STEPS 9 // stages
#define FAST_PLANS 16 // per worker; a power of two

enum fast_rule { // whose decided last
	FAST_RULE_NONE,
	FAST_RULE_OUT,
	FAST_RULE_IN,
};

struct fast_step { // a stage on the way, and what a record there says
	uint8_t stage, form, flags;
	uint8_t rule; // enum fast_rule
	bool out_side; // names the port that the packet leaves by
	bool in_segment; // the VNI is known
	bool found; // the flow's entry is known
	uint32_t what; // as it is written (fast_tap_rec.c): hdr_len, stage, dir
	uint32_t who; // reason, worker
	uint32_t came; // prev_stage, lcore, hop
	uint64_t port; // port_id, port_idx, queue
};

// A way through the switch: which stages, from which port to which; and who wants to see what of it.
struct fast_plan {
	uint64_t key;
	uint32_t epoch, gen; // of the sessions, of the ports
	uint32_t vni; // of a guest's segment
	uint16_t port[2]; // in, out
	uint32_t packets; // not yet counted
	uint32_t drowned; // of those, all that came when every ring was full
	uint8_t nb; // steps
	uint8_t rule; // enum fast_rule, when it leaves
	enum fast_form first, last;
	struct fast_step step[FAST_STEPS];
	uint16_t of_form[FAST_FORMS]; // steps, a bit each
	uint64_t slots[FAST_FORMS]; // sessions that want to see this form
	uint64_t everyone; // of all forms
	uint64_t leave; // sessions that may ask again when the packet has left
	bool open; // all of them want every packet
	bool slow; // some do, or count for themselves
	uint8_t sole; // 1 + slot of the only session, a sink that wants all packets at one step; 0: it is not so
	// whose answers say that nobody wants a packet: of the plain frame, of the outer headers it came with, or goes with
	uint64_t ask_plain, ask_outer, ask_encap;
	uint16_t want[RD_TAP_SLOTS]; // steps, a bit each
};

struct fast_way { // what a plan depends on, besides the sessions
	uint16_t in, out; // ports
	uint8_t acts; // enum fast_way_act
};
enum fast_way_act {
	WAY_DECAP = 1 << 0,
	WAY_DFW_OUT = 1 << 1,
	WAY_DFW_IN = 1 << 2,
	WAY_ENCAP = 1 << 3,
	WAY_DIRECT = 1 << 4, // to a device
};

struct fast_taps;
struct fast_plan *fast_plan(struct fast_taps *t, const struct fast_way *way);
void fast_plan_count(struct fast_taps *t);
void fast_plan_skip(const struct fast_taps *t, const struct fast_plan *p, struct rd_capture *c);
struct fast_plan *fast_plan_of(const struct fast_taps *t, unsigned i); // one with packets
