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

// The Internet checksum over a 20 byte header is the same in any byte order (RFC 1071 section 2.B). A 32 bit sum is folded by
// adding its halves to each other, both ways at once.
static inline bool fast_ip4_csum_ok(const uint8_t *ip)
{
	uint64_t a = fast_load64(ip), b = fast_load64(ip + 8), sum;
	uint32_t x;

	sum = (a >> 32) + (a & UINT32_MAX) + (b >> 32) + (b & UINT32_MAX) + fast_load32(ip + 16);
	sum = (sum >> 32) + (sum & UINT32_MAX); // at most 33 bits
	x = (uint32_t)((sum >> 32) + sum);
	return (x + (x << 16 | x >> 16)) >> 16 == UINT16_MAX;
}
