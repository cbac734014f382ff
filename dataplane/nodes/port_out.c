/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port_out: out of the switch port that is the packet's destination. A proxy port has no device:
 * its packets leave by its MUX, and are counted here, for no TX stage sees them. Comes from
 * flow_lookup, l2_lookup, flood and the firewall stages; goes to a TX stage, by flow_install if the
 * flow was just decided.
 */
#include "nodes/deny.h"
#include "nodes/path.h"
#include "nodes/tx.h"

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

// A flooded copy that the port does not want: why.
static int denied(const struct rte_mbuf *m, const struct rd_meta *md, const struct rd_port *p)
{
	const uint8_t *dmac = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t class = rd_deny_class(dmac) & p->deny;

	if (class == 0 || !rd_deny_flooded(md->segment, dmac))
		return 0;
	if (class == RD_DENY_UNKNOWN)
		return RD_DROP_VNIC_UNK_UCAST;
	return class == RD_DENY_BCAST ? RD_DROP_VNIC_BCAST : RD_DROP_VNIC_MCAST;
}

// Odd packets: 0, or why the port does not take it.
static int refused(const struct rte_mbuf *m, const struct rd_meta *md, const struct rd_port *p)
{
	if (p == NULL)
		return RD_DROP_TX_PORT_DELETED;
	if (!p->admin_up)
		return rd_port_is_guest(p) ? RD_DROP_VNIC_ADMIN_DOWN : RD_DROP_TX_PORT_DOWN;
	return md->flow == NULL && p->deny != 0 ? denied(m, md, p) : 0;
}

static uint16_t port_out_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->out_port);
	int reason = refused(m, md, p);

	if (unlikely(reason != 0))
		return rd_drop(md, (enum rd_drop_reason)reason);
	if (rd_port_is_guest(p))
		md->flags = (md->flags & (uint8_t)~RD_META_FROM_GUEST) | RD_META_TO_GUEST;
	if (p->attach == RD_ATTACH_VIA) {
		rd_tx_count(w, p->idx, m->pkt_len);
		md->out_port = p->peer;
		p = rd_port_at(p->peer);
		if (p == NULL)
			return rd_drop(md, RD_DROP_TX_PORT_DELETED);
	}
	if (md->flow != NULL && (md->flags & RD_META_MISS))
		return NEXT_FLOW_INSTALL;
	return tx_edge(p);
}

RD_STAGE_REGISTER(PORT_OUT, port_out, port_out_one, RD_SIDE_OUT);
