/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A match as items of rte_flow. Ethernet and IP items without a type match tagged and untagged frames alike (rte_flow.h), as the session's own
 * rules do. Pure.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/pkt.h"
#include "session/flow_build_priv.h"

static void add(
	struct rd_flow_built *b, enum rte_flow_item_type type, const void *spec, const void *mask)
{
	b->item[b->nb_items++] = (struct rte_flow_item){
		.type = type, .spec = spec, .mask = spec != NULL ? mask : NULL};
}

static bool any(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return true;
	return false;
}

static void masked(void *mask, uint8_t bits, size_t len) // a prefix
{
	uint8_t *m = mask;

	for (size_t i = 0; i < len; i++)
		m[i] = bits >= 8 * (i + 1) ? 0xff
			: bits > 8 * i	   ? (uint8_t)(0xff00 >> (bits - 8 * i))
					   : 0;
}

static void ethernet(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	memcpy(&s->eth.hdr.src_addr, l->smac, 6);
	memcpy(&s->eth.hdr.dst_addr, l->dmac, 6);
	memcpy(&s->eth_mask.hdr.src_addr, l->smac_mask, 6);
	memcpy(&s->eth_mask.hdr.dst_addr, l->dmac_mask, 6);
	add(b, RTE_FLOW_ITEM_TYPE_ETH, any(&s->eth_mask, sizeof(s->eth_mask)) ? &s->eth : NULL,
		&s->eth_mask);
	if (l->vlan_mask == 0)
		return;
	s->vlan.hdr.vlan_tci = rte_cpu_to_be_16(l->vlan);
	s->vlan_mask.hdr.vlan_tci = rte_cpu_to_be_16(l->vlan_mask);
	add(b, RTE_FLOW_ITEM_TYPE_VLAN, &s->vlan, &s->vlan_mask);
}

static bool has_item(const struct rd_flow_layer *l) // of its own, for the L4 header
{
	return l->proto_mask != 0
		&& (l->proto == RD_IPPROTO_TCP || l->proto == RD_IPPROTO_UDP
			|| l->proto == RD_FLOW_SCTP
			|| (l->family == AF_INET6 && l->proto == RD_IPPROTO_ICMPV6));
}

static void ipv4(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	memcpy(&s->ip4.hdr.src_addr, l->src, 4);
	memcpy(&s->ip4.hdr.dst_addr, l->dst, 4);
	masked(&s->ip4_mask.hdr.src_addr, l->src_len, 4);
	masked(&s->ip4_mask.hdr.dst_addr, l->dst_len, 4);
	s->ip4.hdr.type_of_service = (uint8_t)(l->dscp << 2);
	s->ip4_mask.hdr.type_of_service = (uint8_t)(l->dscp_mask << 2);
	if (!has_item(l)) {
		s->ip4.hdr.next_proto_id = l->proto;
		s->ip4_mask.hdr.next_proto_id = l->proto_mask;
	}
	add(b, RTE_FLOW_ITEM_TYPE_IPV4, any(&s->ip4_mask, sizeof(s->ip4_mask)) ? &s->ip4 : NULL,
		&s->ip4_mask);
}

static void ipv6(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	memcpy(&s->ip6.hdr.src_addr, l->src, 16);
	memcpy(&s->ip6.hdr.dst_addr, l->dst, 16);
	masked(&s->ip6_mask.hdr.src_addr, l->src_len, 16);
	masked(&s->ip6_mask.hdr.dst_addr, l->dst_len, 16);
	s->ip6.hdr.vtc_flow = rte_cpu_to_be_32((uint32_t)l->dscp << 22);
	s->ip6_mask.hdr.vtc_flow = rte_cpu_to_be_32((uint32_t)l->dscp_mask << 22);
	if (!has_item(l)) {
		s->ip6.hdr.proto = l->proto;
		s->ip6_mask.hdr.proto = l->proto_mask;
	}
	add(b, RTE_FLOW_ITEM_TYPE_IPV6, any(&s->ip6_mask, sizeof(s->ip6_mask)) ? &s->ip6 : NULL,
		&s->ip6_mask);
}

