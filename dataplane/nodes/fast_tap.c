/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's captures, see fast_tap.h: which sessions want a packet. A flow's frames have the same addresses, protocol and
 * ports, so a filter that looks at nothing else is asked once per flow (outer headers that come in: once per sender and VNI), and then
 * costs its other packets a look at a word. Worker thread.
 */
#include "nodes/fast_tap.h"

#include "core/packet_id.h"

// A guest's own Geneve packet: there is a frame inside of which the flow's key says nothing. Its answers are not kept, so
// that it is always looked at.
static inline bool is_nested(const struct rd_flow *f)
{
	return f->key.dport == RD_GENEVE_PORT && f->key.proto == RD_IPPROTO_UDP;
}

// Which of `ask` want the frame without tunnel headers.
static inline uint64_t plain_yes(struct fast_taps *t, struct fast_seen *s, uint64_t ask)
{
	uint64_t need = ask & ~s->plain.known;

	if (unlikely(need != 0)) {
		const struct fast_frame f = {.off = s->pushed,
			.len = s->m->pkt_len - s->pushed,
			.same = s->f->key.ethertype == RD_ETHERTYPE_IPV4 ? FAST_SAME_IP4
									 : FAST_SAME_IP6};

		fast_ask(t, s->m, &f, need, &s->plain,
			s->kept != NULL && !is_nested(s->f) ? &s->kept->plain : NULL);
	}
	return s->plain.yes & ask;
}

// Which of `ask` want the frame with its tunnel headers, whatever is inside.
static inline uint64_t outer_yes(struct fast_taps *t, struct fast_seen *s,
	const struct fast_hits *h, uint64_t ask, struct rd_verdict *keep)
{
	struct rd_verdict now = {0};
	uint64_t need;

	if (keep != NULL)
		now = *keep;
	need = ask & ~now.known;
	if (unlikely(need != 0)) {
		const struct fast_frame f = {.off = h->off,
			.len = h->len,
			.same = h->form == FAST_OUTER ? FAST_SAME_OUTER : FAST_SAME_ENCAP};

		fast_ask(t, s->m, &f, need, &now, keep);
	}
	return now.yes & ask;
}

static inline struct rd_verdict *via_verdict(const struct fast_taps *t, struct fast_via *via)
{
	if (unlikely(via->tap_epoch != t->w->tap_epoch)) {
		via->tap_epoch = t->w->tap_epoch;
		via->verdict = (struct rd_verdict){0};
	}
	return &via->verdict;
}

// Which of `ask` want this form: as rd_filter_run() says it, outside first.
static inline void decide(
	struct fast_taps *t, struct fast_seen *s, struct fast_hits *h, uint64_t ask)
{
	const struct rd_tapset *set = t->set;
	uint64_t out, in = 0;

	if (h->form == FAST_PLAIN) {
		out = plain_yes(t, s, ask & set->outer);
		if (unlikely(is_nested(s->f)))
			in = fast_ask_nested(t, s, h, ask & set->inner & ~out);
	} else {
		struct rd_verdict *keep = h->form == FAST_OUTER ? via_verdict(t, s->via)
			: s->kept != NULL			? &s->kept->encap
								: NULL;

		out = outer_yes(t, s, h, ask & set->outer, keep);
		if (h->inner_off != 0) {
			in = ask & set->inner & ~out;
			in = plain_yes(t, s, in & set->program) | (in & ~set->program);
		}
	}
	h->any = out | in;
	h->inner = in;
}

static inline void locate(const struct fast_seen *s, struct fast_hits *h)
{
	const uint8_t *frame = rte_pktmbuf_mtod(s->m, const uint8_t *);

	h->off = h->form == FAST_OUTER ? -(int32_t)s->strip : h->form == FAST_PLAIN ? s->pushed : 0;
	h->len = (uint32_t)((int32_t)s->m->pkt_len - h->off);
	h->inner_off = 0;
	if (h->form == FAST_OUTER && s->via->dport == RD_GENEVE_PORT)
		h->inner_off = s->strip;
	else if (h->form == FAST_ENCAP_ && rd_be16(frame + FAST_UDP_OFF + 2) == RD_GENEVE_PORT)
		h->inner_off = s->pushed;
}

// One form of the packet, as matches() of core/tap.c judges it. *match: sessions that it has matched.
static inline uint64_t see_form(
	struct fast_taps *t, struct fast_seen *s, enum fast_form form, uint64_t *match)
{
	uint64_t here = s->plan->slots[form] & ~s->skip, asked;
	struct fast_hits h = {.form = form};

	if (here == 0)
		return 0;
	locate(s, &h);
	h.followed = form != s->plan->first ? here & t->set->follow & *match : 0;
	asked = here & ~t->set->all & ~h.followed;
	decide(t, s, &h, asked);
	*match = (*match & ~asked) | h.any;
	h.any |= h.followed | (here & t->set->all);
	if ((h.any | (here & t->set->budget)) != 0)
		fast_records(t, s, &h);
	return asked;
}

