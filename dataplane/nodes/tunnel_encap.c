/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tunnel_encap: pushes the outer headers of the remote endpoint. Comes from flow_lookup, l2_lookup,
 * flood and dfw_out, goes to uplink_select. The tunnel holds the headers as a template; what
 * differs per packet is VNI, lengths, IP id, TOS, checksums and source port. Geneve: RFC 8926;
 * source port: section 3.3; TOS: tos.h.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/stage.h"
#include "nodes/parse.h"
#include "nodes/tos.h"
#include "tables/flow.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define TUNNEL_ENCAP_NEXT(X) X(DROP, drop) X(UPLINK_SELECT, uplink_select)
RD_STAGE_EDGES(TUNNEL_ENCAP_NEXT);

enum { // offsets in the outer headers
	IP_OFF = RD_ETH_LEN,
	UDP_OFF = IP_OFF + 20,
	VNI_OFF = UDP_OFF + 8 + 4,
};

struct encap {
	const struct rd_tunnel *tunnel;
	const struct rd_tep *tep;
	uint32_t vni;
	uint16_t mtu; // of the switch whose uplink it leaves by
};

static int find_tunnel(const struct rd_meta *md, struct encap *e)
{
	const struct rd_segment *seg = rd_segment_at(md->segment);
	const struct rd_port *in = rd_port_at(md->in_port);
	const struct rd_switch *sw = in != NULL ? rd_switch_at(in->sw) : NULL;

	e->tunnel = rd_tunnel_at(md->tunnel);
	e->tep = e->tunnel != NULL ? rd_tep_at(e->tunnel->tep) : NULL;
	if (e->tep == NULL || seg == NULL || sw == NULL)
		return RD_DROP_ENCAP_NO_TUNNEL;
	if (!e->tunnel->mac_known)
		return RD_DROP_ENCAP_NO_NEIGHBOUR;
	e->vni = seg->vni;
	e->mtu = sw->mtu;
	return 0;
}

// The flow keeps it, for the fast path.
static uint16_t source_port(const struct rd_meta *md, const struct rd_tep *tep)
{
	uint16_t sport = rd_tunnel_sport(tep->hash_seed, md->hash);
	struct rd_flow *f = md->flow;

	if (f == NULL || f->sport == sport || (f->acts & RD_ACT_DROP) != 0)
		return sport;
	rd_flow_write_begin(f);
	f->sport = sport;
	rd_flow_write_end(f);
	return sport;
}

static void fill(uint8_t *h, const struct rte_mbuf *m, const struct rd_meta *md,
	const struct encap *e, uint8_t tos)
{
	uint16_t ip_len = (uint16_t)(m->pkt_len - IP_OFF);
	// RFC 6864: the id of a packet that is never fragmented says nothing.
	uint16_t id = e->tep->df ? 0 : (uint16_t)md->packet_id;

	memcpy(h, e->tunnel->hdr, e->tunnel->hdr_len);
	h[IP_OFF + 1] = tos;
	rd_put16(h + IP_OFF + 2, ip_len);
	rd_put16(h + IP_OFF + 4, id);
	// Without reading the header back: bytes that were just written one by one are slow to load.
	rd_put16(h + IP_OFF + 10, rd_csum_fold((uint32_t)e->tunnel->ip_sum + tos + ip_len + id));
	rd_put16(h + UDP_OFF, source_port(md, e->tep));
	rd_put16(h + UDP_OFF + 4, ip_len - 20);
	h[VNI_OFF] = (uint8_t)(e->vni >> 16);
	rd_put16(h + VNI_OFF + 1, (uint16_t)e->vni);
}

// The UDP checksum covers the whole frame: only an endpoint that asks for it pays for that.
static void udp_checksum(uint8_t *h, const struct rte_mbuf *m, const struct encap *e)
{
	uint32_t len = m->pkt_len - UDP_OFF, pseudo;
	uint16_t sum;

	if (!e->tep->csum)
		return;
	pseudo = rd_csum_add(RD_IPPROTO_UDP + len, h + IP_OFF + 12, 8);
	sum = rd_node_csum(m, UDP_OFF, len, pseudo);
	rd_put16(h + UDP_OFF + 6, sum != 0 ? sum : 0xffff); // 0 would mean: none
}

static void note_form(struct rd_meta *md)
{
	md->l3_off = IP_OFF;
	md->l4_off = UDP_OFF;
	md->proto = RD_IPPROTO_UDP;
	md->pkt_flags = RD_PKT_IPV4 | RD_PKT_L4;
	md->vlan = 0;
	rd_meta_new_form(md);
}

static uint16_t tunnel_encap_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	struct rd_tunnel_stats *st;
	struct encap e;
	uint8_t *h, tos;
	int reason = find_tunnel(md, &e);

	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	if (m->pkt_len + e.tunnel->hdr_len - IP_OFF > e.mtu)
		return rd_drop(md, RD_DROP_ENCAP_MTU);
	tos = rd_tos_get(rte_pktmbuf_mtod(m, const uint8_t *), md);
	h = (uint8_t *)rte_pktmbuf_prepend(m, e.tunnel->hdr_len);
	if (h == NULL)
		return rd_drop(md, RD_DROP_ENCAP_HEADROOM);
	fill(h, m, md, &e, tos);
	udp_checksum(h, m, &e);
	note_form(md);
	st = &rd_tunnel_stats[w->id][e.tunnel->idx];
	st->tx_packets++;
	st->tx_bytes += m->pkt_len;
	return NEXT_UPLINK_SELECT;
}

RD_STAGE_REGISTER(TUNNEL_ENCAP, tunnel_encap, tunnel_encap_one, RD_SIDE_IN);
