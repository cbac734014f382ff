/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMPv6: echo, errors, neighbour discovery, multicast listeners; other types by name. Its owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

enum {
	UNREACHABLE = 1,
	TOO_BIG = 2,
	TIME_EXCEEDED = 3,
	PARAMETER = 4,
	ECHO = 128,
	ECHO_REPLY = 129,
	QUERY = 130,
	REPORT = 131,
	DONE = 132,
	ROUTER_SOLICIT = 133,
	ROUTER_ADVERT = 134,
	SOLICIT = 135,
	ADVERT = 136,
	REDIRECT = 137,
	REPORT_V2 = 143,
};

static const char *type_name(uint8_t type)
{
	static const char *const names[] = {"echo request", "echo reply",
		"multicast listener query", "multicast listener report", "multicast listener done",
		"router solicitation", "router advertisement", "neighbor solicitation",
		"neighbor advertisement", "redirect"};

	switch (type) {
	case UNREACHABLE:
		return "destination unreachable";
	case TOO_BIG:
		return "packet too big";
	case TIME_EXCEEDED:
		return "time exceeded in-transit";
	case PARAMETER:
		return "parameter problem";
	case REPORT_V2:
		return "multicast listener report v2";
	default:
		return type >= ECHO && type <= REDIRECT ? names[type - ECHO] : NULL;
	}
}

// The transport ports of the packet that an error quotes, if nothing but IPv6 is in between.
static bool put_unreachable_port(struct print *p, const uint8_t *orig)
{
	const char *proto = orig[6] == RD_IPPROTO_TCP ? "tcp" : "udp";

	if ((orig[6] != RD_IPPROTO_TCP && orig[6] != RD_IPPROTO_UDP) || !have(p, orig, 44))
		return false;
	put(p, ", ");
	print_addr(p, AF_INET6, orig + 24);
	put(p, " %s port %u", proto, rd_be16(orig + 42));
	return true;
}

static bool print_unreachable(struct print *p, const uint8_t *at)
{
	static const char *const words[] = {"unreachable route", " unreachable prohibited",
		"beyond scope", "unreachable address", "unreachable port"};
	uint8_t code = at[1];

	if (code >= sizeof(words) / sizeof(words[0])) {
		put(p, ", unknown unreach code (%u)", code);
		return true;
	}
	put(p, ", %s", words[code]);
	if (!have(p, at, 48))
		return false;
	if (code == 4)
		return put_unreachable_port(p, at + 8);
	put(p, " ");
	print_addr(p, AF_INET6, at + 32);
	if (code == 2) {
		put(p, ", source address ");
		print_addr(p, AF_INET6, at + 16);
	}
	return true;
}

static bool print_time_exceeded(struct print *p, const uint8_t *at)
{
	if (at[1] == 1) {
		put(p, " (reassembly)");
	} else if (at[1] != 0) {
		put(p, ", unknown code (%u)", at[1]);
	} else {
		if (!have(p, at, 48))
			return false;
		put(p, " for ");
		print_addr(p, AF_INET6, at + 32);
	}
	return true;
}

static bool print_parameter(struct print *p, const uint8_t *at)
{
	static const char *const words[] = {
		"erroneous", "next header", "option", "incomplete header chain"};

	if (!have(p, at, 48))
		return false;
	if (at[1] < sizeof(words) / sizeof(words[0]))
		put(p, ", %s - octet %u", words[at[1]], rd_be32(at + 4));
	else
		put(p, ", code-#%u", at[1]);
	return true;
}

// One address at offset `off`, after some words.
static bool put_target(struct print *p, const uint8_t *at, unsigned off, const char *before)
{
	if (!have(p, at, off + 16))
		return false;
	put(p, "%s", before);
	print_addr(p, AF_INET6, at + off);
	return true;
}

static bool print_query_v2(struct print *p, const uint8_t *at, uint32_t len)
{
	uint16_t mrc, nb;

	if (len < 28) {
		put(p, " unknown-version (len %u) ", len);
		return true;
	}
	if (!have(p, at, 28))
		return false;
	mrc = rd_be16(at + 4);
	nb = rd_be16(at + 26);
	put(p, " v2 [max resp delay=%u]",
		mrc < 32768 ? mrc : ((mrc & 0xfffu) | 0x1000u) << ((mrc >> 12 & 7) + 3));
	put_target(p, at, 8, " [gaddr ");
	if (at[24] & 8)
		put(p, " sflag");
	if (at[24] & 7)
		put(p, " robustness=%u", at[24] & 7u);
	if (at[25] != 0)
		put(p, " qqi=%u",
			at[25] < 128 ? at[25] : ((at[25] & 15u) | 16u) << ((at[25] >> 4 & 7) + 3));
	if (nb > 0 && p->verbose > 1 && have(p, at, 28 + nb * 16u)) {
		put(p, " {");
		for (unsigned i = 0; i < nb; i++)
			put_target(p, at, 28 + i * 16, " ");
		put(p, " }");
	} else if (nb > 0) {
		put(p, ", %u source(s)", nb);
	}
	put(p, "]");
	return true;
}

