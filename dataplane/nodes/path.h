/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What several stages share: the flow key of a packet, the documented hash over it, and the way
 * that a decided packet takes through the rest of the stages. Worker thread.
 *
 * A packet of a cacheable flow finds its decisions in md->flow. Copies of a flood, and unicast that
 * got no entry, have md->flow == NULL: for those the same functions decide from the metadata and
 * the tables.
 */
#pragma once

#include "base/pkt.h"
#include "core/stage.h"
#include "tables/dfw_policy.h"
#include "tables/flow.h"
#include "tables/port.h"

// Bits that say a flow can be taken without deciding anything.
#define RD_FLOW_READY (RD_DECIDED_LIVE | RD_DECIDED_L2)

// The key of the present form of the packet. The headers are contiguous: classify and tunnel_decap
// saw to that.
void rd_key_fill(const struct rte_mbuf *m, const struct rd_meta *md, struct rd_flow_key *k);

// Hash of the flow that the outer UDP source port is made of. Depends on nothing but the (inner)
// flow: ten 32-bit words: source and destination address (four words each, big endian, IPv4 in the
// first), source port << 16 | destination port (ICMP: type and code), protocol. A frame without IP:
// the MACs instead of addresses. h starts at 0x52444f54; per word: h = (h ^ word) * 0x9e3779b1,
// then h ^= h >> 15. Never 0.
static inline uint32_t rd_flow_l4_hash(const struct rd_flow_key *k)
{
	uint32_t h = 0x52444f54;
	uint32_t word[10] = {0};

	if (k->ft == RD_FT_L2) {
		word[0] = rd_be32(k->smac);
		word[1] = rd_be16(k->smac + 4);
		word[4] = rd_be32(k->dmac);
		word[5] = rd_be16(k->dmac + 4);
	} else {
		for (unsigned i = 0; i < 4; i++) {
			word[i] = rd_be32(k->src + 4 * i);
			word[4 + i] = rd_be32(k->dst + 4 * i);
		}
	}
	word[8] = (uint32_t)k->sport << 16 | k->dport;
	word[9] = k->proto;
	for (unsigned i = 0; i < 10; i++) {
		h = (h ^ word[i]) * 0x9e3779b1u;
		h ^= h >> 15;
	}
	return h != 0 ? h : 1;
}

enum rd_step { // the next thing to be done for a packet whose destination is known
	RD_STEP_DFW_OUT,
	RD_STEP_ROUTE,
	RD_STEP_DFW_IN,
	RD_STEP_ENCAP,
	RD_STEP_UPLINK,
	RD_STEP_OUTPUT,
	RD_STEP_COUNT,
};

// Of a stage that any step can follow: the end of its list of edges, and the edge for each step.
#define RD_PATH_NEXT(X)               \
	X(DFW_OUT, dfw_out)           \
	X(ROUTE, route)               \
	X(DFW_IN, dfw_in)             \
	X(TUNNEL_ENCAP, tunnel_encap) \
	X(UPLINK_SELECT, uplink_select) X(PORT_OUT, port_out)
#define RD_PATH_EDGES                                                                    \
	{                                                                                \
		[RD_STEP_DFW_OUT] = NEXT_DFW_OUT, [RD_STEP_ROUTE] = NEXT_ROUTE,          \
		[RD_STEP_DFW_IN] = NEXT_DFW_IN, [RD_STEP_ENCAP] = NEXT_TUNNEL_ENCAP,     \
		[RD_STEP_UPLINK] = NEXT_UPLINK_SELECT, [RD_STEP_OUTPUT] = NEXT_PORT_OUT, \
	}

// Actions of the packet: those of its flow, else worked out from in_port, out_port and tunnel.
uint32_t rd_path_acts(const struct rd_meta *md);
// First step that is left when everything before `from` is done.
enum rd_step rd_path_step(uint32_t acts, enum rd_step from);

// Whether a port is a guest's: vnic (also a MUX's proxy) or upt.
static inline bool rd_port_is_guest(const struct rd_port *p)
{
	return p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT;
}

// The revision of the firewall rules that this walk judges by, as flow entries keep it.
static inline uint16_t rd_policy_rev(const struct rd_worker *w)
{
	return w->policy != NULL ? (uint16_t)w->policy->revision : 0;
}

// Whether an entry's decisions have been compared with the present tables and rules.
static inline bool rd_flow_is_fresh(const struct rd_worker *w, const struct rd_flow *f)
{
	return f->gen == w->gen && f->rev == rd_policy_rev(w);
}

// The sum of the counters that a flow's decisions depend on.
uint32_t rd_flow_deps(const struct rd_worker *w, const struct rd_flow *f);
// An entry that is not fresh: true when nothing that it depends on has changed, and it is fresh now.
bool rd_flow_renew(const struct rd_worker *w, struct rd_flow *f);
// The flow's entry goes live: every decision is made, and later packets take it as a hit.
void rd_flow_make_live(const struct rd_worker *w, struct rd_flow *f);
