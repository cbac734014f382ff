/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What one rule of a network card selects, in a form that can be copied and compared: values and masks, no pointers. Made by flow_pattern.c
 * from a session's rules, put into DPDK's words by flow_build.c. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_FLOW_SCTP 132 // IP's number
#define RD_FLOW_RULES 32 // that one source of a session may take

enum rd_flow_side { // where a card sees a frame
	RD_FLOW_RX, // it comes in through the port
	RD_FLOW_TX, // we send it out of the port
};

struct rd_flow_layer { // of a frame, or of the one in its tunnel; a mask of zero asks for nothing
	uint8_t smac[6], smac_mask[6];
	uint8_t dmac[6], dmac_mask[6];
	uint16_t vlan, vlan_mask; // of the outermost tag
	uint8_t family; // 0, AF_INET or AF_INET6
	uint8_t src[16], dst[16];
	uint8_t src_len, dst_len; // bits
	uint8_t dscp, dscp_mask;
	uint8_t proto, proto_mask;
	uint16_t sport, sport_mask; // TCP, UDP, SCTP
	uint16_t dport, dport_mask;
	uint8_t tcp_flags, tcp_flags_mask;
};

struct rd_flow_match {
	bool deny; // these are not copied
	bool geneve; // inner is asked for, behind Geneve
	uint16_t priority; // 0 is the highest
	uint32_t vni, vni_mask; // of geneve
	uint16_t udp_port; // Geneve's
	struct rd_flow_layer outer, inner;
};

// Whether a packet can fit both: a card may do anything then (rte_flow.h), unless their priorities differ.
bool rd_flow_overlap(const struct rd_flow_match *a, const struct rd_flow_match *b);
bool rd_flow_same(
	const struct rd_flow_match *a, const struct rd_flow_match *b); // but for the priority
