/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Outer headers and the UDP tunnels, see decap.h. Pure.
 */
#include "encap/decap.h"

#include <string.h>

#include "base/str.h"
#include "encap/decap_priv.h"

#define MAX_TAGS 4u
#define MAX_EXT 8u
#define IPPROTO_GRE_ 47
#define IPV6_LEN 40u
#define UDP_LEN 8u
#define TUNNEL_LEN 8u // Geneve's and VXLAN's fixed part
#define PORT_VXLAN 4789
#define PORT_VXLAN_OLD 8472 // Linux before it had a number
#define PORT_TZSP 37008
#define TZSP_LEN 4u
#define TZSP_ETHERNET 1
#define TZSP_TAG_PAD 0
#define TZSP_TAG_END 1
#define VXLAN_I 0x08u // the VNI is valid

static bool is_tag(uint16_t type)
{
	return type == RD_ETHERTYPE_VLAN || type == RD_ETHERTYPE_QINQ || type == 0x9100;
}

// The offset behind the tags, 0 if the frame ends before; *type is what follows.
static size_t skip_tags(const uint8_t *frame, size_t len, uint16_t *type)
{
	size_t off = RD_ETH_LEN;

	if (len < RD_ETH_LEN)
		return 0;
	*type = rd_be16(frame + 12);
	for (unsigned i = 0; i < MAX_TAGS && is_tag(*type); i++, off += 4) {
		if (len - off < 4)
			return 0;
		*type = rd_be16(frame + off + 2);
	}
	return off;
}

// The protocol behind the IPv4 header at v->off, which moves on; -1 if there is none to look into.
static int enter_ipv4(struct decap_view *v, size_t wire_len, struct rd_decap *d)
{
	const uint8_t *ip = v->frame + v->off;
	size_t head, total;

	v->end = SIZE_MAX;
	if (!decap_has(v, v->off, 20) || ip[0] >> 4 != 4)
		return -1;
	head = (ip[0] & 0xfu) * 4;
	total = rd_be16(ip + 2);
	if (head < 20 || total < head)
		return -1;
	if (rd_be16(ip + 6) & 0x3fff)
		d->fault = RD_DECAP_F_FRAGMENT;
	else if (total > wire_len - v->off)
		d->fault = RD_DECAP_F_OUTER_LEN;
	v->end = v->off + total;
	v->off += head;
	return ip[9];
}

static bool is_extension(uint8_t proto)
{
	return proto == 0 || proto == 43 || proto == 44 || proto == 60;
}

// The same for IPv6 and its extension headers.
static int enter_ipv6(struct decap_view *v, size_t wire_len, struct rd_decap *d)
{
	const uint8_t *ip = v->frame + v->off;
	uint8_t proto;

	v->end = SIZE_MAX;
	if (!decap_has(v, v->off, IPV6_LEN) || ip[0] >> 4 != 6)
		return -1;
	v->end = v->off + IPV6_LEN + rd_be16(ip + 4);
	if (v->end > wire_len)
		d->fault = RD_DECAP_F_OUTER_LEN;
	proto = ip[6];
	v->off += IPV6_LEN;
	for (unsigned i = 0; i < MAX_EXT && is_extension(proto); i++) {
		const uint8_t *ext = v->frame + v->off;
		size_t len;

		if (!decap_has(v, v->off, 8))
			return -1;
		len = proto == 44 ? 8 : (ext[1] + 1u) * 8;
		if (proto == 44 && (rd_be16(ext + 2) & 0xfff9) != 0)
			d->fault = RD_DECAP_F_FRAGMENT;
		proto = ext[0];
		v->off += len;
	}
	return v->off <= v->end ? proto : -1;
}

enum rd_decap_result decap_inner(const struct decap_view *v, size_t off, struct rd_decap *d)
{
	size_t need = d->protocol == RD_ETHERTYPE_TEB ? RD_ETH_LEN : 20;

	if (off > v->end || v->end - off < need)
		return decap_bad(d, RD_DECAP_F_INNER_ROOM);
	if (!decap_has(v, off, need))
		return decap_bad(d, RD_DECAP_F_INNER_CUT);
	d->inner = (uint32_t)off;
	d->inner_len = (uint32_t)(v->end - off);
	return RD_DECAP_YES;
}

