/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a packet fits a rule of a mirror session, see match.h. Worker thread.
 */
#include "session/match.h"

#include <string.h>

#include "core/tap_copy.h"
#include "tables/segment.h"

#define IPPROTO_SCTP_ 132

// The first bytes in a row; copied only where they are not.
static void linear(struct mirror_view *v, const struct rd_tap_seen *seen)
{
	int32_t here = (int32_t)seen->m->data_len - seen->off;

	v->len = RTE_MIN(seen->len, (uint32_t)MIRROR_VIEW_LEN);
	if (here >= (int32_t)v->len) {
		v->bytes = rte_pktmbuf_mtod(seen->m, const uint8_t *) + seen->off;
		return;
	}
	rd_tap_copy(v->copied, seen->m, seen->off, v->len);
	v->bytes = v->copied;
}

static uint32_t segment_vni(const struct rd_tap_seen *seen)
{
	const struct rd_port *p = seen->vni == 0 ? rd_port_at(seen->port) : NULL;
	const struct rd_segment *s =
		p != NULL && p->segment != 0 ? rd_segment_at(p->segment) : NULL;

	return s != NULL ? s->vni : seen->vni;
}

void mirror_view_make(struct mirror_view *v, const struct rd_tap_seen *seen)
{
	if (v->ready)
		return;
	v->ready = true;
	v->parsed = false;
	v->seen = seen;
	v->flow = 0;
	linear(v, seen);
	v->has_inner = seen->inner_off != 0 && seen->inner_off + RD_ETH_LEN <= v->len;
}

void mirror_view_parse(struct mirror_view *v)
{
	const struct rd_tap_seen *seen = v->seen;
	struct rd_geneve g;

	if (v->parsed)
		return;
	v->parsed = true;
	// A frame with a fault is what was understood of it.
	(void)rd_pkt_parse(v->bytes, v->len, seen->len, 0, &v->outer);
	v->vni[0] = segment_vni(seen);
	if (!v->has_inner)
		return;
	(void)rd_pkt_parse(v->bytes, v->len, seen->len, seen->inner_off, &v->inner);
	v->vni[1] = 0;
	if (rd_pkt_is_geneve(&v->outer, RD_GENEVE_PORT)
		&& rd_pkt_geneve(v->bytes, v->len, &v->outer, &g) == 0)
		v->vni[1] = g.vni;
}

static const uint8_t *address(
	const struct mirror_view *v, const struct rd_pkt *p, bool dst, uint8_t *len)
{
	const uint8_t *l3 = v->bytes + p->l3_off;

	*len = p->flags & RD_PKT_IPV4 ? 4 : p->flags & RD_PKT_IPV6 ? 16 : 0;
	if (*len == 0 || (uint32_t)p->l3_off + (*len == 4 ? 20 : 40) > v->len)
		*len = 0;
	return *len == 4 ? l3 + (dst ? 16 : 12) : l3 + (dst ? 24 : 8);
}

static bool has_ports(const struct rd_pkt *p)
{
	return (p->flags & RD_PKT_L4) && (p->proto == RD_IPPROTO_TCP || p->proto == RD_IPPROTO_UDP);
}

uint32_t mirror_behind_ip(const struct mirror_view *v, const struct rd_pkt *p)
{
	const uint8_t *l3 = v->bytes + p->l3_off;

	if ((p->flags & RD_PKT_FRAG_LATER) || (uint32_t)p->l3_off + 20 > v->len)
		return 0;
	if (p->flags & RD_PKT_IPV4)
		return p->l3_off + (l3[0] & 15u) * 4;
	// Extension headers of what has ports or GRE are rare: then it is not known.
	return (p->flags & RD_PKT_IPV6) && l3[6] == p->proto ? p->l3_off + 40u : 0;
}

// The parser gives those of TCP and UDP; SCTP has them at the same place.
static bool read_ports(
	const struct mirror_view *v, const struct rd_pkt *p, uint16_t *sport, uint16_t *dport)
{
	uint32_t at;

	*sport = p->sport;
	*dport = p->dport;
	if (has_ports(p) || p->proto != IPPROTO_SCTP_)
		return has_ports(p);
	at = mirror_behind_ip(v, p);
	if (at == 0 || at + 4 > v->len)
		return false;
	*sport = rd_be16(v->bytes + at);
	*dport = rd_be16(v->bytes + at + 2);
	return true;
}

static uint32_t add_word(uint32_t h, uint32_t word)
{
	h = (h ^ word) * 0x9e3779b1u;
	return h ^ h >> 15;
}

// Both directions give the same; fragments are told by their addresses alone.
static uint32_t flow_hash(const struct mirror_view *v, const struct rd_pkt *p)
{
	uint8_t len, dlen;
	const uint8_t *src = address(v, p, false, &len), *dst = address(v, p, true, &dlen);
	uint32_t h = 0x7ed55d16u;

	if (len == 0) {
		src = v->bytes + p->l2_off;
		for (unsigned i = 0; i + 12 <= v->len && i < 6; i++)
			h = add_word(h, src[i] ^ src[i + 6]);
		return h;
	}
	for (unsigned i = 0; i < len; i += 4)
		h = add_word(h, rd_be32(src + i) ^ rd_be32(dst + i));
	if (has_ports(p) && (p->flags & RD_PKT_FRAG) == 0)
		h = add_word(h, (uint32_t)(p->sport ^ p->dport));
	return add_word(h, p->proto);
}

