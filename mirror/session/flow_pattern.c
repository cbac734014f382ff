/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See flow_pattern.h. One rule of a session becomes several of a card where it says "TCP or UDP", a range of ports, either way round, or
 * "the frame or the one in its tunnel". First match decides, so that each has a priority of its own. Pure.
 */
#include "session/flow_pattern.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/pkt.h"
#include "session/spec.h"

struct grow { // what has been made so far
	struct rd_flow_match *out;
	unsigned nb;
	bool full;
};

unsigned rd_flow_range(uint16_t lo, uint16_t hi, struct rd_flow_masked16 out[RD_FLOW_RANGE_MAX])
{
	uint32_t at = lo;
	unsigned nb = 0;

	while (at <= hi) {
		uint32_t size =
			at == 0 ? 0x10000 : at & -at; // the largest block that may start here

		while (at + size - 1 > hi)
			size >>= 1;
		out[nb++] = (struct rd_flow_masked16){(uint16_t)at, (uint16_t) ~(size - 1)};
		at += size;
	}
	return nb;
}

static void put(struct grow *g, const struct rd_flow_match *m)
{
	if (g->nb == RD_FLOW_RULES) {
		g->full = true;
		return;
	}
	g->out[g->nb] = *m;
	g->out[g->nb].priority = (uint16_t)g->nb;
	g->nb++;
}

static struct rd_flow_layer *asked_layer(struct rd_flow_match *m)
{
	return m->geneve ? &m->inner : &m->outer;
}

// Every source range with every destination range.
static void with_ports(
	struct grow *g, const struct rd_flow_match *base, const struct rd_mirror_rule *r)
{
	struct rd_flow_masked16 s[RD_FLOW_RANGE_MAX] = {{0, 0}}, d[RD_FLOW_RANGE_MAX] = {{0, 0}};
	unsigned nb_s = 1, nb_d = 1;

	if (r->has & RD_MIRROR_HAS_SPORT)
		nb_s = rd_flow_range(r->sport_lo, r->sport_hi, s);
	if (r->has & RD_MIRROR_HAS_DPORT)
		nb_d = rd_flow_range(r->dport_lo, r->dport_hi, d);
	for (unsigned i = 0; i < nb_s && !g->full; i++)
		for (unsigned k = 0; k < nb_d && !g->full; k++) {
			struct rd_flow_match m = *base;
			struct rd_flow_layer *l = asked_layer(&m);

			l->sport = s[i].value;
			l->sport_mask = s[i].mask;
			l->dport = d[k].value;
			l->dport_mask = d[k].mask;
			put(g, &m);
		}
}

static bool has_ports(const struct rd_mirror_rule *r)
{
	return (r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT)) != 0;
}

static void with_proto(struct grow *g, const struct rd_flow_match *base,
	const struct rd_mirror_rule *r, uint8_t proto)
{
	struct rd_flow_match m = *base;
	struct rd_flow_layer *l = asked_layer(&m);

	l->proto = proto;
	l->proto_mask = 0xff;
	with_ports(g, &m, r);
}

// Ports without a protocol are TCP's, UDP's or SCTP's; flags are TCP's.
static void with_l4(
	struct grow *g, const struct rd_flow_match *base, const struct rd_mirror_rule *r)
{
	struct rd_flow_match m = *base;
	struct rd_flow_layer *l = asked_layer(&m);

	if (r->has & RD_MIRROR_HAS_TCP_FLAGS) {
		l->tcp_flags = r->tcp_value;
		l->tcp_flags_mask = r->tcp_mask;
		with_proto(g, &m, r, RD_IPPROTO_TCP);
	} else if (r->has & RD_MIRROR_HAS_PROTO) {
		with_proto(g, &m, r, r->proto);
	} else if (has_ports(r)) {
		with_proto(g, &m, r, RD_IPPROTO_TCP);
		with_proto(g, &m, r, RD_IPPROTO_UDP);
		with_proto(g, &m, r, RD_FLOW_SCTP);
	} else {
		put(g, &m);
	}
}

