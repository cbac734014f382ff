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

#include <stddef.h>
#include <string.h>

#include "base/pkt.h"
#include "nodes/fast_load.h"
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

// The key as eight words, so that it is written and hashed from registers.
#define FAST_WORD_PORTS 3 // proto, ft, sport, dport, icmp_id
_Static_assert(offsetof(struct rd_flow_key, in_port) == 12
		&& offsetof(struct rd_flow_key, vni) == 16
		&& offsetof(struct rd_flow_key, ethertype) == 20
		&& offsetof(struct rd_flow_key, proto) == 24
		&& offsetof(struct rd_flow_key, sport) == 26
		&& offsetof(struct rd_flow_key, src) == 32,
	"as fast_frame() puts it together");

static inline uint64_t fast_ports_word(uint8_t proto, const uint8_t *l4)
{
	return (uint64_t)rd_be16(l4 + 2) << 32 | (uint64_t)rd_be16(l4) << 16 | RD_FT_L4 << 8
		| proto;
}

// Whether the TCP or UDP header at `off` is sound; `readable` bytes of the frame are contiguous.
static inline bool fast_l4_ok(
	const uint8_t *frame, uint32_t readable, const struct fast_l4 *l4, uint8_t proto)
{
	const uint8_t *h = frame + l4->off;
	uint32_t len;

	if (proto == RD_IPPROTO_UDP) {
		if (l4->len < FAST_UDP_LEN || (uint32_t)l4->off + FAST_UDP_LEN > readable)
			return false;
		len = rd_be16(h + 4);
		return len >= FAST_UDP_LEN && len <= l4->len;
	}
	if (proto != RD_IPPROTO_TCP || l4->len < FAST_TCP_LEN
		|| (uint32_t)l4->off + FAST_TCP_LEN > readable)
		return false;
	len = (h[12] >> 4) * 4u;
	return len >= FAST_TCP_LEN && len <= l4->len && l4->off + len <= readable;
}

struct fast_from { // what the key has of the packet's way so far
	uint16_t in_port, segment;
	uint32_t vni;
};

// A guest's frame of `len` bytes, `readable` of them contiguous: its key.
static inline bool fast_frame(const uint8_t *frame, uint32_t readable, uint32_t len,
	const struct fast_from *from, uint64_t w[8], struct fast_l4 *l4)
{
	const uint8_t *ip = frame + RD_ETH_LEN;
	uint32_t room = len - RD_ETH_LEN;
	uint16_t ethertype;
	uint8_t proto;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
		|| readable < RD_ETH_LEN + FAST_IP4_LEN + FAST_UDP_LEN || !fast_macs_ok(frame))
		return false;
	ethertype = rd_be16(frame + 12);
	w[0] = fast_load64(frame);
	w[1] = (uint64_t)from->segment << 48 | (uint64_t)from->in_port << 32
		| fast_load32(frame + 8);
	w[2] = (uint64_t)ethertype << 32 | from->vni;
	if (ethertype == RD_ETHERTYPE_IPV4) {
		if (!fast_ip4_ok(ip, room))
			return false;
		proto = ip[9];
		w[4] = fast_load32(ip + 12);
		w[6] = fast_load32(ip + 16);
		w[5] = w[7] = 0;
		l4->off = RD_ETH_LEN + FAST_IP4_LEN;
		l4->len = (uint16_t)(rd_be16(ip + 2) - FAST_IP4_LEN);
	} else {
		if (ethertype != RD_ETHERTYPE_IPV6
			|| readable < RD_ETH_LEN + FAST_IP6_LEN + FAST_UDP_LEN || ip[0] >> 4 != 6
			|| FAST_IP6_LEN + (uint32_t)rd_be16(ip + 4) > room)
			return false;
		proto = ip[6];
		for (unsigned i = 0; i < 4; i++)
			w[4 + i] = fast_load64(ip + 8 + 8 * i);
		l4->off = RD_ETH_LEN + FAST_IP6_LEN;
		l4->len = rd_be16(ip + 4);
	}
	w[FAST_WORD_PORTS] = fast_ports_word(proto, frame + l4->off);
	return fast_l4_ok(frame, readable, l4, proto);
}
