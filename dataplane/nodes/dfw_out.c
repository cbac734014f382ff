/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw_out: the distributed firewall of the source vNIC, for traffic from the guest. Comes from
 * flow_lookup (hit), l2_lookup (miss) and flood; goes to the next stage of the flow's actions.
 */
#include "nodes/dfw.h"
#include "nodes/path.h"

#define DFW_OUT_NEXT(X)   \
	X(DROP, drop)     \
	X(REJECT, reject) \
	X(ROUTE, route)   \
	X(DFW_IN, dfw_in) \
	X(TUNNEL_ENCAP, tunnel_encap) X(UPLINK_SELECT, uplink_select) X(PORT_OUT, port_out)
RD_STAGE_EDGES(DFW_OUT_NEXT);

static const uint8_t edge_of[RD_STEP_COUNT] = {
	[RD_STEP_ROUTE] = NEXT_ROUTE,
	[RD_STEP_DFW_IN] = NEXT_DFW_IN,
	[RD_STEP_ENCAP] = NEXT_TUNNEL_ENCAP,
	[RD_STEP_UPLINK] = NEXT_UPLINK_SELECT,
	[RD_STEP_OUTPUT] = NEXT_PORT_OUT,
};

static uint16_t dfw_out_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	int reason = rd_dfw_stage(w, m, md, RD_DFW_OUT);

	if (reason == RD_DROP_DFW_REJECTED)
		return NEXT_REJECT;
	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	return edge_of[rd_path_step(rd_path_acts(md), RD_STEP_ROUTE)];
}

RD_STAGE_REGISTER(DFW_OUT, dfw_out, dfw_out_one, RD_SIDE_IN);
