/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's second half: what a live flow entry says is done. First every check, then every change: a packet that
 * is handed back to the stages is as it was. Worker thread.
 */
#include "nodes/fast.h"

#include "nodes/parse.h"
#include "tables/conn_packet.h"
#include "tables/dfw.h"

static uint16_t tx_edge(const struct rd_port *p)
{
	if (p == NULL || !p->admin_up || p->attach == RD_ATTACH_VIA)
		return NEXT_COUNT;
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

static __rte_noinline void enter_out(struct fast_burst *b, uint16_t idx)
{
	const struct rd_port *p = rd_port_at(idx);

	b->out = (struct fast_out){.port = p, .idx = idx, .edge = tx_edge(p)};
}

// As tunnel_encap finds it. The checksum of a tunnel that has one covers the payload: not for here.
static __rte_noinline void enter_encap(struct fast_burst *b, const struct rd_flow *f)
{
	const struct rd_segment *seg = rd_segment_at(f->key.segment);
	const struct rd_switch *sw = rd_switch_at(b->in.port->sw);
	const struct rd_tunnel *t = rd_tunnel_at(f->tunnel);
	struct fast_encap *e = &b->encap;

	*e = (struct fast_encap){.idx = f->tunnel, .segment = f->key.segment, .in_port = b->in.idx};
	if (seg == NULL || sw == NULL || t == NULL || !t->mac_known || t->csum
		|| sw->mtu + RD_ETH_LEN < t->hdr_len)
		return;
	e->tunnel = t;
	e->vni = seg->vni;
	e->len_max = sw->mtu + RD_ETH_LEN - (uint32_t)t->hdr_len;
}

static inline bool check_encap(
	struct fast_burst *b, const struct rte_mbuf *m, const struct rd_flow *f)
{
	struct fast_encap *e = &b->encap;

	if (e->idx != f->tunnel || e->segment != f->key.segment || e->in_port != b->in.idx)
		enter_encap(b, f);
	return e->tunnel != NULL && m->pkt_len <= e->len_max && f->sport != 0
		&& (f->decided & RD_DECIDED_UPLINK) != 0
		&& rte_pktmbuf_headroom(m) >= e->tunnel->hdr_len;
}

// Whether the entry is live, compared with the present tables, and says nothing that only the stages can do.
static inline bool check(struct fast_burst *b, const struct rte_mbuf *m, const struct rd_flow *f)
{
	bool encap = (f->acts & RD_ACT_ENCAP) != 0;
	uint16_t out = encap ? f->uplink : f->out_port;

	if ((f->decided & RD_FLOW_READY) != RD_FLOW_READY || !rd_flow_is_fresh(b->w, f)
		|| (f->acts & (RD_ACT_DROP | RD_ACT_FLOOD | RD_ACT_UPLINK)) != 0)
		return false;
	if (encap && !check_encap(b, m, f))
		return false;
	if (b->out.idx != out)
		enter_out(b, out);
	return b->out.edge != NEXT_COUNT;
}

struct fast_conn { // what a packet does to its connection at one firewall
	rd_conn_ref ref; // 0 = none
	enum rd_conn_dir dir;
	struct rd_conn_seg seg;
};

// One firewall on the way: what its rules said is in the entry; with state, the connection has its say for each packet. Changes
// nothing: what is not plain is for the stages.
static inline bool passes(const struct fast_burst *b, const struct fast_pkt *p,
	const struct rd_flow *f, enum rd_flow_fw fw, struct fast_conn *c)
{
	bool out = fw == RD_FW_OUT;
	const struct rd_dfw *dfw = rd_dfw_of(b->w, out ? b->in.idx : f->out_port);
	struct rd_conn_l4 l4;

	if (dfw == NULL || (f->decided & (out ? RD_DECIDED_DFW_OUT : RD_DECIDED_DFW_IN)) == 0)
		return false;
	c->ref = f->conn[fw];
	if (c->ref == 0)
		return !dfw->stateful;
	c->dir = f->decided & (out ? RD_FLOW_REPLY_OUT : RD_FLOW_REPLY_IN) ? RD_CONN_REPLY
									   : RD_CONN_ORIG;
	l4.hdr = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->strip + p->l4.off);
	l4.len = p->l4.len;
	l4.hdr_len = p->m->data_len - (uint32_t)(p->strip + p->l4.off);
	return rd_conn_fits(c->ref, c->dir, f->key.proto, &l4, &c->seg);
}

