/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's first half: which packets of a burst have the plain shape, where they came from, and their flow
 * keys. Worker thread; reads only.
 */
#include "nodes/fast.h"

#include "core/packet_id.h"
#include "nodes/rx.h"
#include "tables/flow_bucket.h"

#define VIAS 256 // per worker; a power of two

static struct fast_via vias[RD_WORKER_MAX][VIAS] __rte_cache_aligned;

static uint16_t rx_edge(const struct rd_port *p)
{
	switch (p != NULL ? rd_rx_stage(p->type) : RD_STAGE_NONE) {
		RD_RX_EDGE_CASE_(UPLINK_RX, uplink_rx)
		RD_RX_EDGE_CASE_(MUX_RX, mux_rx)
		RD_RX_EDGE_CASE_(VNIC_RX, vnic_rx)
		RD_RX_EDGE_CASE_(UPT_RX, upt_rx)
		RD_RX_EDGE_CASE_(VMK_RX, vmk_rx)
	default:
		return NEXT_UPLINK_RX; // whose check says that the port is gone
	}
}

__rte_noinline void fast_enter_port(struct fast_burst *b, uint16_t idx)
{
	const struct rd_port *p = rd_port_at(idx);
	struct fast_in *in = &b->in;

	fast_count(b);
	b->encap.idx = 0;
	*in = (struct fast_in){.port = p, .idx = idx, .free_idx = RD_PORT_MAX, .edge = rx_edge(p)};
	if (p == NULL || !p->admin_up)
		return;
	in->frame_max = rd_rx_frame_max(p);
	in->free_idx = rd_guard_limits(&p->guard) ? RD_PORT_MAX : idx;
	switch (p->type) {
	case RD_PORT_UPLINK:
		in->fit = true;
		break;
	case RD_PORT_UPT:
		in->rx = FAST_RX_UPT;
		break;
	case RD_PORT_VNIC:
		in->rx = FAST_RX_VNIC;
		break;
	default:
		return;
	}
	if (in->rx == 0)
		return;
	in->from = (struct fast_from){.in_port = idx, .segment = p->segment};
	fast_from_ready(&in->from);
	if (p->spoof_check) {
		memcpy(&in->smac, p->mac, 6);
		memset(&in->smac_mask, 0xff, 6);
	}
	in->fit = p->segment != 0 && rd_segment_at(p->segment) != NULL;
}

// The first of a pair of slots. The sender may reach us by several routers, so its MAC is part of it.
static inline struct fast_via *via_pair(
	const struct rd_worker *w, const uint8_t *frame, const struct fast_outer *o)
{
	uint32_t h = fast_load32(o->src) ^ o->vni * 0x9e3779b1u ^ fast_load32(frame + 8) << 8;

	return &vias[w->id][(h * 0x85ebca6bu >> 24) & (VIAS - 2)];
}

static inline bool via_is(
	const struct fast_via *v, const struct fast_burst *b, const uint8_t *frame)
{
	return v->gen == b->gen && v->from.in_port == b->in.idx && fast_head_is(&v->head, frame);
}

// As rd_tunnel_learn_mac() sees it.
static bool learnt(const struct rd_tunnel *t, const uint8_t mac[6])
{
	return t->mac_known && (!t->mac_learned || memcmp(t->mac, mac, 6) == 0);
}

// As classify and tunnel_decap find them. false: not ours, or not known.
static bool via_make(struct fast_via *v, const struct fast_burst *b, const uint8_t *frame,
	const struct fast_outer *o)
{
	uint8_t host = b->in.port->host;
	const struct rd_tep *tep = rd_tep_by_ip(host, o->dst);
	const struct rd_segment *seg = rd_segment_by_vni(host, o->vni);
	const struct rd_tunnel *t = tep != NULL ? rd_tunnel_by_remote(tep->idx, o->src) : NULL;

	if (t == NULL || seg == NULL || tep->dport != o->dport || memcmp(frame, tep->mac, 6) != 0)
		return false;
	*v = (struct fast_via){
		.from = {.in_port = b->in.idx, .segment = seg->idx, .vni = o->vni},
		.gen = b->gen,
		.len = o->len,
		.dport = o->dport,
		.learnt = learnt(t, frame + 6),
		.tunnel = t,
		.stats = &rd_tunnel_stats[b->w->id][t->idx],
	};
	fast_from_ready(&v->from);
	for (unsigned i = 0; i < FAST_HEAD; i++)
		v->head.v[i] = fast_head_part(frame, i);
	return true;
}

