/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's captures, see fast_tap.h: which sessions want a packet. A flow's frames have the same addresses, protocol and
 * ports, so a filter that looks at nothing else is asked once per flow (outer headers that come in: once per sender and VNI), and then
 * costs its other packets a look at a word. Worker thread.
 */
#include "nodes/fast_tap.h"

#include "filter/note.h"
#include "tables/dfw.h"

#define SAME 0x00
#define DIFF 0xff

// What all packets of a flow have in common, of frames as fast_parse.h and fast_outer.h take them: the bits that differ.
static const uint8_t ip4_vary[] = {
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME,
	SAME, // Ethernet
	SAME, DIFF, DIFF, DIFF, DIFF, DIFF, // version; TOS, length, id
	0xc0, SAME, DIFF, SAME, DIFF, DIFF, // no fragment, but perhaps DF; TTL; protocol; checksum
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, // addresses, ports
};
static const uint8_t ip6_vary[] = {
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME,
	SAME, // Ethernet
	0x0f, DIFF, DIFF, DIFF, DIFF, DIFF, SAME,
	DIFF, // version; class, label, length; protocol; hops
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME,
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME,
	SAME, SAME, SAME, SAME, SAME, SAME, // ports
};
static const uint8_t outer_vary[] = {
	SAME, SAME, SAME, SAME, SAME, SAME, DIFF, DIFF, DIFF, DIFF, DIFF, DIFF, SAME,
	SAME, // Ethernet
	SAME, 0xfc, DIFF, DIFF, DIFF, DIFF, 0xc0, SAME, DIFF, SAME, DIFF, DIFF, SAME, SAME, SAME,
	SAME, SAME, SAME, SAME, SAME, // addresses
	DIFF, DIFF, SAME, SAME, DIFF, DIFF, DIFF, DIFF, // ports, length, checksum
	0x3f, 0x3f, SAME, SAME, SAME, SAME, SAME, DIFF, // Geneve: version, type, VNI
};
static const uint8_t encap_vary[] = {
	// from a template, with the flow's own source port
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME,
	SAME, // Ethernet
	SAME, DIFF, DIFF, DIFF, DIFF, DIFF, SAME, SAME, SAME, SAME, DIFF, DIFF, SAME, SAME, SAME,
	SAME, SAME, SAME, SAME, SAME, // addresses
	SAME, SAME, SAME, SAME, DIFF, DIFF, SAME, SAME, // ports, length
	SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, // Geneve
};
#define FLOW(name)                 \
	{                          \
		name, sizeof(name) \
	}
static const struct rd_filter_flow ip4 = FLOW(ip4_vary), ip6 = FLOW(ip6_vary),
				   outer = FLOW(outer_vary), encap = FLOW(encap_vary);

struct frame { // what a program runs on
	int32_t off; // from the packet's present start
	uint32_t len;
	const struct rd_filter_flow *flow;
};

// Its bytes in a row; copied only across segments. *len: how many can be read.
static const uint8_t *view(
	struct rd_worker *w, struct rte_mbuf *m, const struct frame *f, uint32_t *len)
{
	uint16_t data_off = m->data_off, data_len = m->data_len;
	uint32_t pkt_len = m->pkt_len;
	const uint8_t *bytes;

	*len = RTE_MIN(f->len, (uint32_t)RD_LINEAR_MAX);
	if (likely((int32_t)data_len - f->off >= (int32_t)*len))
		return rte_pktmbuf_mtod(m, const uint8_t *) + f->off;
	m->data_off =
		(uint16_t)(data_off + f->off); // as if headers had not been taken off, or put on
	m->data_len = (uint16_t)(data_len - f->off);
	m->pkt_len = f->len;
	bytes = rte_pktmbuf_read(m, 0, *len, w->linear);
	m->data_off = data_off;
	m->data_len = data_len;
	m->pkt_len = pkt_len;
	return bytes;
}

// Runs the programs of `need` on a frame; what is the same for all of the flow goes into *keep, too (NULL: nowhere).
static __rte_noinline void run(struct fast_taps *t, struct rte_mbuf *m, const struct frame *f,
	uint32_t need, struct rd_verdict *now, struct rd_verdict *keep)
{
	uint32_t len;
	const uint8_t *bytes = view(t->w, m, f, &len);

	for (; need != 0; need &= need - 1) {
		uint32_t bit = need & -need;
		unsigned slot = (unsigned)__builtin_ctz(need);
		const struct rd_filter *filter = &t->set->by_slot[slot]->filter;
		uint64_t began = t->cost != NULL ? rd_tsc() : 0;
		bool varies = keep == NULL || (keep->vary & bit) != 0, noted = !varies;
		bool yes = varies ? rd_filter_wants(filter, bytes, len, f->len)
				  : rd_filter_note(filter, bytes, len, f->len, f->flow, &varies);

		if (unlikely(t->cost != NULL))
			fast_cost_look(t, slot, began);
		now->known |= bit;
		now->yes |= yes ? bit : 0;
		if (!noted)
			continue;
		keep->vary |= varies ? bit : 0;
		keep->known |= varies ? 0 : bit;
		keep->yes |= yes && !varies ? bit : 0;
	}
}

