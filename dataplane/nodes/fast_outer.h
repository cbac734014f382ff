/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's parser of outer headers: Geneve (RFC 8926) over IPv4 whose lengths all agree, and that no router has marked.
 * Stricter than classify and tunnel_decap, never looser. Worker thread, inlined.
 */
#pragma once

#include "nodes/fast_parse.h"

enum {
	FAST_UDP_OFF = RD_ETH_LEN + FAST_IP4_LEN,
	FAST_GENEVE_OFF = FAST_UDP_OFF + FAST_UDP_LEN,
	FAST_OUTER_LEN = FAST_GENEVE_OFF + 8, // without options
};

struct fast_outer { // of a tunnel packet
	uint8_t src[4], dst[4]; // compared with those of struct fast_via at once
	uint32_t vni;
	uint16_t dport;
	uint16_t len; // all of it: the inner frame starts here
};

// Geneve options: none critical, their lengths add up.
static inline bool fast_options_ok(const uint8_t *opt, uint32_t len)
{
	while (len > 0) {
		uint32_t n = 4 + (opt[3] & 0x1fu) * 4;

		if (n > len || (opt[2] & 0x80))
			return false;
		opt += n;
		len -= n;
	}
	return true;
}

// The outer headers of a tunnel packet. Not congested (ECN), for those need a change inside.
static inline bool fast_outer(
	const uint8_t *frame, uint32_t readable, uint32_t len, struct fast_outer *o)
{
	const uint8_t *ip = frame + RD_ETH_LEN, *udp = frame + FAST_UDP_OFF;
	const uint8_t *geneve = frame + FAST_GENEVE_OFF;
	uint32_t ip_len, opt_len;

	if (readable < FAST_OUTER_LEN || rd_be16(frame + 12) != RD_ETHERTYPE_IPV4
		|| !fast_macs_ok(frame))
		return false;
	ip_len = rd_be16(ip + 2);
	if (ip[9] != RD_IPPROTO_UDP || (ip[1] & 3) != 0 || ip_len + RD_ETH_LEN != len
		|| !fast_ip4_ok(ip, len - RD_ETH_LEN)
		|| rd_be16(udp + 4) + FAST_IP4_LEN != (int)ip_len)
		return false;
	opt_len = (geneve[0] & 0x3fu) * 4;
	if (geneve[0] >> 6 != 0 || (geneve[1] & 0xc0) != 0
		|| rd_be16(geneve + 2) != RD_ETHERTYPE_TEB || readable < FAST_OUTER_LEN + opt_len
		|| !fast_options_ok(geneve + 8, opt_len))
		return false;
	memcpy(o->src, ip + 12, 8); // both
	o->dport = rd_be16(udp + 2);
	o->vni = rd_be32(geneve + 4) >> 8;
	o->len = (uint16_t)(FAST_OUTER_LEN + opt_len);
	return true;
}
