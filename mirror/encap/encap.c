/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The outer headers, see encap.h: Ethernet, IPv4 or IPv6, UDP; and RSPAN, which has none. Pure.
 */
#include "encap/encap.h"

#include <string.h>

#include "encap/encap_priv.h"

#define IP4_LEN 20u
#define IP6_LEN 40u
#define IPPROTO_GRE_ 47
#define IP4_DF 0x4000u
#define SPORT_FIRST 49152u // RFC 7348, section 5: the dynamic range
#define MACS_LEN 12u
#define TAG_LEN 4u

static const char *const names[RD_ENCAP_KINDS] = {
	[RD_ENCAP_ERSPAN1] = "erspan1",
	[RD_ENCAP_ERSPAN2] = "erspan2",
	[RD_ENCAP_ERSPAN3] = "erspan3",
	[RD_ENCAP_GRE] = "gre",
	[RD_ENCAP_VXLAN] = "vxlan",
	[RD_ENCAP_GENEVE] = "geneve",
	[RD_ENCAP_TZSP] = "tzsp",
	[RD_ENCAP_RSPAN] = "rspan",
};

static const uint16_t udp_ports[RD_ENCAP_KINDS] = {
	[RD_ENCAP_VXLAN] = 4789,
	[RD_ENCAP_GENEVE] = 6081,
	[RD_ENCAP_TZSP] = 37008,
};

const char *rd_encap_name(enum rd_encap_kind kind)
{
	return kind < RD_ENCAP_KINDS ? names[kind] : "";
}

