/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The hash of a flow key, over its eight words. Inlined where the words are still in registers: a key that was just
 * written in small pieces is slow to read back in large ones. Worker thread.
 */
#pragma once

#include <stdint.h>

#ifdef __SSE4_2__
#include <nmmintrin.h>

static inline uint64_t flow_hash_half(const uint64_t w[4], uint32_t seed)
{
	return _mm_crc32_u64(
		_mm_crc32_u64(_mm_crc32_u64(_mm_crc32_u64(seed, w[0]), w[1]), w[2]), w[3]);
}
#else
static inline uint64_t flow_hash_half(const uint64_t w[4], uint32_t seed)
{
	uint64_t h = seed;

	for (unsigned i = 0; i < 4; i++)
		h = ((h ^ w[i]) * UINT64_C(0x9e3779b97f4a7c15)) ^ h >> 29;
	return h & UINT32_MAX;
}
#endif

// Never 0. Buckets go by the low bits, signatures by the high ones: the multiplication spreads both halves over both. In two
// halves, because in each a word waits for the one before.
static inline uint32_t flow_hash_words(const uint64_t w[8])
{
	uint64_t h = (flow_hash_half(w, 0x52444f54) << 32 | flow_hash_half(w + 4, 0x464c4f57))
		* UINT64_C(0x9e3779b97f4a7c15);
	uint32_t hash = (uint32_t)(h >> 32 ^ h >> 15);

	return hash != 0 ? hash : 1;
}
