/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The source node: takes packets from the worker's device queues and from control's inject ring, gives them metadata
 * and sends them to the RX stage of their port, to the stage that spreads them over the workers, or, as a whole burst,
 * through the fast path. What other workers hand over comes in here, too. Not a capture point itself: the RX stages are. Worker thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <rte_ethdev.h>

#include "core/fast.h"
#include "core/graph.h"
#include "core/packet_id.h"
#include "core/stage.h"
#include "tables/port.h"

#define POLL_NEXT(X) RD_FAST_NEXT(X) X(HANDOFF, handoff) X(FAST, fast)
enum {
	POLL_NEXT(RD_EDGE_ENUM_) NEXT_COUNT
};
static const char *const next_names[] = {POLL_NEXT(RD_EDGE_NAME_)};
#define STAGE_CASE(NAME, name) \
	case NEXT_##NAME:      \
		return RD_STAGE_##NAME;

#define RING_BURST (2 * RD_BURST) // of one other worker's packets, per loop

unsigned rd_rx_stage(unsigned port_type)
{
	switch (port_type) {
	case RD_PORT_UPLINK:
		return RD_STAGE_UPLINK_RX;
	case RD_PORT_MUX:
		return RD_STAGE_MUX_RX;
	case RD_PORT_VNIC:
		return RD_STAGE_VNIC_RX;
	case RD_PORT_UPT:
		return RD_STAGE_UPT_RX;
	case RD_PORT_VMK:
		return RD_STAGE_VMK_RX;
	default:
		return RD_STAGE_NONE;
	}
}

int rd_poll_edge(unsigned port_type)
{
	switch (rd_rx_stage(port_type)) {
		RD_RX_NEXT(RD_RX_EDGE_CASE_)
	default:
		return -EINVAL;
	}
}

// Established flows take the fast path (nodes/fast.h), which knows what belongs to the stages.
static rte_edge_t entry_edge(const struct rd_worker *w, rte_edge_t rx_edge)
{
	return rd_worker_is_fast(w) ? NEXT_FAST : rx_edge;
}

// Where a burst from the device goes: into the port's RX stage or the fast path, or first to the stage that spreads it.
static rte_edge_t first_edge(const struct rd_worker *w, rte_edge_t rx_edge)
{
	return w->model == RD_MODEL_RTC ? entry_edge(w, rx_edge) : NEXT_HANDOFF;
}

// The packet dies before it came to a stage: `stage` is the one that it was meant for, or came from.
static rte_edge_t refuse(struct rd_worker *w, struct rte_mbuf *m, unsigned stage, unsigned reason)
{
	struct rd_meta *md = rd_meta(m);

	w->stages[stage].in++;
	w->tally[md->in_port].in[stage]++;
	w->stages[stage].drops++;
	rd_stage_enter(md, stage);
	md->reason = (uint16_t)reason;
	return NEXT_DROP;
}

static unsigned stage_of(rte_edge_t rx_edge)
{
	switch (rx_edge) {
		RD_RX_NEXT(STAGE_CASE)
	default:
		return RD_STAGE_UPLINK_RX;
	}
}

