/* SPDX-License-Identifier: BSD-3-Clause
 *
 * l2_lookup: a miss. Learns the source, finds the destination by MAC and writes the actions into
 * the flow's entry. Comes from flow_lookup; goes to the first stage of those actions, or to flood.
 */
#include "nodes/path.h"
#include "tables/segment.h"

#define L2_LOOKUP_NEXT(X) X(DROP, drop) X(FLOOD, flood) RD_PATH_NEXT(X)
RD_STAGE_EDGES(L2_LOOKUP_NEXT);

static const uint8_t edge_of[RD_STEP_COUNT] = RD_PATH_EDGES;

// 01:80:c2:00:00:00 to 0f: for the next bridge, IEEE 802.1Q table 8-1.
static bool is_reserved(const uint8_t dmac[6])
{
	return rd_be32(dmac) == 0x0180c200 && dmac[4] == 0 && (dmac[5] & 0xf0) == 0;
}

static void learn(struct rd_worker *w, const struct rd_segment *seg, const struct rd_meta *md,
	const uint8_t smac[6])
{
	bool tunnelled = md->flags & RD_META_FROM_TUNNEL;

	if (seg->learn)
		rd_fdb_learn(
			seg->idx, smac, tunnelled, tunnelled ? md->tunnel : md->in_port, w->now_s);
}

// A port as destination: 0, or why not.
static int to_port(struct rd_meta *md, uint16_t port)
{
	const struct rd_port *in = rd_port_at(md->in_port), *out = rd_port_at(port);

	if (port == md->in_port && (md->flags & RD_META_FROM_TUNNEL) == 0)
		return RD_DROP_L2_HAIRPIN;
	if (out == NULL) // deleted since the fdb was read
		return RD_DROP_L2_NO_DEST;
	// A virtual switch never forwards from the wire to the wire.
	if (in != NULL && in->type == RD_PORT_UPLINK && out->type == RD_PORT_UPLINK)
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

static uint16_t l2_lookup_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rd_segment *seg = rd_segment_at(md->segment);
	struct rd_fdb_entry e;
	uint32_t acts;
	int reason;

	if (md->flow != NULL && (md->flow->decided & RD_DECIDED_L2))
		return follow(md);
	if (seg == NULL)
		return rd_drop(md, RD_DROP_PORT_NO_SEGMENT);
	if (is_reserved(frame))
		return rd_drop(md, RD_DROP_L2_CONTROL);
	learn(w, seg, md, frame + 6);
	if (md->pkt_flags & RD_PKT_MCAST)
		return NEXT_FLOOD;
	if (!rd_fdb_lookup(seg->idx, frame, &e) || (!e.is_tunnel && rd_port_at(e.to) == NULL))
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
