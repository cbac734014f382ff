/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See mirror_pattern_model.h. Items are read as rte_flow.h explains them.
 */
#include "mirror_pattern_model.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>

#include "session/flow_build.h"

unsigned model_pick(unsigned n)
{
	return (unsigned)rand() % n;
}

// --- what the rules say ---

static bool prefix(const uint8_t *a, const uint8_t *p, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if ((a[i / 8] >> (7 - i % 8) & 1) != (p[i / 8] >> (7 - i % 8) & 1))
			return false;
	return true;
}

static bool ports(const struct frame *f)
{
	return f->family != 0 && (f->proto == 6 || f->proto == 17 || f->proto == 132);
}

static bool says_frame(const struct rd_mirror_rule *r, const struct frame *f)
{
	if ((r->has & RD_MIRROR_HAS_SMAC) && memcmp(r->smac, f->smac, 6) != 0)
		return false;
	if ((r->has & RD_MIRROR_HAS_DMAC) && memcmp(r->dmac, f->dmac, 6) != 0)
		return false;
	if ((r->has & RD_MIRROR_HAS_ETHERTYPE)
		&& f->family != (r->ethertype == 0x0800 ? AF_INET : AF_INET6))
		return false;
	if ((r->has & RD_MIRROR_HAS_VLAN) && f->vlan != r->vlan)
		return false;
	if ((r->has & RD_MIRROR_HAS_SRC)
		&& (f->family != r->family || !prefix(f->src, r->src, r->src_len)))
		return false;
	if ((r->has & RD_MIRROR_HAS_DST)
		&& (f->family != r->family || !prefix(f->dst, r->dst, r->dst_len)))
		return false;
	if ((r->has & RD_MIRROR_HAS_PROTO) && (f->family == 0 || f->proto != r->proto))
		return false;
	if ((r->has & RD_MIRROR_HAS_SPORT)
		&& (!ports(f) || f->sport < r->sport_lo || f->sport > r->sport_hi))
		return false;
	if ((r->has & RD_MIRROR_HAS_DPORT)
		&& (!ports(f) || f->dport < r->dport_lo || f->dport > r->dport_hi))
		return false;
	if ((r->has & RD_MIRROR_HAS_TCP_FLAGS)
		&& (f->family == 0 || f->proto != 6 || (f->flags & r->tcp_mask) != r->tcp_value))
		return false;
	return !(r->has & RD_MIRROR_HAS_DSCP) || (f->family != 0 && f->dscp == r->dscp);
}

static struct frame back(const struct frame *f)
{
	struct frame b = *f;

	memcpy(b.smac, f->dmac, 6);
	memcpy(b.dmac, f->smac, 6);
	memcpy(b.src, f->dst, 16);
	memcpy(b.dst, f->src, 16);
	b.sport = f->dport;
	b.dport = f->sport;
	return b;
}

static bool says_either(const struct rd_mirror_rule *r, const struct frame *f)
{
	struct frame b = back(f);

	return says_frame(r, f) || (r->either_way && says_frame(r, &b));
}

static bool says_rule(
	const struct rd_mirror_rule *r, const struct packet *p, const struct rd_offload_point *at)
{
	bool uplink = at->stage == RD_STAGE_UPLINK_RX;
	bool vni = (r->has & RD_MIRROR_HAS_VNI) != 0;

	if (!uplink) // a guest's: a tunnel that it made is payload
		return (!vni || r->vni == at->segment_vni) && says_either(r, &p->outer);
	if (r->layer != RD_MIRROR_INNER && !vni && says_either(r, &p->outer))
		return true;
	return r->layer != RD_MIRROR_OUTER && p->geneve && (!vni || r->vni == p->vni)
		&& says_either(r, &p->inner);
}

bool model_says(
	const struct rd_mirror_spec *s, const struct packet *p, const struct rd_offload_point *at)
{
	for (unsigned i = 0; i < s->nb_rules; i++)
		if (says_rule(&s->rule[i], p, at))
			return !s->rule[i].deny;
	return s->nb_rules == 0;
}

// --- what the items select ---

static bool eth_fits(const struct rte_flow_item *it, const struct frame *f)
{
	const struct rte_flow_item_eth *s = it->spec, *m = it->mask;

	if (s == NULL)
		return true;
	for (unsigned i = 0; i < 6; i++)
		if (((s->hdr.src_addr.addr_bytes[i] ^ f->smac[i]) & m->hdr.src_addr.addr_bytes[i])
				!= 0
			|| ((s->hdr.dst_addr.addr_bytes[i] ^ f->dmac[i])
				   & m->hdr.dst_addr.addr_bytes[i])
				!= 0)
			return false;
	return m->hdr.ether_type == 0;
}

