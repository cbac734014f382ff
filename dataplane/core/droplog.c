/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The always-on ring of dropped packets; see droplog.h for the race between writer and reader.
 */
#include "core/droplog.h"

#include <string.h>

struct rd_droplog_rec *rd_droplog_begin(struct rd_droplog *l)
{
	struct rd_droplog_slot *s = &l->slot[l->head & (RD_DROPLOG_SLOTS - 1)];

	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); // odd is seen before any byte changes
	return &s->rec;
}

void rd_droplog_end(struct rd_droplog *l)
{
	struct rd_droplog_slot *s = &l->slot[l->head & (RD_DROPLOG_SLOTS - 1)];

	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&l->head, l->head + 1, __ATOMIC_RELEASE);
}

bool rd_droplog_read(const struct rd_droplog *l, uint64_t n, struct rd_droplog_rec *out)
{
	uint64_t head = __atomic_load_n(&l->head, __ATOMIC_ACQUIRE);

	if (n >= head || n >= RD_DROPLOG_SLOTS)
		return false;
	const struct rd_droplog_slot *s = &l->slot[(head - 1 - n) & (RD_DROPLOG_SLOTS - 1)];
	uint32_t seq = __atomic_load_n(&s->seq, __ATOMIC_ACQUIRE);

	if (seq & 1)
		return false;
	memcpy(out, &s->rec, sizeof(*out));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&s->seq, __ATOMIC_RELAXED) == seq;
}
