/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The firewall of one port, for dfw_out and dfw_in: rules, connections, fragments; memoised in the flow's entry where the next
 * packets of the flow get the same. Worker thread.
 *
 * A stateful firewall asks in this order: the flow's connection (nearly every packet); a connection that the packet belongs to;
 * the rules, and what they allow begins a connection.
 */
#pragma once

#include "core/stage.h"
#include "tables/dfw.h"

// Sets md->rule_id and counts the rule. 0, or a positive enum rd_drop_reason (DFW_*, FRAG_NO_HEAD): DFW_REJECTED for the stage
// `reject`. dir is RD_DFW_IN or RD_DFW_OUT.
int rd_dfw_stage(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, enum rd_dfw_dir dir);

// --- dfw.c and dfw_decide.c only ---

struct rd_dfw_pkt { // a packet at a firewall
	struct rd_worker *w;
	const struct rte_mbuf *m;
	struct rd_meta *md;
	const struct rd_dfw *dfw; // NULL = none
	enum rd_dfw_dir dir;
	uint16_t zone; // the firewall's port
};

struct rd_dfw_outcome {
	struct rd_dfw_verdict v; // of the flow
	int reason; // of this packet only, when v allows: 0, or enum rd_drop_reason
	rd_conn_ref ref; // 0 = no connection
	bool reply; // against the connection's first packet
	bool keep; // the flow's next packets get the same
};

// Without the flow's memory.
void rd_dfw_decide(const struct rd_dfw_pkt *p, struct rd_dfw_outcome *o);
// One more packet of a connection, as rd_conn_packet().
int rd_dfw_follow(const struct rd_dfw_pkt *p, rd_conn_ref ref, enum rd_conn_dir dir,
	const struct rd_conn_l4 *l4);
// Whether there is a connection for it, whatever was decided before.
bool rd_dfw_has_connection(const struct rd_dfw_pkt *p);
