/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of the probe. None can match a packet: the source MAC is the broadcast address, which no sender has, and where nothing else is
 * asked of the frame its Ethertype is 0x88B5, for experiments. Pure.
 */
#include "session/flow_ladder.h"

#include <string.h>

#include "base/pkt.h"

#define PROBE_ETHERTYPE 0x88b5

static void item(
	struct rd_flow_trial *t, enum rte_flow_item_type type, const void *spec, const void *mask)
{
	t->item[t->nb_items++] = (struct rte_flow_item){.type = type, .spec = spec, .mask = mask};
}

static void ethernet(struct rd_flow_trial *t, bool typed)
{
	memset(&t->eth.hdr.src_addr, 0xff, 6);
	memset(&t->eth_mask.hdr.src_addr, 0xff, 6);
	if (typed) {
		t->eth.hdr.ether_type = RTE_BE16(PROBE_ETHERTYPE);
		t->eth_mask.hdr.ether_type = RTE_BE16(0xffff);
	}
	item(t, RTE_FLOW_ITEM_TYPE_ETH, &t->eth, &t->eth_mask);
}

static void ipv4(struct rd_flow_trial *t)
{
	t->ip4.hdr.dst_addr = RTE_BE32(0xc0000201); // 192.0.2.1: documentation
	t->ip4_mask.hdr.dst_addr = RTE_BE32(0xffffffff);
	item(t, RTE_FLOW_ITEM_TYPE_IPV4, &t->ip4, &t->ip4_mask);
}

static void tcp(struct rd_flow_trial *t)
{
	t->tcp.hdr.dst_port = RTE_BE16(9);
	t->tcp_mask.hdr.dst_port = RTE_BE16(0xffff);
	item(t, RTE_FLOW_ITEM_TYPE_TCP, &t->tcp, &t->tcp_mask);
}

static void geneve(struct rd_flow_trial *t, bool vni)
{
	item(t, RTE_FLOW_ITEM_TYPE_IPV4, NULL, NULL);
	t->udp.hdr.dst_port = RTE_BE16(RD_GENEVE_PORT);
	t->udp_mask.hdr.dst_port = RTE_BE16(0xffff);
	item(t, RTE_FLOW_ITEM_TYPE_UDP, &t->udp, &t->udp_mask);
	memcpy(t->geneve.vni, (const uint8_t[]){0xff, 0xff, 0xfe}, 3);
	memset(t->geneve_mask.vni, 0xff, 3);
	item(t, RTE_FLOW_ITEM_TYPE_GENEVE, vni ? &t->geneve : NULL, vni ? &t->geneve_mask : NULL);
}

static void pattern(struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	switch (rung) {
	case RD_FLOW_RUNG_IN_VLAN:
	case RD_FLOW_RUNG_SW_VLAN:
		ethernet(t, false);
		t->vlan.hdr.vlan_tci = RTE_BE16(4094);
		t->vlan_mask.hdr.vlan_tci = RTE_BE16(0xfff);
		item(t, RTE_FLOW_ITEM_TYPE_VLAN, &t->vlan, &t->vlan_mask);
		break;
	case RD_FLOW_RUNG_IN_IPV4:
	case RD_FLOW_RUNG_SW_IPV4:
		ethernet(t, false);
		ipv4(t);
		tcp(t);
		break;
	case RD_FLOW_RUNG_IN_IPV6:
	case RD_FLOW_RUNG_SW_IPV6:
		ethernet(t, false);
		((uint8_t *)&t->ip6.hdr.dst_addr)[15] = 1; // an array; since DPDK 24.11 a structure
		memset(&t->ip6_mask.hdr.dst_addr, 0xff, 16);
		item(t, RTE_FLOW_ITEM_TYPE_IPV6, &t->ip6, &t->ip6_mask);
		tcp(t);
		break;
	case RD_FLOW_RUNG_IN_GENEVE:
	case RD_FLOW_RUNG_IN_VNI:
	case RD_FLOW_RUNG_SW_VNI:
		ethernet(t, false);
		geneve(t, rung != RD_FLOW_RUNG_IN_GENEVE);
		break;
	case RD_FLOW_RUNG_IN_INNER:
	case RD_FLOW_RUNG_SW_INNER:
		ethernet(t, false);
		geneve(t, false);
		item(t, RTE_FLOW_ITEM_TYPE_ETH, NULL, NULL);
		ipv4(t);
		tcp(t);
		break;
	default:
		ethernet(t, true);
	}
	item(t, RTE_FLOW_ITEM_TYPE_END, NULL, NULL);
}

