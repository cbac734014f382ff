/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tap.c (worker side) and tap_session.c (control side) share.
 */
#pragma once

#include "core/tap.h"

// What a session may still take, over all workers. Only the packets of sessions with a budget touch it, and only those
// that are about to be captured.
struct rd_tap_budget {
	bool on; // constant while armed
	bool has_packets, has_bytes; // constant, too
	uint32_t spent; // enum rd_capring_end, atomic
	int64_t packets, bytes; // left; atomic
};

struct rd_capture {
	// constant while armed; read by workers
	uint32_t slot; // bit in the metadata's capture masks
	bool follow;
	uint32_t snaplen;
	uint64_t stages; // armed stages, a bit each
	uint64_t any_port; // stages armed for every port
	uint64_t ports[RD_STAGE_MAX][RD_PORT_MAX / 64]; // else: armed ports of each stage
	bool by_reason; // at drop only the packets with these reasons
	uint64_t reasons[RD_DROP_MAX / 64];
	struct rd_filter filter;
	bool armed; // control
	struct rd_tap_budget budget;
	// written by worker i only: [i]
	struct rd_capring ring;
	struct rd_capring_stage stats[RD_WORKER_MAX][RD_STAGE_MAX];
};

struct rd_tapset { // immutable once published
	uint64_t armed; // stages that any session wants
	unsigned nb;
	struct rd_capture *session[RD_CAPTURE_MAX];
};

// Worker thread: takes a tap set, NULL = nothing armed. Swaps the process functions.
void rd_tap_apply(struct rd_worker *w, void *tapset);

static inline bool rd_tap_spent(const struct rd_capture *c)
{
	return c->budget.on
		&& __atomic_load_n(&c->budget.spent, __ATOMIC_RELAXED) != RD_CAPRING_RUNS;
}

// Worker: whether the session may take another packet of so many bytes. Ended by the last that fits, or the first that does
// not.
static inline bool rd_tap_budget_take(struct rd_tap_budget *b, uint32_t len)
{
	int64_t packets = INT64_MAX, bytes = INT64_MAX; // left without this one

	if (b->has_packets)
		packets = __atomic_sub_fetch(&b->packets, 1, __ATOMIC_RELAXED);
	if (b->has_bytes && packets >= 0)
		bytes = __atomic_sub_fetch(&b->bytes, len, __ATOMIC_RELAXED);
	if (packets <= 0)
		__atomic_store_n(&b->spent, RD_CAPRING_END_PACKETS, __ATOMIC_RELAXED);
	else if (bytes <= 0)
		__atomic_store_n(&b->spent, RD_CAPRING_END_BYTES, __ATOMIC_RELAXED);
	return packets >= 0 && bytes >= 0;
}
