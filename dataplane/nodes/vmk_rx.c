/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vmk_rx: a frame from the switch's own endpoint: an answer that punt made, or one injected at a
 * vmk port. It belongs to no segment and no flow. Comes from punt or poll, goes to uplink_select.
 */
#include "nodes/rx.h"

#include "tables/port.h"

#define VMK_RX_NEXT(X) X(DROP, drop) X(UPLINK_SELECT, uplink_select)
RD_STAGE_EDGES(VMK_RX_NEXT);

static uint16_t vmk_rx_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->in_port);
	enum rd_drop_reason reason = RD_DROP_NONE;

	// An endpoint without a vmk port answers in the name of the uplink, which has not received
	// this frame.
	if (p == NULL || p->type == RD_PORT_VMK)
		reason = rd_rx_check(w, m, md);
	md->flow = NULL;
	md->segment = 0;
	md->tunnel = 0;
	md->vni = 0;
	return reason != RD_DROP_NONE ? rd_drop(md, reason) : NEXT_UPLINK_SELECT;
}

RD_STAGE_REGISTER(VMK_RX, vmk_rx, vmk_rx_one, RD_SIDE_IN);