static void act(struct rd_flow_trial *t, enum rte_flow_action_type type, const void *conf)
{
	t->action[t->nb_actions++] = (struct rte_flow_action){.type = type, .conf = conf};
}

// No packet takes it: any action that was made will do.
static void switch_fate(struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	if (rung == RD_FLOW_RUNG_SW_REPRESENTOR || rd_flow_can(t->cap, RD_FLOW_RUNG_SW_REPRESENTOR))
		act(t, RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR, &t->to);
	else if (rd_flow_can(t->cap, RD_FLOW_RUNG_SW_PORT))
		act(t, RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &t->to);
	else
		act(t, RTE_FLOW_ACTION_TYPE_PORT_ID, &t->port_id);
}

// The packet's own way; a copy's is in sub.
static void fate(struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	unsigned domain = rd_flow_rung_desc(rung)->domain;

	if (domain == RD_FLOW_EGRESS)
		return; // it just goes on
	if (rung == RD_FLOW_RUNG_IN_SAMPLE_JUMP || rung == RD_FLOW_RUNG_SW_SAMPLE_JUMP)
		act(t, RTE_FLOW_ACTION_TYPE_JUMP, &t->jump);
	else if (rung == RD_FLOW_RUNG_SW_PORT_ID)
		act(t, RTE_FLOW_ACTION_TYPE_PORT_ID, &t->port_id);
	else if (rung == RD_FLOW_RUNG_SW_PORT)
		act(t, RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &t->to);
	else if (domain == RD_FLOW_TRANSFER)
		switch_fate(t, rung);
	else if (rung == RD_FLOW_RUNG_IN_PASSTHRU)
		act(t, RTE_FLOW_ACTION_TYPE_PASSTHRU, NULL);
	else if (rung == RD_FLOW_RUNG_IN_RSS)
		act(t, RTE_FLOW_ACTION_TYPE_RSS, &t->rss);
	else
		act(t, RTE_FLOW_ACTION_TYPE_QUEUE, &t->queue);
}

static unsigned head_of(enum rd_flow_rung rung)
{
	switch (rung) {
	case RD_FLOW_RUNG_SW_RAW_38:
		return 38;
	case RD_FLOW_RUNG_SW_RAW_50:
		return 50;
	case RD_FLOW_RUNG_SW_RAW_54:
		return 54;
	case RD_FLOW_RUNG_SW_RAW_62:
		return 62;
	case RD_FLOW_RUNG_SW_RAW_90:
		return 90;
	case RD_FLOW_RUNG_SW_RAW_132:
		return 132;
	default:
		return 0;
	}
}

