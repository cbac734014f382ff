/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop: the packet's end: core/drop.c counts and records it. Comes from every stage, goes nowhere.
 */
#include "core/drop.h"
#include "core/stage.h"

enum {
	NEXT_COUNT
};
static const char *const next_names_[1]; // no edges

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
		rd_drop_note(w, objs[i], rd_meta(objs[i]), ns);
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, nb);
	st->consumed += nb;
	return nb;
}

RD_STAGE_REGISTER_BURST(DROP, drop, drop_process, RD_SIDE_IN);
