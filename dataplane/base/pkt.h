/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one packet parser: Ethernet, VLAN (up to two tags), IPv4, IPv6 with extension headers, TCP,
 * UDP, ICMP, ICMPv6, ARP, Geneve. Pure: a linear view in, offsets out; every length is checked
 * before it is read. The dataplane (classify, tunnel_decap), the capture filter (finding the inner
 * frame) and the capture tool all use it, so they can't disagree. Fuzzed by tests/fuzz.
 *
 * Formats: IEEE 802.3/802.1Q, RFC 791, 8200, 9293, 768, 792, 4443, 826, 8926.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RD_ETH_LEN 14
#define RD_ETHERTYPE_IPV4 0x0800
#define RD_ETHERTYPE_ARP 0x0806
#define RD_ETHERTYPE_VLAN 0x8100
#define RD_ETHERTYPE_QINQ 0x88a8
#define RD_ETHERTYPE_IPV6 0x86dd
#define RD_ETHERTYPE_TEB 0x6558
#define RD_IPPROTO_ICMP 1
#define RD_IPPROTO_TCP 6
#define RD_IPPROTO_UDP 17
#define RD_IPPROTO_ICMPV6 58
#define RD_GENEVE_PORT 6081

enum rd_pkt_flags {
	RD_PKT_IPV4 = 1 << 0,
	RD_PKT_IPV6 = 1 << 1,
	RD_PKT_FRAG = 1 << 2, // any fragment
	RD_PKT_FRAG_LATER = 1 << 3, // not the first: it has no L4 header
	RD_PKT_L4 = 1 << 4, // l4_off is valid, and so are sport and dport (ICMP: type and code)
	RD_PKT_MCAST = 1 << 5, // multicast or broadcast destination MAC
	RD_PKT_ARP = 1 << 6, // parsed without error: all of 8 + 2 * (hlen + plen) bytes are there
	RD_PKT_PADDED = 1 << 7, // bytes follow the IP packet (Ethernet padding)
};

struct rd_pkt { // all offsets count from the start of the view
	uint16_t l2_off; // of this Ethernet header
	uint16_t l3_off; // after the tags
	uint16_t l4_off; // valid with RD_PKT_L4
	uint16_t payload_off; // after the L4 header (ICMP 8 bytes, ICMPv6 4); valid with RD_PKT_L4
	uint32_t l3_len; // bytes of the IP packet by its own header (IP only)
	uint16_t ethertype; // after the tags, host order
	uint16_t vlan; // outermost VLAN id; 0 = untagged or priority tag
	uint8_t tags; // 0, 1 or 2
	uint8_t proto; // IP protocol of the L4 header, ARP: 0
	uint8_t flags; // enum rd_pkt_flags
	uint8_t tcp_flags;
	uint16_t sport, dport; // host order; ICMP: type and code
};

struct rd_geneve { // RFC 8926 section 3.4
	uint32_t vni;
	uint16_t hdr_len; // 8 + options
	uint16_t opt_len; // bytes of options
	uint16_t protocol; // of the payload, 0x6558 = Ethernet
	bool oam;
	bool critical; // the C bit
	bool unknown_critical; // an option with its own critical bit set
};

// Parses one Ethernet frame that starts at off of the view. `len` and `wire_len` count from the
// start of the view, too: len bytes are readable, wire_len (>= len) were on the wire. A header
// beyond len but inside wire_len counts as cut short. Headers beyond 65535 bytes do, too. 0, or a
// positive enum rd_drop_reason (PARSE_*). What was parsed before the error stays in *p.
int rd_pkt_parse(const uint8_t *view, size_t len, size_t wire_len, size_t off, struct rd_pkt *p);

// Whether *p is UDP to the Geneve port (first or only fragment).
bool rd_pkt_is_geneve(const struct rd_pkt *p, uint16_t geneve_port);
// Parses the Geneve header at p->payload_off; call it only if rd_pkt_is_geneve(). 0, or a positive
// enum rd_drop_reason (DECAP_*).
int rd_pkt_geneve(const uint8_t *view, size_t len, const struct rd_pkt *p, struct rd_geneve *g);
// Offset of the inner Ethernet header if the frame is sound Geneve with Ethernet inside (all 14
// bytes readable); 0 if it is not.
size_t rd_pkt_inner(const uint8_t *view, size_t len, size_t wire_len, uint16_t geneve_port);

// Internet checksum (RFC 1071): sum up (all parts but the last of even length), then fold. The
// folded value is complemented, in host order: ready for rd_put16(); 0 over bytes that hold a
// correct checksum.
uint32_t rd_csum_add(uint32_t sum, const void *bytes, size_t len);
static inline uint16_t rd_csum_fold(uint32_t sum)
{
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16); // the first may have carried
	return (uint16_t)~sum;
}

static inline uint16_t rd_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t rd_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void rd_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void rd_put32(uint8_t *p, uint32_t v)
{
	rd_put16(p, (uint16_t)(v >> 16));
	rd_put16(p + 2, (uint16_t)v);
}

static inline bool rd_mac_is_multicast(const uint8_t mac[6])
{
	return mac[0] & 1;
}
static inline bool rd_mac_is_zero(const uint8_t mac[6])
{
	return (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) == 0;
}
static inline bool rd_mac_is_unicast(const uint8_t mac[6])
{
	return !rd_mac_is_multicast(mac) && !rd_mac_is_zero(mac);
}