// VXLAN or NVGRE, as items; addresses are for documentation.
static void tunnel_items(struct rd_flow_trial *t, bool vxlan)
{
	unsigned n = 0;

	t->tunnel[n++] =
		(struct rte_flow_item){RTE_FLOW_ITEM_TYPE_ETH, &t->eth, NULL, &t->eth_mask};
	t->tunnel[n++] = (struct rte_flow_item){
		RTE_FLOW_ITEM_TYPE_IPV4, &t->ip4, NULL, &rte_flow_item_ipv4_mask};
	if (vxlan)
		t->tunnel[n++] = (struct rte_flow_item){
			RTE_FLOW_ITEM_TYPE_UDP, &t->udp, NULL, &rte_flow_item_udp_mask};
	t->tunnel[n++] = vxlan ? (struct rte_flow_item){RTE_FLOW_ITEM_TYPE_VXLAN, &t->vxlan_item,
				 NULL, &rte_flow_item_vxlan_mask}
			       : (struct rte_flow_item){RTE_FLOW_ITEM_TYPE_NVGRE, &t->nvgre_item,
				       NULL, &rte_flow_item_nvgre_mask};
	t->tunnel[n] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_END};
	t->ip4.hdr.src_addr = RTE_BE32(0xc0000202);
	t->ip4.hdr.dst_addr = RTE_BE32(0xc0000201);
	t->udp.hdr.dst_port = RTE_BE16(4789);
	t->vxlan_item.hdr.vx_flags = RTE_BE32(0x08000000);
	t->vxlan.definition = t->nvgre.definition = t->tunnel;
}

// Eight bytes of tunnel header behind Ethernet, IPv4 and UDP, and zeroes: what drivers do look at is the Ethernet part.
static void raw_head(struct rd_flow_trial *t, unsigned len)
{
	memset(t->head, 0, sizeof(t->head));
	memset(t->head, 2, 12);
	rd_put16(t->head + 12, RD_ETHERTYPE_IPV4);
	t->head[14] = 0x45;
	t->head[22] = 64;
	t->head[23] = 47;
	rd_put32(t->head + 26, 0xc0000202);
	rd_put32(t->head + 30, 0xc0000201);
	rd_put16(t->head + 36, RD_ETHERTYPE_TEB);
	t->raw = (struct rte_flow_action_raw_encap){.data = t->head, .size = len};
}

// The old words where the new ones were refused: rungs above need one of them.
static bool by_port_id(const struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	return rung == RD_FLOW_RUNG_SW_SAMPLE_PORT_ID
		|| (rung > RD_FLOW_RUNG_SW_SAMPLE_PORT_ID
			&& !rd_flow_can(t->cap, RD_FLOW_RUNG_SW_SAMPLE_PORT));
}

static void copy_list(struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	struct rte_flow_action *a = t->sub[0];

	if (rung == RD_FLOW_RUNG_IN_SAMPLE_MARK)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MARK, &t->mark};
	if (head_of(rung) != 0)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_RAW_ENCAP, &t->raw};
	if (rung == RD_FLOW_RUNG_SW_VXLAN_ENCAP)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_VXLAN_ENCAP, &t->vxlan};
	if (rung == RD_FLOW_RUNG_SW_NVGRE_ENCAP)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_NVGRE_ENCAP, &t->nvgre};
	if (rd_flow_rung_desc(rung)->domain == RD_FLOW_INGRESS)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_QUEUE, &t->queue};
	else if (rung == RD_FLOW_RUNG_SW_SAMPLE_REPR)
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_REPRESENTOR, &t->to};
	else if (rung == RD_FLOW_RUNG_OUT_SAMPLE || by_port_id(t, rung))
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_PORT_ID, &t->port_id};
	else
		*a++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &t->to};
	*a = (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_END};
}

static bool copies(enum rd_flow_rung rung)
{
	switch (rung) {
	case RD_FLOW_RUNG_IN_SAMPLE:
	case RD_FLOW_RUNG_IN_SAMPLE_2:
	case RD_FLOW_RUNG_IN_SAMPLE_MARK:
	case RD_FLOW_RUNG_IN_SAMPLE_JUMP:
	case RD_FLOW_RUNG_IN_SAMPLE_TWICE:
	case RD_FLOW_RUNG_OUT_SAMPLE:
	case RD_FLOW_RUNG_SW_SAMPLE_PORT:
	case RD_FLOW_RUNG_SW_SAMPLE_REPR:
	case RD_FLOW_RUNG_SW_SAMPLE_PORT_ID:
	case RD_FLOW_RUNG_SW_SAMPLE_2:
	case RD_FLOW_RUNG_SW_VXLAN_ENCAP:
	case RD_FLOW_RUNG_SW_NVGRE_ENCAP:
	case RD_FLOW_RUNG_SW_SAMPLE_JUMP:
	case RD_FLOW_RUNG_SW_SAMPLE_TWICE:
		return true;
	default:
		return head_of(rung) != 0;
	}
}

