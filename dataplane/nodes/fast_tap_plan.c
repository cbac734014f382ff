/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ways through the switch for the fast path's captures, see fast_tap.h. A way is worked out once and kept until the sessions or the
 * ports change. What was seen is counted per way and burst, not per packet and stage. Worker thread.
 */
#include "nodes/fast_tap.h"

#include <string.h>

static struct fast_plan plans[RD_WORKER_MAX][FAST_PLANS] __rte_cache_aligned;

struct way { // what a plan depends on, besides the sessions
	uint16_t in, out; // ports
	uint8_t acts; // enum way_act
	uint8_t rx; // stage
};

enum way_act {
	WAY_DECAP = 1 << 0,
	WAY_DFW_OUT = 1 << 1,
	WAY_DFW_IN = 1 << 2,
	WAY_ENCAP = 1 << 3,
};

static uint8_t way_acts(const struct fast_seen *s)
{
	uint32_t acts = s->f->acts;

	return (uint8_t)((s->via != NULL ? WAY_DECAP : 0)
		| (acts & RD_ACT_DFW_SRC ? WAY_DFW_OUT : 0)
		| (acts & RD_ACT_DFW_DST ? WAY_DFW_IN : 0) | (acts & RD_ACT_ENCAP ? WAY_ENCAP : 0));
}

static void add(struct fast_plan *p, unsigned stage, enum fast_form form)
{
	struct fast_step *s = &p->step[p->nb];
	bool guest = p->first == FAST_PLAIN, before = p->nb != 0;
	bool lookup = stage == RD_STAGE_FLOW_LOOKUP;

	*s = (struct fast_step){.stage = (uint8_t)stage, .form = (uint8_t)form, .rule = p->rule};
	s->dir = rd_tap_dir(rd_stage_by_id(stage));
	s->out_side = rd_stage_node(stage)->side == RD_SIDE_OUT;
	s->found = before
		&& (p->step[p->nb - 1].found || p->step[p->nb - 1].stage == RD_STAGE_FLOW_LOOKUP);
	s->in_segment = lookup || s->found;
	// As the RX stages, tunnel_decap and flow_lookup leave the packet's flags.
	if (guest)
		s->flags = before ? RD_CAP_F_FROM_GUEST : 0;
	else
		s->flags = s->in_segment ? RD_CAP_F_TO_GUEST : 0;
	s->flags |= s->found ? RD_CAP_F_HIT : 0;
	p->of_form[form] |= (uint16_t)(1u << p->nb);
	p->nb++;
}

// The stages in their order, as docs/design/dataplane.md draws them.
static void lay_out(struct fast_plan *p, const struct way *way)
{
	bool decap = way->acts & WAY_DECAP, encap = way->acts & WAY_ENCAP;

	p->nb = 0;
	p->rule = FAST_RULE_NONE;
	p->first = decap ? FAST_OUTER : FAST_PLAIN;
	p->last = encap ? FAST_ENCAP_ : FAST_PLAIN;
	memset(p->of_form, 0, sizeof(p->of_form));
	add(p, way->rx, p->first);
	add(p, RD_STAGE_CLASSIFY, p->first);
	add(p, decap ? RD_STAGE_TUNNEL_DECAP : RD_STAGE_PORT_IN, p->first);
	add(p, RD_STAGE_FLOW_LOOKUP, FAST_PLAIN);
	if (way->acts & WAY_DFW_OUT) {
		add(p, RD_STAGE_DFW_OUT, FAST_PLAIN);
		p->rule = FAST_RULE_OUT;
	}
	if (way->acts & WAY_DFW_IN) {
		add(p, RD_STAGE_DFW_IN, FAST_PLAIN);
		p->rule = FAST_RULE_IN;
	}
	add(p, encap ? RD_STAGE_TUNNEL_ENCAP : RD_STAGE_PORT_OUT, FAST_PLAIN);
	if (encap)
		add(p, RD_STAGE_UPLINK_SELECT, FAST_ENCAP_);
}

static void note_questions(struct fast_plan *p, const struct rd_tapset *set)
{
	uint32_t tunnel = p->slots[FAST_OUTER] | p->slots[FAST_ENCAP_];

	p->slow = ((tunnel | p->slots[FAST_PLAIN]) & (set->all | set->budget)) != 0
		|| (tunnel & set->inner & ~set->program) != 0;
	p->ask_plain = (p->slots[FAST_PLAIN] & set->outer) | (tunnel & set->inner);
	p->ask_outer = p->slots[FAST_OUTER] & set->outer;
	p->ask_encap = p->slots[FAST_ENCAP_] & set->outer;
}

