/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fast: see fast.h. Not a stage and no capture point. Comes from poll; goes to the TX
 * stages, and with all that is not plain to the RX stages. Worker thread.
 */
#include "nodes/fast.h"
#include "nodes/fast_tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const next_names[] = {FAST_NEXT(RD_EDGE_NAME_)};

static void forward(struct rte_graph *graph, struct rte_node *node, void **objs,
	const uint16_t *next, uint16_t nb)
{
	for (uint16_t i = 0, j; i < nb; i = j) {
		for (j = i + 1; j < nb && next[j] == next[i];)
			j++;
		if (j - i == nb && nb == node->idx) // the whole stream: swap, don't copy
			rte_node_next_stream_move(graph, node, next[i]);
		else
			rte_node_enqueue(graph, node, next[i], objs + i, j - i);
	}
}

static void prefetch_connections(const struct fast_burst *b)
{
	for (uint16_t j = 0; j < b->nb; j++) {
		const struct rd_flow *f = b->flow[j];

		if (f == NULL)
			continue;
		if (f->conn[RD_FW_OUT] != 0)
			rd_conn_prefetch(f->conn[RD_FW_OUT]);
		if (f->conn[RD_FW_IN] != 0)
			rd_conn_prefetch(f->conn[RD_FW_IN]);
	}
}

static void burst(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next)
{
	struct rd_flow_stats *st = &b->w->flows->stats, before = *st;

	b->nb = 0;
	fast_gather(b, objs, nb, next);
	if (b->nb == 0)
		return;
	rd_flow_find_bulk(b->w->flows, b->key, b->hash, b->nb, b->flow);
	*st = before; // what the stages get, they look up and count themselves
	prefetch_connections(b);
	for (uint16_t j = 0; j < b->nb; j++) {
		struct fast_pkt *p = &b->pkt[j];
		uint16_t in_port = b->key[j].in_port, edge;

		if (unlikely(in_port != b->in.idx))
			fast_enter_port(b, in_port);
		edge = fast_exec(b, j);
		if (edge != NEXT_COUNT)
			next[p->pos] = edge;
	}
	if (unlikely(b->w->taps != NULL))
		fast_tap(b, next);
	fast_count(b);
}

static uint16_t fast_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	uint16_t next[FAST_BURST];
	struct fast_burst b; // large, and written before it is read: not cleared

	b.w = rd_worker_self();
	b.in_order = false;
	b.in = (struct fast_in){.idx = RD_PORT_NONE};
	b.out.idx = RD_PORT_NONE;
	b.encap.idx = 0;
	b.kinds = 0;
	memset(b.kind, 0, sizeof(b.kind));

	for (uint16_t off = 0; off < nb; off += FAST_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)FAST_BURST);

		burst(&b, objs + off, n, next);
		forward(graph, node, objs + off, next, n);
	}
	return nb;
}

__attribute__((constructor)) static void fast_register(void)
{
	// The library keeps a copy; nobody else asks for this one.
	free(rd_stage_reg_("fast", fast_process, next_names, NEXT_COUNT, 0));
}