int rd_encap_by_name(const char *name)
{
	for (int i = 0; i < RD_ENCAP_KINDS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -ENOENT;
}

bool rd_encap_has_seq(const struct rd_encap *e)
{
	switch (e->conf.kind) {
	case RD_ENCAP_ERSPAN2:
	case RD_ENCAP_ERSPAN3:
		return true;
	case RD_ENCAP_GRE:
		return e->conf.has_seq;
	case RD_ENCAP_GENEVE:
		return (e->conf.options & RD_OPT_COPY) != 0;
	default:
		return false;
	}
}

static int check(const struct rd_encap_conf *c, struct rd_err *err)
{
	if ((unsigned)c->kind >= RD_ENCAP_KINDS)
		return rd_err_set(err, -EINVAL, "no such encapsulation: %d", (int)c->kind);
	if (c->kind == RD_ENCAP_RSPAN)
		return encap_shim_check(c, err);
	if (c->family != 4 && c->family != 6)
		return rd_err_set(err, -EINVAL, "an outer address is IPv4 or IPv6");
	if (c->dscp > 63)
		return rd_err_set(err, -EINVAL, "dscp %u: 0 to 63", c->dscp);
	if (c->ttl == 0)
		return rd_err_set(err, -EINVAL, "ttl 0: no collector would get it");
	return encap_shim_check(c, err);
}

static uint8_t *put_ethernet(const struct rd_encap_conf *c, uint8_t *p)
{
	memcpy(p, c->dmac, 6);
	memcpy(p + 6, c->smac, 6);
	p += MACS_LEN;
	if (c->tci != 0) {
		rd_put16(p, RD_ETHERTYPE_VLAN);
		rd_put16(p + 2, c->tci);
		p += TAG_LEN;
	}
	rd_put16(p, c->family == 4 ? RD_ETHERTYPE_IPV4 : RD_ETHERTYPE_IPV6);
	return p + 2;
}

static uint8_t ip_proto(const struct rd_encap_conf *c)
{
	return encap_is_udp(c->kind) ? RD_IPPROTO_UDP : IPPROTO_GRE_;
}

static uint8_t *put_ipv4(struct rd_encap *e, uint8_t *p)
{
	const struct rd_encap_conf *c = &e->conf;

	p[0] = 0x45;
	p[1] = (uint8_t)(c->dscp << 2);
	rd_put16(p + 6, c->may_fragment ? 0 : IP4_DF);
	p[8] = c->ttl;
	p[9] = ip_proto(c);
	memcpy(p + 12, c->src, 4);
	memcpy(p + 16, c->dst, 4);
	e->ip_sum = rd_csum_add(0, p, IP4_LEN);
	return p + IP4_LEN;
}

static uint8_t *put_ipv6(struct rd_encap *e, uint8_t *p)
{
	const struct rd_encap_conf *c = &e->conf;

	rd_put32(p, 6u << 28 | (uint32_t)c->dscp << 22);
	p[6] = ip_proto(c);
	p[7] = c->ttl;
	memcpy(p + 8, c->src, 16);
	memcpy(p + 24, c->dst, 16);
	e->ip_sum = rd_csum_add(0, p + 8, 32);
	return p + IP6_LEN;
}

static uint8_t *put_udp(const struct rd_encap_conf *c, uint8_t *p)
{
	rd_put16(p, c->sport);
	rd_put16(p + 2, c->dport != 0 ? c->dport : udp_ports[c->kind]);
	return p + ENCAP_UDP_LEN;
}

// The frame's MACs are written per copy: a tag comes between them and its Ethertype.
static void prepare_rspan(struct rd_encap *e)
{
	rd_put16(e->head + MACS_LEN, e->conf.rspan_tpid);
	rd_put16(e->head + MACS_LEN + 2, e->conf.rspan_vid);
	e->skip = MACS_LEN;
	e->len = MACS_LEN + TAG_LEN;
}

int rd_encap_prepare(struct rd_encap *e, const struct rd_encap_conf *conf, struct rd_err *err)
{
	uint8_t *p;
	int rc = check(conf, err);

	if (rc < 0)
		return rc;
	*e = (struct rd_encap){.conf = *conf};
	if (conf->kind == RD_ENCAP_RSPAN) {
		prepare_rspan(e);
		return 0;
	}
	p = put_ethernet(conf, e->head);
	e->l3 = (uint16_t)(p - e->head);
	p = conf->family == 4 ? put_ipv4(e, p) : put_ipv6(e, p);
	e->l4 = (uint16_t)(p - e->head);
	if (encap_is_udp(conf->kind))
		p = put_udp(conf, p);
	e->shim = (uint16_t)(p - e->head);
	e->len = (uint16_t)(encap_shim_prepare(conf, p) - e->head);
	return 0;
}

static void fill_ip(
	const struct rd_encap *e, const struct rd_encap_copy *copy, uint32_t len, uint8_t *ip)
{
	uint16_t id = e->conf.may_fragment ? (uint16_t)copy->seq : 0;

	if (e->conf.family == 6) {
		rd_put16(ip + 4, (uint16_t)(len - IP6_LEN));
		return;
	}
	rd_put16(ip + 2, (uint16_t)len);
	rd_put16(ip + 4, id);
	rd_put16(ip + 10, rd_csum_fold(e->ip_sum + len + id));
}

// RFC 8200, section 8.1: over IPv6 a checksum of 0 would be dropped by most.
static uint16_t udp6_checksum(const struct rd_encap *e, const uint8_t *out, const uint8_t *frame,
	uint32_t len, uint32_t udp_len)
{
	uint32_t sum =
		rd_csum_add(e->ip_sum + udp_len + RD_IPPROTO_UDP, out + e->l4, e->len - e->l4);
	uint16_t csum;

	if ((e->len - e->l4) % 2
		!= 0) // TZSP's 5 bytes: the frame starts at an odd byte, which turns its sum around
		csum = __builtin_bswap16(rd_csum_fold(rd_csum_add(0, frame, len)));
	else
		csum = rd_csum_fold(rd_csum_add(0, frame, len));
	csum = rd_csum_fold(sum + (uint16_t)~csum);
	return csum != 0 ? csum : 0xffff;
}

static void fill_udp(const struct rd_encap *e, const struct rd_encap_copy *copy,
	const uint8_t *frame, uint32_t len, uint8_t *out)
{
	uint32_t udp_len = e->len - e->l4 + len;
	uint8_t *udp = out + e->l4;

	if (e->conf.sport == 0)
		rd_put16(udp, (uint16_t)(SPORT_FIRST + (copy->flow & 0x3fff)));
	rd_put16(udp + 4, (uint16_t)udp_len);
	if (e->conf.family == 6)
		rd_put16(udp + 6, udp6_checksum(e, out, frame, len, udp_len));
}

// At least 16 bytes, the shortest head's. In steps of a fixed size, the last over what is there already: no call.
static inline void put_head(const struct rd_encap *e, uint8_t *out)
{
	for (uint32_t i = 0; i + 16 <= e->len; i += 16)
		memcpy(out + i, e->head + i, 16);
	memcpy(out + e->len - 16, e->head + e->len - 16, 16);
}

void rd_encap_head(const struct rd_encap *e, const struct rd_encap_copy *copy, const uint8_t *frame,
	uint32_t len, uint8_t *out)
{
	put_head(e, out);
	if (e->conf.kind == RD_ENCAP_RSPAN) {
		memcpy(out, frame, MACS_LEN);
		return;
	}
	fill_ip(e, copy, e->len - e->l3 + len, out + e->l3);
	encap_shim_fill(&e->conf, copy, out + e->shim);
	if (encap_is_udp(e->conf.kind))
		fill_udp(e, copy, frame, len, out);
}

uint32_t rd_encap_room(const struct rd_encap *e, uint32_t mtu)
{
	uint32_t before = e->conf.kind == RD_ENCAP_RSPAN ? TAG_LEN : (uint32_t)(e->len - e->l3);

	return mtu > before ? mtu - before : 0;
}
