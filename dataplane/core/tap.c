/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tap wrapper: what runs in place of an armed stage's process function, before it. Worker thread; no lock, no
 * allocation, no system call. tap.h says how arming works.
 */
#include "core/tap.h"

#include <string.h>

#include "base/pkt.h"
#include "core/stage.h"
#include "core/tap_copy.h"
#include "core/tap_priv.h"
#include "tables/flow.h"
#include "tables/port.h"

struct view { // a packet as filters see it: linear, made at most once per packet and stage
	const uint8_t *bytes;
	uint32_t len; // readable
	uint32_t wire_len;
	uint32_t inner_off; // 0 = no tunnel inside
	bool ready;
};

static void view_make(struct rd_worker *w, struct rte_mbuf *m, struct view *v)
{
	if (v->ready)
		return;
	v->wire_len = m->pkt_len;
	v->len = RTE_MIN(m->pkt_len, (uint32_t)RD_LINEAR_MAX);
	v->bytes = rte_pktmbuf_read(m, 0, v->len, w->linear); // copies only across segments
	v->inner_off = (uint32_t)rd_pkt_inner(v->bytes, v->len, v->wire_len, RD_GENEVE_PORT);
	v->ready = true;
}

// As core/drop.c will count it.
static uint16_t reason_of(const struct rd_meta *md)
{
	return md->reason != RD_DROP_NONE ? md->reason : RD_DROP_INTERNAL_UNSPEC;
}

static bool wants_reason(const struct rd_capture *c, unsigned stage, uint16_t reason)
{
	if (!c->by_reason || stage != RD_STAGE_DROP)
		return true;
	return reason < RD_DROP_MAX && (c->reasons[reason / 64] >> (reason % 64) & 1);
}

// Whether the session wants the packet; *flags tells how it matched. The answer is remembered in the metadata until the
// packet changes its form (encap, decap); a following session keeps a match for ever.
static bool matches(struct rd_worker *w, const struct rd_capture *c, struct rte_mbuf *m,
	struct view *v, uint8_t *flags)
{
	struct rd_meta *md = rd_meta(m);
	uint32_t bit = c->slot < RD_CAPTURE_MAX ? UINT32_C(1) << c->slot : 0; // a sink asks again
	bool known = md->cap_done & bit;
	bool match = md->cap_match & bit;

	if (c->filter.nb_insns == 0 && (c->filter.where & RD_FILTER_OUTER))
		return true;
	if (!known && c->follow && match) {
		*flags |= RD_CAP_F_FOLLOWED;
		return true;
	}
	if (known && !match)
		return false;
	view_make(w, m, v);
	if (known
		&& v->inner_off
			== 0) // matched, and there is no inner frame that could have done it
		return true;
	int hit = rd_filter_run(&c->filter, v->bytes, v->len, v->wire_len, v->inner_off);

	md->cap_done |= bit;
	md->cap_match = hit != RD_FILTER_NO ? md->cap_match | bit : md->cap_match & ~bit;
	if (hit == RD_FILTER_HIT_INNER)
		*flags |= RD_CAP_F_INNER;
	return hit != RD_FILTER_NO;
}

static uint8_t meta_flags(const struct rd_meta *md)
{
	uint8_t f = 0;

	f |= md->flags & RD_META_HIT ? RD_CAP_F_HIT : 0;
	f |= md->flags & RD_META_MISS ? RD_CAP_F_MISS : 0;
	f |= md->flags & RD_META_TO_GUEST ? RD_CAP_F_TO_GUEST : 0;
	f |= md->flags & RD_META_FROM_GUEST ? RD_CAP_F_FROM_GUEST : 0;
	f |= md->flags & RD_META_CLONE ? RD_CAP_F_CLONE : 0;
	f |= md->flags & RD_META_INJECTED ? RD_CAP_F_INJECTED : 0;
	return f;
}

struct point { // what all records of one burst share
	unsigned stage;
	uint8_t dir;
	bool measured; // what it costs
	uint64_t ns;
};

// How it came to this worker; the tx queue as nodes/tx.c chooses it.
static uint8_t lcore_flags(const struct rd_worker *w, const struct point *pt,
	const struct rd_meta *md, const struct rd_port *p, uint16_t *queue)
{
	uint8_t f = rd_tap_lcore(md);

	*queue = 0;
	if (pt->dir != RD_CAP_DIR_TX || p == NULL || p->attach != RD_ATTACH_ETHDEV
		|| p->nb_txq == 0)
		return f;
	*queue = w->id % p->nb_txq;
	return f | (p->nb_txq < rd_nb_workers ? RD_CAP_TXQ_SHARED : RD_CAP_TXQ_OWN);
}

