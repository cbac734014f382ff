/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's second half: what a live flow entry says is done. First every check, then every change: a packet that
 * is handed back to the stages is as it was. Worker thread.
 */
// Two counters that are next to each other are not worth a vector.
#ifndef __clang__
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#include "nodes/fast.h"

#include "nodes/parse.h"
#include "tables/conn_packet.h"
#include "tables/dfw.h"

// As tunnel_encap finds it. The checksum of a tunnel that has one covers the payload: not for here.
static __rte_noinline void enter_encap(struct fast_burst *b, const struct rd_flow *f)
{
	const struct rd_segment *seg = rd_segment_at(f->key.segment);
	const struct rd_switch *sw = rd_switch_at(b->in.port->sw);
	const struct rd_tunnel *t = rd_tunnel_at(f->tunnel);
	struct fast_encap *e = &b->encap;

	*e = (struct fast_encap){.idx = f->tunnel, .segment = f->key.segment};
	if (seg == NULL || sw == NULL || t == NULL || !t->mac_known || t->csum
		|| sw->mtu + RD_ETH_LEN < t->hdr_len)
		return;
	e->tunnel = t;
	e->stats = &rd_tunnel_stats[b->w->id][t->idx];
	e->vni = seg->vni;
	e->len_max = sw->mtu + RD_ETH_LEN - (uint32_t)t->hdr_len;
}

static __rte_always_inline bool check_encap(
	struct fast_burst *b, const struct fast_pkt *p, const struct rd_flow *f)
{
	struct fast_encap *e = &b->encap;

	if (unlikely(e->idx != f->tunnel || e->segment != f->key.segment))
		enter_encap(b, f);
	return p->m->pkt_len - p->strip <= e->len_max && f->sport != 0
		&& (f->decided & RD_DECIDED_UPLINK) != 0
		&& rte_pktmbuf_headroom(p->m) >= e->tunnel->hdr_len;
}

// Whether the entry is live, compared with the present tables, and says nothing that only the stages can do.
static __rte_always_inline bool check(
	struct fast_burst *b, const struct fast_pkt *p, const struct rd_flow *f)
{
	uint16_t out = f->out_port;

	if (unlikely((f->decided & RD_FLOW_READY) != RD_FLOW_READY || f->gen != b->gen
		    || f->rev != b->rev
		    || (f->acts & (RD_ACT_DROP | RD_ACT_FLOOD | RD_ACT_UPLINK | RD_ACT_ROUTE))
			    != 0))
		return false;
	if (f->acts & RD_ACT_ENCAP) {
		if (!check_encap(b, p, f))
			return false;
		out = f->uplink;
	}
	if (unlikely(b->out.idx != out))
		fast_enter_out(b, out);
	return b->out.edge != NEXT_COUNT;
}

struct fast_conn { // what a packet does to its connection at one firewall
	rd_conn_ref ref; // 0 = none
	enum rd_conn_dir dir;
	struct rd_conn_seg seg;
};

