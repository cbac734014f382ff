/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's second half: what a live flow entry says is done. First every check, then every change: a packet that
 * is handed back to the stages is as it was. Worker thread.
 */
#include "nodes/fast.h"

#include "nodes/parse.h"
#include "tables/conn_packet.h"
#include "tables/dfw.h"

struct exec { // what the checks found
	const struct rd_port *out;
	const struct rd_tunnel *tunnel; // to encapsulate for
	uint32_t vni;
	unsigned kind;
	uint16_t edge;
};

static inline uint16_t tx_edge(const struct rd_port *p)
{
	switch (p->type) {
	case RD_PORT_UPLINK:
		return NEXT_UPLINK_TX;
	case RD_PORT_VNIC:
		return NEXT_VNIC_TX;
	case RD_PORT_UPT:
		return NEXT_UPT_TX;
	default:
		return NEXT_COUNT;
	}
}

// As tunnel_encap finds it. The checksum of a tunnel that has one covers the payload: not for here.
static inline bool check_encap(const struct fast_burst *b, const struct rte_mbuf *m,
	const struct rd_flow *f, struct exec *x)
{
	const struct rd_segment *seg = rd_segment_at(f->key.segment);
	const struct rd_switch *sw = rd_switch_at(b->in.port->sw);
	const struct rd_tunnel *t = rd_tunnel_at(f->tunnel);

	if (seg == NULL || sw == NULL || t == NULL || !t->mac_known || t->csum || f->sport == 0
		|| m->pkt_len + t->hdr_len - RD_ETH_LEN > sw->mtu
		|| rte_pktmbuf_headroom(m) < t->hdr_len)
		return false;
	x->tunnel = t;
	x->vni = seg->vni;
	x->kind |= FAST_ENCAP;
	return true;
}

static inline bool check(const struct fast_burst *b, const struct rte_mbuf *m,
	const struct rd_flow *f, struct exec *x)
{
	if ((f->decided & RD_FLOW_READY) != RD_FLOW_READY || !rd_flow_is_fresh(b->w, f)
		|| (f->acts & (RD_ACT_DROP | RD_ACT_FLOOD | RD_ACT_UPLINK)) != 0)
		return false;
	if ((f->acts & RD_ACT_ENCAP)
		&& ((f->decided & RD_DECIDED_UPLINK) == 0 || !check_encap(b, m, f, x)))
		return false;
	x->out = rd_port_at(f->acts & RD_ACT_ENCAP ? f->uplink : f->out_port);
	if (x->out == NULL || !x->out->admin_up || x->out->attach == RD_ATTACH_VIA)
		return false;
	x->edge = tx_edge(x->out);
	return x->edge != NEXT_COUNT;
}

// One firewall on the way: what its rules said is in the entry; with state, the connection has its say for each packet.
static inline bool pass(const struct fast_burst *b, const struct fast_pkt *p,
	const struct rd_flow *f, enum rd_flow_fw fw)
{
	bool out = fw == RD_FW_OUT;
	const struct rd_dfw *dfw = rd_dfw_of(b->w, out ? b->in.idx : f->out_port);
	bool reply = f->decided & (out ? RD_FLOW_REPLY_OUT : RD_FLOW_REPLY_IN);
	struct rd_conn_l4 l4;

	if (dfw == NULL || (f->decided & (out ? RD_DECIDED_DFW_OUT : RD_DECIDED_DFW_IN)) == 0)
		return false;
	if (f->conn[fw] == 0)
		return !dfw->stateful;
	l4.hdr = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->strip + p->l4.off);
	l4.len = p->l4.len;
	l4.hdr_len = p->m->data_len - (uint32_t)(p->strip + p->l4.off);
	return rd_conn_packet(f->conn[fw], reply ? RD_CONN_REPLY : RD_CONN_ORIG, f->key.proto, &l4,
		       p->m->pkt_len - p->strip, b->w->now_s)
		== 0;
}

static inline bool firewall(const struct fast_burst *b, const struct fast_pkt *p,
	const struct rd_flow *f, struct exec *x)
{
	uint32_t len = p->m->pkt_len - p->strip;

	if ((f->acts & RD_ACT_DFW_SRC) && !pass(b, p, f, RD_FW_OUT))
		return false;
	if ((f->acts & RD_ACT_DFW_DST) && !pass(b, p, f, RD_FW_IN))
		return false;
	if (f->acts & RD_ACT_DFW_SRC) {
		rd_dfw_hit(b->w->id, f->rule_out, 1, len);
		x->kind |= FAST_DFW_OUT;
	}
	if (f->acts & RD_ACT_DFW_DST) {
		rd_dfw_hit(b->w->id, f->rule_in, 1, len);
		x->kind |= FAST_DFW_IN;
	}
	return true;
}