// A guest's own Geneve packet: there is a frame inside of which the flow's key says nothing. Its answers are not kept, so
// that it is always looked at.
static inline bool is_nested(const struct rd_flow *f)
{
	return f->key.dport == RD_GENEVE_PORT && f->key.proto == RD_IPPROTO_UDP;
}

// Which of `ask` want the frame without tunnel headers.
static inline uint32_t plain_yes(struct fast_taps *t, struct fast_seen *s, uint32_t ask)
{
	uint32_t need = ask & ~s->plain.known;

	if (unlikely(need != 0)) {
		const struct frame f = {.off = s->pushed,
			.len = s->m->pkt_len - s->pushed,
			.flow = s->f->key.ethertype == RD_ETHERTYPE_IPV4 ? &ip4 : &ip6};

		run(t, s->m, &f, need, &s->plain,
			s->kept != NULL && !is_nested(s->f) ? &s->kept->plain : NULL);
	}
	return s->plain.yes & ask;
}

// Which of `ask` want the frame with its tunnel headers, whatever is inside.
static inline uint32_t outer_yes(struct fast_taps *t, struct fast_seen *s,
	const struct fast_hits *h, uint32_t ask, struct rd_verdict *keep)
{
	struct rd_verdict now = {0};
	uint32_t need;

	if (keep != NULL)
		now = *keep;
	need = ask & ~now.known;
	if (unlikely(need != 0)) {
		const struct frame f = {.off = h->off,
			.len = h->len,
			.flow = h->form == FAST_OUTER ? &outer : &encap};

		run(t, s->m, &f, need, &now, keep);
	}
	return now.yes & ask;
}

static __rte_noinline uint32_t nested_yes(
	struct fast_taps *t, struct fast_seen *s, struct fast_hits *h, uint32_t ask)
{
	const struct frame f = {.off = h->off, .len = h->len};
	uint32_t len, yes = 0;
	const uint8_t *bytes = view(t->w, s->m, &f, &len);

	h->inner_off = (uint32_t)rd_pkt_inner(bytes, len, h->len, RD_GENEVE_PORT);
	for (ask = h->inner_off != 0 ? ask : 0; ask != 0; ask &= ask - 1) {
		const struct rd_filter *filter = &t->set->by_slot[__builtin_ctz(ask)]->filter;

		if (rd_filter_wants(filter, bytes + h->inner_off, len - h->inner_off,
			    h->len - h->inner_off))
			yes |= ask & -ask;
	}
	return yes;
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
	struct fast_taps *t, struct fast_seen *s, struct fast_hits *h, uint32_t ask)
{
	const struct rd_tapset *set = t->set;
	uint32_t out, in = 0;

