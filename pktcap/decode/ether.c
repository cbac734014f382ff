/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The decoder's entry, and Ethernet, VLAN tags and ARP. Its owner's thread.
 */
#include "decode/oneline.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "decode/print.h"

#define MAX_DEPTH 4 // frames in frames
#define LENGTH_MAX 1500 // below: an 802.3 length, not a type

struct type_name {
	uint16_t type;
	const char *name;
};

static const struct type_name type_names[] = {
	{0x0800, "IPv4"},
	{0x0806, "ARP"},
	{0x86dd, "IPv6"},
	{0x8100, "802.1Q"},
	{0x88a8, "802.1Q-QinQ"},
	{0x9100, "802.1Q-9100"},
	{0x9200, "802.1Q-9200"},
	{0x6558, "TEB"},
	{0x88cc, "LLDP"},
	{0x8035, "Reverse ARP"},
	{0x8847, "MPLS unicast"},
	{0x8848, "MPLS multicast"},
	{0x8808, "MPCP"},
	{0x8809, "Slow Protocols"},
	{0x8863, "PPPoE D"},
	{0x8864, "PPPoE S"},
	{0x888e, "EAPOL"},
	{0x8899, "Realtek protocols"},
	{0x886f, "MS NLB heartbeat"},
	{0x88a2, "AoE"},
	{0x88ca, "TIPC"},
	{0x88e5, "802.1AE MACsec"},
	{0x88f7, "PTP"},
	{0x8902, "CFM"},
	{0x893a, "IEEE1905.1"},
	{0x894f, "NSH"},
	{0x9000, "Loopback"},
	{0x880b, "PPP"},
	{0x8137, "IPX"},
};

const char *ethertype_name(uint16_t type, const char *unknown)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (type_names[i].type == type)
			return type_names[i].name;
	}
	return unknown;
}

struct rd_oneline *rd_oneline_new(void)
{
	return calloc(1, sizeof(struct rd_oneline));
}

void rd_oneline_free(struct rd_oneline *o)
{
	free(o);
}

size_t rd_oneline_frame(struct rd_oneline *o, const uint8_t *bytes, uint32_t cap_len,
	uint32_t wire_len, char *buf, size_t size)
{
	struct print p = {.memory = o, .buf = buf, .size = size, .end = bytes + cap_len};

	if (size == 0)
		return 0;
	if (o != NULL) {
		p.verbose = o->style.verbose;
		p.quiet = o->style.quiet;
		p.unverified = o->style.unverified;
		p.memory = o->style.absolute ? NULL : o;
	}
	buf[0] = '\0';
	print_ether(&p, bytes, wire_len);
	while (p.len > 0 && (buf[p.len - 1] == ' ' || buf[p.len - 1] == ':'))
		buf[--p.len] = '\0'; // what follows in tcpdump is a hex dump
	return p.len;
}

void rd_oneline_style(struct rd_oneline *o, struct rd_oneline_style style)
{
	o->style = style;
}

static void put_mac(struct print *p, const uint8_t *mac)
{
	char text[RD_MAC_TEXT];

	put(p, "%s", rd_fmt_mac(mac, text));
}

static bool is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

static void put_type(struct print *p, uint16_t type)
{
	const char *name = ethertype_name(type, NULL);

	if (p->quiet && name != NULL)
		put(p, "%s", name);
	else if (p->quiet)
		put(p, "Unknown Ethertype (0x%04x)", type);
	else
		put(p, "ethertype %s (0x%04x)", name != NULL ? name : "Unknown", type);
}

// Prints the tags at *at. Leaves *at after them, *type the type of what follows. false: cut short.
static bool print_tags(struct print *p, const uint8_t **at, uint32_t frame_len, uint16_t *type)
{
	bool first = true;

	while (is_tag(*type)) {
		uint16_t tci;

		if (!have(p, *at, 4)) {
			cut(p, "vlan");
			return false;
		}
		tci = rd_be16(*at);
		put_type(p, *type);
		if (first)
			put(p, ", length %u: ", frame_len);
		else
			put(p, ", ");
		put(p, "vlan %u, p %u%s, ", tci & 0xfff, tci >> 13, tci & 0x1000 ? ", DEI" : "");
		*type = rd_be16(*at + 2);
		*at += 4;
		first = false;
	}
	return true;
}

