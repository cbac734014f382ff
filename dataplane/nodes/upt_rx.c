/* SPDX-License-Identifier: BSD-3-Clause
 *
 * upt_rx: a frame that a UPTv2 guest transmitted through its VF. Comes from poll or a TX stage,
 * goes to classify.
 */
#include "nodes/rx.h"

#define UPT_RX_NEXT(X) X(DROP, drop) X(CLASSIFY, classify)
RD_STAGE_EDGES(UPT_RX_NEXT);

static uint16_t upt_rx_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	enum rd_drop_reason reason = rd_rx_check(w, m, md);

	md->flags = (md->flags & (uint8_t)~RD_META_TO_GUEST) | RD_META_FROM_GUEST;
	return reason != RD_DROP_NONE ? rd_drop(md, reason) : NEXT_CLASSIFY;
}

RD_STAGE_REGISTER(UPT_RX, upt_rx, upt_rx_one, RD_SIDE_IN);
