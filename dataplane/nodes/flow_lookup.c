/* SPDX-License-Identifier: BSD-3-Clause
 *
 * flow_lookup: finds the flow's memoised decisions (hit), or starts to make them (miss). Comes from
 * port_in and tunnel_decap; a hit goes straight to the first stage that its actions name, a miss to
 * l2_lookup.
 *
 * Works on the whole burst, for the bulk lookup. The entries that are found are touched before
 * anything is inserted: rd_flow_insert_idle() never evicts an entry of this second, so no packet of this
 * walk loses its entry to another flow.
 */
#include "core/dry.h"
#include "nodes/path.h"
#include "tables/segment.h"

#define FLOW_LOOKUP_NEXT(X) X(DROP, drop) X(L2_LOOKUP, l2_lookup) RD_PATH_NEXT(X)
RD_STAGE_EDGES(FLOW_LOOKUP_NEXT);

static const uint8_t edge_of[RD_STEP_COUNT] = RD_PATH_EDGES;

struct lookup { // the packets of a burst that may have an entry
	uint16_t nb;
	uint16_t hits, misses;
	uint16_t pos[RD_FLOW_BULK]; // in the burst
	uint32_t hash[RD_FLOW_BULK];
	struct rd_flow *flow[RD_FLOW_BULK];
	struct rd_flow_key key[RD_FLOW_BULK];
};

// Once a second and flow: the source is alive, and perhaps it has moved to another tunnel.
static void refresh_source(struct rd_worker *w, const struct rd_meta *md, struct rd_flow *f)
{
	const struct rd_segment *seg = rd_segment_at(md->segment);
	bool tunnelled = md->flags & RD_META_FROM_TUNNEL;

	f->last_s = RTE_MAX(w->now_s, 1u); // 0 would be a free entry
	if (seg != NULL && seg->learn)
		rd_fdb_learn(md->segment, f->key.smac, tunnelled,
			tunnelled ? md->tunnel : md->in_port, w->now_s);
}

static void count(struct rd_flow *f, const struct rte_mbuf *m)
{
	f->hits++;
	f->bytes += m->pkt_len;
}

static void reset(const struct rd_worker *w, struct rd_flow *f)
{
	rd_flow_write_begin(f);
	f->gen = w->gen;
	f->rev = rd_policy_rev(w);
	f->decided = 0;
	f->acts = 0;
	f->reason = 0;
	f->drop_stage = 0;
	f->conn[RD_FW_OUT] = 0;
	f->conn[RD_FW_IN] = 0;
	f->rule_in = 0;
	f->rule_out = 0;
	f->out_port = 0;
	f->tunnel = 0;
	f->uplink = 0;
	rd_flow_write_end(f);
}

// The table has no entry: an earlier packet of the burst may have made it since.
static struct rd_flow *make_entry(struct rd_worker *w, const struct lookup *l, uint16_t j)
{
	struct rd_flow *f = rd_flow_find(w->flows, &l->key[j], l->hash[j]);

	if (f != NULL)
		return f;
	f = rd_flow_insert_idle(w->flows, &l->key[j], l->hash[j], w->now_s);
	if (f == NULL) // every candidate is in use right now: this packet is decided without
		return NULL;
	reset(w, f);
	return f;
}

// A walk that only asks takes over what a worker has decided.
static struct rd_flow *adopt(
	struct rd_worker *w, const struct lookup *l, uint16_t j, const struct rd_meta *md)
{
	struct rd_flow copy, *f;
	uint32_t seq;

	if (w->dry == NULL || !rd_dry_flow(w, md, &l->key[j], l->hash[j], &copy))
		return NULL;
	f = rd_flow_insert_idle(w->flows, &l->key[j], l->hash[j], w->now_s);
	if (f == NULL)
		return NULL;
	seq = f->seq;
	*f = copy;
	f->seq = seq;
	return f;
}

// A guest's limit of new flows. The second packet of one that this burst has begun counts as another: it has no entry yet.
static bool may_begin(struct rd_worker *w, const struct rd_flow_key *k)
{
	const struct rd_port *in = rd_port_at(k->in_port);

	if (in == NULL || in->guard.max_flows == 0)
		return true;
	return w->dry == NULL ? rd_guard_flow(&in->guard, in->idx, rd_guard_now(w))
			      : rd_guard_could_flow(&in->guard, in->idx, rd_guard_now(w));
}

