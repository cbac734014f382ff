/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mux_rx: a frame from the host through the DPU's MUX port. The guest that sent it is known by its
 * source MAC: from here on the packet belongs to the guest's proxy port. Comes from poll or a TX
 * stage, goes to classify.
 */
#include "nodes/rx.h"

#include "tables/port.h"

#define MUX_RX_NEXT(X) X(DROP, drop) X(CLASSIFY, classify)
RD_STAGE_EDGES(MUX_RX_NEXT);

static uint16_t mux_rx_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	enum rd_drop_reason reason = rd_rx_check(w, m, md);
	const struct rd_port *proxy;
	uint8_t buf[6];
	uint16_t port;

	if (reason != RD_DROP_NONE)
		return rd_drop(md, reason);
	port = rd_mux_demux(md->in_port, rte_pktmbuf_read(m, 6, 6, buf));
	proxy = port != RD_PORT_NONE ? rd_port_at(port) : NULL;
	if (proxy == NULL)
		return rd_drop(md, RD_DROP_MUX_NO_PORT);
	if (!proxy->admin_up)
		return rd_drop(md, RD_DROP_RX_PORT_DOWN);
	md->in_port = port;
	md->flags = (md->flags & (uint8_t)~RD_META_TO_GUEST) | RD_META_FROM_GUEST;
	rd_rx_count(w, port, m);
	return NEXT_CLASSIFY;
}

RD_STAGE_REGISTER(MUX_RX, mux_rx, mux_rx_one, RD_SIDE_IN);
