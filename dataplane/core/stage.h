/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a stage is written: one file in nodes/ with, in this order, the list of next stages, a pure function that
 * decides for one packet, the burst function, and the registration.
 *
 *	#define PUNT_NEXT(X) X(DROP, drop) X(VMK_RX, vmk_rx)
 *	RD_STAGE_EDGES(PUNT_NEXT);                          // makes enum { NEXT_DROP, NEXT_VMK_RX, NEXT_COUNT }
 *	static uint16_t punt_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md) { ... }
 *	RD_STAGE_REGISTER(PUNT, punt, punt_one, RD_SIDE_IN);
 *
 * NEXT_DROP must be the first edge. punt_one returns an edge, RD_CONSUMED, or rd_drop(md, RD_DROP_X). It runs on the
 * worker's thread. The burst loop counts in, out, consumed and drops, keeps md->stage and moves packets in runs.
 * A stage that needs the whole burst (flow_lookup, TX) writes its own process function around rd_stage_enter() and
 * rd_stage_leave(), and registers with RD_STAGE_REGISTER_BURST.
 */
#pragma once

#include "core/meta.h"
#include "core/worker.h"

#define RD_CONSUMED UINT16_MAX

enum rd_side { // whose port a record of this stage names
	RD_SIDE_IN, // the port that the packet came from
	RD_SIDE_OUT, // the port that it leaves by
};

struct rd_stage_node {
	uint8_t stage; // enum rd_stage
	uint8_t side; // enum rd_side
	struct rte_node_register *reg;
	struct rd_stage_node *next;
};

void rd_stage_register(struct rd_stage_node *n); // constructors only
const struct rd_stage_node *rd_stage_node(unsigned stage); // NULL if no node has registered
// 0, or -ENOSYS after logging every stages.def line that has no node. Called once at start.
int rd_stage_check(void);

// Which port a capture point, drop record or drop counter at this stage names.
uint16_t rd_stage_port(unsigned stage, const struct rd_meta *md);
static inline uint16_t rd_side_port(enum rd_side side, const struct rd_meta *md)
{
	return side == RD_SIDE_OUT && md->out_port != RD_PORT_NONE ? md->out_port : md->in_port;
}

#define RD_EDGE_ENUM_(NAME, name) NEXT_##NAME,
#define RD_EDGE_NAME_(NAME, name) #name,
#define RD_STAGE_EDGES(LIST)                                      \
	enum {                                                    \
		LIST(RD_EDGE_ENUM_) NEXT_COUNT                    \
	};                                                        \
	_Static_assert(NEXT_DROP == 0, "drop is the first edge"); \
	static const char *const next_names_[] = {LIST(RD_EDGE_NAME_)}

// next_nodes is a flexible array that a macro list can't fill portably: so it is copied by this function.
struct rte_node_register *rd_stage_reg_(const char *name, rte_node_process_t process,
	const char *const *names, unsigned nb, uint64_t flags);

#define RD_STAGE_REGISTER_BURST(NAME, name_, process_fn, side_)                               \
	__attribute__((constructor)) static void rd_stage_register_##name_(void)              \
	{                                                                                     \
		static struct rd_stage_node n_ = {.stage = RD_STAGE_##NAME, .side = (side_)}; \
		n_.reg = rd_stage_reg_(#name_, process_fn, next_names_, NEXT_COUNT, 0);       \
		rd_stage_register(&n_);                                                       \
	}                                                                                     \
	_Static_assert(1, "")

#define RD_STAGE_REGISTER(NAME, name_, one_fn, side_)                                     \
	static uint16_t name_##_process(                                                  \
		struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb) \
	{                                                                                 \
		return rd_stage_run(graph, node, objs, nb,                                \
			(struct rd_stage_of){RD_STAGE_##NAME, side_}, one_fn);            \
	}                                                                                 \
	RD_STAGE_REGISTER_BURST(NAME, name_, name_##_process, side_)

// The packet dies: sets the reason and gives the edge. The drop stage counts and records it.
static inline uint16_t rd_drop(struct rd_meta *md, enum rd_drop_reason reason)
{
	md->reason = (uint16_t)reason;
	return 0; // NEXT_DROP
}

// Marks that the packet is in this stage now.
static inline void rd_stage_enter(struct rd_meta *md, unsigned stage)
{
	md->stage = (uint8_t)stage;
	md->hop++;
}

typedef uint16_t (*rd_stage_fn)(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md);

// Moves packets along edges next[i] in runs and counts them. Entries with RD_CONSUMED are already gone.
static __rte_always_inline void rd_stage_leave(struct rte_graph *graph, struct rte_node *node,
	void **objs, const uint16_t *next, uint16_t nb, struct rd_stage_stats *st)
{
	uint16_t i = 0;

	while (i < nb) {
		uint16_t j = i + 1;

		while (j < nb && next[j] == next[i])
			j++;
		if (next[i] == RD_CONSUMED)
			st->consumed += j - i;
		else if (next[i] == 0)
			st->drops += j - i;
		else
			st->out += j - i;
		if (next[i] != RD_CONSUMED) {
			if (j - i == nb && nb == node->idx) // the whole stream: swap, don't copy
				rte_node_next_stream_move(graph, node, next[i]);
			else
				rte_node_enqueue(graph, node, next[i], objs + i, j - i);
		}
		i = j;
	}
}

struct rd_stage_of {
	unsigned stage;
	enum rd_side side;
};

static __rte_always_inline uint16_t rd_stage_run(struct rte_graph *graph, struct rte_node *node,
	void **objs, uint16_t nb, struct rd_stage_of of, rd_stage_fn one)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[of.stage];
	uint16_t next[RTE_GRAPH_BURST_SIZE];

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RTE_GRAPH_BURST_SIZE) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RTE_GRAPH_BURST_SIZE);

		for (uint16_t i = 0; i < n; i++) {
			struct rte_mbuf *m = objs[off + i];
			struct rd_meta *md = rd_meta(m);

			rd_stage_enter(md, of.stage);
			w->tally[rd_side_port(of.side, md)].in[of.stage]++;
			next[i] = one(w, m, md);
		}
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}
