/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule in DPDK's words, and which part of it a driver blames. Pure; any thread.
 */
#pragma once

#include "session/flow_match.h"
#include "session/flow_plan.h"

#define RD_FLOW_QUEUES_MAX 64
#define RD_FLOW_ITEMS 12
#define RD_FLOW_COPIES (1 + RD_FLOW_WITH) // by one rule
#define RD_FLOW_ACTIONS (RD_FLOW_COPIES + 3)

struct rd_flow_where { // of a point
	uint16_t ethdev;
	uint8_t side; // enum rd_flow_side
	const struct rd_flow_facts *facts; // of ethdev
};

// The actions that make the copy, without the packet's own fate: SAMPLE with its list, or MARK. They can stand before the actions of a
// forwarding rule as well, where a flow itself is in the card.
struct rd_flow_copy {
	unsigned nb;
	struct rte_flow_action action[2]; // points into this struct: it is not copied
	struct rte_flow_action sub[4];
	struct rte_flow_action_sample sample;
	struct rte_flow_action_raw_encap raw;
	struct rte_flow_action_mark mark;
	struct rte_flow_action_queue queue;
	struct rte_flow_action_ethdev port;
	struct rte_flow_action_port_id port_id;
	uint8_t head[RD_ENCAP_MAX];
};
void rd_flow_build_copy(const struct rd_flow_form *form, struct rd_flow_copy *c);

struct rd_flow_built { // points into itself: not copied
	struct rd_flow_rule rule;
	struct rte_flow_item item[RD_FLOW_ITEMS];
	struct rte_flow_action action[RD_FLOW_ACTIONS];
	struct rd_flow_copy copy[RD_FLOW_COPIES];
	struct rd_flow_asked asked;
	unsigned nb_items, nb_actions;
	struct rte_flow_item_ethdev from;
	struct rd_flow_l2l4 { // of a layer: what is asked for, and its masks
		struct rte_flow_item_eth eth, eth_mask;
		struct rte_flow_item_vlan vlan, vlan_mask;
		struct rte_flow_item_ipv4 ip4, ip4_mask;
		struct rte_flow_item_ipv6 ip6, ip6_mask;
		struct rte_flow_item_tcp tcp, tcp_mask;
		struct rte_flow_item_udp udp, udp_mask;
		struct rte_flow_item_sctp sctp, sctp_mask;
	} layer[2];
	struct rte_flow_item_udp tunnel_udp, tunnel_udp_mask;
	struct rte_flow_item_geneve geneve, geneve_mask;
	struct rte_flow_action_count count;
	struct rte_flow_action_queue queue;
	struct rte_flow_action_rss rss;
	struct rte_flow_action_ethdev to;
	struct rte_flow_action_jump jump;
	uint16_t queues[RD_FLOW_QUEUES_MAX];
};

// `part`: 0, or 1 for the second rule of RD_FLOW_SPLIT. A match that denies gets no copy.
void rd_flow_build(const struct rd_flow_where *where, const struct rd_flow_form *form,
	const struct rd_flow_match *match, unsigned part, struct rd_flow_built *b);
unsigned rd_flow_parts(
	const struct rd_flow_form *form, const struct rd_flow_match *match); // 1 or 2
// Fills b->asked with what a driver's cause points at; the pointer is compared, never followed.
const struct rd_flow_asked *rd_flow_blame(struct rd_flow_built *b, const void *cause);
