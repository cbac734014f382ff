/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The static graph: the source node `poll` and every registered stage, one instance per worker. Ports and queues
 * are data, so nothing is rebuilt when they change. Control thread only, worker not running.
 */
#pragma once

#include "core/worker.h"

// Builds w->graph and fills w->nodes and w->process. 0 or -errno.
int rd_graph_create(struct rd_worker *w);
void rd_graph_destroy(struct rd_worker *w);

// Edge of the poll node that leads to the RX stage of a port type (enum rd_port_type); -EINVAL if packets can't
// enter at such a port.
int rd_poll_edge(unsigned port_type);
// RX stage of a port type, RD_STAGE_NONE if it has none.
unsigned rd_rx_stage(unsigned port_type);

// Edges to all of them, and the cases of a switch over rd_rx_stage() that returns the edge.
#define RD_RX_NEXT(X)           \
	X(UPLINK_RX, uplink_rx) \
	X(MUX_RX, mux_rx) X(VNIC_RX, vnic_rx) X(UPT_RX, upt_rx) X(VMK_RX, vmk_rx)
#define RD_RX_EDGE_CASE_(NAME, name) \
	case RD_STAGE_##NAME:        \
		return NEXT_##NAME;
