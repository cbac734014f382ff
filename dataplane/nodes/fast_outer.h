/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's parser of outer headers: Geneve (RFC 8926) over IPv4 whose lengths all agree, and that no router has marked.
 * Stricter than classify and tunnel_decap, never looser. What is the same in all packets of a sender to a segment is compared
 * with an earlier one at once, and only the rest is checked for each. Worker thread, inlined.
 */
#pragma once

#include "nodes/fast_parse.h"

enum {
	FAST_UDP_OFF = RD_ETH_LEN + FAST_IP4_LEN,
	FAST_GENEVE_OFF = FAST_UDP_OFF + FAST_UDP_LEN,
	FAST_OUTER_LEN = FAST_GENEVE_OFF + 8, // without options
};

typedef uint64_t fast_v16 __attribute__((vector_size(16)));
#define FAST_HEAD 4 // vectors: from 0, 16, 32 and 34 on, so that they end where the headers do

struct fast_head { // outer headers without what differs
	fast_v16 v[FAST_HEAD];
};

static inline fast_v16 fast_head_load(const uint8_t *frame, unsigned i)
{
	fast_v16 v;

	memcpy(&v, frame + (i < FAST_HEAD - 1 ? 16 * i : FAST_OUTER_LEN - 16), 16);
	return v;
}

// Free to differ: the TOS but for its congestion bits, lengths, identification, DF, TTL, checksums, source port, Geneve's O bit and
// reserved bits.
static const uint8_t fast_head_mask[FAST_HEAD][16] __attribute__((aligned(16))) = {
	{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 3},
	{0, 0, 0, 0, 0x3f, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255},
	{255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 255, 0xc0, 255, 255, 255, 255},
	{0, 0, 255, 255, 0, 0, 0, 0, 255, 0xc0, 255, 255, 255, 255, 255, 0},
};

static inline fast_v16 fast_head_part(const uint8_t *frame, unsigned i)
{
	return fast_head_load(frame, i) & fast_head_load(fast_head_mask[i], 0);
}

static inline bool fast_head_is(const struct fast_head *h, const uint8_t *frame)
{
	fast_v16 diff = fast_head_part(frame, 0) ^ h->v[0];

	for (unsigned i = 1; i < FAST_HEAD; i++)
		diff |= fast_head_part(frame, i) ^ h->v[i];
	return (diff[0] | diff[1]) == 0;
}

struct fast_outer { // of a tunnel packet
	uint8_t src[4], dst[4];
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

static inline bool fast_macs_ok(const uint8_t *frame)
{
	const uint8_t *smac = frame + 6;

	return ((frame[0] | smac[0]) & 1) == 0 && (fast_load32(smac) | rd_be16(smac + 4)) != 0;
}

// What fast_head keeps, of a packet whose FAST_OUTER_LEN bytes are readable: Geneve to anybody. Not congested (ECN), for those need a
// change inside.
static inline bool fast_outer(const uint8_t *frame, struct fast_outer *o)
{
	const uint8_t *ip = frame + RD_ETH_LEN, *geneve = frame + FAST_GENEVE_OFF;

	if (!fast_is_ip4(frame) || !fast_macs_ok(frame) || ip[9] != RD_IPPROTO_UDP
		|| (ip[1] & 3) != 0 || (rd_be16(ip + 6) & 0x3fff) != 0 || geneve[0] >> 6 != 0
		|| (geneve[1] & 0xc0) != 0 || rd_be16(geneve + 2) != RD_ETHERTYPE_TEB)
		return false;
	memcpy(o->src, ip + 12, 8); // both
	o->dport = rd_be16(frame + FAST_UDP_OFF + 2);
	o->vni = rd_be32(geneve + 4) >> 8;
	o->len = (uint16_t)(FAST_OUTER_LEN + (geneve[0] & 0x3fu) * 4);
	return true;
}

// The rest: lengths, which all agree, the checksum, options. outer_len: with options.
static inline bool fast_outer_rest(
	const uint8_t *frame, uint32_t readable, uint32_t len, uint32_t outer_len)
{
	uint32_t ip_len = rd_be16(frame + RD_ETH_LEN + 2);

	return ip_len + RD_ETH_LEN == len && readable >= outer_len
		&& rd_be16(frame + FAST_UDP_OFF + 4) + (uint32_t)FAST_IP4_LEN == ip_len
		&& fast_ip4_csum_ok(frame + RD_ETH_LEN)
		&& fast_options_ok(frame + FAST_OUTER_LEN, outer_len - FAST_OUTER_LEN);
}
