/* SPDX-License-Identifier: BSD-3-Clause
 *
 * l2_lookup: a miss. Learns the source, finds the destination by MAC and writes the actions into
 * the flow's entry. Comes from flow_lookup; goes to the first stage of those actions, or to flood.
 */
#include <string.h>

#include "core/dry.h"
#include "nodes/path.h"
#include "nodes/route.h"
#include "tables/segment.h"

#define L2_LOOKUP_NEXT(X) X(DROP, drop) X(FLOOD, flood) RD_PATH_NEXT(X)
RD_STAGE_EDGES(L2_LOOKUP_NEXT);

static const uint8_t edge_of[RD_STEP_COUNT] = RD_PATH_EDGES;

// 01:80:c2:00:00:00 to 0f: for the next bridge, IEEE 802.1Q table 8-1.
static bool is_reserved(const uint8_t dmac[6])
{
	return rd_be32(dmac) == 0x0180c200 && dmac[4] == 0 && (dmac[5] & 0xf0) == 0;
}

// 0, or why a packet of this source may not pass.
static int learn(struct rd_worker *w, const struct rd_segment *seg, const struct rd_meta *md,
	const uint8_t smac[6])
{
	bool tunnelled = md->flags & RD_META_FROM_TUNNEL;
	uint32_t slot = 0;
	uint16_t to = tunnelled ? md->tunnel : md->in_port;

	if (seg->learn)
		slot = w->dry == NULL ? rd_fdb_learn(seg->idx, smac, tunnelled, to, w->now_s)
				      : rd_dry_learn(w, md, smac, tunnelled, to);
	if (likely(slot < RD_FDB_MOVES || !seg->refuse))
		return 0;
	return slot == RD_FDB_MOVES ? RD_DROP_L2_MAC_MOVE : RD_DROP_L2_LEARN_LIMIT;
}

static bool find(struct rd_worker *w, const struct rd_segment *seg, const uint8_t mac[6],
	struct rd_fdb_entry *e)
{
	return w->dry == NULL ? rd_fdb_lookup(seg->idx, mac, e)
			      : rd_dry_lookup(w, seg->idx, mac, e);
}

// Addresses that no packet on a wire may have: RFC 1122, 3.2.1.3; RFC 4291, 2.5.2, 2.5.3, 2.7.
static int check_ipv4(const uint8_t *ip)
{
	uint32_t src = rd_be32(ip + 12), dst = rd_be32(ip + 16);

	if (src >> 28 == 14 || src >> 24 == 127 || src == UINT32_MAX)
		return RD_DROP_PARSE_SADDR_INVALID;
	return dst >> 24 == 127 || dst == 0 ? RD_DROP_PARSE_DADDR_INVALID : 0;
}

static int check_ipv6(const uint8_t *ip)
{
	static const uint8_t loopback[16] = {[15] = 1}, none[16];
	const uint8_t *src = ip + 8, *dst = ip + 24;

	if (src[0] == 0xff || memcmp(src, loopback, 16) == 0)
		return RD_DROP_PARSE_SADDR_INVALID;
	if (memcmp(dst, loopback, 16) == 0 || memcmp(dst, none, 16) == 0)
		return RD_DROP_PARSE_DADDR_INVALID;
	return 0;
}

// What is asked once per flow: 0, or why it may not pass.
static int check_source(struct rd_worker *w, const struct rd_segment *seg, const struct rd_meta *md,
	const uint8_t *frame)
{
	int reason = 0;

	if (is_reserved(frame))
		return RD_DROP_L2_CONTROL;
	if (md->pkt_flags & RD_PKT_IPV4)
		reason = check_ipv4(frame + md->l3_off);
	else if (md->pkt_flags & RD_PKT_IPV6)
		reason = check_ipv6(frame + md->l3_off);
	return reason != 0 ? reason : learn(w, seg, md, frame + 6);
}

// A port as destination: 0, or why not.
static int to_port(struct rd_meta *md, uint16_t port)
{
	const struct rd_port *in = rd_port_at(md->in_port), *out = rd_port_at(port);

	if (port == md->in_port && (md->flags & RD_META_FROM_TUNNEL) == 0 && md->routed == 0)
		return RD_DROP_L2_HAIRPIN;
	if (out == NULL) // deleted since the fdb was read
		return RD_DROP_L2_NO_DEST;
	// A virtual switch never forwards from the wire to the wire; a router does.
	if (in != NULL && in->type == RD_PORT_UPLINK && out->type == RD_PORT_UPLINK
		&& md->routed == 0)
		return RD_DROP_L2_HAIRPIN;
	md->out_port = port;
	return 0;
}

