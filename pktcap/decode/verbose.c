/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What -v prints of IPv4, IPv6 and Geneve headers, and checksums. Its owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

struct name {
	unsigned number;
	const char *name;
};

static const struct name protos[] = {{0, "Options"}, {1, "ICMP"}, {2, "IGMP"}, {4, "IPIP"},
	{6, "TCP"}, {8, "EGP"}, {9, "IGRP"}, {17, "UDP"}, {33, "DCCP"}, {41, "IPv6"},
	{43, "Routing"}, {44, "Fragment"}, {46, "RSVP"}, {47, "GRE"}, {50, "ESP"}, {51, "AH"},
	{55, "Mobile IP"}, {58, "ICMPv6"}, {62, "Mobile IP (old)"}, {88, "EIGRP"}, {89, "OSPF"},
	{103, "PIM"}, {108, "Compressed IP"}, {112, "VRRP"}, {113, "PGM"}, {132, "SCTP"},
	{135, "Mobility"}, {143, "Ethernet"}, {0, NULL}};
static const struct name ip_options[] = {{0, "EOL"}, {1, "NOP"}, {7, "RR"}, {68, "timestamp"},
	{130, "security"}, {131, "LSRR"}, {137, "SSRR"}, {148, "RA"}, {0, NULL}};

static const char *name_of(const struct name *list, unsigned number, const char *unknown)
{
	for (; list->name != NULL; list++)
		if (list->number == number)
			return list->name;
	return unknown;
}

const char *proto_name(uint8_t proto)
{
	return name_of(protos, proto, "unknown");
}

uint16_t right_csum(
	const uint8_t *at, uint32_t len, unsigned where, const struct print_ip *ip, uint8_t proto)
{
	uint8_t tail[4] = {0, proto, (uint8_t)(len >> 8), (uint8_t)len}; // of the pseudo header
	size_t alen = ip != NULL && ip->family == AF_INET6 ? 16 : 4;
	uint32_t sum = 0;

	if (ip != NULL) {
		sum = rd_csum_add(sum, ip->addr[0], alen);
		sum = rd_csum_add(sum, ip->addr[1], alen);
		sum = rd_csum_add(sum, tail, sizeof(tail));
	}
	sum = rd_csum_add(sum, at, where);
	return rd_csum_fold(rd_csum_add(sum, at + where + 2, len - where - 2));
}

// The addresses of a record or source route; the list ends where the pointer stands.
static void put_route(struct print *p, const uint8_t *opt, uint32_t len)
{
	uint32_t ptr;

	if (len < 3 || (len + 1) % 4 != 0) {
		put(p, " [bad length %u]", len);
		return;
	}
	ptr = opt[2] - 1u;
	if (opt[2] < 4 || (ptr + 1) % 4 != 0)
		put(p, " [bad ptr %u]", opt[2]);
	for (uint32_t i = 3; i + 4 <= len; i += 4) {
		put(p, " ");
		print_addr(p, AF_INET, opt + i);
		put(p, "%s", ptr > i ? "," : "");
	}
}

static void put_option(struct print *p, const uint8_t *opt, uint32_t len)
{
	if (opt[0] == 7 || opt[0] == 131 || opt[0] == 137)
		put_route(p, opt, len);
	else if (opt[0] == 148 && len != 4)
		put(p, " [bad length %u]", len);
	else if (opt[0] == 148 && rd_be16(opt + 2) != 0)
		put(p, " value %u", rd_be16(opt + 2));
}

// One option. Its length; 0 if nothing can follow it.
static uint32_t print_ip4_option(struct print *p, const uint8_t *at, uint32_t left)
{
	const char *name = name_of(ip_options, at[0], NULL);
	uint32_t len = 1;

	if (name != NULL)
		put(p, "%s", name);
	else
		put(p, "unknown %u", at[0]);
	if (at[0] > 1)
		len = have(p, at, 2) && left > 1 ? at[1] : 0;
	if (at[0] > 1 && (len < 2 || len > left)) {
		put(p, " [bad length %u]", len);
		return 0;
	}
	if (!have(p, at, len))
		return 0;
	put_option(p, at, len);
	return at[0] == 0 ? 0 : len;
}

static bool print_ip4_options(struct print *p, const uint8_t *at, uint32_t left)
{
	const char *sep = "";
	uint32_t len = 1;

	put(p, ", options (");
	for (; left > 0 && len > 0; at += len, left -= len) {
		put(p, "%s", sep);
		if (!have(p, at, 1)) {
			put(p, " [|ip]");
			return false;
		}
		len = print_ip4_option(p, at, left);
		sep = ",";
	}
	put(p, ")");
	return true;
}

