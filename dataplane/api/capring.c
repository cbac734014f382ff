/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The producer of a capture ring. Called by one worker per ring, in its hot path: no system call,
 * and nothing is believed that the client can write. Of the shared memory only `tail` is read.
 */
#include "api/capring.h"

#include <string.h>

#define REC_ALIGN 16u

static void count_loss(struct rd_capring_prod *p, unsigned stage)
{
	uint64_t *lost;

	if (p->lost < UINT32_MAX)
		p->lost++;
	if (stage >= RD_STAGE_MAX)
		return;
	lost = &p->ctl->stage[stage].lost;
	__atomic_store_n(lost, __atomic_load_n(lost, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

struct rd_cap_rec *rd_capring_reserve(struct rd_capring_prod *p, unsigned stage, uint32_t cap_len)
{
	uint64_t need = (sizeof(struct rd_cap_rec) + (uint64_t)cap_len + REC_ALIGN - 1)
		& ~(uint64_t)(REC_ALIGN - 1);
	uint64_t used = p->head - __atomic_load_n(&p->ctl->tail, __ATOMIC_ACQUIRE);
	struct rd_cap_rec *rec;

	p->pending = 0;
	// A tail ahead of head or further behind than the ring is long gives used > size: full.
	if (used > p->size || need > p->size - used) {
		count_loss(p, stage);
		return NULL;
	}
	rec = (struct rd_cap_rec *)(void *)(p->data + (p->head & (p->size - 1)));
	memset(rec, 0, sizeof(*rec));
	rec->rec_len = (uint32_t)need;
	rec->hdr_len = sizeof(*rec);
	rec->stage = (uint8_t)stage;
	rec->cap_len = cap_len;
	rec->lost = p->lost;
	p->pending = need;
	return rec;
}

void rd_capring_commit(struct rd_capring_prod *p, const struct rd_cap_rec *rec)
{
	const void *reserved = p->data + (p->head & (p->size - 1));

	if (rec != reserved || p->pending == 0)
		return; // not what was reserved last: publishing it would corrupt the stream
	p->head += p->pending;
	p->pending = 0;
	p->lost = 0;
	__atomic_store_n(&p->ctl->head, p->head, __ATOMIC_RELEASE);
}