	if (h->form == FAST_PLAIN) {
		out = plain_yes(t, s, ask & set->outer);
		if (unlikely(is_nested(s->f)))
			in = nested_yes(t, s, h, ask & set->inner & ~out);
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
static inline uint32_t see_form(
	struct fast_taps *t, struct fast_seen *s, enum fast_form form, uint32_t *match)
{
	uint32_t here = s->plan->slots[form] & ~s->skip, asked;
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

// For the taps of the TX stage and of drop: as the stages would have left the metadata.
static inline void leave(
	struct fast_taps *t, const struct fast_seen *s, uint32_t asked, uint32_t match)
{
	const struct fast_plan *p = s->plan;
	struct rd_meta *md = s->md;

	md->stage = p->step[p->nb - 1].stage;
	md->hop = (uint8_t)(s->hop + p->nb);
	md->cap_done = asked;
	md->cap_match = match;
	md->vni = s->vni;
	if ((p->leave & (t->set->all | match)) == 0)
		return;
	md->hash = rd_flow_l4_hash(&s->f->key);
	if (p->rule != FAST_RULE_NONE)
		md->rule_id =
			rd_dfw_slot_id(p->rule == FAST_RULE_IN ? s->f->rule_in : s->f->rule_out);
}

static __rte_noinline void see_all(struct fast_taps *t, struct fast_seen *s)
{
	uint32_t asked, match = 0;

	s->hop = s->md->hop;
	s->stage = s->md->stage;
	if (s->f->acts & RD_ACT_ENCAP)
		s->pushed = rd_tunnel_at(s->f->tunnel)->hdr_len;
	s->vni = s->via != NULL ? s->md->vni : s->plan->vni;
	s->plain = s->kept != NULL ? s->kept->plain : (struct rd_verdict){0};
	asked = see_form(t, s, s->plan->first, &match);
	if (s->plan->first == FAST_OUTER)
		asked = see_form(t, s, FAST_PLAIN, &match);
	if (s->plan->last == FAST_ENCAP_)
		asked = see_form(t, s, FAST_ENCAP_, &match);
	if (s->plan->leave != 0)
		leave(t, s, asked, match);
}

static inline bool all_no(const struct rd_verdict *v, uint32_t ask)
{
	return (ask & (~v->known | v->yes)) == 0;
}

// Whether it is known of all that could want the packet that they do not. Mostly it is, while a filter looks for something.
static inline bool nobody_wants(const struct fast_taps *t, const struct fast_seen *s)
{
	const struct fast_plan *p = s->plan;

	if (p->slow || s->kept == NULL || !all_no(&s->kept->plain, p->ask_plain))
		return false;
	if (p->ask_outer != 0
		&& (s->via->tap_epoch != t->w->tap_epoch
			|| !all_no(&s->via->verdict, p->ask_outer)))
		return false;
	return p->ask_encap == 0 || all_no(&s->kept->encap, p->ask_encap);
}

// Whether all that look at the packet want everything and have no room: then it is counted as lost, and that is all.
static inline bool is_drowned(const struct fast_taps *t, const struct fast_plan *p)
{
	uint32_t everyone = p->slots[0] | p->slots[1] | p->slots[2];

	uint32_t plain = t->set->all & ~t->set->budget & ~t->set->thins;

	return p->leave == 0 && (everyone & ~(t->full & plain)) == 0;
}

// Those sessions that keep to a share of the worker's time and do not take this packet.
static __rte_noinline uint32_t skip(struct fast_taps *t, const struct fast_seen *s)
{
	const uint32_t *slots = s->plan->slots;
	uint32_t left = (slots[0] | slots[1] | slots[2]) & t->set->thins, skipped = 0;

	for (; left != 0; left &= left - 1) {
		struct rd_capture *c = t->set->by_slot[__builtin_ctz(left)];

		if (!rd_tap_skips(t->w, c, s->md))
			continue;
		skipped |= left & -left;
		fast_plan_skip(t, s, c);
	}
	return skipped;
}

static inline void see(struct fast_taps *t, const struct fast_pkt *p, const struct rd_flow *f)
{
	struct fast_seen s;

	s.m = p->m;
	s.md = rd_meta(p->m);
	s.f = f;
	s.via = p->via;
	s.strip = p->strip;
	s.pushed = 0;
	s.plan = fast_plan(t, &s);
	if ((s.plan->slots[0] | s.plan->slots[1] | s.plan->slots[2]) == 0)
		return;
	if (unlikely(t->full != 0) && is_drowned(t, s.plan)) {
		s.plan->drowned++;
		return;
	}
	s.skip = unlikely(t->set->thins != 0) ? skip(t, &s) : 0;
	s.kept = t->set->program != 0 ? rd_flow_verdict(t->w->flows, f, t->w->tap_epoch) : NULL;
	if (!nobody_wants(t, &s)) {
		see_all(t, &s);
	} else if (s.plan->leave != 0) { // TX and drop know it, too
		s.md->cap_done = s.plan->slots[s.plan->last];
		s.md->cap_match = 0;
	}
}

static void fetch_verdicts(const struct fast_burst *b)
{
	const struct rd_flow_verdict *all = b->w->flows->verdict;

	for (uint16_t j = 0; all != NULL && j < b->nb; j++)
		if (b->flow[j] != NULL)
			__builtin_prefetch(&all[rd_flow_id(b->w->flows, b->flow[j])], 1, 3);
}

void fast_tap(struct fast_burst *b, const uint16_t *next)
{
	uint64_t began = rd_tsc();
	struct fast_taps t = {.w = b->w, .set = b->w->taps, .ns = rd_clock_ns(&b->w->clock, began)};

	if (unlikely(rd_tap_measured(b->w)))
		fast_cost_begin(&t);
	if (t.set->program != 0)
		fetch_verdicts(b);
	for (uint16_t j = 0; j < b->nb; j++)
		if (next[b->pkt[j].pos]
			>= NEXT_UPLINK_TX) // else the stages have it, with their taps
			see(&t, &b->pkt[j], b->flow[j]);
	if (unlikely(t.cost != NULL))
		fast_cost_end(&t, rd_tsc() - began);
	fast_plan_count(&t);
	for (; t.dirty != 0; t.dirty &= t.dirty - 1)
		rd_capring_show(&t.set->by_slot[__builtin_ctz(t.dirty)]->ring.ring[b->w->id]);
}