void print_ether(struct print *p, const uint8_t *at, uint32_t len)
{
	const uint8_t *start = at;
	uint16_t type;
	bool tagged;

	if (len < (size_t)(p->end - at)) { // lengths contradict each other
		put(p, "[length %u < caplen %zu] (invalid)", len, (size_t)(p->end - at));
		return;
	}
	if (!have(p, at, RD_ETH_LEN) || p->depth >= MAX_DEPTH) {
		cut(p, "ether");
		return;
	}
	p->depth++;
	put_mac(p, at + 6);
	put(p, " > ");
	put_mac(p, at);
	put(p, ", ");
	type = rd_be16(at + 12);
	at += RD_ETH_LEN;
	tagged = is_tag(type);
	if (!print_tags(p, &at, len, &type))
		return;
	if (type <= LENGTH_MAX) {
		uint32_t left = len - (uint32_t)(at - start);

		put(p, "802.3");
		if (!tagged)
			put(p, ", length %u: ", type < left ? type : left);
		return;
	}
	put_type(p, type);
	if (tagged)
		put(p, ", ");
	else
		put(p, ", length %u: ", len);
	print_ethertype(p, type, at, len - (uint32_t)(at - start));
}

bool print_ethertype(struct print *p, uint16_t type, const uint8_t *at, uint32_t len)
{
	switch (type) {
	case RD_ETHERTYPE_IPV4:
		print_ip4(p, at, len);
		return true;
	case RD_ETHERTYPE_IPV6:
		print_ip6(p, at, len);
		return true;
	case RD_ETHERTYPE_ARP:
		print_arp(p, at, len);
		return true;
	default:
		return false;
	}
}

static const char *const arp_ops[] = {
	[1] = "Request",
	[2] = "Reply",
	[3] = "Reverse Request",
	[4] = "Reverse Reply",
	[8] = "Inverse Request",
	[9] = "Inverse Reply",
};

static const char *arp_hardware(uint16_t hrd, char *buf, size_t size)
{
	size_t len = 0;

	if (hrd == 1)
		return "Ethernet";
	if (hrd == 6)
		return "TokenRing";
	rd_str_addf(buf, size, &len, "Unknown Hardware (%u)", hrd);
	return buf;
}

static void put_link_address(struct print *p, const uint8_t *a, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		put(p, "%s%02x", i ? ":" : "", a[i]);
}

// Operation and addresses; the protocol is IPv4 and everything was captured.
static void print_arp_operation(struct print *p, const uint8_t *at, uint16_t op)
{
	unsigned hln = at[4];
	const uint8_t *sha = at + 8, *spa = sha + hln, *tha = spa + 4, *tpa = tha + hln;
	bool known = false;

	for (unsigned i = 0; i < hln; i++)
		known |= tha[i] != 0;
	put(p, "%s ", arp_ops[op]);
	if (op == 1) {
		put(p, "who-has ");
		print_addr(p, AF_INET, tpa);
		if (known) {
			put(p, " (");
			put_link_address(p, tha, hln);
			put(p, ")");
		}
		put(p, " tell ");
		print_addr(p, AF_INET, spa);
	} else if (op == 2) {
		print_addr(p, AF_INET, spa);
		put(p, " is-at ");
		put_link_address(p, sha, hln);
	} else if (op == 3 || op == 8) {
		put(p, "who-is ");
		put_link_address(p, tha, hln);
		put(p, " tell ");
		put_link_address(p, sha, hln);
	} else {
		put_link_address(p, op == 4 ? tha : sha, hln);
		put(p, " at ");
		print_addr(p, AF_INET, op == 4 ? tpa : spa);
	}
}

void print_arp(struct print *p, const uint8_t *at, uint32_t len)
{
	uint16_t pro, op;
	char hardware[32], unknown[32];
	size_t n = 0;
	bool usual;

	if (!have(p, at, 8) || !have(p, at, 8 + 2u * at[4] + 2u * at[5])) {
		cut(p, "arp");
		return;
	}
	pro = rd_be16(at + 2);
	op = rd_be16(at + 6);
	usual = pro == RD_ETHERTYPE_IPV4 && at[5] == 4 && at[4] != 0;
	if (!usual || p->verbose > 0) {
		rd_str_addf(unknown, sizeof(unknown), &n, "Unknown Protocol (0x%04x)", pro);
		put(p, "%s (len %u), %s (len %u)%s",
			arp_hardware(rd_be16(at), hardware, sizeof(hardware)), at[4],
			ethertype_name(pro, unknown), at[5], usual ? ", " : "");
	}
	if (usual && (op >= sizeof(arp_ops) / sizeof(arp_ops[0]) || arp_ops[op] == NULL)) {
		put(p, "Unknown (%u) ", op);
		return;
	}
	if (usual)
		print_arp_operation(p, at, op);
	put(p, ", length %u", len);
}
