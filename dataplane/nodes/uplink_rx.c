/* SPDX-License-Identifier: BSD-3-Clause
 *
 * uplink_rx: a frame from the wire, or from the tier that a link joins. Comes from poll or a TX
 * stage, goes to classify.
 */
#include "nodes/rx.h"

#define UPLINK_RX_NEXT(X) X(DROP, drop) X(CLASSIFY, classify)
RD_STAGE_EDGES(UPLINK_RX_NEXT);

static uint16_t uplink_rx_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	enum rd_drop_reason reason = rd_rx_check(w, m, md);

	return reason != RD_DROP_NONE ? rd_drop(md, reason) : NEXT_CLASSIFY;
}

RD_STAGE_REGISTER(UPLINK_RX, uplink_rx, uplink_rx_one, RD_SIDE_IN);