// To the session's sink.
static void hand_over(struct rd_worker *w, struct rd_capture *c, const struct point *pt,
	const struct rte_mbuf *m, const struct view *v, uint8_t flags)
{
	const struct rd_meta *md = rte_mbuf_to_priv((struct rte_mbuf *)(uintptr_t)m);
	const struct rd_tap_seen seen = {.m = m,
		.len = m->pkt_len,
		.inner_off = v->inner_off,
		.packet_id = md->packet_id,
		.ns = pt->ns,
		.vni = md->vni,
		.port = rd_stage_port(pt->stage, md),
		.reason = pt->stage == RD_STAGE_DROP ? reason_of(md) : 0,
		.stage = (uint8_t)pt->stage,
		.flags = meta_flags(md) | flags};

	c->sink->take(c->sink_arg, w, &seen, 1);
}

static void record(struct rd_worker *w, struct rd_capture *c, const struct point *pt,
	struct rte_mbuf *m, const struct view *v, uint8_t flags)
{
	struct rd_meta *md = rd_meta(m);
	uint32_t cap_len = RTE_MIN(m->pkt_len, c->snaplen);
	struct rd_capring_prod *ring = &c->ring.ring[w->id];
	uint64_t len = rd_capring_len(cap_len);
	struct rd_cap_rec *r = rd_capring_room(ring, len);

	if (r == NULL) {
		c->stats[w->id][pt->stage].lost++;
		return;
	}
	if (c->budget.on && !rd_tap_budget_take(&c->budget, cap_len)) {
		c->stats[w->id][pt->stage].seen--; // as if it had come later
		c->stats[w->id][pt->stage].matched--;
		return; // a reservation without commit is none
	}
	uint16_t port = rd_stage_port(pt->stage, md);
	const struct rd_port *p = rd_port_at(port);

	rd_capring_fetch(ring, len);
	r->rec_len = (uint32_t)len;
	r->hdr_len = sizeof(*r);
	r->stage = (uint8_t)pt->stage;
	r->dir = pt->dir;
	r->packet_id = md->packet_id;
	r->parent_id = md->parent_id;
	r->ns = pt->ns;
	r->wire_len = m->pkt_len;
	r->cap_len = cap_len;
	r->port_id = p != NULL ? p->id : 0;
	r->port_idx = port;
	r->vni = md->vni;
	r->rule_id = md->rule_id;
	r->flow_id = md->flow != NULL ? rd_flow_id(w->flows, md->flow) : 0;
	r->reason = pt->stage == RD_STAGE_DROP ? reason_of(md) : 0;
	r->worker = (uint8_t)w->id;
	r->flags = meta_flags(md) | flags;
	r->lost = ring->lost;
	r->prev_stage = md->stage;
	r->lcore = lcore_flags(w, pt, md, p, &r->queue);
	r->hop = md->hop;
	r->hash = md->hash;
	r->inner_off = v->ready ? (uint16_t)v->inner_off : 0;
	r->match = rd_tap_match(c, flags);
	r->one_in = rd_tap_one_in(w, c);
	rd_tap_copy((uint8_t *)(r + 1), m, 0, cap_len);
	rd_capring_next(ring, len);
	c->stats[w->id][pt->stage].captured++;
}

// Cycles that the record took; 0 where nobody wants to know.
static uint64_t timed_record(struct rd_worker *w, struct rd_capture *c, const struct point *pt,
	struct rte_mbuf *m, const struct view *v, uint8_t flags)
{
	uint64_t began = pt->measured ? rd_tsc() : 0;

	record(w, c, pt, m, v, flags);
	return pt->measured ? rd_tsc() - began : 0;
}

// What a measured burst took: of `cycles` in all `write` for records. before: the counters before it.
static __rte_noinline void charge(struct rd_worker *w, struct rd_capture *c, unsigned stage,
	const struct rd_capring_stage *before, uint64_t cycles, uint64_t write)
{
	const struct rd_capring_stage *now = &c->stats[w->id][stage];
	struct rd_capring_cost *cost = &c->cost[w->id][stage];

	cost->look_cycles += cycles - RTE_MIN(cycles, write);
	cost->looks += now->seen - before->seen;
	cost->write_cycles += write;
	cost->writes += now->matched - before->matched;
	c->ring.ring[w->id].ctl->cost[stage] = *cost;
	rd_tap_spend(w, c, cycles);
}

