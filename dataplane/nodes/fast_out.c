/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the fast path's packets leave: straight by the port's device while nobody watches the TX stages, else through the port's
 * TX stage. Worker thread.
 */
#include "nodes/fast.h"

#include "nodes/tx.h"

static void find_stage(struct fast_out *out)
{
	const struct rd_port *p = out->port;

	out->edge = NEXT_COUNT;
	if (p == NULL || !p->admin_up || p->attach == RD_ATTACH_VIA)
		return;
	switch (p->type) {
	case RD_PORT_UPLINK:
		out->edge = NEXT_UPLINK_TX;
		out->stage = RD_STAGE_UPLINK_TX;
		break;
	case RD_PORT_VNIC:
		out->edge = NEXT_VNIC_TX;
		out->stage = RD_STAGE_VNIC_TX;
		break;
	case RD_PORT_UPT:
		out->edge = NEXT_UPT_TX;
		out->stage = RD_STAGE_UPT_TX;
		break;
	default:
		break;
	}
}

__rte_noinline void fast_enter_out(struct fast_burst *b, uint16_t idx)
{
	struct fast_out *out = &b->out;

	fast_flush(b);
	out->port = rd_port_at(idx);
	out->idx = idx;
	out->frame_max = rd_tx_frame_max(out->port);
	find_stage(out);
}

// What the TX stage and a drop record there need to know.
static void note(struct fast_burst *b, uint16_t j)
{
	const struct fast_pkt *p = &b->pkt[j];
	const struct rd_flow *f = b->flow[j];
	struct rd_meta *md = fast_meta(b, p->m, p->pos);

	md->flow = b->flow[j];
	md->segment = f->key.segment;
	md->out_port = b->out.idx;
	if (p->via != NULL) {
		md->vni = f->key.vni;
		md->tunnel = p->via->tunnel->idx;
		md->flags |= RD_META_HIT | RD_META_FROM_TUNNEL | RD_META_TO_GUEST;
	} else if (f->acts & RD_ACT_ENCAP) {
		const struct rd_segment *seg = rd_segment_at(f->key.segment);

		md->vni = seg != NULL ? seg->vni : 0;
		md->tunnel = f->tunnel;
		md->flags |= RD_META_HIT | RD_META_FROM_GUEST;
	} else {
		md->flags |= RD_META_HIT | RD_META_TO_GUEST;
	}
}

// From the first one that was not sent.
static __rte_noinline void through_stage(struct fast_burst *b, uint16_t first)
{
	struct fast_out *out = &b->out;

	for (uint16_t i = first; i < out->nb; i++)
		note(b, out->cand[i]);
	rte_node_enqueue(b->graph, b->node, out->edge, (void **)(out->m + first),
		(uint16_t)(out->nb - first));
}

void fast_flush(struct fast_burst *b)
{
	struct fast_out *out = &b->out;
	uint16_t sent = 0;

	if (out->nb == 0)
		return;
	fast_count_out(b);
	if (b->direct && out->longest <= out->frame_max)
		sent = rd_tx_direct(b->w, out->stage, out->port, out->m, out->nb, out->bytes);
	if (unlikely(sent < out->nb))
		through_stage(b, sent);
	out->nb = 0;
	out->bytes = out->longest = 0;
}