// Whether an earlier packet of the burst, they end at p, has come by it.
static bool via_busy(const struct fast_burst *b, const struct fast_pkt *p, const struct fast_via *v)
{
	for (const struct fast_pkt *q = b->pkt; q < p; q++)
		if (q->via == v)
			return true;
	return false;
}

// Not from the sender of the packet before.
static __rte_noinline struct fast_via *via_find(
	struct fast_burst *b, const struct fast_pkt *p, const uint8_t *frame)
{
	struct fast_outer o;
	struct fast_via *v;

	if (!fast_outer(frame, &o))
		return NULL;
	v = via_pair(b->w, frame, &o);
	v += !via_is(v, b, frame) && via_is(v + 1, b, frame);
	if (!via_is(v, b, frame)) {
		v += v->gen == b->gen && ((v + 1)->gen != b->gen || via_busy(b, p, v));
		if (via_busy(b, p, v) || !via_make(v, b, frame, &o))
			return NULL;
	}
	b->in.via = v;
	return v;
}

static inline uint32_t gather_tunnel(
	struct fast_burst *b, struct fast_pkt *p, struct rd_flow_key *key)
{
	const struct rte_mbuf *m = p->m;
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *inner;
	struct fast_via *v = b->in.via;
	uint32_t hash;

	if (m->data_len < FAST_OUTER_LEN)
		return 0;
	if (v == NULL || !fast_head_is(&v->head, frame))
		v = via_find(b, p, frame);
	if (v == NULL || !fast_outer_rest(frame, m->data_len, m->pkt_len, v->len))
		return 0;
	p->via = v;
	p->strip = v->len;
	inner = frame + v->len;
	hash = fast_frame(
		inner, (uint32_t)m->data_len - v->len, m->pkt_len - v->len, &v->from, key, &p->l4);
	// Another tunnel inside may be for the same endpoint: the stages look.
	return likely(hash == 0 || rd_be16(inner + p->l4.off + 2) != v->dport) ? hash : 0;
}

static inline uint32_t gather_guest(
	struct fast_burst *b, struct fast_pkt *p, struct rd_flow_key *key)
{
	const struct rte_mbuf *m = p->m;
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t hash;

	p->via = NULL;
	hash = fast_frame(frame, m->data_len, m->pkt_len, &b->in.from, key, &p->l4);
	return likely(hash == 0 || ((fast_load64(frame + 6) ^ b->in.smac) & b->in.smac_mask) == 0)
		? hash
		: 0;
}

// A frame that is not plain, but may be of a flow whose other packets are: with options, a fragment, congested.
static __rte_noinline bool is_odd(const uint8_t *frame, uint32_t readable)
{
	uint8_t proto;

	if (readable < RD_ETH_LEN + FAST_IP4_LEN || (frame[0] & 1))
		return false;
	switch (rd_be16(frame + 12)) {
	case RD_ETHERTYPE_IPV4:
		proto = frame[RD_ETH_LEN + 9];
		return proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP;
	case RD_ETHERTYPE_IPV6:
		return frame[RD_ETH_LEN + 6] != RD_IPPROTO_ICMPV6;
	default:
		return false;
	}
}

struct rd_meta *fast_meta(const struct fast_burst *b, struct rte_mbuf *m, uint16_t pos)
{
	struct rd_meta *md = rd_meta(m);

	if (b->bare)
		*md = (struct rd_meta){.packet_id = rd_packet_id_of(b->w, b->first_id + pos),
			.in_port = b->in.idx,
			.hash_source =
				m->ol_flags & RTE_MBUF_F_RX_RSS_HASH ? RD_HASH_NIC : RD_HASH_NONE};
	return md;
}

void fast_gather(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next)
{
	const struct rd_flow_table *t = b->w->flows;
	uint16_t n = 0;

	for (uint16_t i = 0; i < nb; i++) {
		struct fast_pkt *p = &b->pkt[n];
		uint32_t hash = 0;

		p->m = objs[i];
		p->pos = i;
		p->strip = 0;
		if (!b->bare && rd_meta(p->m)->in_port != b->in.idx)
			fast_enter_port(b, rd_meta(p->m)->in_port);
		next[i] = b->in.edge;
		if (likely(b->in.fit && !b->in_order && p->m->pkt_len <= b->in.frame_max))
			hash = b->in.rx == 0 ? gather_tunnel(b, p, &b->key[n])
					     : gather_guest(b, p, &b->key[n]);
		if (likely(hash != 0)) {
			rd_flow_prefetch(t, hash);
			b->hash[n++] = hash;
		} else if (!b->in_order) {
			b->in_order = is_odd(rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->strip),
				(uint32_t)p->m->data_len - p->strip);
		}
	}
	b->nb = n;
}