// Once a second and flow, as flow_lookup does.
static void refresh_source(struct fast_burst *b, const struct fast_pkt *p, struct rd_flow *f)
{
	const struct rd_segment *seg = rd_segment_at(f->key.segment);

	f->last_s = RTE_MAX(b->w->now_s, 1u);
	if (seg != NULL && seg->learn)
		rd_fdb_learn(seg->idx, f->key.smac, p->via != NULL,
			p->via != NULL ? p->via->tunnel->idx : b->in.idx, b->w->now_s);
}

static inline void decap(struct fast_burst *b, const struct fast_pkt *p)
{
	struct rd_tunnel_stats *st = &rd_tunnel_stats[b->w->id][p->via->tunnel->idx];
	struct rte_mbuf *m = p->m;

	rd_tunnel_learn_mac(p->via->tunnel, rte_pktmbuf_mtod(m, const uint8_t *) + 6);
	st->rx_packets++;
	st->rx_bytes += m->pkt_len;
	m->data_off += p->strip;
	m->data_len -= p->strip;
	m->pkt_len -= p->strip;
	m->ol_flags &= ~RD_NODE_RX_FLAGS; // what the NIC said is not true of the inner frame
	m->packet_type = 0;
}

// A template has 50 to 114 bytes. The frame begins right behind, so nothing may be written beyond it.
static inline void copy_header(uint8_t *h, const struct rd_tunnel *t)
{
	memcpy(h, t->hdr, 48);
	if (likely(t->hdr_len <= 64))
		memcpy(h + t->hdr_len - 16, t->hdr + t->hdr_len - 16, 16);
	else
		memcpy(h + 48, t->hdr + 48, t->hdr_len - 48u);
}

static inline uint8_t inner_tos(const uint8_t *frame, const struct rd_flow *f)
{
	const uint8_t *ip = frame + RD_ETH_LEN;

	return f->key.ethertype == RD_ETHERTYPE_IPV4 ? ip[1] : (uint8_t)(rd_be16(ip) >> 4);
}

// The same fields as in tunnel_encap.
static inline void encap(
	struct fast_burst *b, struct rte_mbuf *m, const struct rd_flow *f, const struct exec *x)
{
	const struct rd_tunnel *t = x->tunnel;
	struct rd_tunnel_stats *st = &rd_tunnel_stats[b->w->id][t->idx];
	uint8_t tos = inner_tos(rte_pktmbuf_mtod(m, const uint8_t *), f);
	uint8_t *h = (uint8_t *)rte_pktmbuf_prepend(m, t->hdr_len), *ip = h + RD_ETH_LEN;
	uint16_t ip_len = (uint16_t)(m->pkt_len - RD_ETH_LEN);
	uint16_t id = t->df ? 0 : (uint16_t)rd_meta(m)->packet_id;

	copy_header(h, t);
	ip[1] = tos;
	rd_put16(ip + 2, ip_len);
	rd_put16(ip + 4, id);
	rd_put16(ip + 10, rd_csum_fold(t->ip_sum + tos + ip_len + id));
	rd_put16(h + FAST_UDP_OFF, f->sport);
	rd_put16(h + FAST_UDP_OFF + 4, (uint16_t)(ip_len - FAST_IP4_LEN));
	h[FAST_GENEVE_OFF + 4] = (uint8_t)(x->vni >> 16);
	rd_put16(h + FAST_GENEVE_OFF + 5, (uint16_t)x->vni);
	st->tx_packets++;
	st->tx_bytes += m->pkt_len;
}

// What the TX stage and a drop record there need to know.
static inline void note(const struct fast_pkt *p, struct rd_flow *f, const struct exec *x)
{
	struct rd_meta *md = rd_meta(p->m);

	md->flow = f;
	md->segment = f->key.segment;
	md->vni = p->via != NULL ? f->key.vni : x->vni;
	md->tunnel = p->via != NULL ? p->via->tunnel->idx : f->tunnel;
	md->out_port = x->out->idx;
	md->flags |= RD_META_HIT;
	md->flags |= p->via != NULL	    ? RD_META_FROM_TUNNEL | RD_META_TO_GUEST
		: x->edge == NEXT_UPLINK_TX ? RD_META_FROM_GUEST
					    : RD_META_TO_GUEST;
}

uint16_t fast_exec(struct fast_burst *b, uint16_t j)
{
	struct fast_pkt *p = &b->pkt[j];
	struct rd_flow *f = b->flow[j];
	struct exec x = {.kind = b->in.rx};

	if (f == NULL || !check(b, p->m, f, &x) || !firewall(b, p, f, &x))
		return NEXT_COUNT;
	if (unlikely(f->last_s != b->w->now_s))
		refresh_source(b, p, f);
	b->in.packets++;
	b->in.bytes += p->m->pkt_len;
	note(p, f, &x);
	f->hits++;
	if (p->via != NULL) {
		x.kind |= FAST_DECAP;
		decap(b, p);
	}
	f->bytes += p->m->pkt_len;
	if (x.tunnel != NULL)
		encap(b, p->m, f, &x);
	b->kind[x.kind]++;
	b->kinds |= UINT64_C(1) << x.kind;
	return x.edge;
}