static void actions(struct rd_flow_trial *t, enum rd_flow_rung rung)
{
	bool half = rung == RD_FLOW_RUNG_IN_SAMPLE_2 || rung == RD_FLOW_RUNG_SW_SAMPLE_2;
	bool twice = rung == RD_FLOW_RUNG_IN_SAMPLE_TWICE || rung == RD_FLOW_RUNG_SW_SAMPLE_TWICE;

	if (copies(rung)) {
		t->sample.ratio = half ? 2 : 1;
		t->sample.actions = t->sub[0];
		copy_list(t, rung);
		act(t, RTE_FLOW_ACTION_TYPE_SAMPLE, &t->sample);
	}
	if (twice)
		act(t, RTE_FLOW_ACTION_TYPE_SAMPLE, &t->sample);
	if (rung == RD_FLOW_RUNG_IN_MARK || rung == RD_FLOW_RUNG_IN_MARK_MAX)
		act(t, RTE_FLOW_ACTION_TYPE_MARK, &t->mark);
	if (rung == RD_FLOW_RUNG_IN_COUNT || rung == RD_FLOW_RUNG_OUT_COUNT
		|| rung == RD_FLOW_RUNG_SW_COUNT)
		act(t, RTE_FLOW_ACTION_TYPE_COUNT, &t->count);
	fate(t, rung);
	act(t, RTE_FLOW_ACTION_TYPE_END, NULL);
}

static void confs(struct rd_flow_trial *t, enum rd_flow_rung rung, uint16_t port,
	const struct rd_flow_facts *f)
{
	unsigned nb = f->nb_rxq < RTE_DIM(t->queues) ? f->nb_rxq : RTE_DIM(t->queues);

	for (unsigned i = 0; i < nb; i++)
		t->queues[i] = (uint16_t)i;
	t->rss = (struct rte_flow_action_rss){.types = f->rss_types,
		.key_len = f->rss_key_len,
		.key = f->rss_key_len != 0 ? f->rss_key : NULL,
		.queue_num = nb,
		.queue = t->queues};
	t->mark.id = rung == RD_FLOW_RUNG_IN_MARK_MAX ? 1023 : 1;
	t->from.port_id = t->to.port_id = port;
	t->port_id.id = port;
	t->jump.group = 2;
	raw_head(t, head_of(rung));
	tunnel_items(t, rung == RD_FLOW_RUNG_SW_VXLAN_ENCAP);
}

void rd_flow_trial(enum rd_flow_rung rung, uint16_t port, const struct rd_flow_cap *cap,
	bool grouped, struct rd_flow_trial *t)
{
	unsigned domain = rd_flow_rung_desc(rung)->domain;
	bool group = grouped || rung == RD_FLOW_RUNG_IN_GROUP || rung == RD_FLOW_RUNG_SW_GROUP;

	memset(t, 0, sizeof(*t));
	t->cap = cap;
	confs(t, rung, port, &cap->facts);
	t->rule.attr = (struct rte_flow_attr){.group = group ? 1 : 0,
		.priority = rung == RD_FLOW_RUNG_IN_PRIORITY || rung == RD_FLOW_RUNG_SW_PRIORITY
			? 1
			: 0,
		.ingress = domain == RD_FLOW_INGRESS,
		.egress = domain == RD_FLOW_EGRESS,
		.transfer = domain == RD_FLOW_TRANSFER};
	if (domain == RD_FLOW_TRANSFER)
		item(t, RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT, &t->from, &rte_flow_item_ethdev_mask);
	pattern(t, rung);
	actions(t, rung);
	t->rule.pattern = t->item;
	t->rule.actions = t->action;
}
