/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Writing many records into a capture ring: look where the reader is, put as many as there are, show them. So the two
 * cache lines that the reader shares are touched once per burst. Worker thread, inlined; nothing is read back from shared memory.
 */
#pragma once

#include "api/capring.h"

#define RD_CAPREC_ALIGN 16u

// Where the reader is. Once per burst, before the first record.
static inline void rd_capring_look(struct rd_capring_prod *p)
{
	p->tail = __atomic_load_n(&p->ctl->tail, __ATOMIC_ACQUIRE);
}

// Bytes that a record takes.
static inline uint64_t rd_capring_len(uint32_t cap_len)
{
	return (sizeof(struct rd_cap_rec) + (uint64_t)cap_len + RD_CAPREC_ALIGN - 1)
		& ~(uint64_t)(RD_CAPREC_ALIGN - 1);
}

// Where the next record of `len` bytes goes, all fields to be filled; NULL: no room, and the loss is told with the next one.
static inline struct rd_cap_rec *rd_capring_room(struct rd_capring_prod *p, uint64_t len)
{
	uint64_t used = p->head - p->tail;

	// A tail ahead of head or further behind than the ring is long gives used > size: full.
	if (used > p->size || len > p->size - used) {
		p->lost += p->lost < UINT32_MAX;
		return NULL;
	}
	return (struct rd_cap_rec *)(void *)(p->data + (p->head & (p->size - 1)));
}

#define RD_CAPRING_AHEAD 1024u // bytes; a cache line of the ring is some hundred cycles away
#define RD_CAPRING_LINE 64u

// The lines that records will be written into soon: they were last in the reader's cache, or in none.
static inline void rd_capring_fetch(const struct rd_capring_prod *p, uint64_t len)
{
	const uint8_t *at = p->data + ((p->head + RD_CAPRING_AHEAD) & (p->size - 1));

	// Mapped twice: what lies beyond the end is the beginning.
	for (uint64_t off = 0; off < len && off < RD_CAPRING_AHEAD; off += RD_CAPRING_LINE) {
#ifdef __x86_64__
		__asm__ volatile("prefetchw %0" : : "m"(at[off]));
#else
		__builtin_prefetch(at + off, 1, 3);
#endif
	}
}

// The record is written: goes behind it.
static inline void rd_capring_next(struct rd_capring_prod *p, uint64_t len)
{
	p->head += len;
	p->lost = 0;
}

// Shows all that was put to the reader.
static inline void rd_capring_show(struct rd_capring_prod *p)
{
	__atomic_store_n(&p->ctl->head, p->head, __ATOMIC_RELEASE);
}
