/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Loads of several bytes at once, in the machine's byte order, for the fast path. Worker thread, inlined.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

// In network byte order, at once: the compiler does not see it in a byte by byte store among others.
static inline void fast_put16(uint8_t *p, uint16_t v)
{
	v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(v) : v;
	memcpy(p, &v, 2);
}

static inline void fast_put32(uint8_t *p, uint32_t v)
{
	v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;
	memcpy(p, &v, 4);
}

// The Internet checksum over a 20 byte header is the same in any byte order (RFC 1071 section 2.B). A sum is folded by
// adding its halves to each other, both ways at once.
static inline bool fast_ip4_csum_ok(const uint8_t *ip)
{
	uint64_t a = fast_load64(ip), b = fast_load32(ip + 16), sum = a + fast_load64(ip + 8);
	uint32_t x;

	sum += sum < a; // the carry comes in at the other end
	sum += b;
	sum += sum < b;
	x = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
	return (x + (x << 16 | x >> 16)) >> 16 == UINT16_MAX;
}
