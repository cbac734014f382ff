/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tunnel_decap: checks the tunnel header, finds the segment by VNI and the tunnel by the sender,
 * strips the outer headers and parses the inner frame. Comes from classify, which has parsed the
 * outer headers; goes to flow_lookup. Geneve: RFC 8926.
 */
#include <string.h>

#include "nodes/parse.h"
#include "nodes/tos.h"
#include "core/stage.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define TUNNEL_DECAP_NEXT(X) X(DROP, drop) X(FLOW_LOOKUP, flow_lookup)
RD_STAGE_EDGES(TUNNEL_DECAP_NEXT);

#define UDP_LEN 8
#define GENEVE_LEN_MAX (8 + 63 * 4)
struct outer {
	const struct rd_tep *tep;
	const struct rd_tunnel *tunnel;
	uint8_t tos;
	uint32_t inner_off;
	uint32_t end; // of the IP packet: what follows is Ethernet padding
};

// The outer headers again, from what classify noted.
static void outer_pkt(const uint8_t *frame, const struct rd_meta *md, struct rd_pkt *p)
{
	*p = (struct rd_pkt){
		.l3_off = md->l3_off,
		.l4_off = md->l4_off,
		.payload_off = md->l4_off + UDP_LEN,
		.l3_len = rd_be16(frame + md->l3_off + 2),
		.ethertype = RD_ETHERTYPE_IPV4,
		.proto = md->proto,
		.flags = md->pkt_flags,
	};
}

static int check_header(
	struct rte_mbuf *m, const struct rd_meta *md, uint32_t *vni, struct outer *o)
{
	struct rd_geneve g;
	struct rd_pkt p;
	int reason;

	if (!rd_node_pull(m, md->l4_off + UDP_LEN + GENEVE_LEN_MAX))
		return RD_DROP_PKT_PULLUP;
	outer_pkt(rte_pktmbuf_mtod(m, const uint8_t *), md, &p);
	reason = rd_pkt_geneve(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &p, &g);
	if (reason != 0)
		return reason;
	if (g.unknown_critical)
		return RD_DROP_DECAP_OPT_CRITICAL;
	*vni = g.vni;
	o->inner_off = p.payload_off + (uint32_t)g.hdr_len;
	o->end = p.l3_off + p.l3_len;
	return 0;
}

static int check_outer(struct rte_mbuf *m, struct rd_meta *md, struct outer *o)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l3_off);
	const struct rd_port *in = rd_port_at(md->in_port);
	const struct rd_segment *seg;
	uint32_t vni = md->vni;
	int reason;

	o->tep = in != NULL ? rd_tep_by_ip(in->host, ip + 16) : NULL;
	if (o->tep == NULL)
		return RD_DROP_DECAP_NOT_TEP;
	o->tos = ip[1];
	if (md->pkt_flags & RD_PKT_FRAG)
		return RD_DROP_DECAP_FRAGMENT;
	reason = check_header(m, md, &vni, o);
	md->vni = vni;
	if (reason != 0)
		return reason;
	seg = rd_segment_by_vni(in->host, md->vni);
	if (seg == NULL)
		return RD_DROP_DECAP_VNI_UNKNOWN;
	md->segment = seg->idx;
	o->tunnel = rd_tunnel_by_remote(o->tep->idx, ip + 12);
	if (o->tunnel == NULL)
		return RD_DROP_DECAP_PEER_UNKNOWN;
	md->tunnel = o->tunnel->idx;
	return 0;
}

static void trim(struct rte_mbuf *m, uint32_t len)
{
	while (m->pkt_len > len) {
		struct rte_mbuf *last = rte_pktmbuf_lastseg(m);
		uint16_t n = (uint16_t)RTE_MIN(m->pkt_len - len, (uint32_t)last->data_len);

		last->data_len -= n;
		m->pkt_len -= n;
		if (last->data_len != 0 || last == m)
			continue;
		struct rte_mbuf *s = m;

		while (s->next != last)
			s = s->next;
		s->next = NULL;
		m->nb_segs--;
		rte_pktmbuf_free_seg(last);
	}
}

static int strip(struct rte_mbuf *m, struct rd_meta *md, const struct outer *o)
{
	if (md->pkt_flags & RD_PKT_PADDED)
		trim(m, o->end);
	if (rte_pktmbuf_adj(m, (uint16_t)o->inner_off) == NULL)
		return RD_DROP_PKT_PULLUP;
	m->ol_flags &= ~RD_NODE_RX_FLAGS;
	m->packet_type = 0;
	rd_meta_new_form(md);
	return 0;
}

static int check_inner(const struct rte_mbuf *m, const struct rd_pkt *p, const struct rd_tep *tep)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint8_t *smac = frame + 6;

	if ((smac[0] & 1) || (rd_be32(smac) == 0 && rd_be16(smac + 4) == 0))
		return RD_DROP_RX_SMAC_INVALID;
	if (rd_pkt_is_geneve(p, tep->dport) && (p->flags & RD_PKT_IPV4)
		&& rd_tep_by_ip(tep->host, frame + p->l3_off + 16) != NULL)
		return RD_DROP_DECAP_NESTED;
	return 0;
}

static uint16_t tunnel_decap_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	struct rd_tunnel_stats *st;
	struct outer o;
	struct rd_pkt p;
	int reason = check_outer(m, md, &o);

	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	if (w->dry == NULL)
		rd_tunnel_learn_mac(o.tunnel, rte_pktmbuf_mtod(m, const uint8_t *) + 6);
	st = &rd_tunnel_stats[w->id][o.tunnel->idx];
	st->rx_packets++;
	st->rx_bytes += m->pkt_len;
	md->flags =
		(md->flags & (uint8_t)~RD_META_FROM_GUEST) | RD_META_FROM_TUNNEL | RD_META_TO_GUEST;
	reason = strip(m, md, &o);
	if (reason == 0)
		reason = rd_node_parse(m, md, &p);
	if (reason == 0)
		reason = check_inner(m, &p, o.tep);
	if (reason == 0 && (o.tos & 3) != 0)
		reason = rd_tos_merge(rte_pktmbuf_mtod(m, uint8_t *), md, o.tos);
	return reason != 0 ? rd_drop(md, (enum rd_drop_reason)reason) : NEXT_FLOW_LOOKUP;
}

RD_STAGE_REGISTER(TUNNEL_DECAP, tunnel_decap, tunnel_decap_one, RD_SIDE_IN);