uint32_t mirror_view_flow(struct mirror_view *v)
{
	if (v->flow != 0)
		return v->flow;
	mirror_view_parse(v);
	v->flow = flow_hash(v, mirror_view_last(v)) | 1;
	return v->flow;
}

static bool in_prefix(const uint8_t *addr, const uint8_t *prefix, uint8_t len)
{
	unsigned whole = len / 8, bits = len % 8;

	if (memcmp(addr, prefix, whole) != 0)
		return false;
	return bits == 0 || ((addr[whole] ^ prefix[whole]) & (0xff00u >> bits & 0xff)) == 0;
}

static bool match_l2(const struct rd_mirror_rule *r, const struct mirror_view *v,
	const struct rd_pkt *p, bool back)
{
	const uint8_t *macs = v->bytes + p->l2_off;
	bool there = (uint32_t)p->l2_off + RD_ETH_LEN <= v->len;

	if ((r->has & RD_MIRROR_HAS_SMAC)
		&& (!there || memcmp(macs + (back ? 0 : 6), r->smac, 6) != 0))
		return false;
	if ((r->has & RD_MIRROR_HAS_DMAC)
		&& (!there || memcmp(macs + (back ? 6 : 0), r->dmac, 6) != 0))
		return false;
	if ((r->has & RD_MIRROR_HAS_ETHERTYPE) && p->ethertype != r->ethertype)
		return false;
	return (r->has & RD_MIRROR_HAS_VLAN) == 0 || (p->tags != 0 && p->vlan == r->vlan);
}

static bool match_addresses(const struct rd_mirror_rule *r, const struct mirror_view *v,
	const struct rd_pkt *p, bool back)
{
	uint8_t len, want = r->family == AF_INET ? 4 : 16;
	const uint8_t *a;

	if (r->has & RD_MIRROR_HAS_SRC) {
		a = address(v, p, back, &len);
		if (len != want || !in_prefix(a, r->src, r->src_len))
			return false;
	}
	if (r->has & RD_MIRROR_HAS_DST) {
		a = address(v, p, !back, &len);
		if (len != want || !in_prefix(a, r->dst, r->dst_len))
			return false;
	}
	return true;
}

static bool match_ports(const struct rd_mirror_rule *r, const struct mirror_view *v,
	const struct rd_pkt *p, bool back)
{
	uint16_t sport, dport;

	if ((r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT)) == 0)
		return true;
	if (!read_ports(v, p, back ? &dport : &sport, back ? &sport : &dport))
		return false;
	if ((r->has & RD_MIRROR_HAS_SPORT) && (sport < r->sport_lo || sport > r->sport_hi))
		return false;
	return (r->has & RD_MIRROR_HAS_DPORT) == 0
		|| (dport >= r->dport_lo && dport <= r->dport_hi);
}

static uint8_t dscp_of(const struct mirror_view *v, const struct rd_pkt *p)
{
	const uint8_t *l3 = v->bytes + p->l3_off;

	if ((uint32_t)p->l3_off + 2 > v->len)
		return 0xff;
	if (p->flags & RD_PKT_IPV4)
		return l3[1] >> 2;
	return p->flags & RD_PKT_IPV6 ? (uint8_t)((rd_be16(l3) >> 6) & 0x3f) : 0xff;
}

// One frame of the packet, one way.
static bool match_frame(const struct rd_mirror_rule *r, const struct mirror_view *v,
	const struct rd_pkt *p, bool back)
{
	bool inner = p == &v->inner;

	if (!match_l2(r, v, p, back) || !match_addresses(r, v, p, back)
		|| !match_ports(r, v, p, back))
		return false;
	if ((r->has & RD_MIRROR_HAS_VNI) && v->vni[inner] != r->vni)
		return false;
	if ((r->has & RD_MIRROR_HAS_PROTO)
		&& ((p->flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0 || p->proto != r->proto))
		return false;
	if ((r->has & RD_MIRROR_HAS_TCP_FLAGS)
		&& (p->proto != RD_IPPROTO_TCP || (p->flags & RD_PKT_L4) == 0
			|| (p->tcp_flags & r->tcp_mask) != r->tcp_value))
		return false;
	if ((r->has & RD_MIRROR_HAS_DSCP) && dscp_of(v, p) != r->dscp)
		return false;
	if ((r->has & RD_MIRROR_HAS_LENGTH)
		&& (v->seen->len - p->l2_off < r->len_lo || v->seen->len - p->l2_off > r->len_hi))
		return false;
	return true;
}

static bool match_rule(const struct rd_mirror_rule *r, const struct mirror_view *v)
{
	bool out = r->layer != RD_MIRROR_INNER, in = v->has_inner && r->layer != RD_MIRROR_OUTER;

	if ((out && match_frame(r, v, &v->outer, false))
		|| (in && match_frame(r, v, &v->inner, false)))
		return true;
	return r->either_way
		&& ((out && match_frame(r, v, &v->outer, true))
			|| (in && match_frame(r, v, &v->inner, true)));
}

unsigned mirror_match(const struct rd_mirror_spec *s, const struct mirror_view *v)
{
	unsigned i = 0;

	while (i < s->nb_rules && !match_rule(&s->rule[i], v))
		i++;
	return i;
}
