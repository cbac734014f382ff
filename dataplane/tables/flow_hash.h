/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The hash of a flow key, over its eight words, of which those that are zero with IPv4 count only when they are not. Inlined where
 * the words are still in registers: a key that was just written in small pieces is slow to read back in large ones. In two chains,
 * because in each a word waits for the one before. Worker thread.
 */
#pragma once

#include <stdint.h>

#ifdef __SSE4_2__
#include <nmmintrin.h>

static inline uint64_t flow_hash_word(uint64_t h, uint64_t word)
{
	return _mm_crc32_u64(h, word);
}
#else
static inline uint64_t flow_hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (h ^ h >> 29) & UINT32_MAX;
}
#endif

// Never 0, nor is the signature. Buckets go by the low bits, signatures by the high ones: the multiplication spreads both chains
// over both.
static inline uint32_t flow_hash_end(uint64_t a, uint64_t b)
{
	uint64_t h = (a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32 ^ h >> 15) | UINT32_C(1) << 31;
}

// Word 2 (VNI, EtherType, tag), which many keys share, comes first.
static inline uint64_t flow_hash_way(uint64_t word)
{
	return flow_hash_word(0x52444f54, word);
}

// way: flow_hash_way() of word 2; addresses: IPv4, source in the lower half.
static inline uint32_t flow_hash_ip4(
	uint64_t way, uint64_t w0, uint64_t w1, uint64_t w3, uint64_t addresses)
{
	return flow_hash_end(flow_hash_word(flow_hash_word(way, w0), w1),
		flow_hash_word(flow_hash_word(0x464c4f57, w3), addresses));
}

static inline uint32_t flow_hash_words(const uint64_t w[8])
{
	uint64_t a = flow_hash_word(flow_hash_word(flow_hash_way(w[2]), w[0]), w[1]);
	uint64_t b =
		flow_hash_word(flow_hash_word(0x464c4f57, w[3]), (w[4] & UINT32_MAX) | w[6] << 32);

	if ((w[4] >> 32 | w[5] | w[6] >> 32 | w[7]) != 0) {
		a = flow_hash_word(a, w[4] >> 32 | (w[6] >> 32 << 32));
		b = flow_hash_word(flow_hash_word(b, w[5]), w[7]);
	}
	return flow_hash_end(a, b);
}
