/* SPDX-License-Identifier: BSD-3-Clause
 *
 * handoff: who processes the packet? Packets come here from poll when the model is not run-to-completion, before any
 * other stage: the flow is hashed, and the hash names a worker. Its own packets go on to the RX stage of their port;
 * the others go into the ring to their worker, whose poll puts them into the RX stage there. Worker thread.
 *
 * The hash is over what is inside when the frame is a tunnel packet to an endpoint here: addresses, protocol and
 * ports. All packets of a flow go the same way, and so do the fragments of a flow among themselves: they are hashed by
 * addresses and protocol only, the first one, too. As with NICs, a flow's fragments may go another way than its
 * whole packets.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/graph.h"
#include "core/handoff.h"
#include "core/stage.h"
#include "tables/tunnel.h"

#define HANDOFF_NEXT(X) X(DROP, drop) RD_RX_NEXT(X) X(FAST, fast)
RD_STAGE_EDGES(HANDOFF_NEXT);

#define HAND_OVER (RD_CONSUMED - 1) // not an edge: the packet waits for its worker's ring

struct batch { // for one worker
	uint16_t nb;
	uint16_t pos[RD_BURST]; // in the burst
	struct rte_mbuf *pkt[RD_BURST];
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *bytes, unsigned len)
{
	uint64_t word;

	for (unsigned i = 0; i < len; i += 8) {
		memcpy(&word, bytes + i, 8);
		h = fold(h ^ word, 0x9e3779b97f4a7c15);
	}
	return h;
}

// Of a parsed frame. Never 0.
static uint32_t hash_of(const uint8_t *frame, const struct rd_pkt *p)
{
	uint64_t h = UINT64_C(0x2d358dccaa6c78a5) ^ p->proto;

	if (p->flags & RD_PKT_IPV4) {
		h = mix_bytes(h, frame + p->l3_off + 12, 8);
	} else if (p->flags & RD_PKT_IPV6) {
		h = mix_bytes(h, frame + p->l3_off + 8, 32);
	} else { // both MACs
		h = mix_bytes(h ^ p->ethertype, frame + p->l2_off, 8);
		h ^= rd_be32(frame + p->l2_off + 8);
	}
	if ((p->flags & (RD_PKT_L4 | RD_PKT_FRAG)) == RD_PKT_L4
		&& (p->proto == RD_IPPROTO_TCP || p->proto == RD_IPPROTO_UDP))
		h ^= (uint64_t)p->sport << 16 | p->dport;
	h = fold(h, 0xe7037ed1a0b428db);
	return (uint32_t)(h >> 32) | 1;
}

// The frame inside a tunnel packet to an endpoint here: then *p is about that one.
static void look_inside(const struct rte_mbuf *m, const struct rd_port *in, struct rd_pkt *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rd_tep *tep;
	struct rd_geneve g;
	struct rd_pkt inner;

	if (in->type != RD_PORT_UPLINK || p->vlan != 0 || (p->flags & RD_PKT_IPV4) == 0)
		return;
	tep = rd_tep_by_ip(in->host, frame + p->l3_off + 16);
	if (tep == NULL || !rd_pkt_is_geneve(p, tep->dport) || memcmp(frame, tep->mac, 6) != 0
		|| rd_pkt_geneve(frame, m->data_len, p, &g) != 0)
		return;
	if (rd_pkt_parse(frame, m->data_len, m->pkt_len, (size_t)p->payload_off + g.hdr_len, &inner)
		== 0)
		*p = inner;
}

// 0: the frame is malformed. It dies where it is.
static uint32_t soft_hash(const struct rte_mbuf *m, const struct rd_port *in)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct rd_pkt p;

	if (rd_pkt_parse(frame, m->data_len, m->pkt_len, 0, &p) != 0)
		return 0;
	look_inside(m, in, &p);
	return hash_of(frame, &p);
}

static uint16_t rx_edge(const struct rd_port *p)
{
	switch (rd_rx_stage(p->type)) {
		RD_RX_NEXT(RD_RX_EDGE_CASE_)
	default:
		return NEXT_DROP;
	}
}

// Its own packet: the same as if poll had given it there at once.
static uint16_t stay(const struct rd_worker *w, const struct rd_port *in)
{
	return rd_worker_is_fast(w) ? NEXT_FAST : rx_edge(in);
}

// The edge of a packet that stays, or HAND_OVER and its worker.
static uint16_t choose(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, unsigned *to)
{
	const struct rd_port *in = rd_port_at(md->in_port);

	if (in == NULL || rx_edge(in) == NEXT_DROP)
		return rd_drop(md, RD_DROP_RX_PORT_DOWN);
	*to = w->id;
	if (w->model == RD_MODEL_HYBRID && md->hash_source == RD_HASH_NIC)
		return stay(w, in);
	md->hash = soft_hash(m, in);
	if (md->hash == 0)
		return stay(w, in);
	md->hash_source = RD_HASH_SOFT;
	*to = (unsigned)((uint64_t)md->hash * rd_nb_workers >> 32);
	if (*to == w->id)
		return stay(w, in);
	md->handed = 1;
	md->rule_id = rd_port_gen[md->in_port]; // no rule yet; poll looks whether it is still so
	return HAND_OVER;
}

// What its ring did not take dies here.
static void hand_over(struct rd_worker *w, unsigned to, const struct batch *b, uint16_t *next)
{
	bool stopped = __atomic_load_n(&rd_workers[to]->gone, __ATOMIC_ACQUIRE);
	unsigned n = rd_handoff_push(w, to, b->pkt, b->nb);

	for (unsigned i = 0; i < b->nb; i++) {
		struct rd_meta *md;

		next[b->pos[i]] = RD_CONSUMED;
		if (i < n) // another worker's now
			continue;
		md = rd_meta(b->pkt[i]);
		md->handed = 0;
		md->rule_id = 0;
		next[b->pos[i]] =
			rd_drop(md, stopped ? RD_DROP_LCORE_STOPPED : RD_DROP_LCORE_HANDOFF_FULL);
	}
}

static void handoff_burst(struct rd_worker *w, void **objs, uint16_t nb, uint16_t *next)
{
	struct batch batch[RD_WORKER_MAX];

	for (unsigned t = 0; t < rd_nb_workers; t++)
		batch[t].nb = 0;
	for (uint16_t i = 0; i < nb; i++) {
		struct rd_meta *md = rd_meta(objs[i]);
		unsigned to;

		if (i + 4 < nb)
			rte_prefetch0(rte_pktmbuf_mtod((struct rte_mbuf *)objs[i + 4], void *));
		rd_stage_enter(md, RD_STAGE_HANDOFF);
		w->tally[md->in_port].in[RD_STAGE_HANDOFF]++;
		next[i] = choose(w, objs[i], md, &to);
		if (next[i] != HAND_OVER)
			continue;
		batch[to].pos[batch[to].nb] = i;
		batch[to].pkt[batch[to].nb++] = objs[i];
	}
	for (unsigned t = 0; t < rd_nb_workers; t++)
		if (batch[t].nb != 0)
			hand_over(w, t, &batch[t], next);
}

static uint16_t handoff_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[RD_STAGE_HANDOFF];
	uint16_t next[RD_BURST];

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RD_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);

		handoff_burst(w, objs + off, n, next);
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}

RD_STAGE_REGISTER_BURST(HANDOFF, handoff, handoff_process, RD_SIDE_IN);
