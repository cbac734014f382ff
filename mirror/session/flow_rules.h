/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of all mirror sessions in all cards, in the order in which they were made: a driver must take rules back only in the reverse order
 * (rte_flow.h). The rules of one plan are made together or not at all. Control thread only.
 */
#pragma once

#include "session/flow_plan.h"

struct rd_flow_entry {
	struct rd_flow_entry *older, *newer;
	struct rte_flow *flow;
	uint32_t set; // the plan's; 0 = stuck: its driver did not take it back
	uint16_t session;
	uint16_t ethdev; // of the point
	uint16_t port; // that it was given to
	uint8_t domain, side;
	bool counts;
	struct rd_flow_match match;
};

struct rd_flow_rules {
	const struct rd_flow_ops *ops;
	void *drv;
	struct rd_flow_entry *newest;
	uint32_t last_set;
	unsigned nb, stuck;
};

// Makes the plan's rules. A number for the set, or 0 with *fail and *why: then none of them is there.
uint32_t rd_flow_rules_make(struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan, struct rd_flow_fail *fail, enum rd_flow_why *why);
// Takes a set away, the newest rule first; 0 is fine.
void rd_flow_rules_drop(struct rd_flow_rules *r, uint32_t set);
void rd_flow_rules_retry(struct rd_flow_rules *r); // those that are stuck
// The device is no more, and its rules with it: they are forgotten.
void rd_flow_rules_forget(struct rd_flow_rules *r, uint16_t ethdev);
// Whether there is any in the switch for what leaves by this port.
bool rd_flow_rules_at_tx(const struct rd_flow_rules *r, uint16_t ethdev);
unsigned rd_flow_rules_of(const struct rd_flow_rules *r, uint32_t set); // how many
// What the set's rules have counted together. -ENODATA: they can't; else what the driver says: the rule is lost.
int rd_flow_rules_count(const struct rd_flow_rules *r, uint32_t set, uint64_t *hits,
	uint64_t *bytes, struct rd_flow_fail *fail);
// Whether a rule of another session that is stuck shares packets with the plan's.
bool rd_flow_rules_stuck_at(const struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan);
