/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The TX stages' common part; see tx.h. Worker thread. Packets for a device are sent in runs of one
 * port; everything else is decided per packet.
 */
#include "nodes/tx.h"

#include <rte_ethdev.h>

#include "base/pkt.h"
#include "core/drop.h"
#include "core/graph.h"
#include "core/packet_id.h"
#include "nodes/path.h"
#include "tables/port.h"

enum {
	RD_TX_NEXT(RD_EDGE_ENUM_) NEXT_COUNT
};

#define TX_SEND (RD_CONSUMED - 1) // not an edge: the packet waits for rte_eth_tx_burst
#define TAGS_LEN 8u

struct tx { // what the packets of one call share
	struct rd_worker *w;
	struct rte_graph *graph;
	struct rte_node *node;
	struct rd_stage_stats *st;
	unsigned stage;
};

static uint16_t rx_edge(const struct rd_port *p)
{
	switch (rd_rx_stage(p->type)) {
		RD_RX_NEXT(RD_RX_EDGE_CASE_)
	default:
		return NEXT_DROP;
	}
}

// To the other tier: the same packet, as if it had just been received there.
static uint16_t cross_link(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_port *p)
{
	const struct rd_port *peer = p->peer != RD_PORT_NONE ? rd_port_at(p->peer) : NULL;

	if (peer == NULL || rx_edge(peer) == NEXT_DROP)
		return rd_drop(md, RD_DROP_TX_NO_DEVICE);
	if (md->links >= RD_LINKS_MAX)
		return rd_drop(md, RD_DROP_TX_LINK_LOOP);
	rd_tx_count(w, p->idx, m->pkt_len);
	md->links++;
	md->in_port = peer->idx;
	md->out_port = RD_PORT_NONE;
	md->flow = NULL;
	md->segment = 0;
	md->tunnel = 0;
	md->vni = 0;
	md->routed = 0;
	md->hash = 0;
	md->flags &= (uint8_t) ~(RD_META_HIT | RD_META_MISS | RD_META_FROM_TUNNEL);
	return rx_edge(peer);
}

// The next frame of the list; NULL when it is used up. The load keeps the counter from running
// round.
static struct rte_mbuf *answer_frame(struct tx *t, struct rte_mbuf *to, const struct rd_port *p)
{
	struct rd_answer *a = p->answer;
	struct rte_mbuf *m;
	uint32_t n;

	if (__atomic_load_n(&a->next, __ATOMIC_RELAXED) >= a->nb)
		return NULL;
	n = __atomic_fetch_add(&a->next, 1, __ATOMIC_RELAXED);
	if (n >= a->nb)
		return NULL;
	m = rd_frame_to_mbuf(a->frame[n].bytes, a->frame[n].len);
	if (m == NULL) { // what it would have answered to is in the record
		rd_drop_lost(t->w, to, t->stage, RD_DROP_MEM_CLONE);
		return NULL;
	}
	rd_meta_init(t->w, m, p->idx);
	return m;
}

// The stand-in guest takes the packet, and transmits.
static uint16_t answer(struct tx *t, struct rte_mbuf *m, const struct rd_port *p)
{
	struct rte_mbuf *reply =
		p->answer != NULL && t->w->dry == NULL ? answer_frame(t, m, p) : NULL;
	uint8_t injected = rd_meta(m)->flags & RD_META_INJECTED;

	rd_tx_count(t->w, p->idx, m->pkt_len);
	rte_pktmbuf_free(m);
	if (reply == NULL)
		return RD_CONSUMED;
	if (rx_edge(p) == NEXT_DROP) { // not a guest: such a port can't transmit
		rte_pktmbuf_free(reply);
		return RD_CONSUMED;
	}
	rd_meta(reply)->flags |= injected;
	t->st->created++;
	t->st->out++;
	t->w->tally[p->idx].created[t->stage]++;
	rte_node_enqueue_x1(t->graph, t->node, rx_edge(p), reply);
	return RD_CONSUMED;
}

