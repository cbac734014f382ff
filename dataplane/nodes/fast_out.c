/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the fast path's packets leave: straight by the port's device, of which the TX stage's counters, captures and drops are made
 * here, or through the TX stage where there is no device or a frame is too long for it. Worker thread.
 */
#include "nodes/fast.h"
#include "nodes/fast_tap.h"

#include "nodes/tx.h"
#include "tables/dfw.h"

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

// Stages passed, the last of them, and whose rule decided last.
static void note_way(struct rd_meta *md, const struct rd_flow *f)
{
	bool encap = f->acts & RD_ACT_ENCAP;

	md->hop += 4 + 1
		+ encap; // RX, classify, decap or port_in, lookup; port_out, or encap and uplink_select
	md->stage = encap ? RD_STAGE_UPLINK_SELECT : RD_STAGE_PORT_OUT;
	if (f->acts & RD_ACT_DFW_SRC) {
		md->hop++;
		md->rule_id = rd_dfw_slot_id(f->rule_out);
	}
	if (f->acts & RD_ACT_DFW_DST) {
		md->hop++;
		md->rule_id = rd_dfw_slot_id(f->rule_in);
	}
}

// Those up to the router, too.
static void note_router(struct rd_meta *md, const struct rd_flow *before)
{
	md->hop += 2; // route, lookup
	md->routed = 1;
	if (before->acts & RD_ACT_DFW_SRC) {
		md->hop++;
		md->rule_id = rd_dfw_slot_id(before->rule_out);
	}
}

// As the stages before TX would have left the metadata.
static void note(struct fast_burst *b, uint16_t j)
{
	const struct fast_pkt *p = &b->pkt[j];
	const struct rd_flow *f = b->flow[j];
	const struct rd_segment *seg = rd_segment_at(f->key.segment);
	struct rd_meta *md = fast_meta(b, p->m, p->pos);

	if (fast_is_routed(b, j))
		note_router(md, b->before[j]);
	note_way(md, f);
	md->flow = b->flow[j];
	md->segment = f->key.segment;
	md->vni = seg != NULL ? seg->vni : 0;
	md->hash = rd_flow_l4_hash(&f->key);
	md->out_port = b->out.idx;
	if (p->via != NULL && !fast_is_routed(b, j)) {
		md->vni = f->key.vni;
		md->tunnel = p->via->tunnel->idx;
		md->flags |= RD_META_HIT | RD_META_FROM_TUNNEL | RD_META_TO_GUEST;
	} else if (f->acts & RD_ACT_ENCAP) {
		md->tunnel = f->tunnel;
		md->flags |= RD_META_HIT | (p->via != NULL ? RD_META_TO_GUEST : RD_META_FROM_GUEST);
	} else {
		md->flags |= RD_META_HIT | RD_META_TO_GUEST;
	}
	if (b->taps != NULL)
		fast_tap_note(b->taps, j, md);
}

// From the first one that was not sent: what the device has refused is dropped, the stage has been captured.
static __rte_noinline void left_over(struct fast_burst *b, uint16_t first, bool direct)
{
	struct fast_out *out = &b->out;
	uint16_t nb = (uint16_t)(out->nb - first);

	for (uint16_t i = first; i < out->nb; i++)
		note(b, out->cand[i]);
	if (direct)
		rd_tx_refused(b->w, out->stage, out->port, out->m + first, nb);
	rte_node_enqueue(
		b->graph, b->node, direct ? NEXT_DROP : out->edge, (void **)(out->m + first), nb);
}

void fast_flush(struct fast_burst *b)
{
	struct fast_out *out = &b->out;
	bool direct = out->longest <= out->frame_max;
	uint16_t sent = 0;

	if (out->nb == 0)
		return;
	fast_count_out(b);
	if (b->taps != NULL)
		fast_tap(b, direct);
	if (direct)
		sent = rd_tx_direct(b->w, out->stage, out->port, out->m, out->nb, out->bytes);
	if (unlikely(sent < out->nb))
		left_over(b, sent, direct);
	out->nb = 0;
	out->bytes = out->longest = 0;
	out->loud = 0;
}
