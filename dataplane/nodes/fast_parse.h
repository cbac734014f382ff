/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's parser: recognises the plain shape that nearly all traffic has, and makes the flow key of it. What it
 * accepts, classify, port_in and tunnel_decap accept too, with the same key; what it refuses may still be sound and
 * goes through the stages, so every check here may be stricter, none looser. Worker thread, inlined.
 *
 * Plain: untagged Ethernet, unicast; IPv4 without options and fragments, or IPv6 without extension headers; TCP or UDP.
 * Tunnel packets: fast_outer.h.
 */
#pragma once

#include <string.h>

#include "base/pkt.h"
#include "tables/flow.h"

enum {
	FAST_IP4_LEN = 20,
	FAST_IP6_LEN = 40,
	FAST_UDP_LEN = 8,
	FAST_TCP_LEN = 20,
};

struct fast_l4 { // where the transport header is
	uint16_t off; // from the (inner) Ethernet header
	uint16_t len; // of the IP payload
};

static inline uint64_t fast_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static inline uint32_t fast_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

// The Internet checksum over a 20 byte header is the same in any byte order (RFC 1071 section 2.B).
static inline bool fast_ip4_csum_ok(const uint8_t *ip)
{
	uint64_t a = fast_load64(ip), b = fast_load64(ip + 8), sum;

	sum = (a >> 32) + (a & UINT32_MAX) + (b >> 32) + (b & UINT32_MAX) + fast_load32(ip + 16);
	sum = (sum >> 32) + (sum & UINT32_MAX); // at most 33 bits
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	return sum == UINT16_MAX;
}

// IPv4, 20 bytes of header, no fragment, its length within `room` bytes; those 20 bytes are readable.
static inline bool fast_ip4_ok(const uint8_t *ip, uint32_t room)
{
	uint32_t len = rd_be16(ip + 2);

	return ip[0] == 0x45 && len >= FAST_IP4_LEN && len <= room
		&& (rd_be16(ip + 6) & 0x3fff) == 0 && fast_ip4_csum_ok(ip);
}

static inline bool fast_macs_ok(const uint8_t *frame)
{
	const uint8_t *smac = frame + 6;

	return ((frame[0] | smac[0]) & 1) == 0 && (fast_load32(smac) | rd_be16(smac + 4)) != 0;
}

// The TCP or UDP header at `off`; `readable` bytes of the frame are contiguous.
static inline bool fast_l4(
	const uint8_t *frame, uint32_t readable, const struct fast_l4 *l4, struct rd_flow_key *k)
{
	const uint8_t *h = frame + l4->off;

	if (k->proto == RD_IPPROTO_UDP) {
		uint32_t len;

		if (l4->len < FAST_UDP_LEN || l4->off + FAST_UDP_LEN > (int)readable)
			return false;
		len = rd_be16(h + 4);
		if (len < FAST_UDP_LEN || len > l4->len)
			return false;
	} else if (k->proto == RD_IPPROTO_TCP) {
		uint32_t len;

		if (l4->len < FAST_TCP_LEN || l4->off + FAST_TCP_LEN > (int)readable)
			return false;
		len = (h[12] >> 4) * 4u;
		if (len < FAST_TCP_LEN || len > l4->len || l4->off + len > readable)
			return false;
	} else {
		return false;
	}
	k->sport = rd_be16(h);
	k->dport = rd_be16(h + 2);
	return true;
}

// A guest's frame of `len` bytes, `readable` of them contiguous. Fills all of the key but in_port, segment and vni.
static inline bool fast_frame(const uint8_t *frame, uint32_t readable, uint32_t len,
	struct rd_flow_key *k, struct fast_l4 *l4)
{
	const uint8_t *ip = frame + RD_ETH_LEN;
	uint32_t room = len - RD_ETH_LEN;
	uint16_t ethertype;

	if (readable < RD_ETH_LEN + FAST_IP4_LEN + FAST_UDP_LEN || !fast_macs_ok(frame))
		return false;
	ethertype = rd_be16(frame + 12);
	memcpy(k->dmac, frame, 12); // both
	k->ethertype = ethertype;
	k->vlan = 0;
	k->ft = RD_FT_L4;
	k->icmp_id = 0;
	if (ethertype == RD_ETHERTYPE_IPV4) {
		if (!fast_ip4_ok(ip, room))
			return false;
		k->proto = ip[9];
		memset(k->src, 0, sizeof(k->src) + sizeof(k->dst));
		memcpy(k->src, ip + 12, 4);
		memcpy(k->dst, ip + 16, 4);
		l4->off = RD_ETH_LEN + FAST_IP4_LEN;
		l4->len = (uint16_t)(rd_be16(ip + 2) - FAST_IP4_LEN);
		return fast_l4(frame, readable, l4, k);
	}
	if (ethertype != RD_ETHERTYPE_IPV6 || readable < RD_ETH_LEN + FAST_IP6_LEN + FAST_UDP_LEN
		|| ip[0] >> 4 != 6 || FAST_IP6_LEN + (uint32_t)rd_be16(ip + 4) > room)
		return false;
	k->proto = ip[6];
	memcpy(k->src, ip + 8, 32); // both
	l4->off = RD_ETH_LEN + FAST_IP6_LEN;
	l4->len = rd_be16(ip + 4);
	return fast_l4(frame, readable, l4, k);
}
