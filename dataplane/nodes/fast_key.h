/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's keys: as rd_key_fill() makes them, and their hashes, from a frame that fast_parse.h has checked. Worker
 * thread, inlined.
 */
#pragma once

#include <stddef.h>
#include <string.h>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

#include "base/pkt.h"
#include "nodes/fast_load.h"
#include "tables/flow.h"
#include "tables/flow_hash.h"

enum {
	FAST_IP4_LEN = 20,
	FAST_IP6_LEN = 40,
	FAST_UDP_LEN = 8,
	FAST_TCP_LEN = 20,
};

// 0x0800 or 0x86dd: 0 or 1.
static inline unsigned fast_is_ip6(const struct rd_flow_key *key)
{
	return key->ethertype >> 15;
}

struct fast_from { // what the key has of the packet's way so far
	uint16_t in_port, segment;
	uint32_t vni;
	uint64_t way4; // flow_hash_way() for IPv4
#ifdef __SSE4_1__
	__m128i word23; // of an IPv4 key, without protocol and ports
#endif
};

static inline uint64_t fast_word2(const struct fast_from *from, uint16_t ethertype)
{
	return (uint64_t)ethertype << 32 | from->vni;
}

static inline void fast_from_ready(struct fast_from *from)
{
	from->way4 = flow_hash_way(fast_word2(from, RD_ETHERTYPE_IPV4));
#ifdef __SSE4_1__
	from->word23 = _mm_set_epi64x(RD_FT_L4 << 8, (int64_t)fast_word2(from, RD_ETHERTYPE_IPV4));
#endif
}

// Words 1 and 3 of a key.
static inline uint64_t fast_word1(const uint8_t *frame, const struct fast_from *from)
{
	return (uint64_t)((uint32_t)from->segment << 16 | from->in_port) << 32
		| fast_load32(frame + 8);
}

static inline uint64_t fast_word3(uint8_t proto, const uint8_t *l4)
{
	return (uint64_t)rd_be16(l4 + 2) << 32 | (uint64_t)rd_be16(l4) << 16 | RD_FT_L4 << 8
		| proto;
}

_Static_assert(offsetof(struct rd_flow_key, in_port) == 12
		&& offsetof(struct rd_flow_key, vni) == 16
		&& offsetof(struct rd_flow_key, ethertype) == 20
		&& offsetof(struct rd_flow_key, proto) == 24
		&& offsetof(struct rd_flow_key, sport) == 26
		&& offsetof(struct rd_flow_key, src) == 32,
	"as the keys are put together");

// The key of a frame that has passed the checks, and its hash.
#ifdef __SSE4_1__
// Protocol, addresses and ports are within 16 bytes: one load, and each goes to its place.
static inline uint32_t fast_key4(
	const uint8_t *frame, const struct fast_from *from, struct rd_flow_key *key)
{
	const __m128i to_ports =
		_mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 0, -1, 12, 11, 14, 13, -1, -1);
	const __m128i to_src =
		_mm_setr_epi8(3, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i to_dst =
		_mm_setr_epi8(7, 8, 9, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	uint64_t w1 = fast_word1(frame, from);
	__m128i macs = _mm_loadu_si128((const void *)frame);
	__m128i rest = _mm_loadu_si128((const void *)(frame + RD_ETH_LEN + 9));
	__m128i ports = _mm_or_si128(_mm_shuffle_epi8(rest, to_ports), from->word23);
	__m128i *k = (void *)key;

	_mm_storeu_si128(k, _mm_insert_epi32(macs, (int)(w1 >> 32), 3));
	_mm_storeu_si128(k + 1, ports);
	_mm_storeu_si128(k + 2, _mm_shuffle_epi8(rest, to_src));
	_mm_storeu_si128(k + 3, _mm_shuffle_epi8(rest, to_dst));
	return flow_hash_ip4(from->way4, fast_load64(frame), w1,
		(uint64_t)_mm_extract_epi64(ports, 1), fast_load64(frame + RD_ETH_LEN + 12));
}
#else
static inline uint32_t fast_key4(
	const uint8_t *frame, const struct fast_from *from, struct rd_flow_key *key)
{
	const uint8_t *ip = frame + RD_ETH_LEN;
	uint64_t w[8] = {fast_load64(frame), fast_word1(frame, from),
		fast_word2(from, RD_ETHERTYPE_IPV4), fast_word3(ip[9], ip + FAST_IP4_LEN),
		fast_load32(ip + 12), 0, fast_load32(ip + 16), 0};

	memcpy(key, w, sizeof(w));
	return flow_hash_ip4(from->way4, w[0], w[1], w[3], w[6] << 32 | w[4]);
}
#endif

static inline uint32_t fast_key6(
	const uint8_t *frame, const struct fast_from *from, struct rd_flow_key *key)
{
	const uint8_t *ip = frame + RD_ETH_LEN;
	uint64_t w[8] = {fast_load64(frame), fast_word1(frame, from),
		fast_word2(from, RD_ETHERTYPE_IPV6), fast_word3(ip[6], ip + FAST_IP6_LEN),
		fast_load64(ip + 8), fast_load64(ip + 16), fast_load64(ip + 24),
		fast_load64(ip + 32)};

	memcpy(key, w, sizeof(w));
	return flow_hash_words(w);
}
