/* SPDX-License-Identifier: BSD-3-Clause
 *
 * UDP, and Geneve (RFC 8926) with the frame inside. Its owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

static void put_csum(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint16_t is = rd_be16(at + 6), want;

	if (is == 0) {
		put(p, "[no cksum] ");
		return;
	}
	if (!have(p, at, len))
		return;
	want = right_csum(at, len, 6, ip, RD_IPPROTO_UDP);
	if (is == want || (is == 0xffff && want == 0))
		put(p, "[udp sum ok] ");
	else
		put(p, "[bad udp cksum 0x%04x -> 0x%04x!] ", is, want);
}

static void print_datagram(
	struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint32_t ulen = rd_be16(at + 4);
	uint16_t sport = rd_be16(at), dport = rd_be16(at + 2);

	if (ulen < 8) {
		put(p, "truncated-udplength %u", ulen);
		return;
	}
	ulen -= 8;
	len -= 8;
	if (!p->unverified && p->verbose > (ip->family == AF_INET6 ? 0 : 1) && !ip->fragment)
		put_csum(p, at, (ulen < len ? ulen : len) + 8, ip);
	if (!p->quiet && (sport == RD_GENEVE_PORT || dport == RD_GENEVE_PORT) && have(p, at, 8))
		print_geneve(p, at + 8, ulen < len ? ulen : len);
	else if (ulen > len && !ip->fragment)
		put(p, "UDP, bad length %u > %u", ulen, len);
	else
		put(p, "UDP, length %u", ulen);
}

void print_udp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	if (!have(p, at, 4)) {
		print_addrs(p, ip, ": ");
		cut(p, "udp");
		return;
	}
	print_ports(p, ip, rd_be16(at), rd_be16(at + 2));
	if (len < 8)
		put(p, "truncated-udp %u", len);
	else if (!have(p, at, 8))
		cut(p, "udp");
	else
		print_datagram(p, at, len, ip);
}

static void put_geneve_flags(struct print *p, uint8_t flags)
{
	static const char *const names[] = {"O", "C", "R1", "R2", "R3", "R4", "R5", "R6"};

	put(p, ", Flags [");
	for (unsigned i = 0; i < 8; i++) {
		if (flags & 0x80u >> i)
			put(p, "%s", names[i]);
	}
	put(p, "%s]", flags == 0 ? "none" : "");
}

static void print_geneve_payload(struct print *p, uint16_t proto, const uint8_t *at, uint32_t len)
{
	put(p, p->verbose > 0 ? "\n\t" : ": ");
	if (print_ethertype(p, proto, at, len))
		return;
	if (proto == RD_ETHERTYPE_TEB)
		print_ether(p, at, len);
	else
		put(p, "geneve-proto-0x%x", proto);
}

void print_geneve(struct print *p, const uint8_t *at, uint32_t len)
{
	uint32_t opts;
	uint16_t proto;

	put(p, "Geneve");
	if (len < 8) {
		put(p, " [length %u < 8] (invalid)", len);
		return;
	}
	if (!have(p, at, 8)) {
		cut(p, "geneve");
		return;
	}
	if (at[0] >> 6 != 0) {
		put(p, " ERROR: unknown-version %u", at[0] >> 6);
		return;
	}
	proto = rd_be16(at + 2);
	opts = (at[0] & 0x3fu) * 4;
	put_geneve_flags(p, at[1]);
	put(p, ", vni 0x%x", rd_be32(at + 4) >> 8);
	if (at[7] != 0)
		put(p, ", rsvd 0x%x", at[7]);
	put(p, ", proto %s (0x%04x)", ethertype_name(proto, "unknown"), proto);
	if (len - 8 < opts) {
		put(p, " truncated-geneve - %u bytes missing", opts - (len - 8));
		return;
	}
	if (!have(p, at, 8 + opts)) {
		cut(p, "geneve");
		return;
	}
	if (opts > 0 && p->verbose > 0)
		print_geneve_options(p, at + 8, opts);
	else if (opts > 0)
		put(p, ", options [%u bytes]", opts);
	print_geneve_payload(p, proto, at + 8 + opts, len - 8 - opts);
}