static void put_ip4_flags(struct print *p, uint16_t frag)
{
	const char *sep = "";

	put(p, "flags [");
	if (frag & 0x2000) {
		put(p, "+");
		sep = ", ";
	}
	if (frag & 0x4000) {
		put(p, "%sDF", sep);
		sep = ", ";
	}
	if (frag & 0x8000)
		put(p, "%srsvd", sep);
	put(p, "%s], ", frag & 0xe000 ? "" : "none");
}

bool print_ip4_header(struct print *p, const uint8_t *at, uint32_t hlen, uint32_t total)
{
	static const char *const ecn[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};
	uint16_t frag = rd_be16(at + 6), want;

	put(p, "(tos 0x%x%s, ", at[1], ecn[at[1] & 3]);
	if (at[8] >= 1)
		put(p, "ttl %u, ", at[8]);
	put(p, "id %u, offset %u, ", rd_be16(at + 4), (frag & 0x1fffu) * 8);
	put_ip4_flags(p, frag);
	put(p, "proto %s (%u), length %u", proto_name(at[9]), at[9], total);
	if (hlen > 20 && !print_ip4_options(p, at + 20, hlen - 20))
		return false;
	if (!p->unverified && have(p, at, hlen)) {
		want = right_csum(at, hlen, 10, NULL, 0);
		if (want != rd_be16(at + 10))
			put(p, ", bad cksum %x (->%x)!", rd_be16(at + 10), want);
	}
	put(p, ")\n    ");
	return true;
}

void print_ip6_header(struct print *p, const uint8_t *at)
{
	uint32_t flow = rd_be32(at);

	put(p, "(");
	if (flow & 0x0ff00000)
		put(p, "class 0x%02x, ", (flow & 0x0ff00000) >> 20);
	if (flow & 0xfffff)
		put(p, "flowlabel 0x%05x, ", flow & 0xfffff);
	put(p, "hlim %u, next-header %s (%u) payload length: %u) ", at[7], proto_name(at[6]), at[6],
		rd_be16(at + 4));
}

// One option of an extension header that has its `len` bytes.
static void put_ip6_option(struct print *p, const uint8_t *opt, uint32_t len)
{
	if (opt[0] == 1) {
		put(p, "(padn)");
	} else if (opt[0] == 5 && len == 4) {
		put(p, "(rtalert: 0x%04x) ", rd_be16(opt + 2));
	} else if (opt[0] == 0xc2 && len == 6) {
		put(p, "(jumbo: %u - payload len != 0) ", rd_be32(opt + 2));
	} else if (opt[0] == 0xc9 && len == 18) {
		put(p, "(homeaddr: ");
		print_addr(p, AF_INET6, opt + 2);
		put(p, ")");
	} else {
		put(p, "(opt_type 0x%02x: len=%u)", opt[0], len - 2);
	}
}

void print_ip6_options(struct print *p, const uint8_t *at, uint32_t left)
{
	while (left > 0) {
		uint32_t len = at[0] == 0 ? 1 : left < 2 ? 0 : at[1] + 2u;

		if (at[0] == 0) {
			put(p, "(pad1)");
		} else if (len == 0 || len > left) {
			put(p, "(opt_type 0x%02x: trunc)", at[0]);
			break;
		} else {
			put_ip6_option(p, at, len);
		}
		at += len;
		left -= len;
	}
	put(p, " ");
}

static const char *geneve_class(uint16_t class)
{
	static const char *const names[] = {"Linux", "Open vSwitch",
		"Open Virtual Networking (OVN)", "In-band Network Telemetry (INT)", "VMware"};

	if (class <= 0xff)
		return "Standard";
	if (class - 0x100u < sizeof(names) / sizeof(names[0]))
		return names[class - 0x100];
	return class == 0xffff ? "Experimental" : "Unknown";
}

void print_geneve_options(struct print *p, const uint8_t *at, uint32_t left)
{
	const char *sep = "";

	put(p, ", options [");
	while (left >= 4) {
		uint32_t len = 4 + (at[3] & 31u) * 4;

		put(p, "%sclass %s (0x%x) type 0x%x%s len %u", sep, geneve_class(rd_be16(at)),
			rd_be16(at), at[2], at[2] & 0x80u ? "(C)" : "", len);
		sep = ", ";
		if (len > left) {
			put(p, " [bad length]");
			break;
		}
		if (p->verbose > 1 && len > 4)
			put(p, " data");
		for (uint32_t i = 4; i < len && p->verbose > 1; i += 4)
			put(p, " %08x", rd_be32(at + i));
		at += len;
		left -= len;
	}
	put(p, "]");
}
