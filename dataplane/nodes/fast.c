/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fast: see fast.h. Not a stage and no capture point. Comes from poll; goes to the devices, the TX stages or drop, and with all
 * that is not plain to the RX stages. Worker thread.
 */
#include "nodes/fast.h"
#include "nodes/fast_tap.h"

#include <stdlib.h>
#include <string.h>

#include "core/packet_id.h"

static struct fast_burst bursts[RD_WORKER_MAX];
static const char *const next_names[] = {RD_FAST_NEXT(RD_EDGE_NAME_)};

// Whether any flow leads to a router.
static bool prefetch_connections(const struct fast_burst *b)
{
	uint32_t acts = 0;

	for (uint16_t j = 0; j < b->nb; j++) {
		const struct rd_flow *f = b->flow[j];

		if (f == NULL)
			continue;
		acts |= f->acts;
		if (f->conn[RD_FW_OUT] != 0)
			rd_conn_prefetch(f->conn[RD_FW_OUT]);
		if (f->conn[RD_FW_IN] != 0)
			rd_conn_prefetch(f->conn[RD_FW_IN]);
	}
	return (acts & RD_ACT_ROUTE) != 0;
}

static void run(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next)
{
	b->nb_done = 0;
	b->routed = 0;
	fast_gather(b, objs, nb, next);
	if (b->nb == 0)
		return;
	rd_flow_find_fetched(b->w->flows, b->key, b->hash, b->nb, b->flow);
	if (unlikely(prefetch_connections(b)) && b->taps == NULL)
		fast_route_find(b);
	if (b->taps != NULL)
		fast_tap_begin(b);
	fast_exec_all(b, next);
	fast_flush(b);
	if (b->taps != NULL)
		fast_tap_end(b);
	fast_count(b);
}

// To the RX stages, with all that was not executed.
static __rte_noinline void leave(
	struct fast_burst *b, void **objs, const uint16_t *next, uint16_t nb)
{
	for (uint16_t i = 0, j; i < nb; i = j) {
		if (next[i] != FAST_DONE)
			(void)fast_meta(b, objs[i], i);
		for (j = i + 1; j < nb && next[j] == next[i]; j++)
			if (next[j] != FAST_DONE)
				(void)fast_meta(b, objs[j], j);
		if (next[i] != FAST_DONE)
			rte_node_enqueue(b->graph, b->node, next[i], objs + i, (uint16_t)(j - i));
	}
}

static struct fast_burst *begin(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node)
{
	struct fast_burst *b = &bursts[w->id];

	b->w = w;
	b->graph = graph;
	b->node = node;
	b->taps = w->taps != NULL ? fast_taps_of(w) : NULL;
	b->rev = rd_policy_rev(w);
	b->out.tag = w->tap_tag;
	if (b->walk != w->polls) {
		b->walk = w->polls;
		b->in_order = false;
	}
	if (unlikely(b->gen != w->gen)) {
		b->gen = w->gen;
		b->in = (struct fast_in){.idx = RD_PORT_NONE, .free_idx = RD_PORT_MAX};
		b->out.idx = RD_PORT_NONE;
		b->encap.idx = 0;
	}
	return b;
}

static void all(struct fast_burst *b, void **objs, uint16_t nb)
{
	uint16_t next[FAST_BURST];

	for (uint16_t off = 0; off < nb; off += FAST_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)FAST_BURST);

		run(b, objs + off, n, next);
		if (unlikely(b->nb_done < n))
			leave(b, objs + off, next, n);
		b->first_id += n;
	}
}

void rd_fast_received(struct rd_worker *w, struct rte_graph *graph, struct rte_node *node,
	struct rte_mbuf **pkts, uint16_t nb, uint16_t port)
{
	struct fast_burst *b = begin(w, graph, node);

	b->bare = true;
	b->first_id = rd_packet_id_take(w, nb);
	if (b->in.idx != port)
		fast_enter_port(b, port);
	all(b, (void **)pkts, nb);
}

static uint16_t fast_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct fast_burst *b = begin(rd_worker_self(), graph, node);

	b->bare = false;
	all(b, objs, nb);
	return nb;
}

__attribute__((constructor)) static void fast_register(void)
{
	// The library keeps a copy; nobody else asks for this one.
	free(rd_stage_reg_("fast", fast_process, next_names, NEXT_COUNT, 0));
}
