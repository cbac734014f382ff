/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The source node: takes packets from the worker's device queues and from control's inject ring, gives them metadata
 * and sends them to the RX stage of their port. Not a capture point itself: the RX stages are. Worker thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <rte_ethdev.h>

#include "core/drop.h"
#include "core/graph.h"
#include "core/stage.h"
#include "tables/port.h"

#define POLL_NEXT(X) RD_RX_NEXT(X) X(FAST, fast)
enum {
	POLL_NEXT(RD_EDGE_ENUM_) NEXT_COUNT
};
static const char *const next_names[] = {POLL_NEXT(RD_EDGE_NAME_)};

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

// A tag that the device took out of the frame goes back in, so that every stage and capture sees the wire's frame.
static void untag(struct rte_mbuf *m)
{
	if (likely((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0))
		return;
	if (rte_vlan_insert(&m) == 0)
		m->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
}

// While nobody captures, established flows take the fast path (nodes/fast.h), which knows what belongs to the stages.
static rte_edge_t entry_edge(const struct rd_worker *w, rte_edge_t rx_edge)
{
	return w->taps == NULL && !w->staged ? NEXT_FAST : rx_edge;
}

static uint16_t poll_queue(
	struct rd_worker *w, struct rte_graph *graph, struct rte_node *node, const struct rd_rxq *q)
{
	struct rte_mbuf *m[RD_BURST];
	uint16_t n = rte_eth_rx_burst(q->ethdev, q->queue, m, RD_BURST);

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		rd_meta_init(w, m[i], q->port);
		untag(m[i]);
	}
	rte_node_enqueue(graph, node, entry_edge(w, q->edge), (void **)m, n);
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

		if (edge >= 0) {
			rte_node_enqueue_x1(graph, node, entry_edge(w, (rte_edge_t)edge), m[i]);
			continue;
		}
		rd_drop_lost(w, m[i], RD_STAGE_UPLINK_RX, RD_DROP_RX_PORT_DOWN);
		rte_pktmbuf_free(m[i]);
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
	for (uint32_t i = 0; i < w->rxqs->nb; i++)
		total += poll_queue(w, graph, node, &w->rxqs->q[i]);
	if (!rte_ring_empty(w->inject))
		total += poll_inject(w, graph, node);
	w->polled = total;
	return total;
}

__attribute__((constructor)) static void poll_register(void)
{
	// The library keeps a copy; nobody else asks for this one.
	free(rd_stage_reg_("poll", poll_process, next_names, NEXT_COUNT, RTE_NODE_SOURCE_F));
}
