/* SPDX-License-Identifier: BSD-3-Clause
 *
 * flood: one copy of a broadcast, multicast or unknown unicast to everybody in the segment but its
 * sender. Comes from l2_lookup; each copy goes on by itself (md->flow is NULL: nothing is memoised)
 * to the stages of its destination.
 *
 * The last destination gets the original. A VLAN segment's uplinks are one destination (the team
 * chooses); so are all proxies behind one MUX, for the host's switch floods to its guests itself;
 * and a frame from a tunnel goes to no tunnel (its sender floods to all), one from the wire not to
 * the wire.
 */
#include "nodes/deny.h"
#include "nodes/path.h"
#include "core/drop.h"
#include "tables/segment.h"

#define FLOOD_NEXT(X) X(DROP, drop) RD_PATH_NEXT(X)
RD_STAGE_EDGES(FLOOD_NEXT);

static const uint8_t edge_of[RD_STEP_COUNT] = RD_PATH_EDGES;

struct dest { // a port, a tunnel, or (neither) the uplinks
	uint16_t port;
	uint16_t tunnel;
};

struct flood { // the packet that is being flooded
	struct rd_worker *w;
	struct rte_graph *graph;
	struct rte_node *node;
	struct rte_mbuf *m;
	uint16_t sender; // port index; none of a routed packet: it goes to everybody
	uint8_t class; // RD_DENY_*
	bool pending; // dest is known, but its copy not made yet: it may be the last
	struct dest dest;
};

static uint16_t route(struct rd_meta *md, struct dest d)
{
	md->flow = NULL;
	md->out_port = d.port;
	if ((md->flags & RD_META_FROM_TUNNEL) == 0)
		md->tunnel = d.tunnel;
	return edge_of[rd_path_step(rd_path_acts(md), RD_STEP_DFW_OUT)];
}

static void copy_to_pending(struct flood *fl)
{
	struct rd_stage_stats *st = &fl->w->stages[RD_STAGE_FLOOD];
	struct rte_mbuf *copy = rd_meta_copy(fl->w, fl->m);

	if (copy == NULL) { // no packet to send to drop
		rd_drop_lost(fl->w, fl->m, RD_STAGE_FLOOD, RD_DROP_FLOOD_CLONE);
		return;
	}
	st->created++;
	st->out++;
	fl->w->tally[rd_meta(fl->m)->in_port].created[RD_STAGE_FLOOD]++;
	rte_node_enqueue_x1(fl->graph, fl->node, route(rd_meta(copy), fl->dest), copy);
}

static void add_dest(struct flood *fl, struct dest d)
{
	if (fl->pending)
		copy_to_pending(fl);
	fl->pending = true;
	fl->dest = d;
}

// Whether an earlier member of the segment leads through the same MUX
// and takes this class of floods.
static bool mux_served(
	const struct rd_segment *seg, unsigned before, uint16_t mux, const struct flood *fl)
{
	for (unsigned i = 0; i < before; i++) {
		const struct rd_port *p = rd_port_at(seg->port[i]);

		if (p != NULL && p->attach == RD_ATTACH_VIA && p->peer == mux && p->admin_up
			&& p->idx != fl->sender && (p->deny & fl->class) == 0)
			return true;
	}
	return false;
}

static bool wants_copy(
	const struct rd_segment *seg, unsigned i, const struct rd_port *in, const struct flood *fl)
{
	const struct rd_port *p = rd_port_at(seg->port[i]);

	if (p == NULL || !p->admin_up || p->type == RD_PORT_UPLINK)
		return false;
	if (p->attach == RD_ATTACH_BYPASS || p->idx == fl->sender)
		return false;
	if (p->attach != RD_ATTACH_VIA)
		return true;
	// What came from the host by a MUX, its own switch has flooded there already.
	if (fl->sender != RD_PORT_NONE && in->attach == RD_ATTACH_VIA && in->peer == p->peer)
		return false;
	return (p->deny & fl->class) || !mux_served(seg, i, p->peer, fl);
}

static void each_dest(struct flood *fl, const struct rd_segment *seg, const struct rd_port *in)
{
	bool tunnelled = rd_meta(fl->m)->flags & RD_META_FROM_TUNNEL;

	for (unsigned i = 0; i < seg->nb_ports; i++)
		if (wants_copy(seg, i, in, fl))
			add_dest(fl, (struct dest){.port = seg->port[i]});
	for (unsigned i = 0; !tunnelled && i < seg->nb_tunnels; i++)
		add_dest(fl, (struct dest){.tunnel = seg->tunnel[i]});
	if (seg->vlan >= 0 && (in->type != RD_PORT_UPLINK || fl->sender == RD_PORT_NONE))
		for (unsigned i = 0; i < seg->nb_ports; i++) {
			const struct rd_port *p = rd_port_at(seg->port[i]);

			if (p == NULL || p->type != RD_PORT_UPLINK)
				continue;
			add_dest(fl, (struct dest){0});
			break;
		}
}

static uint16_t flood_one(struct flood *fl)
{
	struct rd_meta *md = rd_meta(fl->m);
	const struct rd_segment *seg = rd_segment_at(md->segment);
	const struct rd_port *in = rd_port_at(md->in_port);

	if (seg == NULL || in == NULL)
		return rd_drop(md, RD_DROP_PORT_NO_SEGMENT);
	fl->pending = false;
	fl->sender = md->routed != 0 ? RD_PORT_NONE : in->idx;
	fl->class = rd_deny_class(rte_pktmbuf_mtod(fl->m, const uint8_t *));
	each_dest(fl, seg, in);
	return fl->pending ? route(md, fl->dest) : rd_drop(md, RD_DROP_FLOOD_EMPTY);
}

static uint16_t flood_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[RD_STAGE_FLOOD];
	struct flood fl = {.w = w, .graph = graph, .node = node};
	uint16_t next[RD_BURST];

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RD_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);

		for (uint16_t i = 0; i < n; i++) {
			fl.m = objs[off + i];
			rd_stage_enter(rd_meta(fl.m), RD_STAGE_FLOOD);
			w->tally[rd_meta(fl.m)->in_port].in[RD_STAGE_FLOOD]++;
			next[i] = flood_one(&fl);
		}
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}

RD_STAGE_REGISTER_BURST(FLOOD, flood, flood_process, RD_SIDE_IN);
