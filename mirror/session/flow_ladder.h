/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rule behind each rung of the probe. Pure; any thread.
 */
#pragma once

#include "session/flow_cap.h"

#define RD_FLOW_LADDER_ITEMS 12

struct rd_flow_trial { // points into itself: not copied
	const struct rd_flow_cap *cap; // so far
	struct rd_flow_rule rule;
	struct rte_flow_item item[RD_FLOW_LADDER_ITEMS];
	struct rte_flow_action action[6], sub[2][4];
	unsigned nb_items, nb_actions;
	struct rte_flow_item_eth eth, eth_mask;
	struct rte_flow_item_ethdev from;
	struct rte_flow_item_vlan vlan, vlan_mask;
	struct rte_flow_item_ipv4 ip4, ip4_mask;
	struct rte_flow_item_ipv6 ip6, ip6_mask;
	struct rte_flow_item_tcp tcp, tcp_mask;
	struct rte_flow_item_udp udp, udp_mask;
	struct rte_flow_item_geneve geneve, geneve_mask;
	struct rte_flow_action_sample sample;
	struct rte_flow_action_mark mark;
	struct rte_flow_action_queue queue;
	struct rte_flow_action_rss rss;
	struct rte_flow_action_ethdev to;
	struct rte_flow_action_port_id port_id;
	struct rte_flow_action_count count;
	struct rte_flow_action_jump jump;
	struct rte_flow_action_raw_encap raw;
	struct rte_flow_action_vxlan_encap vxlan;
	struct rte_flow_action_nvgre_encap nvgre;
	struct rte_flow_item tunnel[6];
	struct rte_flow_item_vxlan vxlan_item;
	struct rte_flow_item_nvgre nvgre_item;
	uint8_t head[132];
	uint16_t queues[64];
};

// The rung's rule for the port, which is dev's own or one of its switch. What lower rungs have shown is used: their way to send a packet to a
// port of the switch, and, where `grouped`, a group where a mistake could touch nothing.
void rd_flow_trial(enum rd_flow_rung rung, uint16_t port, const struct rd_flow_cap *cap,
	bool grouped, struct rd_flow_trial *t);
