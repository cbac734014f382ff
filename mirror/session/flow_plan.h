/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of one point of a session (a source port at the edge where a card sees its frames): a recipe, its rules, and why each better
 * recipe was refused. Control thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "encap/encap.h"
#include "session/flow_cap.h"
#include "session/flow_match.h"
#include "session/flow_why.h"
#include "session/offload.h"

#define RD_FLOW_STEPS 12 // refusals that are kept

enum rd_flow_order { // of the actions
	RD_FLOW_SAMPLE_FIRST, // what mlx5 wants: before meter, jump, connection tracking, age
	RD_FLOW_COUNT_FIRST,
	RD_FLOW_SPLIT, // SAMPLE and JUMP; the rest in group 1
	RD_FLOW_ORDERS,
};
enum rd_flow_fate { // how a packet goes where it would have gone without the rule
	RD_FLOW_FATE_DEFAULT, // RSS as the port has it, QUEUE 0 where there is one queue; the port's other side in the switch
	RD_FLOW_FATE_PASSTHRU, // on to what the card does without rules
	RD_FLOW_FATES,
};

#define RD_FLOW_WITH 3 // copies for other sessions by one rule
struct rd_flow_with { // for another session that wants the same packets
	uint16_t session;
	uint16_t out_port; // where its copies go: ethdev
	bool old_ports;
	uint16_t head_len;
	uint8_t head[RD_ENCAP_MAX];
};

struct rd_flow_form { // how a recipe is said to this driver
	uint8_t recipe; // enum rd_recipe
	uint8_t order; // enum rd_flow_order
	uint8_t fate; // enum rd_flow_fate
	bool old_ports; // PORT_ID instead of REPRESENTED_PORT and PORT_REPRESENTOR
	bool count; // COUNT is in
	uint32_t ratio; // of SAMPLE
	uint32_t mark; // the session's id
	uint16_t
		rule_port; // the ethdev that the rules are given to: the point's, or its switch's proxy
	uint16_t out_port; // where copies go: ethdev
	uint16_t out_queue;
	uint16_t head_len;
	uint8_t head[RD_ENCAP_MAX];
	uint8_t nb_with;
	struct rd_flow_with with[RD_FLOW_WITH];
};

struct rd_flow_step {
	uint8_t recipe; // refused
	uint8_t why; // enum rd_flow_why
	uint8_t phase; // enum rd_flow_phase
	struct rd_flow_fail fail; // the driver's words, or ours
};

struct rd_flow_plan {
	uint8_t recipe; // enum rd_recipe
	uint8_t why; // why not better; RD_FLOW_FINE for R1
	bool no_copy[RD_FLOW_DOMAINS]; // the driver said so; needs not be asked again
	bool retry; // the table was full
	uint8_t nb_steps;
	uint8_t nb_matches; // 0 with R5
	struct rd_flow_form form;
	struct rd_flow_step step[RD_FLOW_STEPS];
	struct rd_flow_match match[RD_FLOW_RULES];
};

enum rd_flow_taken {
	RD_FLOW_FREE,
	RD_FLOW_SHARED, // one rule can copy for all of them
	RD_FLOW_TAKEN,
};

struct rd_flow_ask { // what a plan depends on
	struct rd_flow_dev dev; // of the point; its port may be RD_FLOW_NOWHERE
	const struct rd_flow_cap *cap; // of the point's device
	const struct rd_flow_facts *out; // of the egress device, NULL = there is none
	const struct rd_offload_want *want;
	const struct rd_offload_point *point;
	bool replaces; // rules of the same session for the same packets, which go when the new ones are there
	// Whether rules of other sessions could meet the plan's in a packet; those that want just the same packets are put into its form
	// (`with`). NULL = there are none.
	enum rd_flow_taken (*taken)(const struct rd_flow_ask *ask, struct rd_flow_plan *plan);
	void *taken_arg;
};

// The best recipe that the driver has no objection to, without making a rule.
void rd_flow_plan(const struct rd_flow_ask *ask, struct rd_flow_plan *plan);
// The driver made an objection when its rules were made, or while they were in use: the next best.
void rd_flow_plan_next(const struct rd_flow_ask *ask, struct rd_flow_plan *plan,
	enum rd_flow_phase phase, const struct rd_flow_fail *fail, enum rd_flow_why why);
// The reason why rules are refused that copy for other sessions, too: this one can't share, unless it passes.
enum rd_flow_why rd_flow_why_shared(const struct rd_flow_plan *plan, enum rd_flow_why why);
enum rd_flow_side rd_flow_side_of(const struct rd_offload_point *p);
// Whether both select the same packets by the same rules in the same order, their priorities included.
bool rd_flow_same_matches(const struct rd_flow_plan *a, const struct rd_flow_plan *b);

// flow_refuse.c: why a recipe is out of the question before the driver sees its rules. RD_FLOW_FINE, or the reason with *fail.
enum rd_flow_why rd_flow_session_refuses(
	const struct rd_flow_ask *ask, enum rd_recipe recipe, struct rd_flow_fail *fail);
// Where its copies would go from here: asked last, for what the driver says is worth more to know.
enum rd_flow_why rd_flow_ours_refuses(
	const struct rd_flow_ask *ask, enum rd_recipe recipe, struct rd_flow_fail *fail);
enum rd_flow_why rd_flow_probe_refuses(const struct rd_flow_ask *ask, enum rd_recipe recipe,
	const struct rd_flow_plan *plan, struct rd_flow_fail *fail);
bool rd_flow_is_edge(unsigned stage);
