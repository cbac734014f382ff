/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The always-on record of dropped packets; see droplog.h for the race between writer and reader.
 */
#include "core/droplog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_BITS 30 // of ns: about a second
#define QUOTA_PART 16 // of the ring per reason and period
#define QUOTA_MIN 8

static struct rd_droplog_slot *ring_slot(const struct rd_droplog *l, uint64_t n)
{
	return (struct rd_droplog_slot *)(l->ring + (size_t)(n & (l->slots - 1)) * l->slot_size);
}

static struct rd_droplog_slot *last_slot(const struct rd_droplog *l, uint16_t reason, uint64_t n)
{
	size_t i = (size_t)reason * RD_DROPLOG_LAST + n % RD_DROPLOG_LAST;

	return (struct rd_droplog_slot *)(l->last + i * l->slot_size);
}

// Touched at once, so that the first drops find their memory.
static uint8_t *area(size_t nb, size_t size)
{
	uint8_t *p = aligned_alloc(64, (nb * size + 63) / 64 * 64);

	if (p != NULL)
		memset(p, 0, nb * size);
	return p;
}

int rd_droplog_init(struct rd_droplog *l, uint32_t slots, uint32_t snap)
{
	uint32_t n = 64;

	while (n < slots && n < RD_DROPLOG_SLOTS_MAX)
		n *= 2;
	*l = (struct rd_droplog){.slots = n, .snap = snap};
	l->slot_size = (uint32_t)(sizeof(struct rd_droplog_slot) + snap + 7) / 8 * 8;
	l->quota = n / QUOTA_PART > QUOTA_MIN ? n / QUOTA_PART : QUOTA_MIN;
	l->ring = area(n, l->slot_size);
	l->last = area((size_t)RD_DROP_MAX * RD_DROPLOG_LAST, l->slot_size);
	if (l->ring != NULL && l->last != NULL)
		return 0;
	rd_droplog_fini(l);
	return -ENOMEM;
}

void rd_droplog_fini(struct rd_droplog *l)
{
	free(l->ring);
	free(l->last);
	l->ring = l->last = NULL;
}

unsigned rd_droplog_begin(
	struct rd_droplog *l, uint16_t reason, uint64_t ns, struct rd_droplog_slot *to[2])
{
	struct rd_droplog_reason *r = &l->reason[reason];

	if (r->period != ns >> PERIOD_BITS) {
		r->period = ns >> PERIOD_BITS;
		r->used = 0;
	}
	to[0] = last_slot(l, reason, r->count);
	__atomic_store_n(&r->count, r->count + 1, __ATOMIC_RELAXED);
	if (r->used >= l->quota)
		return 1;
	r->used++;
	to[1] = ring_slot(l, l->head);
	__atomic_store_n(&l->head, l->head + 1, __ATOMIC_RELEASE);
	return 2;
}

void rd_droplog_open(struct rd_droplog_slot *s)
{
	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); // odd is seen before any byte changes
}

void rd_droplog_close(struct rd_droplog_slot *s)
{
	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELEASE);
}

static bool read_slot(const struct rd_droplog *l, const struct rd_droplog_slot *s,
	struct rd_droplog_rec *out, uint8_t *bytes)
{
	uint32_t seq = __atomic_load_n(&s->seq, __ATOMIC_ACQUIRE);

	if ((seq & 1) || seq == 0)
		return false;
	*out = s->rec;
	memcpy(bytes, s->bytes, l->snap);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&s->seq, __ATOMIC_RELAXED) == seq;
}

bool rd_droplog_read(
	const struct rd_droplog *l, uint64_t n, struct rd_droplog_rec *out, uint8_t *bytes)
{
	uint64_t head = __atomic_load_n(&l->head, __ATOMIC_ACQUIRE);

	if (n >= head || n >= l->slots)
		return false;
	return read_slot(l, ring_slot(l, head - 1 - n), out, bytes);
}

bool rd_droplog_read_last(const struct rd_droplog *l, uint16_t reason, unsigned n,
	struct rd_droplog_rec *out, uint8_t *bytes)
{
	uint64_t count = __atomic_load_n(&l->reason[reason].count, __ATOMIC_ACQUIRE);

	if (n >= count || n >= RD_DROPLOG_LAST)
		return false;
	return read_slot(l, last_slot(l, reason, count - 1 - n), out, bytes)
		&& out->reason == reason;
}