static bool print_listener(struct print *p, const uint8_t *at, uint32_t len)
{
	if (at[0] == QUERY && len != 24 && p->verbose > 0)
		return print_query_v2(p, at, len);
	if (at[0] == QUERY && len != 24) {
		if (len < 28) {
			put(p, " unknown-version (len %u) ", len);
			return true;
		}
		if (!have(p, at, 28))
			return false;
		put(p, " v2");
		put_target(p, at, 8, " [gaddr ");
		if (rd_be16(at + 26) > 0)
			put(p, ", %u source(s)", rd_be16(at + 26));
		put(p, "]");
		return true;
	}
	if (!have(p, at, 24))
		return true;
	put(p, "max resp delay: %u ", rd_be16(at + 4));
	return put_target(p, at, 8, "addr: ");
}

static void put_advert_flags(struct print *p, uint8_t flags)
{
	static const char *const names[] = {"router", "solicited", "override"};
	const char *sep = "";

	put(p, ", Flags [");
	for (unsigned i = 0; i < 3; i++) {
		if (flags & 0x80u >> i) {
			put(p, "%s%s", sep, names[i]);
			sep = ", ";
		}
	}
	put(p, "%s]", flags >> 5 == 0 ? "none" : "");
}

// Neighbour and router discovery: addresses, and with -v the flags and the options.
static bool print_neighbour(struct print *p, const uint8_t *at, uint32_t len)
{
	static const uint8_t header_len[] = {8, 16, 24, 24, 40};
	uint32_t hlen = header_len[at[0] - ROUTER_SOLICIT];
	bool whole = true;

	if (at[0] == SOLICIT)
		whole = put_target(p, at, 8, ", who has ");
	else if (at[0] == ADVERT)
		whole = put_target(p, at, 8, ", tgt is ");
	else if (at[0] == REDIRECT)
		whole = put_target(p, at, 24, ", ") && put_target(p, at, 8, " to ");
	if (!whole || p->verbose == 0)
		return whole;
	if (!have(p, at, hlen))
		return at[0] == ROUTER_SOLICIT;
	if (at[0] == ADVERT)
		put_advert_flags(p, at[4]);
	if (at[0] == ROUTER_ADVERT)
		print_router(p, at);
	if (len > hlen)
		print_neighbour_options(p, at + hlen, len - hlen);
	return true;
}

static void put_csum(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint16_t is = rd_be16(at + 2), want = right_csum(at, len, 2, ip, RD_IPPROTO_ICMPV6);

	if (is == want)
		put(p, "[icmp6 sum ok] ");
	else
		put(p, "[bad icmp6 cksum 0x%04x -> 0x%04x!] ", is, want);
}

// Words after the type's name. false: cut short.
static bool print_details(struct print *p, const uint8_t *at, uint32_t len)
{
	switch (at[0]) {
	case UNREACHABLE:
		return print_unreachable(p, at);
	case TIME_EXCEEDED:
		return print_time_exceeded(p, at);
	case PARAMETER:
		return print_parameter(p, at);
	case TOO_BIG:
		if (!have(p, at, 8))
			return false;
		put(p, ", mtu %u", rd_be32(at + 4));
		return true;
	case ECHO:
	case ECHO_REPLY:
		if (!have(p, at, 8))
			return false;
		put(p, ", id %u, seq %u", rd_be16(at + 4), rd_be16(at + 6));
		return true;
	case QUERY:
	case REPORT:
	case DONE:
		return print_listener(p, at, len);
	case ROUTER_SOLICIT:
	case ROUTER_ADVERT:
	case SOLICIT:
	case ADVERT:
	case REDIRECT:
		return print_neighbour(p, at, len);
	case REPORT_V2:
		if (!have(p, at, 8))
			return false;
		put(p, ", %u group record(s)", rd_be16(at + 6));
		if (p->verbose > 0)
			print_listener_records(p, at, len);
		return true;
	default:
		return true;
	}
}

void print_icmp6(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	if (len == 0) {
		put(p, "ICMP6, length 0 (invalid)");
		return;
	}
	if (!have(p, at, 2)) {
		cut(p, "icmp6");
		return;
	}
	if (p->verbose > 0 && !ip->fragment && len >= 4 && have(p, at, len))
		put_csum(p, at, len, ip);
	if (type_name(at[0]) != NULL)
		put(p, "ICMP6, %s", type_name(at[0]));
	else
		put(p, "ICMP6, unknown icmp6 type (%u)", at[0]);
	if (p->verbose > 0 && at[0] >= ROUTER_SOLICIT && at[0] <= REDIRECT)
		put(p, ", length %u", len);
	if (!print_details(p, at, len))
		cut(p, "icmp6");
	else if (p->verbose == 0)
		put(p, ", length %u", len);
}
