/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ways through the switch for the fast path's captures, see fast_tap.h. A way is worked out once and kept until the sessions or the
 * ports change. What was seen is counted per way and burst, not per packet and stage. Worker thread.
 */
#include "nodes/fast_tap.h"

#include <string.h>

static struct fast_plan plans[RD_WORKER_MAX][FAST_PLANS] __rte_cache_aligned;

static unsigned rx_stage(uint16_t port)
{
	const struct rd_port *p = rd_port_at(port);

	return p != NULL ? rd_rx_stage(p->type) : RD_STAGE_UPLINK_RX;
}

static unsigned tx_stage(uint16_t port)
{
	const struct rd_port *p = rd_port_at(port);

	return p == NULL		    ? RD_STAGE_NONE
		: p->type == RD_PORT_UPLINK ? RD_STAGE_UPLINK_TX
		: p->type == RD_PORT_UPT    ? RD_STAGE_UPT_TX
					    : RD_STAGE_VNIC_TX;
}

static struct fast_step *add(struct fast_plan *p, unsigned stage, enum fast_form form)
{
	struct fast_step *s = &p->step[p->nb];
	bool guest = p->first == FAST_PLAIN, before = p->nb != 0;
	bool lookup = stage == RD_STAGE_FLOW_LOOKUP;

	*s = (struct fast_step){.stage = (uint8_t)stage, .form = (uint8_t)form, .rule = p->rule};
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
	return s;
}

// The tx queue as nodes/tx.c chooses it.
static void add_tx(struct fast_plan *p, const struct rd_worker *w)
{
	const struct rd_port *port = rd_port_at(p->port[1]);
	bool plain = p->last == FAST_PLAIN;
	struct fast_step *s = add(p, tx_stage(p->port[1]), p->last);

	if (plain) // port_out has made it the receiver's
		s->flags = RD_CAP_F_HIT | RD_CAP_F_TO_GUEST;
	if (port == NULL || port->attach != RD_ATTACH_ETHDEV || port->nb_txq == 0)
		return;
	s->port = (uint64_t)(w->id % port->nb_txq) << 48;
	s->came = (uint32_t)(port->nb_txq < rd_nb_workers ? RD_CAP_TXQ_SHARED : RD_CAP_TXQ_OWN)
		<< 8;
}

// The stages in their order, as docs/design/dataplane.md draws them.
static void lay_out(struct fast_plan *p, const struct rd_worker *w, uint8_t acts)
{
	bool decap = acts & WAY_DECAP, encap = acts & WAY_ENCAP;

	p->nb = 0;
	p->rule = FAST_RULE_NONE;
	p->first = decap ? FAST_OUTER : FAST_PLAIN;
	p->last = encap ? FAST_ENCAP_ : FAST_PLAIN;
	memset(p->of_form, 0, sizeof(p->of_form));
	add(p, rx_stage(p->port[0]), p->first);
	add(p, RD_STAGE_CLASSIFY, p->first);
	add(p, decap ? RD_STAGE_TUNNEL_DECAP : RD_STAGE_PORT_IN, p->first);
	add(p, RD_STAGE_FLOW_LOOKUP, FAST_PLAIN);
	if (acts & WAY_DFW_OUT) {
		add(p, RD_STAGE_DFW_OUT, FAST_PLAIN);
		p->rule = FAST_RULE_OUT;
	}
	if (acts & WAY_DFW_IN) {
		add(p, RD_STAGE_DFW_IN, FAST_PLAIN);
		p->rule = FAST_RULE_IN;
	}
	add(p, encap ? RD_STAGE_TUNNEL_ENCAP : RD_STAGE_PORT_OUT, FAST_PLAIN);
	if (encap)
		add(p, RD_STAGE_UPLINK_SELECT, FAST_ENCAP_);
	if (acts & WAY_DIRECT)
		add_tx(p, w);
}

// Parts of a record, in the order of struct rd_cap_rec.
static void prepare(struct fast_plan *p, const struct rd_worker *w)
{
	for (unsigned i = 0; i < p->nb; i++) {
		struct fast_step *s = &p->step[i];
		uint16_t idx = p->port[s->out_side];
		const struct rd_port *port = rd_port_at(idx);

		s->what = (uint32_t)sizeof(struct rd_cap_rec) | (uint32_t)s->stage << 16
			| (uint32_t)rd_tap_dir(rd_stage_by_id(s->stage)) << 24;
		s->who = (uint32_t)w->id << 16;
		s->came |= (i != 0 ? p->step[i - 1].stage : 0) | (uint32_t)i << 16;
		s->port |= (port != NULL ? port->id : 0) | (uint64_t)idx << 32;
	}
}

// Most mirror sessions that copy everything are such.
static uint8_t sole_sink(const struct fast_plan *p, const struct rd_tapset *set)
{
	unsigned slot = p->everyone != 0 ? (unsigned)__builtin_ctzll(p->everyone) : 0;

	if (!p->open || __builtin_popcountll(p->everyone) != 1 || set->by_slot[slot]->sink == NULL
		|| __builtin_popcount(p->want[slot]) != 1)
		return 0;
	return (uint8_t)(slot + 1);
}