// The port is off, or nobody is at its other end: whose fault it is depends on what it leads to.
static enum rd_drop_reason down(const struct rd_port *p)
{
	if (p->type == RD_PORT_MUX)
		return RD_DROP_MUX_PORT_DOWN;
	if (!rd_port_is_guest(p))
		return RD_DROP_TX_PORT_DOWN;
	return p->admin_up ? RD_DROP_VNIC_DISCONNECTED : RD_DROP_VNIC_ADMIN_DOWN;
}

// A probe has shown its way, and goes no further.
static uint16_t hold(struct rte_mbuf *m)
{
	rte_pktmbuf_free(m);
	return RD_CONSUMED;
}

static uint16_t tx_one(struct tx *t, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->out_port);

	if (p == NULL)
		return rd_drop(md, RD_DROP_TX_PORT_DELETED);
	if (!p->admin_up || !p->link_up)
		return rd_drop(md, down(p));
	switch (p->attach) {
	case RD_ATTACH_ETHDEV:
		if (p->eth.mtu != 0 && m->pkt_len > p->eth.mtu + RD_ETH_LEN + TAGS_LEN)
			return rd_drop(md, RD_DROP_TX_OVERSIZE);
		return unlikely(md->held) ? hold(m) : TX_SEND;
	case RD_ATTACH_LINK:
		return cross_link(t->w, m, md, p);
	case RD_ATTACH_ANSWER:
		return unlikely(md->held) ? hold(m) : answer(t, m, p);
	case RD_ATTACH_BYPASS:
		return rd_drop(md, RD_DROP_TX_BYPASSED);
	default:
		return rd_drop(md, RD_DROP_TX_NO_DEVICE);
	}
}

// How many the device took. Tries again for as long as it takes some.
static uint16_t transmit(
	const struct rd_worker *w, const struct rd_port *p, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t queue = p->nb_txq != 0 ? w->id % p->nb_txq : 0, sent = 0, n;
	bool shared = p->nb_txq < rd_nb_workers;

	if (unlikely(w->dry != NULL)) { // as if the device had taken them
		rte_pktmbuf_free_bulk(pkts, nb);
		return nb;
	}
	if (shared)
		rte_spinlock_lock(&rd_tx_lock[p->ethdev]);
	do {
		n = rte_eth_tx_burst(p->ethdev, queue, pkts + sent, nb - sent);
		sent += n;
	} while (n != 0 && sent < nb);
	if (shared)
		rte_spinlock_unlock(&rd_tx_lock[p->ethdev]);
	return sent;
}

// Why a device does not take a packet: it is full.
static enum rd_drop_reason full(const struct rd_port *p)
{
	return rd_port_is_guest(p) ? RD_DROP_VQ_FULL : RD_DROP_TX_RING_FULL;
}

static void send_run(
	struct tx *t, const struct rd_port *p, void **objs, uint16_t *next, uint16_t nb)
{
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint32_t len[RD_BURST];
	uint16_t sent;

	for (uint16_t i = 0; i < nb; i++) // the device may have freed them when it returns
		len[i] = pkts[i]->pkt_len;
	sent = transmit(t->w, p, pkts, nb);
	for (uint16_t i = 0; i < sent; i++) {
		rd_tx_count(t->w, p->idx, len[i]);
		next[i] = RD_CONSUMED;
	}
	for (uint16_t i = sent; i < nb; i++)
		next[i] = rd_drop(rd_meta(pkts[i]), full(p));
}

static uint32_t bytes_of(struct rte_mbuf **pkts, uint16_t nb)
{
	uint32_t sum = 0;

	for (uint16_t i = 0; i < nb; i++)
		sum += pkts[i]->pkt_len;
	return sum;
}

uint32_t rd_tx_frame_max(const struct rd_port *p)
{
	if (p == NULL || !p->admin_up || !p->link_up || p->attach != RD_ATTACH_ETHDEV)
		return 0;
	return p->eth.mtu != 0 ? p->eth.mtu + RD_ETH_LEN + TAGS_LEN : UINT32_MAX;
}

// Packets of `bytes` bytes: the device may have freed them when it returns.
static uint16_t transmit_counted(struct rd_worker *w, const struct rd_port *p,
	struct rte_mbuf **pkts, uint16_t nb, uint32_t bytes)
{
	struct rd_port_stats *st = &w->ports[p->idx];
	uint16_t sent = transmit(w, p, pkts, nb);

