/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw_in: the distributed firewall of the destination vNIC, for traffic to the guest. Comes from
 * flow_lookup (hit), l2_lookup (miss), dfw_out (local), flood and reject; goes to port_out.
 */
#include "nodes/dfw.h"

#define DFW_IN_NEXT(X) X(DROP, drop) X(REJECT, reject) X(PORT_OUT, port_out)
RD_STAGE_EDGES(DFW_IN_NEXT);

static uint16_t dfw_in_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	int reason = rd_dfw_stage(w, m, md, RD_DFW_IN);

	if (reason == RD_DROP_DFW_REJECTED)
		return NEXT_REJECT;
	return reason != 0 ? rd_drop(md, (enum rd_drop_reason)reason) : NEXT_PORT_OUT;
}

RD_STAGE_REGISTER(DFW_IN, dfw_in, dfw_in_one, RD_SIDE_OUT);
