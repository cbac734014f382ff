/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The producer of a capture ring. Called by one worker per ring, in its hot path: no system call,
 * and nothing is believed that the client can write. Of the shared memory only `tail` is read.
 */
#include "api/capring.h"

#include <string.h>

#include "api/capring_put.h"

static void count_loss(struct rd_capring_prod *p, unsigned stage)
{
	uint64_t *lost;

	if (stage >= RD_STAGE_MAX)
		return;
	lost = &p->ctl->stage[stage].lost;
	__atomic_store_n(lost, __atomic_load_n(lost, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

struct rd_cap_rec *rd_capring_reserve(struct rd_capring_prod *p, unsigned stage, uint32_t cap_len)
{
	uint64_t need = rd_capring_len(cap_len);
	struct rd_cap_rec *rec;

	p->pending = 0;
	rd_capring_look(p);
	rec = rd_capring_room(p, need);
	if (rec == NULL) {
		count_loss(p, stage);
		return NULL;
	}
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
	rd_capring_next(p, p->pending);
	p->pending = 0;
	rd_capring_show(p);
}