static uint16_t miss(struct lookup *l, struct rd_meta *md)
{
	md->flags |= RD_META_MISS;
	l->misses++;
	return NEXT_L2_LOOKUP;
}

// Of an older generation or policy: is it good all the same?
static void renew(struct rd_worker *w, struct rd_flow *f)
{
	if (rd_flow_renew(w, f)) {
		w->flows->stats.renewed++;
		return;
	}
	w->flows->stats.stale++;
	reset(w, f);
}

static uint16_t take(struct rd_worker *w, struct lookup *l, struct rte_mbuf *m, struct rd_flow *f)
{
	struct rd_meta *md = rd_meta(m);

	md->flow = f;
	if (f == NULL)
		return miss(l, md);
	count(f, m);
	if (!rd_flow_is_fresh(w, f))
		renew(w, f);
	if ((f->decided & RD_FLOW_READY) != RD_FLOW_READY)
		return miss(l, md);
	md->flags |= RD_META_HIT;
	l->hits++;
	md->out_port = f->out_port;
	if (f->acts & RD_ACT_ENCAP)
		md->tunnel = f->tunnel;
	return edge_of[rd_path_step(f->acts, RD_STEP_DFW_OUT)];
}

static void gather(struct rd_worker *w, void **objs, uint16_t nb, uint16_t *next, struct lookup *l)
{
	l->nb = l->hits = l->misses = 0;
	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = objs[i];
		struct rd_meta *md = rd_meta(m);
		struct rd_flow_key *k = &l->key[l->nb];

		rd_stage_enter(md, RD_STAGE_FLOW_LOOKUP);
		w->tally[md->in_port].in[RD_STAGE_FLOW_LOOKUP]++;
		md->flow = NULL;
		rd_key_fill(m, md, k);
		md->hash = rd_flow_l4_hash(k);
		next[i] = NEXT_L2_LOOKUP;
		if (md->pkt_flags & RD_PKT_MCAST) // floods are not cached
			continue;
		l->hash[l->nb] = rd_flow_hash(k);
		l->pos[l->nb++] = i;
	}
}

static void lookup(struct rd_worker *w, void **objs, uint16_t nb, uint16_t *next)
{
	struct rd_flow_stats *st = &w->flows->stats;
	uint64_t hits = st->hits, misses = st->misses;
	struct lookup l;

	gather(w, objs, nb, next, &l);
	rd_flow_find_bulk(w->flows, l.key, l.hash, l.nb, l.flow);
	for (uint16_t j = 0; j < l.nb; j++)
		if (l.flow[j] != NULL && l.flow[j]->last_s != w->now_s && w->dry == NULL)
			refresh_source(w, rd_meta(objs[l.pos[j]]), l.flow[j]);
	for (uint16_t j = 0; j < l.nb; j++) {
		struct rd_flow *f = l.flow[j];

		if (f == NULL)
			f = adopt(w, &l, j, rd_meta(objs[l.pos[j]]));
		if (f == NULL && !may_begin(w, &l.key[j])) {
			next[l.pos[j]] = rd_drop(rd_meta(objs[l.pos[j]]), RD_DROP_FLOW_NEW_DENIED);
			continue;
		}
		if (f == NULL)
			f = make_entry(w, &l, j);
		next[l.pos[j]] = take(w, &l, objs[l.pos[j]], f);
	}
	st->hits = hits + l.hits; // what was decided already, not what was merely found
	st->misses = misses + l.misses;
}

static uint16_t flow_lookup_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	struct rd_stage_stats *st = &w->stages[RD_STAGE_FLOW_LOOKUP];
	uint16_t next[RD_FLOW_BULK];

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RD_FLOW_BULK) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_FLOW_BULK);

		lookup(w, objs + off, n, next);
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}

RD_STAGE_REGISTER_BURST(FLOW_LOOKUP, flow_lookup, flow_lookup_process, RD_SIDE_IN);