	st->tx_packets += sent;
	st->tx_bytes += bytes - bytes_of(pkts + sent, (uint16_t)(nb - sent));
	return sent;
}

uint16_t rd_tx_direct(struct rd_worker *w, unsigned stage, const struct rd_port *p,
	struct rte_mbuf **pkts, uint16_t nb, uint32_t bytes)
{
	uint16_t sent = transmit_counted(w, p, pkts, nb, bytes);

	w->stages[stage].in += sent;
	w->tally[p->idx].in[stage] += sent;
	w->stages[stage].consumed += sent;
	return sent;
}

void rd_tx_refused(struct rd_worker *w, unsigned stage, const struct rd_port *p,
	struct rte_mbuf **pkts, uint16_t nb)
{
	w->stages[stage].in += nb;
	w->tally[p->idx].in[stage] += nb;
	w->stages[stage].drops += nb;
	for (uint16_t i = 0; i < nb; i++) {
		rd_stage_enter(rd_meta(pkts[i]), stage);
		(void)rd_drop(rd_meta(pkts[i]), full(p));
	}
}

// Whether the whole burst is for one device that is up, and none is too long. The port, or NULL.
static const struct rd_port *common_device(void **objs, uint16_t nb)
{
	uint16_t port = rd_meta(objs[0])->out_port;
	const struct rd_port *p = rd_port_at(port);
	uint32_t max = rd_tx_frame_max(p);

	if (max == 0)
		return NULL;
	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = objs[i];

		if (rd_meta(m)->out_port != port || rd_meta(m)->held || m->pkt_len > max)
			return NULL;
	}
	return p;
}

// The common case, without a look at each packet. How many are sent; the others are for the caller.
static uint16_t send_together(struct tx *t, void **objs, uint16_t nb)
{
	const struct rd_port *p = common_device(objs, nb);
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint16_t sent;

	if (p == NULL)
		return 0;
	sent = transmit_counted(t->w, p, pkts, nb, bytes_of(pkts, nb));
	t->st->consumed += sent;
	t->w->tally[p->idx].in[t->stage] += sent;
	return sent;
}

// Its port has lost its device since tx_one() looked.
static void send_nowhere(void **objs, uint16_t *next, uint16_t nb)
{
	for (uint16_t i = 0; i < nb; i++)
		next[i] = rd_drop(rd_meta(objs[i]), RD_DROP_TX_NO_DEVICE);
}

static void send_all(struct tx *t, void **objs, uint16_t *next, uint16_t nb)
{
	for (uint16_t i = 0; i < nb;) {
		uint16_t j = i + 1, port;
		const struct rd_port *p;

		if (next[i] != TX_SEND) {
			i = j;
			continue;
		}
		port = rd_meta(objs[i])->out_port;
		while (j < nb && next[j] == TX_SEND && rd_meta(objs[j])->out_port == port)
			j++;
		p = rd_port_at(port); // again: control may have changed the table meanwhile
		if (p != NULL && p->attach == RD_ATTACH_ETHDEV)
			send_run(t, p, objs + i, next + i, j - i);
		else
			send_nowhere(objs + i, next + i, j - i);
		i = j;
	}
}

uint16_t rd_tx_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb, unsigned stage)
{
	struct rd_worker *w = rd_worker_self();
	struct tx t = {
		.w = w, .graph = graph, .node = node, .st = &w->stages[stage], .stage = stage};
	uint16_t next[RD_BURST];

	t.st->in += nb;
	for (uint16_t off = 0, n; off < nb; off += n) {
		n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);
		uint16_t sent = send_together(&t, objs + off, n);

		off += sent;
		n -= sent;
		for (uint16_t i = 0; i < n; i++) {
			struct rd_meta *md = rd_meta(objs[off + i]);

			rd_stage_enter(md, stage);
			w->tally[rd_side_port(RD_SIDE_OUT, md)].in[stage]++;
			next[i] = tx_one(&t, objs[off + i], md);
		}
		send_all(&t, objs + off, next, n);
		rd_stage_leave(graph, node, objs + off, next, n, t.st);
	}
	return nb;
}