static bool is_inner_protocol(uint16_t type)
{
	return type == RD_ETHERTYPE_TEB || type == RD_ETHERTYPE_IPV4 || type == RD_ETHERTYPE_IPV6;
}

static enum rd_decap_result decap_geneve(
	const struct decap_view *v, const uint8_t *h, struct rd_decap *d)
{
	d->kind = RD_DECAP_GENEVE;
	if (h[0] >> 6 != 0)
		return decap_bad(d, RD_DECAP_F_GENEVE_VERSION);
	d->opt_off = (uint16_t)(v->off + TUNNEL_LEN);
	d->opt_len = (uint16_t)((h[0] & 0x3fu) * 4);
	if (!decap_has(v, d->opt_off, d->opt_len)) {
		d->opt_len = 0;
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	}
	d->protocol = rd_be16(h + 2);
	d->id = rd_be32(h + 4) >> 8;
	d->has_id = true;
	if (!is_inner_protocol(d->protocol))
		return decap_bad(d, RD_DECAP_F_GENEVE_PROTOCOL);
	return decap_inner(v, (size_t)d->opt_off + d->opt_len, d);
}

static enum rd_decap_result decap_vxlan(
	const struct decap_view *v, const uint8_t *h, struct rd_decap *d)
{
	d->kind = RD_DECAP_VXLAN;
	if ((h[0] & VXLAN_I) == 0)
		return decap_bad(d, RD_DECAP_F_VXLAN_NO_VNI);
	d->protocol = RD_ETHERTYPE_TEB;
	d->id = rd_be32(h + 4) >> 8;
	d->has_id = true;
	return decap_inner(v, v->off + TUNNEL_LEN, d);
}

// Its tags have a type and a length, but for the two that fill and end the list.
static enum rd_decap_result decap_tzsp(
	const struct decap_view *v, const uint8_t *h, struct rd_decap *d)
{
	size_t off = v->off + TZSP_LEN;

	d->kind = RD_DECAP_TZSP;
	if (h[0] != 1 || rd_be16(h + 2) != TZSP_ETHERNET)
		return RD_DECAP_NO;
	d->protocol = RD_ETHERTYPE_TEB;
	for (;;) {
		if (!decap_has(v, off, 1))
			return decap_bad(d, RD_DECAP_F_HEADER_CUT);
		if (v->frame[off] == TZSP_TAG_END)
			return decap_inner(v, off + 1, d);
		if (v->frame[off] == TZSP_TAG_PAD) {
			off++;
			continue;
		}
		if (!decap_has(v, off, 2))
			return decap_bad(d, RD_DECAP_F_HEADER_CUT);
		off += 2u + v->frame[off + 1];
	}
}

static enum rd_decap_result decap_port(
	struct decap_view *v, uint16_t port, const uint8_t *h, struct rd_decap *d)
{
	if (port == PORT_TZSP)
		return decap_has(v, v->off, TZSP_LEN) ? decap_tzsp(v, h, d) : RD_DECAP_NO;
	if (!decap_has(v, v->off, TUNNEL_LEN))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	return port == RD_GENEVE_PORT ? decap_geneve(v, h, d) : decap_vxlan(v, h, d);
}

static enum rd_decap_result decap_udp(struct decap_view *v, struct rd_decap *d)
{
	const uint8_t *udp = v->frame + v->off;
	uint16_t port, len;

	if (!decap_has(v, v->off, UDP_LEN))
		return RD_DECAP_NO;
	port = rd_be16(udp + 2);
	if (port != RD_GENEVE_PORT && port != PORT_VXLAN && port != PORT_VXLAN_OLD
		&& port != PORT_TZSP)
		return RD_DECAP_NO;
	len = rd_be16(udp + 4);
	if (len < UDP_LEN || len > v->end - v->off)
		return decap_bad(d, RD_DECAP_F_UDP_LEN);
	v->end = v->off + len;
	v->off += UDP_LEN;
	return decap_port(v, port, udp + UDP_LEN, d);
}

