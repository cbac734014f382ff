/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See cap.h. As much as 10 ms' worth may come at once.
 */
#include "session/cap.h"

#define BURST (MIRROR_BUCKET_S / 100)
#define PLACES \
	256 // packets of a worker that are counted at once: those of a burst, at each of their stages in turn

struct mirror_cap mirror_cap __rte_cache_aligned = {.copies = RD_MIRROR_CAP_COPIES};

static struct place { // a packet at a stage
	uint64_t packet_id;
	uint32_t copies;
	uint8_t stage;
} places[RD_WORKER_MAX][PLACES] __rte_cache_aligned;
static unsigned possible; // control's: copies of one packet

static bool take(uint64_t *tat, uint64_t now, uint64_t cost)
{
	return mirror_bucket_take(tat, now, cost, RTE_MAX(BURST, cost));
}

bool mirror_cap_take(uint64_t ns, uint32_t wire_len, unsigned copies)
{
	uint64_t pps = __atomic_load_n(&mirror_cap.pps, __ATOMIC_RELAXED);
	uint64_t bps = __atomic_load_n(&mirror_cap.bps, __ATOMIC_RELAXED);
	uint64_t now = mirror_bucket_now(ns);
	uint64_t cost = pps != 0 ? MIRROR_BUCKET_S / pps * copies : 0;

	if (pps != 0 && !take(&mirror_cap.tat_pps, now, cost))
		return false;
	if (bps == 0 || take(&mirror_cap.tat_bps, now, mirror_bucket_bits(wire_len, bps) * copies))
		return true;
	if (pps != 0)
		mirror_bucket_give_back(&mirror_cap.tat_pps, cost);
	return false;
}

// A worker's packets have numbers that follow each other.
uint32_t *mirror_crowd_find(const struct rd_worker *w, const struct rd_tap_seen *seen)
{
	struct place *p = &places[w->id][(seen->packet_id + seen->stage * 67u) % PLACES];

	if (p->packet_id != seen->packet_id || p->stage != seen->stage)
		*p = (struct place){.packet_id = seen->packet_id, .stage = seen->stage};
	return &p->copies;
}

static void look_again(void)
{
	uint32_t looks = (mirror_cap.pps | mirror_cap.bps) != 0 ? MIRROR_CAP_RATE : 0;

	if (mirror_cap.copies != 0 && possible > mirror_cap.copies)
		looks |= MIRROR_CAP_COPIES;
	__atomic_store_n(&mirror_cap.looks, looks, __ATOMIC_RELAXED);
}

void rd_mirror_cap_set(uint64_t pps, uint64_t bps)
{
	__atomic_store_n(&mirror_cap.pps, pps, __ATOMIC_RELAXED);
	__atomic_store_n(&mirror_cap.bps, bps, __ATOMIC_RELAXED);
	look_again();
}

void rd_mirror_cap_copies_set(uint32_t copies)
{
	__atomic_store_n(&mirror_cap.copies, copies, __ATOMIC_RELAXED);
	look_again();
}

void mirror_cap_sessions(unsigned copies)
{
	possible = copies;
	look_again();
}
