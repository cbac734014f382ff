/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as a few fields, what a session's rules say of them, and what a card's items select, each told a second time for tests.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "session/flow_match.h"
#include "session/offload.h"
#include "session/spec.h"

struct frame { // one Ethernet frame of a packet
	uint8_t smac[6], dmac[6];
	uint16_t vlan; // 0 = none
	uint8_t family; // 0 = no IP
	uint8_t src[16], dst[16];
	uint8_t proto, dscp, flags;
	uint16_t sport, dport; // of TCP, UDP, SCTP
};
struct packet {
	struct frame outer, inner;
	bool geneve;
	uint32_t vni;
};

bool model_says(
	const struct rd_mirror_spec *s, const struct packet *p, const struct rd_offload_point *at);
bool model_selects(
	const struct rd_flow_match *m, unsigned nb, const struct packet *p); // in order of priority
// By rand(); few values each, so that they meet.
unsigned model_pick(unsigned n);
struct packet model_random_packet(void);
struct rd_mirror_rule model_random_rule(void);
