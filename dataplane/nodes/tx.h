/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the four TX stages share: a packet leaves by its port's device, crosses a link to the other
 * tier's port, or is taken by a stand-in guest, which may answer.
 */
#pragma once

#include "core/graph.h"
#include "core/stage.h"
#include "tables/port.h"

// The next stages of every TX stage: the RX stages of link peers and answering guests.
#define RD_TX_NEXT(X) X(DROP, drop) RD_RX_NEXT(X)

uint16_t rd_tx_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb, unsigned stage);

// Longest frame that may leave by a port's device, with the Ethernet header and two tags. 0: nothing leaves by a device there.
uint32_t rd_tx_frame_max(const struct rd_port *p);
// In place of the TX stage: frames of `bytes` bytes, none too long, to the port's device. How many it took and were counted; the
// others are for rd_tx_refused().
uint16_t rd_tx_direct(struct rd_worker *w, unsigned stage, const struct rd_port *p,
	struct rte_mbuf **pkts, uint16_t nb, uint32_t bytes);
// Counts and marks them as the stage would; their metadata is as they come to it. The caller sends them to drop.
void rd_tx_refused(struct rd_worker *w, unsigned stage, const struct rd_port *p,
	struct rte_mbuf **pkts, uint16_t nb);

static inline void rd_tx_count(struct rd_worker *w, uint16_t port, uint32_t len)
{
	w->ports[port].tx_packets++;
	w->ports[port].tx_bytes += len;
}

// A TX stage is its registration.
#define RD_TX_STAGE(NAME, name_)                                                          \
	RD_STAGE_EDGES(RD_TX_NEXT);                                                       \
	static uint16_t name_##_process(                                                  \
		struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb) \
	{                                                                                 \
		return rd_tx_process(graph, node, objs, nb, RD_STAGE_##NAME);             \
	}                                                                                 \
	RD_STAGE_REGISTER_BURST(NAME, name_, name_##_process, RD_SIDE_OUT)
