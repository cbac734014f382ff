/* SPDX-License-Identifier: BSD-3-Clause
 *
 * flow_install: a miss whose decisions are all made: its entry goes live, so that the next packets
 * are hits. Comes from port_out and uplink_select, goes to the TX stage of the destination port.
 */
#include "nodes/path.h"

#define FLOW_INSTALL_NEXT(X) \
	X(DROP, drop)        \
	X(UPLINK_TX, uplink_tx) X(MUX_TX, mux_tx) X(VNIC_TX, vnic_tx) X(UPT_TX, upt_tx)
RD_STAGE_EDGES(FLOW_INSTALL_NEXT);

static uint16_t flow_install_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->out_port);

	RTE_SET_USED(m);
	if (p == NULL)
		return rd_drop(md, RD_DROP_TX_PORT_DELETED);
	if (md->flow != NULL)
		rd_flow_make_live(w, md->flow);
	switch (p->type) {
	case RD_PORT_UPLINK:
		return NEXT_UPLINK_TX;
	case RD_PORT_MUX:
		return NEXT_MUX_TX;
	case RD_PORT_UPT:
		return NEXT_UPT_TX;
	default:
		return NEXT_VNIC_TX;
	}
}

RD_STAGE_REGISTER(FLOW_INSTALL, flow_install, flow_install_one, RD_SIDE_OUT);
