/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPv4 and IPv6 with the extension headers that guests send, and what they carry. Its owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

void print_addr(struct print *p, int family, const uint8_t *addr)
{
	char text[RD_IP_TEXT];

	put(p, "%s", rd_fmt_ip(family, addr, text));
}

void print_addrs(struct print *p, const struct print_ip *ip, const char *after)
{
	print_addr(p, ip->family, ip->addr[0]);
	put(p, " > ");
	print_addr(p, ip->family, ip->addr[1]);
	put(p, "%s", after);
}

void print_ports(struct print *p, const struct print_ip *ip, uint16_t sport, uint16_t dport)
{
	if (!ip->direct) {
		put(p, "%u > %u: ", sport, dport);
		return;
	}
	print_addr(p, ip->family, ip->addr[0]);
	put(p, ".%u > ", sport);
	print_addr(p, ip->family, ip->addr[1]);
	put(p, ".%u: ", dport);
}

void print_proto(
	struct print *p, uint8_t proto, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	switch (proto) {
	case RD_IPPROTO_TCP:
		print_tcp(p, at, len, ip);
		break;
	case RD_IPPROTO_UDP:
		print_udp(p, at, len, ip);
		break;
	case RD_IPPROTO_ICMP:
		if (ip->family == AF_INET)
			print_icmp(p, at, len, ip);
		else
			put(p, "[ICMP requires IPv4] (invalid)");
		break;
	case RD_IPPROTO_ICMPV6:
		if (ip->family == AF_INET6)
			print_icmp6(p, at, len, ip);
		else
			put(p, "[ICMPv6 requires IPv6] (invalid)");
		break;
	case 59:
		put(p, "no next header");
		break;
	default:
		put(p, " ip-proto-%u %u", proto, len);
	}
}

// Whether addresses are printed by the transport's printer, together with ports.
static bool has_ports(uint8_t proto)
{
	return proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP;
}

static void print_ip4_payload(struct print *p, const uint8_t *at, uint32_t hlen, uint32_t len)
{
	uint16_t frag = rd_be16(at + 6);
	struct print_ip ip = {.addr = {at + 12, at + 16}, .family = AF_INET, .direct = true};

	ip.fragment = (frag & 0x2000) != 0;
	if ((frag & 0x1fff) != 0) {
		print_addrs(p, &ip, ":");
		put(p, " ip-proto-%u", at[9]);
		return;
	}
	if (!has_ports(at[9]))
		print_addrs(p, &ip, ": ");
	if (!have(p, at, hlen)) {
		put(p, " [remaining caplen(%u) < header length(%u)]", (unsigned)(p->end - at),
			hlen);
		cut(p, "ip");
		return;
	}
	print_proto(p, at[9], at + hlen, len, &ip);
}

void print_ip4(struct print *p, const uint8_t *at, uint32_t len)
{
	uint32_t hlen, total;

	if (!have(p, at, 1)) {
		cut(p, "ip");
		return;
	}
	if (at[0] >> 4 != 4) {
		if (at[0] >> 4 == 6)
			put(p, "IP6, wrong link-layer encapsulation");
		else
			put(p, "IP%u", at[0] >> 4);
		put(p, " (invalid)");
		return;
	}
	if (!have(p, at, 20)) {
		cut(p, "ip");
		return;
	}
	hlen = (at[0] & 15u) * 4;
	total = rd_be16(at + 2);
	if (len < 20) {
		put(p, "truncated-ip %u", len);
	} else if (hlen < 20) {
		put(p, "bad-hlen %u", hlen);
	} else {
		const uint8_t *end = p->end;

		if (len < total)
			put(p, "truncated-ip - %u bytes missing! ", total - len);
		if (total < hlen) {
			put(p, "bad-len %u", total);
			return;
		}
		if (have(p, at, total))
			p->end = at + total; // Ethernet padding is not payload
		if (p->verbose == 0 || print_ip4_header(p, at, hlen, total))
			print_ip4_payload(p, at, hlen, total - hlen);
		p->end = end;
	}
}

// One extension header at *at. Returns its length, 0 when nothing more can be printed.
static uint32_t print_extension(
	struct print *p, uint8_t proto, const uint8_t *at, const uint8_t *ip6)
{
	const char *name = proto == 0 ? "hbhopt" : proto == 60 ? "dstopt" : "frag6";
	uint16_t off;

	if (!have(p, at, 8) || (proto != 44 && !have(p, at, (at[1] + 1u) * 8))) {
		cut(p, name);
		return 0;
	}
	if (proto != 44) {
		put(p, proto == 0 ? "HBH " : "DSTOPT ");
		if (p->verbose > 0)
			print_ip6_options(p, at + 2, (at[1] + 1u) * 8 - 2);
		return (at[1] + 1u) * 8;
	}
	off = rd_be16(at + 2) & 0xfff8;
	put(p, "frag (");
	if (p->verbose > 0)
		put(p, "0x%08x:", rd_be32(at + 4));
	put(p, "%u|%u)", off, 40u + rd_be16(ip6 + 4) - (unsigned)(at - ip6) - 8);
	if (off != 0)
		return 0;
	put(p, " ");
	return 8;
}

static void print_ip6_payload(struct print *p, const uint8_t *ip6, uint32_t len)
{
	struct print_ip ip = {.addr = {ip6 + 8, ip6 + 24}, .family = AF_INET6};
	const uint8_t *at = ip6 + 40;
	uint8_t proto = ip6[6];
	uint32_t left = len - 40;

	ip.direct = has_ports(proto);
	if (!ip.direct)
		print_addrs(p, &ip, ": ");
	while (proto == 0 || proto == 60 || proto == 44) {
		uint32_t n = print_extension(p, proto, at, ip6);

		if (n == 0)
			return;
		if (n > left) {
			cut(p, "ip6");
			return;
		}
		ip.fragment |= proto == 44;
		proto = at[0];
		at += n;
		left -= n;
		if (at >= p->end && ip.fragment)
			return;
	}
	print_proto(p, proto, at, left, &ip);
}

void print_ip6(struct print *p, const uint8_t *at, uint32_t len)
{
	const uint8_t *end = p->end;
	uint32_t total;

	if (!have(p, at, 40)) {
		cut(p, "ip6");
		return;
	}
	if (len < 40) {
		put(p, "truncated-ip6 %u", len);
		return;
	}
	if (at[0] >> 4 != 6) {
		put(p, "version error: %u != 6", at[0] >> 4);
		return;
	}
	total = 40u + rd_be16(at + 4);
	if (len < total)
		put(p, "truncated-ip6 - %u bytes missing!", total - len);
	if (have(p, at, total))
		p->end = at + total;
	if (p->verbose > 0)
		print_ip6_header(p, at);
	print_ip6_payload(p, at, total);
	p->end = end;
}
