/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An immutable hash from 64-bit keys to table indexes. Control builds a new one after each change and publishes its pointer;
 * workers look up. Keys and values are never 0.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rd_index {
	uint32_t mask;
	struct rd_index_slot {
		uint64_t key; // 0 = free
		uint16_t value;
	} slot[];
};

// Mixes all bits of a key into all bits of the result (the finaliser of MurmurHash3).
static inline uint64_t rd_mix64(uint64_t k)
{
	k ^= k >> 33;
	k *= UINT64_C(0xff51afd7ed558ccd);
	k ^= k >> 33;
	k *= UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

// Worker or control: the value, or 0. idx may be NULL.
static inline uint16_t rd_index_get(const struct rd_index *idx, uint64_t key)
{
	if (idx == NULL)
		return 0;
	// At most half of the slots are used, so a free one ends the search.
	for (uint32_t i = (uint32_t)rd_mix64(key) & idx->mask;; i = (i + 1) & idx->mask) {
		if (idx->slot[i].key == key)
			return idx->slot[i].value;
		if (idx->slot[i].key == 0)
			return 0;
	}
}

// Control: room for nb keys; NULL when out of memory. free() it.
struct rd_index *rd_index_new(unsigned nb);
// Before it is published. The first value of a key stays.
void rd_index_put(struct rd_index *idx, uint64_t key, uint16_t value);
// Publishes fresh in *at and retires what was there.
void rd_index_publish(struct rd_index **at, struct rd_index *fresh);

// A MAC as the low 48 bits, first byte on top.
static inline uint64_t rd_mac48(const uint8_t mac[6])
{
	return (uint64_t)mac[0] << 40 | (uint64_t)mac[1] << 32 | (uint64_t)mac[2] << 24
		| (uint64_t)mac[3] << 16 | (uint64_t)mac[4] << 8 | mac[5];
}
