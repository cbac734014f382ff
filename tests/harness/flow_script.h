/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A network card's driver that does as a script says: it takes every rule, except where an answer says otherwise. It looks after what the real
 * ones would suffer from: rules taken back in a wrong order, left behind, or somebody else's; and whether each rule that could match a packet
 * leads it to where it would have gone without the rule.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session/flow_ops.h"
#include "session/flow_why.h"

#define SCRIPT_PORTS 4
#define SCRIPT_ANSWERS 8
#define SCRIPT_RULES 256

struct script_rule { // what the driver was given, as far as tests ask
	bool trial; // of a probe: no packet can match
	bool looped; // ... but one frame of its own, from this address
	uint8_t smac[6];
	bool ingress, egress, transfer;
	uint32_t group, priority;
	bool from_other_side; // transfer: REPRESENTED_PORT, else PORT_REPRESENTOR
	uint16_t of; // ... of this port
	unsigned items; // behind that
	bool vlan, ip4, ip6, tcp, udp, geneve, vni;
	unsigned samples, actions;
	struct script_copy { // of the first four
		uint16_t to;
		uint8_t last; // byte of its head's destination address
	} copy[4];
	uint32_t ratio;
	bool encap, mark, count, jump, drop, copy_port_id, copy_queue, copy_representor,
		copy_represented;
	unsigned sample_at, count_at; // position among the actions, from 1; 0 = not there
	uint16_t copy_to;
	uint32_t mark_id;
	int fate; // enum rte_flow_action_type, 0 = none
	uint16_t fate_port;
	unsigned head_len;
	uint8_t head[160];
	const void *cause[RD_FLOW_PART_FATE + 1]; // by enum rd_flow_part
};

enum script_op { // bits
	SCRIPT_VALIDATE = 1,
	SCRIPT_CREATE = 2,
	SCRIPT_DESTROY = 4,
	SCRIPT_QUERY = 8,
	SCRIPT_FLUSH = 16,
	SCRIPT_PROXY = 32,
	SCRIPT_BOTH = 3, // validate, create
	SCRIPT_ALL = 63,
};
struct script_answer {
	unsigned ops;
	bool (*when)(
		const struct script_rule *r); // NULL = always; of destroy and query: the rule's
	unsigned after; // so many calls are let through first
	unsigned times; // and then so many are refused; 0 = all
	int code; // negative errno; INT32_MAX: fails without an errno
	int type; // enum rte_flow_error_type
	const char *message;
	int blames; // enum rd_flow_part: cause points there
	bool silent; // *error is left alone
	bool wrong_sign; // the errno comes back positive
	unsigned met; // calls so far
};

struct script_live {
	struct script_rule rule;
	uint16_t port;
	bool used, foreign; // foreign: not ours
	unsigned born, batch;
	uint64_t hits;
};

struct flow_script {
	struct rd_flow_facts facts[SCRIPT_PORTS];
	int facts_code;
	uint16_t proxy[SCRIPT_PORTS];
	struct script_answer answer[SCRIPT_ANSWERS];
	unsigned nb_answers;
	bool compares; // refuses a rule whose pattern it has, with EEXIST
	bool compares_early; // when validating, too
	bool counts; // queries say a number
	// What becomes of a frame that is sent out of a port: -errno instead; copies that a rule makes (1); the frame itself is lost; its copy
	// has other bytes; the head before it.
	int pass_code;
	unsigned pass_copies;
	bool pass_loses, pass_spoils, pass_spoils_head;
	// what happened
	struct script_live live[SCRIPT_RULES];
	bool creating;
	unsigned most; // rules of ours at once
	unsigned batch, born, validates, creates, destroys, queries, flushes, passes;
	unsigned
		let_out; // frames that left by a port's other side: a guest or the wire has seen them
	// faults of ours
	unsigned wrong_order, unknown, foreign_touched, wrong_fate;
};

extern const struct rd_flow_ops flow_script_ops; // drv is a struct flow_script
extern const struct rd_flow_ops
	flow_script_ops_loop; // frames can be sent through it: flow_script_pass.c

// Ports 0 to 3 of one switch, driver "net_script", one rx queue each; everything works.
void script_init(struct flow_script *s);
void script_answer(struct flow_script *s, struct script_answer a);
void script_forget_answers(struct flow_script *s);
struct rte_flow *script_foreign(struct flow_script *s, uint16_t port); // a rule of somebody else
void script_orphan(struct flow_script *s, uint16_t port); // of an earlier life
unsigned script_rules(const struct flow_script *s); // ours that live
const struct script_rule *script_rule(
	const struct flow_script *s, unsigned i); // in the order of making
void script_traffic(
	struct flow_script *s, uint64_t packets); // each copying rule has so many hits more
void script_check(const struct flow_script *s); // fails the test for a fault of ours

int script_pass(
	void *drv, uint16_t port, const struct rd_flow_pass *what, struct rd_flow_heard *heard);
struct script_rule script_read(const struct rte_flow_attr *attr, const struct rte_flow_item *item,
	const struct rte_flow_action *action);
// For `when`.
bool has_sample(const struct script_rule *r);
bool has_two(const struct script_rule *r); // copies
bool has_ratio(const struct script_rule *r); // above 1
bool has_encap(const struct script_rule *r);
bool has_mark(const struct script_rule *r);
bool has_count(const struct script_rule *r);
bool is_looped(const struct script_rule *r); // for a frame that is sent through
bool is_real(const struct script_rule *r); // could match a packet
bool is_real_copy(const struct script_rule *r);
bool is_transfer(const struct script_rule *r);
bool is_ingress(const struct script_rule *r);
