/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The entrance to the fast path (nodes/fast.c), which poll calls without a hop through the graph. Worker thread.
 */
#pragma once

#include "core/graph.h"

// Packets that go through at once: their cache misses overlap, and what a burst costs is shared. A device is asked for as many.
#define RD_FAST_BURST 64

// Where the fast path sends packets; the first edges of the node that calls it, in this order.
#define RD_FAST_NEXT(X) \
	X(DROP, drop)   \
	RD_RX_NEXT(X)   \
	X(UPLINK_TX, uplink_tx) X(VNIC_TX, vnic_tx) X(UPT_TX, upt_tx)

// Packets that `port` has received now: they have no metadata yet, and those that leave by the fast path need none.
void rd_fast_received(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node,
	struct rte_mbuf **pkts, uint16_t nb, uint16_t port);
