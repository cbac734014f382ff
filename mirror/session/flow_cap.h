/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a network card can do for mirror sessions, as its driver showed it: a ladder of rules that no packet can match, each first validated,
 * then made and taken away again. Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session/flow_call.h"

#define RD_FLOW_RUNGS_MAX 64

enum rd_flow_domain {
	RD_FLOW_INGRESS, // what comes in, for our queues
	RD_FLOW_EGRESS, // what we send
	RD_FLOW_TRANSFER, // in the card's switch
	RD_FLOW_DOMAINS,
};

enum rd_flow_rung {
#define RD_FLOW_RUNG(NAME, domain, word, help) RD_FLOW_RUNG_##NAME,
#include "session/flow_rungs.def"
#undef RD_FLOW_RUNG
	RD_FLOW_RUNGS,
};

enum rd_flow_answer {
	RD_FLOW_NOT_ASKED, // a lower rung was refused for good, or the device went away
	RD_FLOW_REFUSED,
	RD_FLOW_ADVISED, // validated, not made: no proof
	RD_FLOW_LIED, // validated, but could not be made
	RD_FLOW_MADE, // made and taken away again
};
struct rd_flow_cell {
	uint8_t answer; // enum rd_flow_answer
	struct rd_flow_fail fail; // the first refusal
};

struct rd_flow_loop { // one frame sent through the card's switch, see flow_loop.h
	int code; // 0, or -errno: it is not known whether the card copies; fail says why
	bool copies; // the frame came once, and a copy of it once
	bool heads; // ... and a copy with the bytes before it that it was to get
	uint32_t us; // that the copy took
	struct rd_flow_fail fail; // why not copies
	struct rd_flow_fail head_fail; // why not heads
};

struct rd_flow_cap { // key: driver, firmware, DPDK's version, devargs
	struct rd_flow_facts facts;
	char dpdk[32];
	uint16_t proxy; // who takes rules of the switch; the port itself where it has none
	struct rd_flow_fail proxy_fail;
	bool complete; // the device did not go away meanwhile
	struct rd_flow_loop loop;
	uint32_t lies; // a bit for each enum rd_recipe that was taken and did not copy
	uint32_t probed_s; // when, rd_coarse seconds; 0 = never
	struct rd_flow_cell cell[RD_FLOW_RUNGS];
};

static inline bool rd_flow_can(const struct rd_flow_cap *cap, enum rd_flow_rung rung)
{
	return cap->cell[rung].answer == RD_FLOW_MADE;
}

// Asks the driver of dev; *cap is filled in whatever it says.
void rd_flow_probe(const struct rd_flow_dev *dev, struct rd_flow_cap *cap);
bool rd_flow_cap_same_key(const struct rd_flow_cap *cap, const struct rd_flow_facts *facts);

struct rd_flow_rung_desc {
	uint8_t domain; // enum rd_flow_domain
	const char *word; // "sample"
	const char *help;
};
const struct rd_flow_rung_desc *rd_flow_rung_desc(unsigned rung); // NULL = no such rung
const char *rd_flow_domain_name(unsigned domain); // "ingress"
const char *rd_flow_answer_name(unsigned answer); // "made"
