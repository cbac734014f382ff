/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's captures, see fast_tap.h: asks filters, and finds out whether an answer is good for all packets of a flow. Worker thread.
 */
#include "nodes/fast_tap.h"

#include "filter/note.h"

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
static const struct rd_filter_flow flows[] = {
	// by enum fast_same
	[FAST_SAME_IP4] = FLOW(ip4_vary),
	[FAST_SAME_IP6] = FLOW(ip6_vary),
	[FAST_SAME_OUTER] = FLOW(outer_vary),
	[FAST_SAME_ENCAP] = FLOW(encap_vary),
};

// Its bytes in a row; copied only across segments. *len: how many can be read.
static const uint8_t *view(
	struct rd_worker *w, struct rte_mbuf *m, const struct fast_frame *f, uint32_t *len)
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

void fast_ask(struct fast_taps *t, struct rte_mbuf *m, const struct fast_frame *f, uint64_t need,
	struct rd_verdict *now, struct rd_verdict *keep)
{
	uint32_t len;
	const uint8_t *bytes = view(t->w, m, f, &len);

	for (; need != 0; need &= need - 1) {
		uint64_t bit = need & -need;
		unsigned slot = (unsigned)__builtin_ctzll(need);
		const struct rd_filter *filter = &t->set->by_slot[slot]->filter;
		uint64_t began = t->cost != NULL ? rd_tsc() : 0;
		bool varies = keep == NULL || (keep->vary & bit) != 0, noted = !varies;
		bool yes = varies
			? rd_filter_wants(filter, bytes, len, f->len)
			: rd_filter_note(filter, bytes, len, f->len, &flows[f->same], &varies);

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

uint64_t fast_ask_nested(
	struct fast_taps *t, const struct fast_seen *s, struct fast_hits *h, uint64_t ask)
{
	const struct fast_frame f = {.off = h->off, .len = h->len};
	uint64_t yes = 0;
	uint32_t len;
	const uint8_t *bytes = view(t->w, s->m, &f, &len);

	h->inner_off = (uint32_t)rd_pkt_inner(bytes, len, h->len, RD_GENEVE_PORT);
	for (ask = h->inner_off != 0 ? ask : 0; ask != 0; ask &= ask - 1) {
		const struct rd_filter *filter = &t->set->by_slot[__builtin_ctzll(ask)]->filter;

		if (rd_filter_wants(filter, bytes + h->inner_off, len - h->inner_off,
			    h->len - h->inner_off))
			yes |= ask & -ask;
	}
	return yes;
}