// One firewall on the way: what its rules said is in the entry; with state, the connection has its say for each packet. Changes
// nothing: what is not plain is for the stages.
static __rte_always_inline bool passes(const struct fast_burst *b, const struct fast_pkt *p,
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

static __rte_always_inline void take(const struct fast_burst *b, const struct rd_flow *f,
	uint16_t rule, const struct fast_conn *c, uint32_t len)
{
	if (c->ref != 0)
		rd_conn_take(c->ref, c->dir, f->key.proto, &c->seg, len, b->w->now_s);
	rd_dfw_hit(b->w->id, rule, 1, len);
}

// Both firewalls on the way: none counts a packet that the other one does not let pass. from and to: the same flow, or those in front
// of a router and behind it. Bits of enum fast_kind, or -1.
static __rte_always_inline int firewall(const struct fast_burst *b, const struct fast_pkt *p,
	const struct rd_flow *from, const struct rd_flow *to)
{
	bool src = from->acts & RD_ACT_DFW_SRC, dst = to->acts & RD_ACT_DFW_DST;
	uint32_t len = p->m->pkt_len - p->strip;
	struct fast_conn out = {0}, in = {0};

	if (!src && !dst)
		return 0;
	if ((src && !passes(b, p, from, RD_FW_OUT, &out))
		|| (dst && !passes(b, p, to, RD_FW_IN, &in)))
		return -1;
	if (src)
		take(b, from, from->rule_out, &out, len);
	if (dst)
		take(b, to, to->rule_in, &in, len);
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

static __rte_always_inline void decap(struct fast_burst *b, const struct fast_pkt *p)
{
	struct rd_tunnel_stats *st = p->via->stats;
	struct rte_mbuf *m = p->m;

	b->out.loud |= p->via->quiet ^ b->out.tag;
	if (unlikely(!p->via->learnt))
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

static inline uint16_t packet_id(const struct fast_burst *b, const struct fast_pkt *p)
{
	return (uint16_t)(b->bare ? b->first_id + p->pos : rd_meta(p->m)->packet_id);
}

// There is room, check_encap() has seen to it.
static inline uint8_t *prepend(struct rte_mbuf *m, uint16_t len)
{
	m->data_off -= len;
	m->data_len += len;
	m->pkt_len += len;
	return rte_pktmbuf_mtod(m, uint8_t *);
}

// The same fields as in tunnel_encap.
static __rte_always_inline void encap(
	struct fast_burst *b, const struct fast_pkt *p, const struct rd_flow *f)
{
	const struct rd_tunnel *t = b->encap.tunnel;
	struct rte_mbuf *m = p->m;
	struct rd_tunnel_stats *st = b->encap.stats;
	uint8_t tos = inner_tos(rte_pktmbuf_mtod(m, const uint8_t *), f);
	uint8_t *h = prepend(m, t->hdr_len), *ip = h + RD_ETH_LEN;
	uint16_t ip_len = (uint16_t)(m->pkt_len - RD_ETH_LEN);
	uint16_t id = t->df ? 0 : packet_id(b, p);

	copy_header(h, t);
	ip[1] = tos;
	fast_put16(ip + 2, ip_len);
	fast_put16(ip + 4, id);
	fast_put16(ip + 10, fold(t->ip_sum + tos + ip_len + id));
	fast_put16(h + FAST_UDP_OFF, f->sport);
	fast_put16(h + FAST_UDP_OFF + 4, (uint16_t)(ip_len - FAST_IP4_LEN));
	fast_put32(h + FAST_GENEVE_OFF + 4, b->encap.vni << 8);
	st->tx_packets++;
	st->tx_bytes += m->pkt_len;
}

static __rte_always_inline void count(
	struct fast_burst *b, const struct fast_pkt *p, struct rd_flow *f)
{
	b->in.packets[fast_is_ip6(&f->key)]++;
	b->in.bytes += p->m->pkt_len;
	f->hits++;
	f->bytes += p->m->pkt_len - p->strip;
}

// Does what the flow entry says, for the port b->out, or changes nothing and returns false.
static __rte_always_inline bool fast_exec(struct fast_burst *b, uint16_t j)
{
	struct fast_pkt *p = &b->pkt[j];
	struct rd_flow *f = b->flow[j];
	int kind;

	if (f == NULL || !check(b, p, f))
		return false;
	kind = firewall(b, p, f, f);
	if (kind < 0)
		return false;
	kind |= b->in.rx;
	if (unlikely(f->last_s != b->w->now_s))
		refresh_source(b, p, f);
	count(b, p, f);
	if (p->via != NULL) {
		kind |= FAST_DECAP;
		decap(b, p);
	}
	if (f->acts & RD_ACT_ENCAP) {
		kind |= FAST_ENCAP;
		encap(b, p, f);
	}
	b->kind[kind]++;
	b->kinds |= UINT64_C(1) << kind;
	return true;
}

// The same for a packet that a router forwards: what both entries say.
static __rte_noinline bool exec_routed(struct fast_burst *b, uint16_t j)
{
	struct fast_pkt *p = &b->pkt[j];
	struct rd_flow *from = b->before[j], *to = b->flow[j];
	int kind;

	if (!check(b, p, to) || (to->acts & RD_ACT_DFW_SRC) != 0)
		return false;
	kind = firewall(b, p, from, to);
	if (kind < 0)
		return false;
	kind |= b->in.rx;
	count(b, p, from);
	to->hits++;
	to->bytes += p->m->pkt_len - p->strip;
	b->in.routed++;
	if (p->via != NULL) {
		kind |= FAST_DECAP;
		decap(b, p);
	}
	fast_route_forward(b, j);
	if (to->acts & RD_ACT_ENCAP) {
		kind |= FAST_ENCAP;
		encap(b, p, to);
	}
	b->kind[kind]++;
	b->kinds |= UINT64_C(1) << kind;
	return true;
}

// Not of the port that the last packet came by, or of one with limits: what is refused now is refused by port_in, too, which
// drops it.
static __rte_noinline bool admit(struct fast_burst *b, uint16_t j)
{
	uint16_t in_port = b->key[j].in_port;
	const struct rd_port *p;

	if (in_port != b->in.idx)
		fast_enter_port(b, in_port);
	p = b->in.port;
	if (in_port == b->in.free_idx || p == NULL)
		return p != NULL;
	return rd_guard_take(&p->guard, p->idx, b->pkt[j].m->pkt_len, rd_guard_now(b->w));
}

// The stages will ask again.
static __rte_noinline void take_back(const struct fast_burst *b, uint16_t j)
{
	rd_guard_return(&b->in.port->guard, b->in.idx, b->pkt[j].m->pkt_len);
}

void fast_exec_all(struct fast_burst *b, uint16_t *next)
{
	for (uint16_t j = 0; j < b->nb; j++) {
		if (unlikely(b->key[j].in_port != b->in.free_idx) && !admit(b, j))
			continue;
		if (unlikely(fast_is_routed(b, j)) ? exec_routed(b, j) : fast_exec(b, j)) {
			fast_send(b, j);
			next[b->pkt[j].pos] = FAST_DONE;
			b->nb_done++;
		} else if (unlikely(b->in.free_idx == RD_PORT_MAX)) {
			take_back(b, j);
		}
	}
}