static bool bytes_fit(const void *spec, const void *mask, const void *have, unsigned len)
{
	const uint8_t *s = spec, *m = mask, *h = have;

	for (unsigned i = 0; i < len; i++)
		if (((s[i] ^ h[i]) & m[i]) != 0)
			return false;
	return true;
}

static bool ip4_fits(const struct rte_flow_item *it, const struct frame *f)
{
	const struct rte_flow_item_ipv4 *s = it->spec, *m = it->mask;

	if (f->family != AF_INET)
		return false;
	return s == NULL
		|| (bytes_fit(&s->hdr.src_addr, &m->hdr.src_addr, f->src, 4)
			&& bytes_fit(&s->hdr.dst_addr, &m->hdr.dst_addr, f->dst, 4)
			&& ((s->hdr.next_proto_id ^ f->proto) & m->hdr.next_proto_id) == 0
			&& ((s->hdr.type_of_service ^ f->dscp << 2) & m->hdr.type_of_service) == 0);
}

static bool ip6_fits(const struct rte_flow_item *it, const struct frame *f)
{
	const struct rte_flow_item_ipv6 *s = it->spec, *m = it->mask;

	if (f->family != AF_INET6)
		return false;
	return s == NULL
		|| (bytes_fit((const uint8_t *)&s->hdr.src_addr, (const uint8_t *)&m->hdr.src_addr,
			    f->src, 16)
			&& bytes_fit((const uint8_t *)&s->hdr.dst_addr,
				(const uint8_t *)&m->hdr.dst_addr, f->dst, 16)
			&& ((s->hdr.proto ^ f->proto) & m->hdr.proto) == 0
			&& ((rte_be_to_cpu_32(s->hdr.vtc_flow) ^ (uint32_t)f->dscp << 22)
				   & rte_be_to_cpu_32(m->hdr.vtc_flow))
				== 0);
}

static bool l4_fits(const struct rte_flow_item *it, const struct frame *f, uint8_t proto)
{
	// The ports are the first four bytes of all three.
	uint16_t have[2] = {rte_cpu_to_be_16(f->sport), rte_cpu_to_be_16(f->dport)};
	const struct rte_flow_item_tcp *s = it->spec, *m = it->mask;

	if (f->family == 0 || f->proto != proto)
		return false;
	if (s == NULL)
		return true;
	if (!bytes_fit(s, m, have, 4))
		return false;
	return proto != 6 || ((s->hdr.tcp_flags ^ f->flags) & m->hdr.tcp_flags) == 0;
}

static bool vlan_fits(const struct rte_flow_item *it, const struct frame *f)
{
	const struct rte_flow_item_vlan *s = it->spec, *m = it->mask;

	return f->vlan != 0
		&& bytes_fit(&s->hdr.vlan_tci, &m->hdr.vlan_tci,
			&(uint16_t){rte_cpu_to_be_16(f->vlan)}, 2);
}

static bool geneve_fits(const struct rte_flow_item *it, const struct packet *p)
{
	const struct rte_flow_item_geneve *s = it->spec, *m = it->mask;
	uint8_t vni[3] = {(uint8_t)(p->vni >> 16), (uint8_t)(p->vni >> 8), (uint8_t)p->vni};

	return p->geneve && (s == NULL || bytes_fit(s->vni, m->vni, vni, 3));
}

static bool items_fit(const struct rte_flow_item *it, const struct packet *p)
{
	const struct frame *f = &p->outer;

	for (bool fits = true; it->type != RTE_FLOW_ITEM_TYPE_END; it++) {
		switch (it->type) {
		case RTE_FLOW_ITEM_TYPE_ETH:
			fits = eth_fits(it, f);
			break;
		case RTE_FLOW_ITEM_TYPE_VLAN:
			fits = vlan_fits(it, f);
			break;
		case RTE_FLOW_ITEM_TYPE_IPV4:
			fits = ip4_fits(it, f);
			break;
		case RTE_FLOW_ITEM_TYPE_IPV6:
			fits = ip6_fits(it, f);
			break;
		case RTE_FLOW_ITEM_TYPE_TCP:
			fits = l4_fits(it, f, 6);
			break;
		case RTE_FLOW_ITEM_TYPE_UDP:
			fits = l4_fits(it, f, 17);
			break;
		case RTE_FLOW_ITEM_TYPE_SCTP:
			fits = l4_fits(it, f, 132);
			break;
		case RTE_FLOW_ITEM_TYPE_ICMP6:
			fits = f->family == AF_INET6 && f->proto == 58;
			break;
		case RTE_FLOW_ITEM_TYPE_GENEVE:
			fits = f == &p->outer && geneve_fits(it, p);
			f = &p->inner;
			break;
		default:
			fail_msg("item %d", (int)it->type);
		}
		if (!fits)
			return false;
	}
	return true;
}

