/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Why a card refused, in an operator's words, and what is done about it: the one table that planner, rules and `mirror explain` go by. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session/flow_call.h"

enum rd_flow_why {
	RD_FLOW_FINE,
	// no driver was asked
	RD_FLOW_WHY_SESSION, // the session wants what no card can do, or forbids it
	RD_FLOW_WHY_OURS, // our dataplane lacks a part of the recipe
	RD_FLOW_WHY_KNOWN, // the probe has found out already
	// the driver's answer
	RD_FLOW_WHY_NO_COPY,
	RD_FLOW_WHY_NO_RATIO,
	RD_FLOW_WHY_NO_ENCAP,
	RD_FLOW_WHY_ORDER,
	RD_FLOW_WHY_OVERLAP,
	RD_FLOW_WHY_FULL,
	RD_FLOW_WHY_BUSY,
	RD_FLOW_WHY_GONE,
	RD_FLOW_WHY_LIES,
	RD_FLOW_WHY_PATTERN, // it can't tell these packets apart
	RD_FLOW_WHY_DOMAIN, // no rules in the switch, or for that direction
	RD_FLOW_WHY_PRIORITY,
	RD_FLOW_WHY_MARK,
	RD_FLOW_WHY_COUNT,
	RD_FLOW_WHY_FATE, // the packet itself could not go where it belongs
	RD_FLOW_WHY_PORT, // the copy could not leave by that kind of port
	RD_FLOW_WHY_UNKNOWN,
	RD_FLOW_WHYS,
};

enum rd_flow_then { // bits; tried in this order
	RD_FLOW_THEN_REORDER =
		1 << 0, // the same actions otherwise: COUNT first, then split in two rules
	RD_FLOW_THEN_RATIO1 = 1 << 1, // copy all, sample in software
	RD_FLOW_THEN_OTHER = 1 << 2, // another action of the same effect
	RD_FLOW_THEN_NEXT = 1 << 3, // the next recipe
	RD_FLOW_THEN_SOFTWARE = 1 << 4,
	RD_FLOW_THEN_RETRY = 1 << 5, // after 30 s and some
	RD_FLOW_THEN_REPROBE = 1 << 6, // when the device is back
	RD_FLOW_THEN_REMEMBER = 1 << 7, // for the whole port
	RD_FLOW_THEN_LOG = 1 << 8, // once
};

struct rd_flow_reason {
	uint16_t then; // enum rd_flow_then
	const char *word; // "no-sample", for JSON and tests
	const char *meaning; // "the NIC cannot copy packets"
	const char *action; // "copied in software"
};
const struct rd_flow_reason *rd_flow_reason(unsigned why); // never NULL

enum rd_flow_part { // of a rule; what a driver's `cause` points at
	RD_FLOW_PART_NONE,
	RD_FLOW_PART_PATTERN,
	RD_FLOW_PART_ATTR,
	RD_FLOW_PART_SAMPLE,
	RD_FLOW_PART_ENCAP,
	RD_FLOW_PART_COPY_FATE, // where the copy goes
	RD_FLOW_PART_MARK,
	RD_FLOW_PART_COUNT,
	RD_FLOW_PART_FATE, // where the packet goes
};

struct rd_flow_asked { // what was in the refused rule
	bool sample, encap, mark;
	uint32_t ratio;
	enum rd_flow_part part; // blamed, by `cause`
};
enum rd_flow_why rd_flow_classify(
	const struct rd_flow_fail *fail, const struct rd_flow_asked *asked);