static inline void take(const struct fast_burst *b, const struct rd_flow *f, uint16_t rule,
	const struct fast_conn *c, uint32_t len)
{
	if (c->ref != 0)
		rd_conn_take(c->ref, c->dir, f->key.proto, &c->seg, len, b->w->now_s);
	rd_dfw_hit(b->w->id, rule, 1, len);
}

// Both firewalls on the way: none counts a packet that the other one does not let pass. Bits of enum fast_kind, or -1.
static inline int firewall(
	const struct fast_burst *b, const struct fast_pkt *p, const struct rd_flow *f)
{
	bool src = f->acts & RD_ACT_DFW_SRC, dst = f->acts & RD_ACT_DFW_DST;
	uint32_t len = p->m->pkt_len - p->strip;
	struct fast_conn out = {0}, in = {0};

	if (!src && !dst)
		return 0;
	if ((src && !passes(b, p, f, RD_FW_OUT, &out)) || (dst && !passes(b, p, f, RD_FW_IN, &in)))
		return -1;
	if (src)
		take(b, f, f->rule_out, &out, len);
	if (dst)
		take(b, f, f->rule_in, &in, len);
	return (src ? FAST_DFW_OUT : 0) | (dst ? FAST_DFW_IN : 0);
}

// Once a second and flow, as flow_lookup does.
static __rte_noinline void refresh_source(
	struct fast_burst *b, const struct fast_pkt *p, struct rd_flow *f)
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

static inline uint16_t fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	return (uint16_t)~sum;
}

// The same fields as in tunnel_encap.
static inline void encap(struct fast_burst *b, struct rte_mbuf *m, const struct rd_flow *f)
{
	const struct rd_tunnel *t = b->encap.tunnel;
	struct rd_tunnel_stats *st = &rd_tunnel_stats[b->w->id][t->idx];
	uint8_t tos = inner_tos(rte_pktmbuf_mtod(m, const uint8_t *), f);
	uint8_t *h = (uint8_t *)rte_pktmbuf_prepend(m, t->hdr_len), *ip = h + RD_ETH_LEN;
	uint16_t ip_len = (uint16_t)(m->pkt_len - RD_ETH_LEN);
	uint16_t id = t->df ? 0 : (uint16_t)rd_meta(m)->packet_id;

	copy_header(h, t);
	ip[1] = tos;
	rd_put16(ip + 2, ip_len);
	rd_put16(ip + 4, id);
	rd_put16(ip + 10, fold(t->ip_sum + tos + ip_len + id));
	rd_put16(h + FAST_UDP_OFF, f->sport);
	rd_put16(h + FAST_UDP_OFF + 4, (uint16_t)(ip_len - FAST_IP4_LEN));
	rd_put32(h + FAST_GENEVE_OFF + 4, b->encap.vni << 8);
	st->tx_packets++;
	st->tx_bytes += m->pkt_len;
}

// What the TX stage and a drop record there need to know.
static inline void note(const struct fast_burst *b, const struct fast_pkt *p, struct rd_flow *f)
{
	struct rd_meta *md = rd_meta(p->m);

	md->flow = f;
	md->segment = f->key.segment;
	md->out_port = b->out.idx;
	if (p->via != NULL) {
		md->vni = f->key.vni;
		md->tunnel = p->via->tunnel->idx;
		md->flags |= RD_META_HIT | RD_META_FROM_TUNNEL | RD_META_TO_GUEST;
	} else if (f->acts & RD_ACT_ENCAP) {
		md->vni = b->encap.vni;
		md->tunnel = f->tunnel;
		md->flags |= RD_META_HIT | RD_META_FROM_GUEST;
	} else {
		md->flags |= RD_META_HIT | RD_META_TO_GUEST;
	}
}

uint16_t fast_exec(struct fast_burst *b, uint16_t j)
{
	struct fast_pkt *p = &b->pkt[j];
	struct rd_flow *f = b->flow[j];
	int kind;

	if (f == NULL || !check(b, p->m, f))
		return NEXT_COUNT;
	kind = firewall(b, p, f);
	if (kind < 0)
		return NEXT_COUNT;
	kind |= b->in.rx;
	if (unlikely(f->last_s != b->w->now_s))
		refresh_source(b, p, f);
	b->in.packets++;
	b->in.bytes += p->m->pkt_len;
	note(b, p, f);
	f->hits++;
	f->bytes += p->m->pkt_len - p->strip;
	if (p->via != NULL) {
		kind |= FAST_DECAP;
		decap(b, p);
	}
	if (f->acts & RD_ACT_ENCAP) {
		kind |= FAST_ENCAP;
		encap(b, p->m, f);
	}
	b->kind[kind]++;
	b->kinds |= UINT64_C(1) << kind;
	return b->out.edge;
}