static __rte_noinline void see_all(struct fast_taps *t, struct fast_seen *s, uint16_t j)
{
	uint64_t asked, match = s->match;

	s->plain = s->kept != NULL ? s->kept->plain : (struct rd_verdict){0};
	asked = see_form(t, s, s->plan->first, &match);
	if (s->plan->first == FAST_OUTER)
		asked = see_form(t, s, FAST_PLAIN, &match);
	if (s->plan->last == FAST_ENCAP_)
		asked = see_form(t, s, FAST_ENCAP_, &match);
	if (s->plan->leave == 0)
		return;
	t->asked |= UINT64_C(1) << j;
	t->done[j] = (uint32_t)asked;
	t->match[j] = (uint32_t)match;
}

static inline bool all_no(const struct rd_verdict *v, uint64_t ask)
{
	return (ask & (~v->known | v->yes)) == 0;
}

// Whether it is known of all that could want the packet that they do not. Mostly it is, while a filter looks for something.
static inline bool nobody_wants(const struct fast_taps *t, const struct fast_plan *p,
	const struct rd_flow_verdict *kept, const struct fast_via *via)
{
	if (p->slow || kept == NULL || !all_no(&kept->plain, p->ask_plain))
		return false;
	if (p->ask_outer != 0
		&& (via->tap_epoch != t->w->tap_epoch || !all_no(&via->verdict, p->ask_outer)))
		return false;
	return p->ask_encap == 0 || all_no(&kept->encap, p->ask_encap);
}

// Whether all that look at the packet want everything and have no room: then it is counted as lost, and that is all.
static inline bool is_drowned(const struct fast_taps *t, const struct fast_plan *p)
{
	uint64_t plain = t->set->all & ~t->set->budget & ~t->set->thins;

	return (p->everyone & ~(t->full & plain)) == 0;
}

static inline uint64_t id_of(const struct fast_burst *b, const struct fast_pkt *p)
{
	return b->bare ? rd_packet_id_of(b->w, b->first_id + p->pos) : rd_meta(p->m)->packet_id;
}

// Those sessions that keep to a share of the worker's time and do not take this packet.
static __rte_noinline uint64_t skip(
	struct fast_taps *t, const struct fast_plan *plan, uint64_t packet_id)
{
	uint64_t left = plan->everyone & t->set->thins, skipped = 0;

	for (; left != 0; left &= left - 1) {
		struct rd_capture *c = t->set->by_slot[__builtin_ctzll(left)];

		if (!rd_tap_skips(t->w, c, packet_id))
			continue;
		skipped |= left & -left;
		fast_plan_skip(t, plan, c);
	}
	return skipped;
}

// What the packet brought with it.
static inline void arrived(
	const struct fast_burst *b, const struct fast_pkt *p, struct fast_seen *s)
{
	const struct rd_meta *md = rd_meta(p->m);

	s->packet_id = id_of(b, p);
	if (b->bare) {
		s->parent_id = 0;
		s->came = (uint32_t)(p->m->ol_flags & RTE_MBUF_F_RX_RSS_HASH ? RD_CAP_HASH_NIC : 0)
			<< 8;
		s->match = s->stage = s->flags = 0;
		return;
	}
	s->parent_id = md->parent_id;
	s->came = (uint32_t)rd_tap_lcore(md) << 8 | (uint32_t)md->hop << 16;
	s->match = md->cap_match;
	s->stage = md->stage;
	s->flags = (uint8_t)((md->flags & RD_META_CLONE ? RD_CAP_F_CLONE : 0)
		| (md->flags & RD_META_INJECTED ? RD_CAP_F_INJECTED : 0));
}

static inline void meet(
	const struct fast_burst *b, const struct fast_plan *plan, uint16_t j, struct fast_seen *s)
{
	const struct fast_pkt *p = &b->pkt[j];

	s->m = p->m;
	s->f = b->flow[j];
	s->via = p->via;
	s->plan = plan;
	s->vni = p->via != NULL ? p->via->from.vni : plan->vni;
	s->hash = s->skip = 0;
	s->strip = p->strip;
	s->pushed = 0;
	if (s->f->acts & RD_ACT_ENCAP)
		s->pushed = rd_tunnel_at(s->f->tunnel)->hdr_len;
	arrived(b, p, s);
}

// No filter has to be asked.
static inline void see_open(struct fast_burst *b, const struct fast_plan *plan, uint16_t j)
{
	struct fast_seen s;

	meet(b, plan, j, &s);
	for (unsigned form = plan->first; form <= plan->last; form++) {
		struct fast_hits h = {.form = form, .any = plan->slots[form]};

		if (h.any == 0)
			continue;
		locate(&s, &h);
		if (form == FAST_PLAIN && unlikely(is_nested(s.f)))
			(void)fast_ask_nested(b->taps, &s, &h, 0);
		fast_records(b->taps, &s, &h);
	}
}

