/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dfw_log.h.
 */
#include "tables/dfw_log.h"

#define RECORDS 512 // more than a second's
#define PER_S 256

static struct ring {
	uint32_t head; // written by the worker
	uint32_t second, taken; // records of this second
	uint64_t lost;
	uint32_t tail; // written by control
	struct rd_dfw_log_rec rec[RECORDS];
} rings[RD_WORKER_MAX];

void rd_dfw_log_put(struct rd_worker *w, const struct rd_dfw_log_rec *rec)
{
	struct ring *r = &rings[w->id];
	uint32_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);

	if (r->second != w->now_s) {
		r->second = w->now_s;
		r->taken = 0;
	}
	if (r->taken == PER_S || r->head - tail == RECORDS) {
		__atomic_store_n(&r->lost, r->lost + 1, __ATOMIC_RELAXED);
		return;
	}
	r->taken++;
	r->rec[r->head % RECORDS] = *rec;
	__atomic_store_n(&r->head, r->head + 1, __ATOMIC_RELEASE);
}

bool rd_dfw_log_take(struct rd_dfw_log_rec *rec)
{
	struct ring *oldest = NULL;

	for (unsigned i = 0; i < RD_WORKER_MAX; i++) {
		struct ring *r = &rings[i];

		if (__atomic_load_n(&r->head, __ATOMIC_ACQUIRE) == r->tail)
			continue;
		if (oldest == NULL
			|| r->rec[r->tail % RECORDS].ns < oldest->rec[oldest->tail % RECORDS].ns)
			oldest = r;
	}
	if (oldest == NULL)
		return false;
	*rec = oldest->rec[oldest->tail % RECORDS];
	__atomic_store_n(&oldest->tail, oldest->tail + 1, __ATOMIC_RELEASE);
	return true;
}

uint64_t rd_dfw_log_lost(void)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < RD_WORKER_MAX; i++)
		lost += __atomic_load_n(&rings[i].lost, __ATOMIC_RELAXED);
	return lost;
}
