/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop: the packet's end. Counts the reason and the port, writes the drop record, frees. Comes from
 * every stage, goes nowhere.
 */
#include <string.h>

#include "core/stage.h"

enum {
	NEXT_COUNT
};
static const char *const next_names_[1]; // no edges

// The stages whose drops are a port's own: it was refused entry, exit or by its firewall.
static bool is_ports_own(unsigned stage)
{
	const struct rd_stage_desc *d = rd_stage_by_id(stage);

	switch (stage) {
	case RD_STAGE_PORT_IN:
	case RD_STAGE_DFW_OUT:
	case RD_STAGE_DFW_IN:
		return true;
	default:
		return d != NULL && (d->kind == RD_STAGE_KIND_RX || d->kind == RD_STAGE_KIND_TX);
	}
}

static void record(struct rd_worker *w, struct rte_mbuf *m, const struct rd_meta *md, uint64_t ns)
{
	struct rd_droplog_rec *r = rd_droplog_begin(&w->droplog);
	uint32_t len = RTE_MIN(m->pkt_len, (uint32_t)RD_DROPLOG_BYTES);
	const uint8_t *bytes;

	r->ns = ns;
	r->packet_id = md->packet_id;
	r->rule_id = md->rule_id;
	r->vni = md->vni;
	r->len = m->pkt_len;
	r->port = rd_stage_port(md->stage, md);
	r->reason = md->reason;
	r->stage = md->stage;
	bytes = rte_pktmbuf_read(m, 0, len, r->bytes);
	r->cap_len = bytes != NULL ? (uint8_t)len : 0;
	if (bytes != NULL && bytes != r->bytes)
		memcpy(r->bytes, bytes, len);
	rd_droplog_end(&w->droplog);
}

static void drop_one(struct rd_worker *w, struct rte_mbuf *m, uint64_t ns)
{
	struct rd_meta *md = rd_meta(m);

	if (md->reason == RD_DROP_NONE || md->reason >= RD_DROP_MAX)
		md->reason = RD_DROP_INTERNAL_UNSPEC;
	w->drops[md->reason]++;
	if (is_ports_own(md->stage))
		w->ports[rd_stage_port(md->stage, md)].drops++;
	record(w, m, md, ns);
}

static uint16_t drop_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[RD_STAGE_DROP];
	uint64_t ns = rd_clock_ns(&w->clock, rd_tsc());

	RTE_SET_USED(graph);
	RTE_SET_USED(node);
	st->in += nb;
	for (uint16_t i = 0; i < nb; i++)
		drop_one(w, objs[i], ns);
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, nb);
	st->consumed += nb;
	return nb;
}

RD_STAGE_REGISTER_BURST(DROP, drop, drop_process, RD_SIDE_IN);