// The frame inside a guest's own tunnel: where it begins, 0 = there is none.
static __rte_noinline uint32_t nested_off(
	const struct fast_burst *b, const struct fast_plan *plan, uint16_t j)
{
	struct fast_hits h = {.form = FAST_PLAIN};
	struct fast_seen s;

	meet(b, plan, j, &s);
	locate(&s, &h);
	(void)fast_ask_nested(b->taps, &s, &h, 0);
	return h.inner_off;
}

// Written field by field: put together elsewhere and copied it would wait for its own small stores.
static inline void show(const struct fast_burst *b, const struct fast_plan *plan,
	const struct fast_step *step, uint16_t j, struct rd_tap_seen *seen)
{
	struct fast_hits h = {.form = step->form};
	struct fast_seen s;

	meet(b, plan, j, &s);
	locate(&s, &h);
	if (step->form == FAST_PLAIN && unlikely(is_nested(s.f)))
		h.inner_off = nested_off(b, plan, j);
	seen->m = s.m;
	seen->off = h.off;
	seen->len = h.len;
	seen->inner_off = h.inner_off;
	seen->packet_id = s.packet_id;
	seen->ns = b->taps->ns;
	seen->vni = step->in_segment ? s.vni : 0;
	seen->port = plan->port[step->out_side];
	seen->reason = 0;
	seen->stage = step->stage;
	seen->flags = s.flags | step->flags;
}

// All packets are one sink's, which gets them at once.
static void see_sole(const struct fast_burst *b, const struct fast_run *r)
{
	struct fast_taps *t = b->taps;
	unsigned slot = r->plan->sole - 1u, nb = 0;
	const struct rd_capture *c = t->set->by_slot[slot];
	const struct fast_step *step = &r->plan->step[__builtin_ctz(r->plan->want[slot])];
	struct rd_tap_seen seen[FAST_BURST];

	if (t->ns == 0)
		t->ns = rd_clock_ns(&t->w->clock, rd_tsc());
	for (uint16_t i = r->begin; i < r->end; i++)
		show(b, r->plan, step, b->out.cand[i], &seen[nb++]);
	t->sinks |= UINT64_C(1) << slot;
	c->sink->take(c->sink_arg, t->w, seen, nb);
}

// What is known of the packet is good for all that come after it, until flow, sessions or ports change.
static inline void mark(const struct fast_burst *b, uint16_t j)
{
	b->flow[j]->quiet = b->out.tag;
	if (b->pkt[j].via != NULL)
		b->pkt[j].via->quiet = b->out.tag;
}

static inline void see(struct fast_burst *b, const struct fast_plan *plan, uint16_t j, bool marks)
{
	const struct fast_pkt *p = &b->pkt[j];
	struct fast_taps *t = b->taps;
	uint64_t skipped = 0;
	struct fast_seen s;

	if (unlikely(t->set->thins != 0))
		skipped = skip(t, plan, id_of(b, p));
	s.kept = NULL;
	if (t->set->program != 0)
		s.kept = rd_flow_verdict(t->w->flows, b->flow[j], t->w->tap_epoch);
	if (nobody_wants(t, plan, s.kept, p->via)
		&& (b->bare || (rd_meta(p->m)->cap_match & t->set->follow) == 0)) {
		if (marks)
			mark(b, j);
		return;
	}
	meet(b, plan, j, &s);
	s.skip = skipped;
	see_all(t, &s, j);
}

static __rte_noinline void mark_all(const struct fast_burst *b, uint16_t i, uint16_t end)
{
	for (; i < end; i++)
		mark(b, b->out.cand[i]);
}

static void fetch_verdicts(const struct fast_burst *b, uint16_t i, uint16_t end)
{
	const struct rd_flow_verdict *all = b->w->flows->verdict;

	for (; all != NULL && i < end; i++)
		__builtin_prefetch(&all[rd_flow_id(b->w->flows, b->flow[b->out.cand[i]])], 1, 3);
}

void fast_tap_run(struct fast_burst *b, const struct fast_run *r)
{
	struct fast_plan *plan = r->plan;
	bool marks = r->direct && b->taps->set->thins == 0;

	if (plan->everyone == 0) {
		if (marks)
			mark_all(b, r->begin, r->end);
		return;
	}
	if (plan->sole != 0) {
		see_sole(b, r);
		return;
	}
	if (b->taps->set->program != 0)
		fetch_verdicts(b, r->begin, r->end);
	for (uint16_t i = r->begin; i < r->end; i++) {
		if (b->taps->full != 0 && is_drowned(b->taps, plan)) {
			plan->drowned += r->end - i;
			return;
		}
		if (plan->open)
			see_open(b, plan, b->out.cand[i]);
		else
			see(b, plan, b->out.cand[i], marks);
	}
}