bool model_selects(const struct rd_flow_match *m, unsigned nb, const struct packet *p)
{
	static const struct rd_flow_facts facts = {.nb_rxq = 1};
	const struct rd_flow_where where = {.ethdev = 1, .side = RD_FLOW_RX, .facts = &facts};
	const struct rd_flow_form form = {.recipe = RD_RECIPE_QUEUE, .ratio = 1, .out_queue = 3};
	const struct rd_flow_match *best = NULL;

	for (unsigned i = 0; i < nb; i++) {
		struct rd_flow_built b;

		rd_flow_build(&where, &form, &m[i], 0, &b);
		assert_int_equal(b.rule.attr.priority, m[i].priority);
		if (items_fit(b.item, p) && (best == NULL || m[i].priority < best->priority))
			best = &m[i];
	}
	return best != NULL && !best->deny;
}

// --- chance; few values each, so that they meet ---

static void random_ip(uint8_t family, uint8_t a[16])
{
	memset(a, 0, 16);
	a[0] = family == AF_INET ? 10 : 0x20;
	a[1] = (uint8_t)model_pick(3);
	a[3] = (uint8_t)model_pick(3);
	if (family == AF_INET6)
		a[15] = (uint8_t)model_pick(3);
}

static uint16_t random_port(void)
{
	static const uint16_t some[] = {
		0, 1, 22, 80, 81, 443, 1023, 1024, 6081, 32767, 32768, 65534, 65535};

	return some[model_pick(13)];
}

static struct frame random_frame(void)
{
	static const uint8_t families[] = {0, AF_INET, AF_INET, AF_INET6},
			     protos[] = {6, 6, 17, 132, 1, 58};
	struct frame f = {.family = families[model_pick(4)]};

	f.smac[5] = (uint8_t)model_pick(2);
	f.dmac[5] = (uint8_t)model_pick(2);
	f.vlan = model_pick(3) == 0 ? (uint16_t)(100 + model_pick(2)) : 0;
	if (f.family == 0)
		return f;
	random_ip(f.family, f.src);
	random_ip(f.family, f.dst);
	f.proto = protos[model_pick(6)];
	if (f.proto == 1 || f.proto == 58) // each only with its own IP
		f.proto = f.family == AF_INET ? 1 : 58;
	f.dscp = (uint8_t)(model_pick(2) * 46);
	f.flags = f.proto == 6 ? (uint8_t)model_pick(64) : 0;
	if (ports(&f)) {
		f.sport = random_port();
		f.dport = random_port();
	}
	return f;
}

struct packet model_random_packet(void)
{
	struct packet p = {.outer = random_frame(), .geneve = model_pick(2)};

	if (!p.geneve) {
		if (p.outer.proto == 17 && p.outer.dport == 6081)
			p.outer.dport = 6080;
		return p;
	}
	p.outer.family = AF_INET;
	random_ip(AF_INET, p.outer.src);
	random_ip(AF_INET, p.outer.dst);
	p.outer.proto = 17;
	p.outer.flags = 0;
	p.outer.dport = 6081;
	p.outer.sport = random_port();
	p.inner = random_frame();
	p.vni = 5001 + model_pick(2);
	return p;
}

static void random_range(uint16_t *lo, uint16_t *hi)
{
	*lo = random_port();
	*hi = model_pick(2) ? *lo : random_port();
	if (*lo > *hi) {
		uint16_t t = *lo;

		*lo = *hi;
		*hi = t;
	}
}

struct rd_mirror_rule model_random_rule(void)
{
	static const uint8_t protos[] = {6, 17, 132, 1, 58, 47};
	struct rd_mirror_rule r = {.deny = model_pick(3) == 0,
		.either_way = model_pick(3) == 0,
		.layer = (uint8_t)model_pick(3)};

	for (unsigned i = 0; i < 12; i++)
		r.has |= model_pick(4) == 0 ? 1u << i : 0;
	r.family = model_pick(2) ? AF_INET : AF_INET6;
	if (r.has & RD_MIRROR_HAS_ETHERTYPE)
		r.ethertype = r.family == AF_INET ? 0x0800 : 0x86dd;
	r.smac[5] = (uint8_t)model_pick(2);
	r.dmac[5] = (uint8_t)model_pick(2);
	r.vlan = (uint16_t)(100 + model_pick(2));
	r.vni = 5001 + model_pick(2);
	random_ip(r.family, r.src);
	random_ip(r.family, r.dst);
	r.src_len = (uint8_t)model_pick(33);
	r.dst_len = (uint8_t)model_pick(33);
	r.proto = protos[model_pick(6)];
	r.dscp = (uint8_t)(model_pick(2) * 46);
	random_range(&r.sport_lo, &r.sport_hi);
	random_range(&r.dport_lo, &r.dport_hi);
	r.tcp_mask = (uint8_t)model_pick(64);
	r.tcp_value = r.tcp_mask & (uint8_t)model_pick(64);
	return r;
}