// A tag that the device took out of the frame goes back in, so that every stage and capture sees the wire's frame.
static bool untag(struct rte_mbuf **m)
{
	if (likely(((*m)->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0))
		return true;
	if (rte_vlan_insert(m) != 0)
		return false;
	(*m)->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	return true;
}

// Its tag did not go back in. The port has received it all the same.
static void lose_tag(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node,
	const struct rd_rxq *q, struct rte_mbuf *m)
{
	w->ports[q->port].rx_packets++;
	w->ports[q->port].rx_bytes += m->pkt_len;
	rte_node_enqueue_x1(graph, node, refuse(w, m, stage_of(q->edge), RD_DROP_RX_VLAN_LOST), m);
}

// Metadata for a burst, and to the next stage.
static void enter(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node,
	const struct rd_rxq *q, struct rte_mbuf **m, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rd_meta *md = rd_meta_init(w, m[i], q->port);

		md->hash_source =
			m[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH ? RD_HASH_NIC : RD_HASH_NONE;
		if (likely(untag(&m[i])))
			m[kept++] = m[i];
		else
			lose_tag(w, graph, node, q, m[i]);
	}
	if (kept != 0)
		rte_node_enqueue(graph, node, first_edge(w, q->edge), (void **)m, kept);
}

static uint16_t poll_queue(
	struct rd_worker *w, struct rte_graph *graph, struct rte_node *node, const struct rd_rxq *q)
{
	struct rte_mbuf *m[RD_FAST_BURST];
	uint16_t n = rte_eth_rx_burst(q->ethdev, q->queue, m, RD_FAST_BURST);
	uint64_t flags = 0;

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		flags |= m[i]->ol_flags;
		rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
	}
	if (likely(first_edge(w, q->edge) == NEXT_FAST
		    && (flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0))
		rd_fast_received(w, graph, node, m, n, q->port);
	else
		enter(w, graph, node, q, m, n);
	return n;
}

// Control has checked the port's type; the port can have gone since.
static uint16_t poll_inject(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node)
{
	struct rte_mbuf *m[RD_BURST];
	unsigned n = rte_ring_sc_dequeue_burst(w->inject, (void **)m, RD_BURST, NULL);

	for (unsigned i = 0; i < n; i++) {
		const struct rd_port *p = rd_port_at(rd_meta(m[i])->in_port);
		int edge = p != NULL ? rd_poll_edge(p->type) : -EINVAL;

		rte_node_enqueue_x1(graph, node,
			edge >= 0 ? first_edge(w, (rte_edge_t)edge)
				  : refuse(w, m[i], RD_STAGE_UPLINK_RX, RD_DROP_RX_PORT_DOWN),
			m[i]);
	}
	return (uint16_t)n;
}

// From another worker's handoff stage, which left the generation of the port's index in rule_id. What a capture had
// found out may be of a session that has ended since.
static rte_edge_t arrived(struct rd_worker *w, struct rd_handoff_from *from, struct rte_mbuf *m)
{
	struct rd_meta *md = rd_meta(m);
	const struct rd_port *p = rd_port_at(md->in_port);
	bool stale =
		p == NULL || rd_port_gen[md->in_port] != md->rule_id || rd_poll_edge(p->type) < 0;

	md->rule_id = 0;
	md->cap_done = md->cap_match = 0;
	if (unlikely(w->gone))
		return refuse(w, m, RD_STAGE_HANDOFF, RD_DROP_LCORE_STOPPED);
	if (likely(!stale))
		return entry_edge(w, (rte_edge_t)rd_poll_edge(p->type));
	from->stale++;
	md->in_port = RD_PORT_NONE; // the index may be another port's now
	return refuse(w, m, RD_STAGE_HANDOFF, RD_DROP_LCORE_HANDOFF_STALE);
}

static uint16_t poll_ring(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node,
	struct rd_handoff_from *from)
{
	struct rte_mbuf *m[RING_BURST];
	rte_edge_t edge[RING_BURST];
	unsigned n = rte_ring_sc_dequeue_burst(from->ring, (void **)m, RING_BURST, NULL), j;

	from->packets += n;
	for (unsigned i = 0; i < n; i++)
		edge[i] = arrived(w, from, m[i]);
	for (unsigned i = 0; i < n; i = j) {
		for (j = i + 1; j < n && edge[j] == edge[i]; j++)
			;
		rte_node_enqueue(graph, node, edge[i], (void **)(m + i), (uint16_t)(j - i));
	}
	return (uint16_t)n;
}

static uint16_t poll_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	uint16_t total = 0;

	RTE_SET_USED(objs);
	RTE_SET_USED(nb);
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (w->handoff.from[i].ring != NULL && !rte_ring_empty(w->handoff.from[i].ring))
			total += poll_ring(w, graph, node, &w->handoff.from[i]);
	for (uint32_t i = 0; w->polling && i < w->rxqs->nb; i++)
		total += poll_queue(w, graph, node, &w->rxqs->q[i]);
	if (w->polling && !rte_ring_empty(w->inject))
		total += poll_inject(w, graph, node);
	w->polled = total;
	return total;
}

__attribute__((constructor)) static void poll_register(void)
{
	// The library keeps a copy; nobody else asks for this one.
	free(rd_stage_reg_("poll", poll_process, next_names, NEXT_COUNT, RTE_NODE_SOURCE_F));
}
