/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port_out: out of the switch port that is the packet's destination. A proxy port has no device:
 * its packets leave by its MUX, and are counted here, for no TX stage sees them. Comes from
 * flow_lookup, l2_lookup, flood and the firewall stages; goes to a TX stage, by flow_install if the
 * flow was just decided.
 */
#include "nodes/tx.h"
#include "nodes/path.h"

#define PORT_OUT_NEXT(X)              \
	X(DROP, drop)                 \
	X(FLOW_INSTALL, flow_install) \
	X(MUX_TX, mux_tx) X(VNIC_TX, vnic_tx) X(UPT_TX, upt_tx)
RD_STAGE_EDGES(PORT_OUT_NEXT);

static uint16_t tx_edge(const struct rd_port *p)
{
	switch (p->type) {
	case RD_PORT_MUX:
		return NEXT_MUX_TX;
	case RD_PORT_UPT:
		return NEXT_UPT_TX;
	default:
		return NEXT_VNIC_TX;
	}
}

static uint16_t port_out_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->out_port);

	if (p == NULL)
		return rd_drop(md, RD_DROP_TX_NO_DEVICE);
	if (!p->admin_up)
		return rd_drop(md, RD_DROP_TX_PORT_DOWN);
	if (rd_port_is_guest(p))
		md->flags = (md->flags & (uint8_t)~RD_META_FROM_GUEST) | RD_META_TO_GUEST;
	if (p->attach == RD_ATTACH_VIA) {
		rd_tx_count(w, p->idx, m->pkt_len);
		md->out_port = p->peer;
		p = rd_port_at(p->peer);
		if (p == NULL)
			return rd_drop(md, RD_DROP_TX_NO_DEVICE);
	}
	if (md->flow != NULL && (md->flags & RD_META_MISS))
		return NEXT_FLOW_INSTALL;
	return tx_edge(p);
}

RD_STAGE_REGISTER(PORT_OUT, port_out, port_out_one, RD_SIDE_OUT);
