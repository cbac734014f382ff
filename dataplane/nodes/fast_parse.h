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

#include <rte_branch_prediction.h>

#include "base/pkt.h"
#include "nodes/fast_key.h"

struct fast_l4 { // where the transport header is
	uint16_t off; // from the (inner) Ethernet header
	uint16_t len; // of the IP payload
};

// IPv4 in an untagged frame, 20 bytes of header, no fragment, its length within the frame's `len` bytes.
static inline bool fast_ip4_ok(const uint8_t *frame, uint32_t len)
{
	const uint8_t *ip = frame + RD_ETH_LEN;
	uint32_t ip_len = rd_be16(ip + 2);

	return ip_len >= FAST_IP4_LEN && ip_len + RD_ETH_LEN <= len
		&& (rd_be16(ip + 6) & 0x3fff) == 0 && fast_ip4_csum_ok(ip);
}

// EtherType and first byte at once.
static inline bool fast_is_ip4(const uint8_t *frame)
{
	static const uint8_t want[4] = {0x08, 0x00, 0x45, 0}, mask[4] = {0xff, 0xff, 0xff, 0};

	return (fast_load32(frame + 12) & fast_load32(mask)) == fast_load32(want);
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

static inline uint32_t fast_frame6(const uint8_t *frame, uint32_t readable, uint32_t len,
	const struct fast_from *from, struct rd_flow_key *key, struct fast_l4 *l4)
{
	const uint8_t *ip = frame + RD_ETH_LEN;

	if (rd_be16(frame + 12) != RD_ETHERTYPE_IPV6
		|| readable < RD_ETH_LEN + FAST_IP6_LEN + FAST_UDP_LEN || ip[0] >> 4 != 6
		|| RD_ETH_LEN + FAST_IP6_LEN + (uint32_t)rd_be16(ip + 4) > len)
		return 0;
	l4->off = RD_ETH_LEN + FAST_IP6_LEN;
	l4->len = rd_be16(ip + 4);
	return fast_l4_ok(frame, readable, l4, ip[6]) ? fast_key6(frame, from, key) : 0;
}

// A guest's frame of `len` bytes, `readable` of them contiguous: its key, and the key's hash, or 0. No flow has a source address that
// no sender may have, so that is not looked at.
static inline uint32_t fast_frame(const uint8_t *frame, uint32_t readable, uint32_t len,
	const struct fast_from *from, struct rd_flow_key *key, struct fast_l4 *l4)
{
	const uint8_t *ip = frame + RD_ETH_LEN;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
		|| readable < RD_ETH_LEN + FAST_IP4_LEN + FAST_UDP_LEN || (frame[0] & 1) != 0)
		return 0;
	if (unlikely(!fast_is_ip4(frame)))
		return fast_frame6(frame, readable, len, from, key, l4);
	if (!fast_ip4_ok(frame, len))
		return 0;
	l4->off = RD_ETH_LEN + FAST_IP4_LEN;
	l4->len = (uint16_t)(rd_be16(ip + 2) - FAST_IP4_LEN);
	return fast_l4_ok(frame, readable, l4, ip[9]) ? fast_key4(frame, from, key) : 0;
}