static void tcp(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	s->tcp.hdr.src_port = rte_cpu_to_be_16(l->sport);
	s->tcp.hdr.dst_port = rte_cpu_to_be_16(l->dport);
	s->tcp.hdr.tcp_flags = l->tcp_flags;
	s->tcp_mask.hdr.src_port = rte_cpu_to_be_16(l->sport_mask);
	s->tcp_mask.hdr.dst_port = rte_cpu_to_be_16(l->dport_mask);
	s->tcp_mask.hdr.tcp_flags = l->tcp_flags_mask;
	add(b, RTE_FLOW_ITEM_TYPE_TCP, any(&s->tcp_mask, sizeof(s->tcp_mask)) ? &s->tcp : NULL,
		&s->tcp_mask);
}

static void udp(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	s->udp.hdr.src_port = rte_cpu_to_be_16(l->sport);
	s->udp.hdr.dst_port = rte_cpu_to_be_16(l->dport);
	s->udp_mask.hdr.src_port = rte_cpu_to_be_16(l->sport_mask);
	s->udp_mask.hdr.dst_port = rte_cpu_to_be_16(l->dport_mask);
	add(b, RTE_FLOW_ITEM_TYPE_UDP, any(&s->udp_mask, sizeof(s->udp_mask)) ? &s->udp : NULL,
		&s->udp_mask);
}

static void sctp(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	s->sctp.hdr.src_port = rte_cpu_to_be_16(l->sport);
	s->sctp.hdr.dst_port = rte_cpu_to_be_16(l->dport);
	s->sctp_mask.hdr.src_port = rte_cpu_to_be_16(l->sport_mask);
	s->sctp_mask.hdr.dst_port = rte_cpu_to_be_16(l->dport_mask);
	add(b, RTE_FLOW_ITEM_TYPE_SCTP, any(&s->sctp_mask, sizeof(s->sctp_mask)) ? &s->sctp : NULL,
		&s->sctp_mask);
}

static void layer(struct rd_flow_built *b, struct rd_flow_l2l4 *s, const struct rd_flow_layer *l)
{
	ethernet(b, s, l);
	if (l->family == AF_INET)
		ipv4(b, s, l);
	else if (l->family == AF_INET6)
		ipv6(b, s, l);
	if (!has_item(l))
		return;
	if (l->proto == RD_IPPROTO_TCP)
		tcp(b, s, l);
	else if (l->proto == RD_IPPROTO_UDP)
		udp(b, s, l);
	else if (l->proto == RD_FLOW_SCTP)
		sctp(b, s, l);
	else
		add(b, RTE_FLOW_ITEM_TYPE_ICMP6, NULL, NULL);
}

static void tunnel(struct rd_flow_built *b, const struct rd_flow_match *m)
{
	b->tunnel_udp.hdr.dst_port = rte_cpu_to_be_16(m->udp_port);
	b->tunnel_udp_mask.hdr.dst_port = RTE_BE16(0xffff);
	add(b, RTE_FLOW_ITEM_TYPE_UDP, &b->tunnel_udp, &b->tunnel_udp_mask);
	for (int i = 0; i < 3; i++) {
		b->geneve.vni[i] = (uint8_t)(m->vni >> (16 - 8 * i));
		b->geneve_mask.vni[i] = (uint8_t)(m->vni_mask >> (16 - 8 * i));
	}
	add(b, RTE_FLOW_ITEM_TYPE_GENEVE, m->vni_mask != 0 ? &b->geneve : NULL, &b->geneve_mask);
	layer(b, &b->layer[1], &m->inner);
}

void rd_flow_build_items(const struct rd_flow_where *where, const struct rd_flow_form *form,
	const struct rd_flow_match *match, struct rd_flow_built *b)
{
	b->from.port_id = where->ethdev;
	if (rd_flow_domain_of(form->recipe) == RD_FLOW_TRANSFER)
		add(b,
			where->side == RD_FLOW_RX ? RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT
						  : RTE_FLOW_ITEM_TYPE_PORT_REPRESENTOR,
			&b->from, &rte_flow_item_ethdev_mask);
	layer(b, &b->layer[0], &match->outer);
	if (match->geneve)
		tunnel(b, match);
	add(b, RTE_FLOW_ITEM_TYPE_END, NULL, NULL);
}