static int to_tunnel(struct rd_meta *md, uint16_t tunnel)
{
	if (md->flags & RD_META_FROM_TUNNEL)
		return RD_DROP_L2_SPLIT_HORIZON;
	md->tunnel = tunnel;
	return 0;
}

static void memoise(struct rd_meta *md, uint32_t acts)
{
	struct rd_flow *f = md->flow;

	rd_flow_write_begin(f);
	f->acts = acts;
	f->out_port = md->out_port;
	f->tunnel = acts & RD_ACT_ENCAP ? md->tunnel : 0;
	f->decided |= RD_DECIDED_L2;
	rd_flow_write_end(f);
}

static uint16_t unknown(const struct rd_segment *seg, struct rd_meta *md)
{
	if (!seg->flood)
		return rd_drop(md, RD_DROP_L2_NO_DEST);
	if (md->flow != NULL) { // stays undecided, so that learning takes effect at once
		rd_flow_write_begin(md->flow);
		md->flow->acts = RD_ACT_FLOOD;
		rd_flow_write_end(md->flow);
		md->flow = NULL;
	}
	return NEXT_FLOOD;
}

// An earlier packet of the same flow and burst has decided.
static uint16_t follow(struct rd_meta *md)
{
	const struct rd_flow *f = md->flow;

	md->out_port = f->out_port;
	if (f->acts & RD_ACT_ENCAP)
		md->tunnel = f->tunnel;
	return edge_of[rd_path_step(f->acts, RD_STEP_DFW_OUT)];
}

// Towards the router: not a port, so there is no destination yet.
static uint16_t to_router(struct rd_meta *md)
{
	uint32_t acts;

	md->to_router = 1;
	md->out_port = RD_PORT_NONE;
	acts = rd_path_acts(md);
	if (md->flow != NULL)
		memoise(md, acts);
	return edge_of[rd_path_step(acts, RD_STEP_DFW_OUT)];
}

// A guest that says that it is its router. Other hosts' routers have the same MAC.
static bool is_router_spoof(
	const struct rd_rif *rif, const struct rd_meta *md, const uint8_t *frame)
{
	const struct rd_port *in = rd_port_at(md->in_port);

	return rif != NULL && md->routed == 0 && (md->flags & RD_META_FROM_TUNNEL) == 0
		&& in != NULL && rd_port_is_guest(in) && memcmp(frame + 6, rif->mac, 6) == 0;
}

static uint16_t l2_lookup_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rd_segment *seg = rd_segment_at(md->segment);
	const struct rd_rif *rif;
	struct rd_fdb_entry e;
	uint32_t acts;
	int reason;

	if (md->flow != NULL && (md->flow->decided & RD_DECIDED_L2))
		return follow(md);
	if (seg == NULL)
		return rd_drop(md, RD_DROP_PORT_NO_SEGMENT);
	reason = check_source(w, seg, md, frame);
	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	rif = rd_rif_of_segment(seg->idx);
	if (is_router_spoof(rif, md, frame))
		return rd_drop(md, RD_DROP_L3_MAC_SPOOF);
	if (md->pkt_flags & RD_PKT_MCAST)
		return rif != NULL && md->routed == 0 && rd_route_is_asked(rif, m, md) ? NEXT_ROUTE
										       : NEXT_FLOOD;
	if (!find(w, seg, frame, &e))
		return unknown(seg, md);
	if (e.kind == RD_FDB_ROUTER)
		return to_router(md);
	if (!e.is_tunnel && e.to == RD_PORT_NONE)
		return rd_drop(md, RD_DROP_L2_BLACKHOLE);
	if (!e.is_tunnel && rd_port_at(e.to) == NULL)
		return unknown(seg, md);
	reason = e.is_tunnel ? to_tunnel(md, e.to) : to_port(md, e.to);
	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	acts = rd_path_acts(md);
	if (md->flow != NULL)
		memoise(md, acts);
	return edge_of[rd_path_step(acts, RD_STEP_DFW_OUT)];
}

RD_STAGE_REGISTER(L2_LOOKUP, l2_lookup, l2_lookup_one, RD_SIDE_IN);