static uint8_t family_of(const struct rd_mirror_rule *r)
{
	if (r->has & (RD_MIRROR_HAS_SRC | RD_MIRROR_HAS_DST))
		return r->family;
	if (r->has & RD_MIRROR_HAS_ETHERTYPE)
		return r->ethertype == RD_ETHERTYPE_IPV6 ? AF_INET6 : AF_INET;
	if (r->has & RD_MIRROR_HAS_PROTO && r->proto == RD_IPPROTO_ICMP)
		return AF_INET;
	if (r->has & RD_MIRROR_HAS_PROTO && r->proto == RD_IPPROTO_ICMPV6)
		return AF_INET6;
	return 0;
}

// What IP has, of either family where none is asked for.
static void with_ip(
	struct grow *g, const struct rd_flow_match *base, const struct rd_mirror_rule *r)
{
	uint32_t l3 = RD_MIRROR_HAS_SRC | RD_MIRROR_HAS_DST | RD_MIRROR_HAS_PROTO
		| RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT | RD_MIRROR_HAS_TCP_FLAGS
		| RD_MIRROR_HAS_DSCP | RD_MIRROR_HAS_ETHERTYPE;
	uint8_t only = family_of(r);

	if ((r->has & l3) == 0) {
		put(g, base);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct rd_flow_match m = *base;
		struct rd_flow_layer *l = asked_layer(&m);

		l->family = i == 0 ? AF_INET : AF_INET6;
		if (only == 0 || only == l->family)
			with_l4(g, &m, r);
	}
}

static void addresses(struct rd_flow_layer *l, const struct rd_mirror_rule *r)
{
	if (r->has & RD_MIRROR_HAS_SRC) {
		memcpy(l->src, r->src, sizeof(l->src));
		l->src_len = r->src_len;
	}
	if (r->has & RD_MIRROR_HAS_DST) {
		memcpy(l->dst, r->dst, sizeof(l->dst));
		l->dst_len = r->dst_len;
	}
	if (r->has & RD_MIRROR_HAS_DSCP) {
		l->dscp = r->dscp;
		l->dscp_mask = 0x3f;
	}
}

static void one_way(
	struct grow *g, const struct rd_flow_match *base, const struct rd_mirror_rule *r)
{
	struct rd_flow_match m = *base;
	struct rd_flow_layer *l = asked_layer(&m);

	m.deny = r->deny;
	if (r->has & RD_MIRROR_HAS_SMAC) {
		memcpy(l->smac, r->smac, 6);
		memset(l->smac_mask, 0xff, 6);
	}
	if (r->has & RD_MIRROR_HAS_DMAC) {
		memcpy(l->dmac, r->dmac, 6);
		memset(l->dmac_mask, 0xff, 6);
	}
	if (r->has & RD_MIRROR_HAS_VLAN) {
		l->vlan = r->vlan;
		l->vlan_mask = 0xfff;
	}
	addresses(l, r);
	with_ip(g, &m, r);
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static uint32_t swap_bits(uint32_t has, uint32_t a, uint32_t b)
{
	uint32_t rest = has & ~(a | b);

	return rest | (has & a ? b : 0) | (has & b ? a : 0);
}

static struct rd_mirror_rule turned(const struct rd_mirror_rule *r)
{
	struct rd_mirror_rule t = *r;

