/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a flow is, and what may be done with it: the key and the actions of the flow cache's entries.
 */
#pragma once

#include <stdint.h>

enum rd_flow_ft { // how deep the key goes, as the dump's FT column says
	RD_FT_L2 = 2,
	RD_FT_L3,
	RD_FT_L4,
};

struct rd_flow_key {
	uint8_t dmac[6], smac[6];
	uint16_t in_port; // table index
	uint16_t segment;
	uint32_t vni; // of the tunnel header it came in, 0 from a guest
	uint16_t ethertype; // host order
	uint16_t vlan;
	uint8_t proto;
	uint8_t ft; // enum rd_flow_ft
	uint16_t sport, dport; // host order; ICMP: type and code
	uint16_t icmp_id; // of an echo: connections differ by it
	uint8_t src[16], dst[16]; // IPv4 in the first 4 bytes
};
_Static_assert(sizeof(struct rd_flow_key) == 64, "a key is one cache line");

enum rd_flow_act { // bits of the dump's bmap column; our definition
	RD_ACT_DROP = 1u << 0,
	RD_ACT_DFW_SRC = 1u << 6, // firewall of the source port
	RD_ACT_OUTPUT = 1u << 7,
	RD_ACT_DFW_DST = 1u << 23, // firewall of the destination port
	RD_ACT_ENCAP = 1u << 25,
	RD_ACT_DECAP = 1u << 31,
	RD_ACT_FLOOD = 1u << 8, // not cached: decided per packet
	RD_ACT_UPLINK = 1u << 9, // leaves by the team's uplink
	RD_ACT_ROUTE = 1u << 10, // to the segment's router: next_hop says where it goes from there
};
