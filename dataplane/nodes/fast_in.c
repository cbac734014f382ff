/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's first half: which packets of a burst have the plain shape, where they came from, and their flow
 * keys. Worker thread; reads only.
 */
#include "nodes/fast.h"

#include "nodes/rx.h"
#include "tables/flow_hash.h"

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

	fast_count_port(b->w, in);
	*in = (struct fast_in){.port = p, .idx = idx, .edge = rx_edge(p)};
	if (p == NULL || !p->admin_up)
		return;
	in->frame_max = rd_rx_frame_max(p);
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
	in->segment = p->segment;
	in->fit = p->segment != 0 && rd_segment_at(p->segment) != NULL;
}

static inline struct fast_via *via_slot(const struct rd_worker *w, const struct fast_outer *o)
{
	uint32_t h = (fast_load32(o->src) ^ o->vni * 0x9e3779b1u) * 0x85ebca6bu;

	return &vias[w->id][h >> 24 & (VIAS - 1)];
}

static inline bool via_is(
	const struct fast_via *v, const struct fast_burst *b, const struct fast_outer *o)
{
	return v->gen == b->w->gen && fast_load64(v->src) == fast_load64(o->src) && v->vni == o->vni
		&& v->in_port == b->in.idx;
}

// As classify and tunnel_decap find them. false: not ours, or not known.
static __rte_noinline bool via_find(
	struct fast_via *v, const struct fast_burst *b, const struct fast_outer *o)
{
	uint8_t host = b->in.port->host;
	const struct rd_tep *tep = rd_tep_by_ip(host, o->dst);
	const struct rd_segment *seg = rd_segment_by_vni(host, o->vni);
	const struct rd_tunnel *t = tep != NULL ? rd_tunnel_by_remote(tep->idx, o->src) : NULL;

	if (t == NULL || seg == NULL)
		return false;
	*v = (struct fast_via){.vni = o->vni,
		.gen = b->w->gen,
		.in_port = b->in.idx,
		.dport = tep->dport,
		.segment = seg->idx,
		.tunnel = t};
	memcpy(v->src, o->src, 8); // both
	memcpy(v->mac, tep->mac, 6);
	return true;
}

static inline bool mac_is(const uint8_t *a, const uint8_t *b)
{
	return fast_load32(a) == fast_load32(b) && memcmp(a + 4, b + 4, 2) == 0;
}

static inline bool gather_tunnel(struct fast_burst *b, struct fast_pkt *p, uint64_t w[8])
{
	const struct rte_mbuf *m = p->m;
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct fast_from from = {.in_port = b->in.idx};
	struct fast_outer o;
	struct fast_via *v;

	if (!fast_outer(frame, m->data_len, m->pkt_len, &o))
		return false;
	v = via_slot(b->w, &o);
	if (unlikely(!via_is(v, b, &o)) && !via_find(v, b, &o))
		return false;
	if (v->dport != o.dport || !mac_is(frame, v->mac))
		return false;
	p->via = v;
	p->strip = o.len;
	from.segment = v->segment;
	from.vni = o.vni;
	// Another tunnel inside may be for the same endpoint: the stages look.
	return fast_frame(frame + o.len, m->data_len - o.len, m->pkt_len - o.len, &from, w, &p->l4)
		&& (uint16_t)(w[FAST_WORD_PORTS] >> 32) != o.dport;
}

static inline bool gather_guest(struct fast_burst *b, struct fast_pkt *p, uint64_t w[8])
{
	const struct rte_mbuf *m = p->m;
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct fast_from from = {.in_port = b->in.idx, .segment = b->in.segment};

	p->via = NULL;
	return fast_frame(frame, m->data_len, m->pkt_len, &from, w, &p->l4)
		&& (!b->in.port->spoof_check || mac_is(frame + 6, b->in.port->mac));
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

void fast_gather(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next)
{
	for (uint16_t i = 0; i < nb; i++) {
		struct fast_pkt *p = &b->pkt[b->nb];
		bool plain = false;
		uint64_t w[8];

		p->m = objs[i];
		p->pos = i;
		if (rd_meta(p->m)->in_port != b->in.idx)
			fast_enter_port(b, rd_meta(p->m)->in_port);
		next[i] = b->in.edge;
		p->strip = 0;
		if (b->in.fit && !b->in_order && p->m->pkt_len <= b->in.frame_max)
			plain = b->in.rx == 0 ? gather_tunnel(b, p, w) : gather_guest(b, p, w);
		if (plain) {
			memcpy(&b->key[b->nb], w, sizeof(w));
			b->hash[b->nb] = flow_hash_words(w);
			b->nb++;
		} else if (!b->in_order) {
			b->in_order = is_odd(rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->strip),
				(uint32_t)p->m->data_len - p->strip);
		}
	}
}