	swap_bytes(t.smac, t.dmac, 6);
	swap_bytes(t.src, t.dst, 16);
	t.src_len = r->dst_len;
	t.dst_len = r->src_len;
	t.sport_lo = r->dport_lo;
	t.sport_hi = r->dport_hi;
	t.dport_lo = r->sport_lo;
	t.dport_hi = r->sport_hi;
	t.has = swap_bits(t.has, RD_MIRROR_HAS_SMAC, RD_MIRROR_HAS_DMAC);
	t.has = swap_bits(t.has, RD_MIRROR_HAS_SRC, RD_MIRROR_HAS_DST);
	t.has = swap_bits(t.has, RD_MIRROR_HAS_SPORT, RD_MIRROR_HAS_DPORT);
	return t;
}

static bool is_uplink(const struct rd_offload_point *p)
{
	return p->stage == RD_STAGE_UPLINK_RX || p->stage == RD_STAGE_UPLINK_TX;
}

static struct rd_flow_match tunnelled(const struct rd_offload_want *w,
	const struct rd_offload_point *p, const struct rd_mirror_rule *r)
{
	struct rd_flow_match m = {.geneve = true, .udp_port = w->geneve_port};

	m.outer.family = AF_INET; // tunnel endpoints of ours are
	m.vni = r != NULL && r->has & RD_MIRROR_HAS_VNI ? r->vni : p->only_vni;
	m.vni_mask = p->only_vni != 0 || (r != NULL && (r->has & RD_MIRROR_HAS_VNI)) ? 0xffffff : 0;
	return m;
}

static bool carries_ports(uint8_t proto)
{
	return proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP || proto == RD_FLOW_SCTP;
}

static bool no_such_l4(const struct rd_mirror_rule *r)
{
	if (!(r->has & RD_MIRROR_HAS_PROTO))
		return false;
	if (r->has & RD_MIRROR_HAS_TCP_FLAGS)
		return r->proto != RD_IPPROTO_TCP;
	return has_ports(r) && !carries_ports(r->proto);
}

// At a guest's port a VNI is that of its segment: known beforehand.
static bool never(const struct rd_offload_point *p, const struct rd_mirror_rule *r)
{
	if (no_such_l4(r))
		return true;
	if (!(r->has & RD_MIRROR_HAS_VNI))
		return false;
	return is_uplink(p) ? p->only_vni != 0 && p->only_vni != r->vni : p->segment_vni != r->vni;
}

static void rule(struct grow *g, const struct rd_offload_want *w, const struct rd_offload_point *p,
	const struct rd_mirror_rule *r)
{
	bool vni = (r->has & RD_MIRROR_HAS_VNI) != 0 || p->only_vni != 0;
	bool outer =
		!is_uplink(p) ? r->layer != RD_MIRROR_INNER : r->layer != RD_MIRROR_INNER && !vni;
	bool inner = is_uplink(p) && r->layer != RD_MIRROR_OUTER;
	struct rd_flow_match plain = {0}, in = tunnelled(w, p, r);

	plain.outer.vlan = in.outer.vlan = p->only_vlan;
	plain.outer.vlan_mask = in.outer.vlan_mask = p->only_vlan != 0 ? 0xfff : 0;
	if (outer)
		one_way(g, &plain, r);
	if (inner)
		one_way(g, &in, r);
}

// What mirror sessions send themselves is never copied.
static void exclusions(struct grow *g, const struct rd_offload_want *w)
{
	for (unsigned i = 0; i < w->nb_own; i++) {
		const struct rd_offload_own *o = &w->own[i];
		struct rd_flow_match m = {.deny = true};
		unsigned len = o->family == 6 ? 16 : 4;

		m.outer.family = o->family == 6 ? AF_INET6 : AF_INET;
		memcpy(m.outer.src, o->src, len);
		memcpy(m.outer.dst, o->dst, len);
		m.outer.src_len = m.outer.dst_len = (uint8_t)(8 * len);
		m.outer.proto = o->proto;
		m.outer.proto_mask = 0xff;
		if (o->proto == RD_IPPROTO_UDP) {
			m.outer.dport = o->dport;
			m.outer.dport_mask = 0xffff;
		}
		put(g, &m);
	}
}

static bool bare(const struct rd_mirror_rule *r) // asks for nothing
{
	return r->has == 0 && r->layer != RD_MIRROR_INNER;
}

// What a card can't tell as software does; NULL = it can.
static const char *beyond(const struct rd_offload_point *p, const struct rd_mirror_rule *r)
{
	if (r->has & RD_MIRROR_HAS_LENGTH)
		return "the length of a frame";
	if (r->has & RD_MIRROR_HAS_ETHERTYPE && r->ethertype != RD_ETHERTYPE_IPV4
		&& r->ethertype != RD_ETHERTYPE_IPV6)
		return "an Ethertype behind any number of tags";
	if (r->has & RD_MIRROR_HAS_VLAN && r->vlan == 0)
		return "frames without a tag";
	if (r->has & RD_MIRROR_HAS_VLAN && p->only_vlan != 0)
		return "two conditions on the tag";
	if (r->layer == RD_MIRROR_INNER && !is_uplink(p))
		return "a tunnel that a guest made";
	if (r->layer == RD_MIRROR_OUTER && is_uplink(p)
		&& ((r->has & RD_MIRROR_HAS_VNI) || p->only_vni != 0))
		return "the outer headers of one VNI's frames";
	if (r->has & RD_MIRROR_HAS_VNI && p->stage == RD_STAGE_UPLINK_TX
		&& r->has != RD_MIRROR_HAS_VNI && r->layer == RD_MIRROR_ANY_LAYER)
		return "which header is meant of a frame that we put into a tunnel";
	if (r->has & RD_MIRROR_HAS_PROTO && family_of(r) != AF_INET && !carries_ports(r->proto)
		&& !(family_of(r) == AF_INET6 && r->proto == RD_IPPROTO_ICMPV6))
		return "a protocol behind IPv6's extension headers";
	return NULL;
}

static void everything(struct grow *g, const struct rd_offload_want *w,
	const struct rd_offload_point *p, bool deny)
{
	struct rd_flow_match m = {0};

	if (p->only_vni != 0)
		m = tunnelled(w, p, NULL);
	m.deny = deny;
	m.outer.vlan = p->only_vlan;
	m.outer.vlan_mask = p->only_vlan != 0 ? 0xfff : 0;
	put(g, &m);
}

static void expand(struct grow *g, const struct rd_offload_want *w,
	const struct rd_offload_point *p, const struct rd_mirror_rule *r)
{
	struct rd_mirror_rule t = turned(r);

	if (bare(r)) {
		everything(g, w, p, r->deny);
		return;
	}
	rule(g, w, p, r);
	if (r->either_way && memcmp(&t, r, sizeof(t)) != 0)
		rule(g, w, p, &t);
}

// What comes behind the last permit is not copied anyway.
static void drop_last_denies(struct grow *g)
{
	while (g->nb > 0 && g->out[g->nb - 1].deny)
		g->nb--;
}

int rd_flow_pattern(const struct rd_offload_want *want, const struct rd_offload_point *point,
	struct rd_flow_match *out, struct rd_err *err)
{
	const struct rd_mirror_spec *s = want->spec;
	struct grow g = {.out = out};

	memset(out, 0, RD_FLOW_RULES * sizeof(*out));
	if (is_uplink(point))
		exclusions(&g, want);
	for (unsigned i = 0; i < s->nb_rules && !g.full; i++) {
		const char *what = beyond(point, &s->rule[i]);

		if (what != NULL)
			return rd_err_set(
				err, -ENOTSUP, "rule %u: no NIC rule can tell %s", i + 1, what);
		if (!never(point, &s->rule[i]))
			expand(&g, want, point, &s->rule[i]);
	}
	if (s->nb_rules == 0)
		everything(&g, want, point, false);
	if (g.full)
		return rd_err_set(
			err, -E2BIG, "its rules would take more than %d in the NIC", RD_FLOW_RULES);
	drop_last_denies(&g);
	return (int)g.nb;
}
