/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside mirror/session/offload*.c. Control thread.
 */
#pragma once

#include "session/flow_rules.h"
#include "session/spec.h"

#define OFFLOAD_NS_PER_S 1000000000ull
#define OFFLOAD_RETRY_S \
	30 // a full table: tried again so often, and up to a third later, not all at once

struct offload_point {
	struct rd_offload_point at;
	struct rd_flow_plan plan;
	struct rd_offload_result result;
	uint32_t set; // of rules; 0 = none
	uint32_t old_set; // that it is to replace; 0 = none, or it had to make room
	uint64_t past_hits, past_bytes; // of sets that are gone
	uint64_t set_hits, set_bytes; // of this one, at the last tick
	uint64_t seen, seen_at_hit; // by software; when the counter last moved
	uint8_t lost; // in a row, without a good count between
	uint8_t still; // ticks in which it did not, while software saw packets
	bool wait; // for its device to be opened again
	bool evicted; // its rules had to make room for one that copies for it, too
	uint64_t retry_ns; // 0 = not
};

struct offload_wish { // what was asked for last
	struct rd_offload_want want; // points to what is below
	struct rd_mirror_spec spec;
	struct rd_encap_conf head;
	struct rd_offload_own *own;
};

struct rd_offload_session {
	struct rd_offload_session *next;
	struct rd_offload *off;
	uint16_t id;
	bool changed;
	bool programmed; // else a dry run
	struct offload_wish wish;
	unsigned nb;
	struct offload_point *points;
	char step_text[RD_FLOW_MESSAGE];
};

struct offload_cap {
	struct offload_cap *next;
	uint16_t ethdev;
	struct rd_flow_cap cap;
};

struct rd_offload {
	struct rd_flow_rules rules;
	struct rd_offload_session *sessions;
	struct offload_cap *caps;
	struct rd_flow_cap nothing; // of a port without a device
	struct rd_flow_facts out; // of the egress device asked for last
	uint64_t now_ns;
	uint32_t random;
};

struct rd_flow_dev offload_dev(const struct rd_offload *off, uint16_t ethdev);
struct rd_flow_ask offload_ask(struct rd_offload_session *s, const struct offload_point *p);
// Goes from the plan on to what can really be made; p->set is the new set, what it was before stays for the caller to drop.
void offload_make(struct rd_offload_session *s, struct offload_point *p);
void offload_show(struct rd_offload_session *s, struct offload_point *p); // fills in its result
void offload_plan_again(struct rd_offload_session *s, struct offload_point *p); // from the top
void offload_forget_cap(struct rd_offload *off, uint16_t ethdev);

// --- rules that several sessions share, offload_share.c ---

enum rd_flow_taken offload_taken(
	const struct rd_flow_ask *ask, struct rd_flow_plan *plan); // of flow_plan.h
void offload_count(struct rd_offload *off,
	struct offload_point *p); // reads its rules' counters, if they have any
// It will have others: what they have counted until now is added to what went before.
void offload_fold(struct rd_offload *off, struct offload_point *p);
// p's new set copies for others, too: theirs goes.
void offload_take_along(struct rd_offload_session *s, struct offload_point *p);
// A driver that compares rules: those go first that the new set is in place of. false: there are none.
bool offload_evict(struct rd_offload_session *s, struct offload_point *p);
void offload_put_back(struct rd_offload *off); // those for which nothing came of it
// s wants the set no more: who shares it gets one without s, then it goes.
void offload_let_go(struct rd_offload_session *s, uint32_t set);
void offload_tell_shares(struct rd_offload *off); // to the plans of all that share
