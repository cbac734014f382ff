/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reject: a firewall rule says that the sender shall know. The packet dies here as DFW_REJECTED; before, its sender gets a RST or an ICMP error
 * (reject_build.h), at most so many in a second. Comes from dfw_out and dfw_in. The answer goes to the sender's port, or back into
 * the tunnel or to the uplink that the packet came by; a local sender's own firewall sees it.
 */
#include "nodes/path.h"
#include "nodes/reject_build.h"
#include "nodes/say.h"

#define REJECT_NEXT(X)                \
	X(DROP, drop)                 \
	X(DFW_IN, dfw_in)             \
	X(PORT_OUT, port_out)         \
	X(TUNNEL_ENCAP, tunnel_encap) \
	X(UPLINK_SELECT, uplink_select)
RD_STAGE_EDGES(REJECT_NEXT);

#define ANSWERS_PER_S 500 // of one worker

static struct rate {
	uint32_t second, answers;
} __rte_cache_aligned rates[RD_WORKER_MAX];

static bool within_rate(const struct rd_worker *w)
{
	struct rate *r;

	if (w->dry != NULL)
		return true;
	r = &rates[w->id];
	if (r->second != w->now_s)
		*r = (struct rate){.second = w->now_s};
	return r->answers++ < ANSWERS_PER_S;
}

// As if the destination had sent it.
static uint16_t route(
	const struct rd_worker *w, const struct rd_meta *md, bool from_guest, struct rd_meta *to)
{
	const struct rd_port *in = rd_port_at(md->in_port);

	if (from_guest) { // its own firewall refused: the answer is not for that one to judge
		to->in_port = to->out_port = md->in_port;
		return NEXT_PORT_OUT;
	}
	to->in_port = md->out_port;
	if (md->flags & RD_META_FROM_TUNNEL) {
		to->tunnel = md->tunnel;
		to->flags |= RD_META_FROM_GUEST;
		return NEXT_TUNNEL_ENCAP;
	}
	to->out_port = md->in_port;
	if (in != NULL && in->type == RD_PORT_UPLINK)
		return NEXT_UPLINK_SELECT;
	return rd_dfw_of(w, md->in_port) != NULL ? NEXT_DFW_IN : NEXT_PORT_OUT;
}

// NULL: nobody must or can be told.
static struct rte_mbuf *answer(
	struct rd_worker *w, struct rte_mbuf *m, bool from_guest, uint16_t *edge)
{
	const struct rd_meta *md = rd_meta(m);
	const struct rd_reject_in in = {.frame = rte_pktmbuf_mtod(m, const uint8_t *),
		.len = m->data_len,
		.l3_off = md->l3_off,
		.l4_off = md->pkt_flags & RD_PKT_L4 ? md->l4_off : 0,
		.proto = md->proto,
		.pkt_flags = md->pkt_flags};
	uint8_t bytes[RD_REJECT_MAX];
	uint32_t len = rd_reject_build(&in, bytes);
	struct rte_mbuf *a;
	struct rd_meta *to;

	if (len == 0 || !within_rate(w))
		return NULL;
	a = rd_node_say(w, md, bytes, len);
	if (a == NULL)
		return NULL;
	to = rd_meta(a);
	to->segment = md->segment;
	to->vni = md->vni;
	to->rule_id = md->rule_id;
	*edge = route(w, md, from_guest, to);
	return a;
}

static uint16_t reject_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[RD_STAGE_REJECT];
	uint16_t next[RD_BURST], edge = NEXT_DROP;

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RD_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);

		for (uint16_t i = 0; i < n; i++) {
			struct rd_meta *md = rd_meta(objs[off + i]);
			bool from_guest = md->stage == RD_STAGE_DFW_OUT;
			struct rte_mbuf *a;

			rd_stage_enter(md, RD_STAGE_REJECT);
			w->tally[md->in_port].in[RD_STAGE_REJECT]++;
			a = answer(w, objs[off + i], from_guest, &edge);
			if (a != NULL) {
				st->created++;
				st->out++;
				w->tally[rd_meta(a)->in_port].created[RD_STAGE_REJECT]++;
				rte_node_enqueue_x1(graph, node, edge, a);
			}
			next[i] = rd_drop(md, RD_DROP_DFW_REJECTED);
		}
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}

RD_STAGE_REGISTER_BURST(REJECT, reject, reject_process, RD_SIDE_IN);
