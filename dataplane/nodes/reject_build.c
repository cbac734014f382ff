/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See reject_build.h. Worker thread.
 */
#include "nodes/reject_build.h"

#include <stdbool.h>
#include <string.h>

#include "base/pkt.h"

#define TTL 64
#define TCP_LEN 20
#define ICMP_LEN 8
#define QUOTE4_MAX (576 - 20 - ICMP_LEN) // RFC 1812 4.3.2.3
#define QUOTE6_MAX (1280 - 40 - ICMP_LEN)
#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

static bool is_host(const uint8_t *ip, uint8_t pkt_flags)
{
	static const uint8_t none[16];

	if (pkt_flags & RD_PKT_IPV4)
		return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
	return ip[0] != 0xff && memcmp(ip, none, 16) != 0;
}

static const uint8_t *destination(const struct rd_reject_in *in)
{
	return in->frame + in->l3_off + (in->pkt_flags & RD_PKT_IPV4 ? 16 : 24);
}

static bool may_answer(const struct rd_reject_in *in)
{
	const uint8_t *ip = in->frame + in->l3_off, *l4 = in->frame + in->l4_off;
	bool v4 = in->pkt_flags & RD_PKT_IPV4;

	if ((in->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0)
		return false;
	if ((in->pkt_flags & (RD_PKT_MCAST | RD_PKT_FRAG)) != 0)
		return false;
	if (!is_host(ip + (v4 ? 12 : 8), in->pkt_flags)
		|| !is_host(ip + (v4 ? 16 : 24), in->pkt_flags))
		return false;
	if (in->proto == RD_IPPROTO_TCP)
		return in->l4_off != 0 && (l4[13] & TCP_RST) == 0;
	if (in->proto == RD_IPPROTO_ICMP || in->proto == RD_IPPROTO_ICMPV6)
		return in->l4_off != 0 && l4[0] == (v4 ? 8 : 128);
	return true;
}

// Ethernet and IP; returns where the payload goes.
static uint8_t *head(const struct rd_reject_in *in, const uint8_t *src, uint8_t *out, uint8_t proto,
	uint32_t len)
{
	const uint8_t *ip = in->frame + in->l3_off;
	uint8_t *o = out + RD_ETH_LEN;

	memcpy(out, in->frame + 6, 6);
	memcpy(out + 6, in->frame, 6);
	if (in->pkt_flags & RD_PKT_IPV4) {
		rd_put16(out + 12, RD_ETHERTYPE_IPV4);
		memcpy(o, (uint8_t[]){0x45, 0, 0, 0, 0, 0, 0x40, 0, TTL, proto, 0, 0}, 12);
		rd_put16(o + 2, (uint16_t)(20 + len));
		memcpy(o + 12, src, 4);
		memcpy(o + 16, ip + 12, 4);
		rd_put16(o + 10, rd_csum_fold(rd_csum_add(0, o, 20)));
		return o + 20;
	}
	rd_put16(out + 12, RD_ETHERTYPE_IPV6);
	memcpy(o, (uint8_t[]){0x60, 0, 0, 0, 0, 0, proto, TTL}, 8);
	rd_put16(o + 4, (uint16_t)len);
	memcpy(o + 8, src, 16);
	memcpy(o + 24, ip + 8, 16);
	return o + 40;
}

// Of the answer's own addresses; ICMP for IPv4 has none.
static uint32_t pseudo_header(const uint8_t *out, uint8_t proto, uint32_t len)
{
	bool v4 = rd_be16(out + 12) == RD_ETHERTYPE_IPV4;
	const uint8_t *ip = out + RD_ETH_LEN;

	return rd_csum_add(proto + len, v4 ? ip + 12 : ip + 8, v4 ? 8 : 32);
}

// Bytes that the segment takes in the sender's sequence numbers.
static uint32_t segment_len(const struct rd_reject_in *in)
{
	const uint8_t *ip = in->frame + in->l3_off, *tcp = in->frame + in->l4_off;
	uint32_t before = (uint32_t)(in->l4_off - in->l3_off) + (tcp[12] >> 4) * 4u;
	uint32_t len = in->pkt_flags & RD_PKT_IPV4 ? rd_be16(ip + 2) : 40u + rd_be16(ip + 4);

	return (len > before ? len - before : 0) + !!(tcp[13] & TCP_SYN) + !!(tcp[13] & TCP_FIN);
}

static uint32_t build_rst(const struct rd_reject_in *in, uint8_t *out)
{
	const uint8_t *tcp = in->frame + in->l4_off;
	uint8_t *o = head(in, destination(in), out, RD_IPPROTO_TCP, TCP_LEN);

	memset(o, 0, TCP_LEN);
	memcpy(o, tcp + 2, 2);
	memcpy(o + 2, tcp, 2);
	o[12] = TCP_LEN / 4 << 4;
	if (tcp[13] & TCP_ACK) { // it goes on where the sender expects it
		memcpy(o + 4, tcp + 8, 4);
		o[13] = TCP_RST;
	} else {
		rd_put32(o + 8, rd_be32(tcp + 4) + segment_len(in));
		o[13] = TCP_RST | TCP_ACK;
	}
	rd_put16(o + 16,
		rd_csum_fold(rd_csum_add(pseudo_header(out, RD_IPPROTO_TCP, TCP_LEN), o, TCP_LEN)));
	return (uint32_t)(o - out) + TCP_LEN;
}

static uint32_t build_icmp(
	const struct rd_reject_in *in, const struct rd_icmp_error *e, uint8_t *out)
{
	bool v4 = in->pkt_flags & RD_PKT_IPV4;
	const uint8_t *ip = in->frame + in->l3_off;
	uint32_t quote = in->len - in->l3_off, sum = 0, max = v4 ? QUOTE4_MAX : QUOTE6_MAX;
	uint32_t ip_len = v4 ? rd_be16(ip + 2) : 40u + rd_be16(ip + 4);
	uint8_t proto = v4 ? RD_IPPROTO_ICMP : RD_IPPROTO_ICMPV6;
	uint8_t *o;

	quote = quote > ip_len ? ip_len : quote; // no Ethernet padding
	quote = quote > max ? max : quote;
	o = head(in, e->src, out, proto, ICMP_LEN + quote);
	memcpy(o, (uint8_t[]){e->type, e->code, 0, 0}, 4);
	rd_put32(o + 4, e->rest);
	memcpy(o + ICMP_LEN, ip, quote);
	if (!v4)
		sum = pseudo_header(out, proto, ICMP_LEN + quote);
	rd_put16(o + 2, rd_csum_fold(rd_csum_add(sum, o, ICMP_LEN + quote)));
	return (uint32_t)(o - out) + ICMP_LEN + quote;
}

uint32_t rd_reject_build(const struct rd_reject_in *in, uint8_t *out)
{
	bool v4 = in->pkt_flags & RD_PKT_IPV4;
	const struct rd_icmp_error prohibited = {v4 ? 3 : 1, v4 ? 13 : 1, 0, destination(in)};

	if (!may_answer(in))
		return 0;
	return in->proto == RD_IPPROTO_TCP ? build_rst(in, out) : build_icmp(in, &prohibited, out);
}

static bool is_icmp_error(const struct rd_reject_in *in)
{
	uint8_t type = in->l4_off != 0 ? in->frame[in->l4_off] : 0;

	if (in->proto == RD_IPPROTO_ICMPV6)
		return type < 128;
	return in->proto == RD_IPPROTO_ICMP
		&& (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

static bool is_unicast(const struct rd_reject_in *in)
{
	const uint8_t *src = in->frame + in->l3_off + (in->pkt_flags & RD_PKT_IPV4 ? 12 : 8);

	return (in->pkt_flags & RD_PKT_MCAST) == 0 && is_host(src, in->pkt_flags)
		&& is_host(destination(in), in->pkt_flags);
}

uint32_t rd_icmp_error_build(
	const struct rd_reject_in *in, const struct rd_icmp_error *e, uint8_t *out)
{
	if ((in->pkt_flags & RD_PKT_FRAG_LATER) != 0 || is_icmp_error(in) || !is_unicast(in))
		return 0;
	return build_icmp(in, e, out);
}