// The outer IP packet's payload: its protocol, or -1.
static int enter_ip(struct decap_view *v, size_t wire_len, struct rd_decap *d)
{
	uint16_t type = 0;

	v->off = skip_tags(v->frame, v->len, &type);
	d->ip_off = (uint16_t)v->off;
	if (v->off == 0)
		return -1;
	if (type == RD_ETHERTYPE_IPV4)
		return enter_ipv4(v, wire_len, d);
	return type == RD_ETHERTYPE_IPV6 ? enter_ipv6(v, wire_len, d) : -1;
}

enum rd_decap_result rd_decap(const uint8_t *frame, size_t len, size_t wire_len, struct rd_decap *d)
{
	struct decap_view v = {.frame = frame, .len = len < wire_len ? len : wire_len};
	enum rd_decap_result rc = RD_DECAP_NO;
	enum rd_decap_fault outer;
	int proto;

	memset(d, 0, sizeof(*d));
	if (v.len > DECAP_MAX_OFFSET)
		v.len = DECAP_MAX_OFFSET;
	proto = enter_ip(&v, wire_len, d);
	outer = d->fault;
	d->fault = RD_DECAP_FINE;
	if (proto == RD_IPPROTO_UDP)
		rc = decap_udp(&v, d);
	else if (proto == IPPROTO_GRE_)
		rc = decap_gre(&v, d);
	if (rc == RD_DECAP_NO)
		d->kind = RD_DECAP_NONE;
	// What is wrong with the outer packet counts only if it is a tunnel. GRE's later fragments are its, whatever their bytes look like.
	if (outer == RD_DECAP_FINE
		|| (rc == RD_DECAP_NO && (outer != RD_DECAP_F_FRAGMENT || proto != IPPROTO_GRE_)))
		return rc;
	d->kind = d->kind == RD_DECAP_NONE ? RD_DECAP_GRE : d->kind;
	return decap_bad(d, outer);
}

const char *rd_decap_name(enum rd_decap_kind kind)
{
	static const char *const names[] = {
		"", "geneve", "vxlan", "gre", "tzsp", "erspan1", "erspan2", "erspan3"};

	return names[kind];
}

const char *rd_decap_fault_name(enum rd_decap_fault fault)
{
	static const char *const names[RD_DECAP_NB_FAULTS] = {"",
#define FAULT_NAME(NAME, name, words) name,
		RD_DECAP_FAULTS(FAULT_NAME)};

	return names[fault];
}

const char *rd_decap_fault_words(enum rd_decap_fault fault)
{
	static const char *const texts[RD_DECAP_NB_FAULTS] = {"",
#define FAULT_WORDS(NAME, name, words) words,
		RD_DECAP_FAULTS(FAULT_WORDS)};

	return texts[fault];
}

static void put_erspan(const struct rd_decap *d, char *buf, size_t size, size_t *len)
{
	const struct rd_erspan *e = &d->erspan;

	rd_str_addf(buf, size, len, " session=%u", d->id);
	if (d->has_seq)
		rd_str_addf(buf, size, len, " seq=%u", d->seq);
	if (e->vlan != 0)
		rd_str_addf(buf, size, len, " vlan=%u cos=%u", e->vlan, e->cos);
	if (d->kind == RD_DECAP_ERSPAN2)
		rd_str_addf(buf, size, len, " index=%u", e->index);
	else
		rd_str_addf(buf, size, len, " hwid=%u sgt=%u time=%u gra=%u dir=%s", e->hw_id,
			e->sgt, e->time, e->gra, e->egress ? "egress" : "ingress");
	if (e->truncated)
		rd_str_addf(buf, size, len, " truncated");
}

const char *rd_decap_text(const struct rd_decap *d, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "%s", rd_decap_name(d->kind));
	if (d->kind >= RD_DECAP_ERSPAN2) {
		put_erspan(d, buf, size, &len);
		return buf;
	}
	if (d->has_id && d->kind == RD_DECAP_GRE)
		rd_str_addf(buf, size, &len, " key=0x%08x", d->id);
	else if (d->has_id)
		rd_str_addf(buf, size, &len, " vni=%u", d->id);
	if (d->has_seq)
		rd_str_addf(buf, size, &len, " seq=%u", d->seq);
	return buf;
}