static void tap_session(struct rd_worker *w, struct rd_capture *c, const struct point *pt,
	void **objs, uint16_t nb, struct view *views)
{
	struct rd_capring_stage *st = &c->stats[w->id][pt->stage];
	struct rd_capring_prod *ring = &c->ring.ring[w->id];
	struct rd_capring_stage before = *st;
	uint64_t began = pt->measured ? rd_tsc() : 0, write = 0;

	rd_capring_look(ring);
	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = objs[i];
		uint8_t flags = 0;

		if (!rd_tap_wants(c, pt->stage, rd_stage_port(pt->stage, rd_meta(m)))
			|| !wants_reason(c, pt->stage, reason_of(rd_meta(m))))
			continue;
		if (rd_tap_spent(c))
			break;
		st->seen++;
		if (rd_tap_skips(w, c, rd_meta(m)->packet_id)) {
			st->skipped++;
			continue;
		}
		if (m->nb_segs > 1) // the scratch buffer holds one frame at a time
			views[i].ready = false;
		if (!matches(w, c, m, &views[i], &flags))
			continue;
		st->matched++;
		view_make(w, m, &views[i]);
		write += timed_record(w, c, pt, m, &views[i], flags);
	}
	ring->ctl->stage[pt->stage] = *st;
	rd_capring_show(ring);
	if (pt->measured)
		charge(w, c, pt->stage, &before, rd_tsc() - began, write);
}

// The same for a sink, which counts for itself.
static void tap_sink(struct rd_worker *w, struct rd_capture *c, const struct point *pt, void **objs,
	uint16_t nb, struct view *views)
{
	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = objs[i];
		struct rd_meta *md = rd_meta(m);
		uint16_t port = rd_stage_port(pt->stage, md);
		uint8_t flags = 0;

		if (!rd_tap_wants(c, pt->stage, port) || (md->flags & RD_META_MIRROR))
			continue;
		if (c->sink->came != NULL)
			c->sink->came(c->sink_arg, w, pt->stage, port, meta_flags(md), 1);
		if (m->nb_segs > 1) // the scratch buffer holds one frame at a time
			views[i].ready = false;
		if (!matches(w, c, m, &views[i], &flags))
			continue;
		view_make(w, m, &views[i]);
		hand_over(w, c, pt, m, &views[i], flags);
	}
	c->sink->flush(c->sink_arg, w);
}

static void tap_look(struct rd_worker *w, struct rd_capture *c, const struct point *pt, void **objs,
	uint16_t nb, struct view *views)
{
	if ((c->stages >> pt->stage & 1) == 0)
		return;
	if (c->sink != NULL)
		tap_sink(w, c, pt, objs, nb, views);
	else
		tap_session(w, c, pt, objs, nb, views);
}

static void tap_burst(struct rd_worker *w, unsigned stage, void **objs, uint16_t nb)
{
	const struct rd_tapset *set = w->taps;
	const struct rd_stage_desc *d = rd_stage_by_id(stage);
	struct point pt = {.stage = stage,
		.ns = rd_clock_ns(&w->clock, rd_tsc()),
		.measured = rd_tap_measured(w)};
	struct view views[RD_BURST];

	pt.dir = rd_tap_dir(d);
	for (uint16_t off = 0; off < nb; off += RD_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);

		for (uint16_t i = 0; i < n; i++)
			views[i].ready = false;
		for (unsigned s = 0; s < set->nb; s++)
			tap_look(w, set->session[s], &pt, objs + off, n, views);
	}
}

static uint16_t tap_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct rd_worker *w = rd_worker_self();
	unsigned stage = w->stage_of[node->id];

	tap_burst(w, stage, objs, nb);
	return w->process[stage](graph, node, objs, nb);
}

void rd_tap_see(struct rd_worker *w, unsigned stage, struct rte_mbuf *m)
{
	void *obj = m;

	if (w->taps != NULL && (w->taps->armed >> stage & 1))
		tap_burst(w, stage, &obj, 1);
}

void rd_tap_apply(struct rd_worker *w, void *tapset)
{
	const struct rd_tapset *set = tapset;

	rd_tap_settle(w); // while the sessions that it is for are there
	for (unsigned i = 0; i < rd_stages_count; i++) {
		unsigned id = rd_stages[i].id;
		bool armed = set != NULL && (set->armed >> id & 1);

		if (w->nodes[id] != NULL)
			w->nodes[id]->process = armed ? tap_process : w->process[id];
	}
	w->taps = set;
	w->tap_epoch++;
	w->tap_tag = (uint8_t)(1 + w->tap_epoch % RD_TAP_TAGS);
}

bool rd_tap_untouched(const struct rd_worker *w, unsigned stage)
{
	return w->nodes[stage] == NULL || w->nodes[stage]->process == w->process[stage];
}

uint32_t rd_tap_epoch(const struct rd_worker *w)
{
	return __atomic_load_n(&w->tap_epoch, __ATOMIC_RELAXED);
}
