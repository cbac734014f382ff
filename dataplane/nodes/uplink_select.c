/* SPDX-License-Identifier: BSD-3-Clause
 *
 * uplink_select: chooses the uplink: the first one up of the source port's team, else of the tunnel
 * endpoint's. Puts the tag of a VLAN segment on. Comes from tunnel_encap, from the stages before it
 * (VLAN segments) and from vmk_rx; goes to uplink_tx, by flow_install if the flow was just decided.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/stage.h"
#include "tables/flow.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define UPLINK_SELECT_NEXT(X) X(DROP, drop) X(FLOW_INSTALL, flow_install) X(UPLINK_TX, uplink_tx)
RD_STAGE_EDGES(UPLINK_SELECT_NEXT);

#define TAG_LEN 4

static uint16_t usable(uint16_t uplink)
{
	return uplink != RD_PORT_NONE ? rd_team_pick(&uplink, 1) : RD_PORT_NONE;
}

// A port without a team in a VLAN segment: any uplink that carries the segment.
static uint16_t segment_uplink(const struct rd_meta *md)
{
	const struct rd_segment *seg = md->segment != 0 ? rd_segment_at(md->segment) : NULL;

	for (unsigned i = 0; seg != NULL && i < seg->nb_ports; i++) {
		const struct rd_port *p = rd_port_at(seg->port[i]);

		if (p != NULL && p->type == RD_PORT_UPLINK && usable(p->idx) != RD_PORT_NONE)
			return p->idx;
	}
	return RD_PORT_NONE;
}

static uint16_t tep_uplink(uint16_t tunnel)
{
	const struct rd_tunnel *t = tunnel != 0 ? rd_tunnel_at(tunnel) : NULL;
	const struct rd_tep *tep = t != NULL ? rd_tep_at(t->tep) : NULL;

	return tep != NULL ? rd_team_pick(tep->team, tep->nb_team) : RD_PORT_NONE;
}

// md->out_port may name an uplink already: where the destination was learned, or by which a request
// came to punt.
static uint16_t choose(const struct rd_meta *md)
{
	const struct rd_port *in = rd_port_at(md->in_port);
	uint16_t uplink = RD_PORT_NONE;

	if (md->segment == 0) // an answer goes back the way the request came
		uplink = usable(md->out_port);
	if (uplink == RD_PORT_NONE && in != NULL && in->nb_team != 0)
		uplink = rd_team_pick(in->team, in->nb_team);
	else if (uplink == RD_PORT_NONE && md->tunnel != 0)
		uplink = tep_uplink(md->tunnel);
	else if (uplink == RD_PORT_NONE)
		uplink = usable(md->out_port);
	if (uplink == RD_PORT_NONE && (in == NULL || in->nb_team == 0) && md->tunnel == 0)
		uplink = segment_uplink(md);
	return uplink;
}

static void memoise(struct rd_flow *f, uint16_t uplink)
{
	rd_flow_write_begin(f);
	f->uplink = uplink;
	f->decided |= RD_DECIDED_UPLINK;
	rd_flow_write_end(f);
}

static int push_tag(struct rte_mbuf *m, struct rd_meta *md, uint16_t vlan)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, TAG_LEN);

	if (frame == NULL)
		return RD_DROP_ENCAP_HEADROOM;
	memmove(frame, frame + TAG_LEN, 12);
	rd_put16(frame + 12, RD_ETHERTYPE_VLAN);
	rd_put16(frame + 14, vlan);
	md->l3_off += TAG_LEN;
	if (md->pkt_flags & RD_PKT_L4)
		md->l4_off += TAG_LEN;
	md->vlan = vlan;
	rd_meta_new_form(md);
	return 0;
}

static uint16_t uplink_select_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_segment *seg = md->segment != 0 ? rd_segment_at(md->segment) : NULL;
	struct rd_flow *f = md->flow;

	RTE_SET_USED(w);
	if (f != NULL && (f->decided & RD_DECIDED_UPLINK)) {
		md->out_port = f->uplink;
	} else {
		md->out_port = choose(md);
		if (md->out_port == RD_PORT_NONE)
			return rd_drop(md, RD_DROP_UPLINK_NONE_UP);
		if (f != NULL)
			memoise(f, md->out_port);
	}
	if (seg != NULL && seg->vlan > 0 && push_tag(m, md, (uint16_t)seg->vlan) != 0)
		return rd_drop(md, RD_DROP_ENCAP_HEADROOM);
	return f != NULL && (md->flags & RD_META_MISS) ? NEXT_FLOW_INSTALL : NEXT_UPLINK_TX;
}

RD_STAGE_REGISTER(UPLINK_SELECT, uplink_select, uplink_select_one, RD_SIDE_IN);