static void ask_sessions(struct fast_plan *p, const struct rd_tapset *set)
{
	const struct rd_port *out = rd_port_at(p->port[1]);
	unsigned tx = out == NULL	      ? RD_STAGE_NONE
		: out->type == RD_PORT_UPLINK ? RD_STAGE_UPLINK_TX
		: out->type == RD_PORT_UPT    ? RD_STAGE_UPT_TX
					      : RD_STAGE_VNIC_TX;

	memset(p->slots, 0, sizeof(p->slots));
	p->leave = 0;
	for (unsigned i = 0; i < set->nb; i++) {
		const struct rd_capture *c = set->session[i];
		uint32_t bit = UINT32_C(1) << c->slot;
		uint16_t want = 0;

		for (unsigned k = 0; k < p->nb; k++) {
			const struct fast_step *s = &p->step[k];

			if (!rd_tap_wants(c, s->stage, p->port[s->out_side]))
				continue;
			want |= (uint16_t)(1u << k);
			p->slots[s->form] |= bit;
		}
		p->want[c->slot] = want;
		if (c->stages & (UINT64_C(1) << tx | UINT64_C(1) << RD_STAGE_DROP))
			p->leave |= bit;
	}
	p->slots[p->last] |= p->leave;
	note_questions(p, set);
}

static __rte_noinline void make(
	struct fast_taps *t, struct fast_plan *p, uint64_t key, const struct way *way)
{
	const struct rd_port *in = rd_port_at(way->in), *out = rd_port_at(way->out);
	const struct rd_segment *seg = in != NULL ? rd_segment_at(in->segment) : NULL;

	p->key = key;
	p->epoch = t->w->tap_epoch;
	p->gen = t->w->gen;
	p->packets = p->drowned = 0;
	p->port[0] = way->in;
	p->port[1] = way->out;
	p->vni = seg != NULL ? seg->vni : 0;
	p->port_id[0] = in != NULL ? in->id : 0;
	p->port_id[1] = out != NULL ? out->id : 0;
	lay_out(p, way);
	ask_sessions(p, t->set);
}

// Counts what the plan has seen; its packets are of this burst.
static void count(struct fast_taps *t, struct fast_plan *p)
{
	for (unsigned i = 0; i < t->set->nb; i++) {
		struct rd_capture *c = t->set->session[i];
		struct rd_capring_prod *ring = &c->ring.ring[t->w->id];

		for (uint16_t left = p->want[c->slot]; left != 0; left &= left - 1) {
			unsigned stage = p->step[__builtin_ctz(left)].stage;
			struct rd_capring_stage *st = &c->stats[t->w->id][stage];

			st->seen += c->budget.on ? 0 : p->packets; // it counts for itself
			st->matched += p->drowned;
			st->lost += p->drowned;
			ring->lost += RTE_MIN(p->drowned, UINT32_MAX - ring->lost);
			ring->ctl->stage[stage] = *st;
		}
	}
	p->packets = p->drowned = 0;
}

void fast_plan_count(struct fast_taps *t)
{
	for (; t->used != 0; t->used &= t->used - 1)
		count(t, &plans[t->w->id][__builtin_ctz(t->used)]);
}

// The session passes the packet over, at all the points that it would come to.
void fast_plan_skip(struct fast_taps *t, const struct fast_seen *s, struct rd_capture *c)
{
	for (uint16_t left = s->plan->want[c->slot]; left != 0 && !rd_tap_spent(c);
		left &= left - 1) {
		unsigned stage = s->plan->step[__builtin_ctz(left)].stage;
		struct rd_capring_stage *st = &c->stats[t->w->id][stage];

		st->seen += c->budget.on; // it counts for itself
		st->skipped++;
	}
}

struct fast_plan *fast_plan_of(const struct fast_taps *t, unsigned i)
{
	return &plans[t->w->id][i];
}

static uint8_t rx_stage(uint16_t port)
{
	const struct rd_port *p = rd_port_at(port);

	return (uint8_t)(p != NULL ? rd_rx_stage(p->type) : RD_STAGE_UPLINK_RX);
}

struct fast_plan *fast_plan(struct fast_taps *t, const struct fast_seen *s)
{
	struct way way = {.in = s->md->in_port, .out = s->md->out_port, .acts = way_acts(s)};
	uint64_t key = (uint64_t)way.acts << 32 | (uint64_t)way.out << 16 | way.in;
	unsigned slot = (way.in * 7u + way.out * 3u + way.acts) & (FAST_PLANS - 1);
	struct fast_plan *p = &plans[t->w->id][slot];

	if (unlikely(p->key != key || p->epoch != t->w->tap_epoch || p->gen != t->w->gen)) {
		if (t->used >> slot & 1)
			count(t, p);
		way.rx = rx_stage(way.in);
		make(t, p, key, &way);
	}
	t->used |= (uint16_t)(1u << slot);
	p->packets++;
	return p;
}
