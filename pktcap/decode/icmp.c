/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP and ICMPv6: echo, errors, neighbour discovery and multicast listeners; other types by their names. Its
 * owner's thread.
 */
#include <sys/socket.h>

#include "decode/print.h"

#define QUOTES_MAX 6 // errors about errors, and frames around them

static const char *type_name(uint8_t type)
{
	switch (type) {
	case 4:
		return "source quench";
	case 10:
		return "router solicitation";
	case 13:
		return "time stamp request";
	case 15:
		return "information request";
	case 16:
		return "information reply";
	case 17:
		return "address mask request";
	default:
		return NULL;
	}
}

// "port unreachable" quotes the transport header of the packet that could not be delivered.
static bool put_unreachable_port(struct print *p, const uint8_t *orig)
{
	uint32_t hlen = (orig[0] & 15u) * 4;
	const char *proto = orig[9] == RD_IPPROTO_TCP ? "tcp"
		: orig[9] == RD_IPPROTO_UDP	      ? "udp"
						      : NULL;

	if (!have(p, orig, hlen + 4))
		return false;
	put(p, "ICMP ");
	print_addr(p, AF_INET, orig + 16);
	if (proto != NULL)
		put(p, " %s port %u unreachable", proto, rd_be16(orig + hlen + 2));
	else
		put(p, " protocol %u port %u unreachable", orig[9], rd_be16(orig + hlen + 2));
	return true;
}

struct unreach_text {
	const char *before, *after;
};

static const struct unreach_text unreach[] = {
	[0] = {"net ", " unreachable"},
	[1] = {"host ", " unreachable"},
	[5] = {"", " unreachable - source route failed"},
	[6] = {"net ", " unreachable - unknown"},
	[7] = {"host ", " unreachable - unknown"},
	[8] = {"", " unreachable - source host isolated"},
	[9] = {"net ", " unreachable - admin prohibited"},
	[10] = {"host ", " unreachable - admin prohibited"},
	[11] = {"net ", " unreachable - tos prohibited"},
	[12] = {"host ", " unreachable - tos prohibited"},
	[13] = {"host ", " unreachable - admin prohibited filter"},
	[14] = {"host ", " unreachable - host precedence violation"},
	[15] = {"host ", " unreachable - precedence cutoff"},
};

static bool print_unreachable(struct print *p, const uint8_t *at)
{
	const uint8_t *orig = at + 8;
	uint8_t code = at[1];
	bool listed = code < sizeof(unreach) / sizeof(unreach[0]) && unreach[code].after != NULL;

	if (!have(p, orig, 20))
		return false;
	if (code == 3)
		return put_unreachable_port(p, orig);
	put(p, "ICMP %s", listed ? unreach[code].before : "");
	print_addr(p, AF_INET, orig + 16);
	if (listed)
		put(p, "%s", unreach[code].after);
	else if (code == 2)
		put(p, " protocol %u unreachable", orig[9]);
	else if (code == 4 && rd_be16(at + 6) != 0)
		put(p, " unreachable - need to frag (mtu %u)", rd_be16(at + 6));
	else if (code == 4)
		put(p, " unreachable - need to frag");
	else
		put(p, " unreachable - #%u", code);
	return true;
}

static bool print_redirect(struct print *p, const uint8_t *at)
{
	static const char *const form[] = {
		"redirect ", "redirect ", "redirect-tos ", "redirect-tos "};
	static const char *const to[] = {" to net ", " to host ", " to net ", " to host "};

	if (!have(p, at, 28))
		return false;
	if (at[1] < 4)
		put(p, "ICMP %s", form[at[1]]);
	else
		put(p, "ICMP redirect-#%u ", at[1]);
	print_addr(p, AF_INET, at + 24);
	put(p, "%s", at[1] < 4 ? to[at[1]] : " to ");
	print_addr(p, AF_INET, at + 4);
	return true;
}

static bool print_time_exceeded(struct print *p, const uint8_t *at)
{
	if (!have(p, at, 28))
		return false;
	if (at[1] < 2)
		put(p, "ICMP %s",
			at[1] == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded");
	else
		put(p, "ICMP time exceeded-#%u", at[1]);
	return true;
}

// Prints all but the length. false: cut short.
static bool print_icmp_type(struct print *p, const uint8_t *at)
{
	switch (at[0]) {
	case 0:
	case 8:
		if (!have(p, at, 8))
			return false;
		put(p, "ICMP echo %s, id %u, seq %u", at[0] == 8 ? "request" : "reply",
			rd_be16(at + 4), rd_be16(at + 6));
		return true;
	case 3:
		return print_unreachable(p, at);
	case 5:
		return print_redirect(p, at);
	case 11:
		return print_time_exceeded(p, at);
	case 12:
		if (!have(p, at, 5))
			return false;
		if (at[1] != 0)
			put(p, "ICMP parameter problem - code %u", at[1]);
		else
			put(p, "ICMP parameter problem - octet %u", at[4]);
		return true;
	default:
		if (type_name(at[0]) != NULL)
			put(p, "ICMP %s", type_name(at[0]));
		else
			put(p, "ICMP type-#%u", at[0]);
		return true;
	}
}

static bool quotes_packet(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void put_csum(struct print *p, const uint8_t *at, uint32_t len)
{
	uint16_t is = rd_be16(at + 2), want = right_csum(at, len, 2, NULL, 0);

	if (is != want)
		put(p, " (wrong icmp cksum %x (->%x)!)", is, want);
}

// -v: the packet that an error is about, on lines of its own.
static void print_quoted(struct print *p, const uint8_t *orig)
{
	const uint8_t *end = p->end;
	uint32_t len;

	put(p, "\n\t");
	if (!have(p, orig, 4) || p->depth >= QUOTES_MAX) {
		cut(p, "icmp");
		return;
	}
	len = rd_be16(orig + 2);
	if (have(p, orig, len))
		p->end = orig + len;
	p->depth++;
	if (have(p, orig, 1))
		print_ip4(p, orig, len);
	else
		cut(p, "icmp");
	p->depth--;
	p->end = end;
}

void print_icmp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	if (!have(p, at, 2) || !print_icmp_type(p, at)) {
		cut(p, "icmp");
		return;
	}
	put(p, ", length %u", len);
	if (p->verbose == 0)
		return;
	if (!ip->fragment && len >= 4 && have(p, at, len))
		put_csum(p, at, len);
	if (quotes_packet(at[0]))
		print_quoted(p, at + 8);
}