static void note_questions(struct fast_plan *p, const struct rd_tapset *set)
{
	uint64_t tunnel = p->slots[FAST_OUTER] | p->slots[FAST_ENCAP_];

	p->open = (p->everyone & ~(set->all & ~set->budget & ~set->thins)) == 0;
	p->sole = sole_sink(p, set);
	p->slow = ((tunnel | p->slots[FAST_PLAIN]) & (set->all | set->budget)) != 0
		|| (tunnel & set->inner & ~set->program) != 0;
	p->ask_plain = (p->slots[FAST_PLAIN] & set->outer) | (tunnel & set->inner);
	p->ask_outer = p->slots[FAST_OUTER] & set->outer;
	p->ask_encap = p->slots[FAST_ENCAP_] & set->outer;
}

// The taps of the TX stage, where it is passed, of drop, and of the other side of a link.
static bool asks_later(const struct rd_capture *c, const struct fast_plan *p, bool direct)
{
	uint64_t later = UINT64_C(1) << RD_STAGE_DROP;

	if (!direct)
		later |= UINT64_C(1) << tx_stage(p->port[1]);
	return (c->stages & later) != 0 || (c->follow && !direct);
}

static void ask_sessions(struct fast_plan *p, const struct rd_tapset *set, bool direct)
{
	memset(p->slots, 0, sizeof(p->slots));
	p->leave = 0;
	for (unsigned i = 0; i < set->nb; i++) {
		const struct rd_capture *c = set->session[i];
		uint64_t bit = UINT64_C(1) << c->slot;
		uint16_t want = 0;

		for (unsigned k = 0; k < p->nb; k++) {
			const struct fast_step *s = &p->step[k];

			if (!rd_tap_wants(c, s->stage, p->port[s->out_side]))
				continue;
			want |= (uint16_t)(1u << k);
			p->slots[s->form] |= bit;
		}
		p->want[c->slot] = want;
		if (asks_later(c, p, direct))
			p->leave |= bit;
	}
	p->everyone = p->slots[0] | p->slots[1] | p->slots[2];
	note_questions(p, set);
}

static __rte_noinline void make(
	struct fast_taps *t, struct fast_plan *p, uint64_t key, const struct fast_way *way)
{
	const struct rd_port *in = rd_port_at(way->in);
	const struct rd_segment *seg = in != NULL ? rd_segment_at(in->segment) : NULL;

	p->key = key;
	p->epoch = t->w->tap_epoch;
	p->gen = t->w->gen;
	p->packets = p->drowned = 0;
	p->port[0] = way->in;
	p->port[1] = way->out;
	p->vni = seg != NULL ? seg->vni : 0;
	lay_out(p, t->w, way->acts);
	prepare(p, t->w);
	ask_sessions(p, t->set, way->acts & WAY_DIRECT);
}

// To a sink, which counts for itself.
static void tell(const struct fast_taps *t, const struct fast_plan *p, const struct rd_capture *c)
{
	for (uint16_t left = p->want[c->slot]; left != 0; left &= left - 1) {
		const struct fast_step *s = &p->step[__builtin_ctz(left)];

		c->sink->came(
			c->sink_arg, t->w, s->stage, p->port[s->out_side], s->flags, p->packets);
	}
}

// Counts what the plan has seen; its packets are of this burst.
static void count(struct fast_taps *t, struct fast_plan *p)
{
	for (uint64_t who = p->everyone & t->set->counts; who != 0; who &= who - 1) {
		struct rd_capture *c = t->set->by_slot[__builtin_ctzll(who)];
		struct rd_capring_prod *ring = &c->ring.ring[t->w->id];

		if (c->sink != NULL) {
			tell(t, p, c);
			continue;
		}
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

// The session passes a packet over, at all the points that it would come to.
void fast_plan_skip(const struct fast_taps *t, const struct fast_plan *p, struct rd_capture *c)
{
	for (uint16_t left = p->want[c->slot]; left != 0 && !rd_tap_spent(c); left &= left - 1) {
		unsigned stage = p->step[__builtin_ctz(left)].stage;
		struct rd_capring_stage *st = &c->stats[t->w->id][stage];

		st->seen += c->budget.on; // it counts for itself
		st->skipped++;
	}
}

struct fast_plan *fast_plan_of(const struct fast_taps *t, unsigned i)
{
	return &plans[t->w->id][i];
}

struct fast_plan *fast_plan(struct fast_taps *t, const struct fast_way *way)
{
	uint64_t key = (uint64_t)way->acts << 32 | (uint64_t)way->out << 16 | way->in;
	unsigned slot = (way->in * 7u + way->out * 3u + way->acts) & (FAST_PLANS - 1);
	struct fast_plan *p = &plans[t->w->id][slot];

	if (unlikely(p->key != key || p->epoch != t->w->tap_epoch || p->gen != t->w->gen)) {
		if (t->used >> slot & 1)
			count(t, p);
		make(t, p, key, way);
	}
	t->used |= (uint16_t)(1u << slot);
	return p;
}
