/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What those share who capture: tap.c (armed stages), tap_session.c (control side), nodes/fast_tap*.c (the fast path).
 */
#pragma once

#include "api/capring_put.h"
#include "core/tap.h"
#include "core/tap_sink.h"
#include "core/thin.h"

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
	uint32_t slot; // bit in the masks of sessions; below RD_CAPTURE_MAX also in the metadata's
	const struct rd_tap_sink *sink; // NULL: records go into the ring
	void *sink_arg;
	bool follow;
	uint32_t snaplen;
	uint64_t stages; // armed stages, a bit each
	uint64_t any_port; // stages armed for every port
	uint64_t at_port[RD_PORT_MAX]; // atomic; stages armed for this port
	bool by_reason; // at drop only the packets with these reasons
	uint64_t reasons[RD_DROP_MAX / 64];
	struct rd_filter filter;
	bool thins; // has a --max-cost
	bool armed; // control
	struct rd_tap_budget budget;
	// written by worker i only: [i]
	struct rd_capring ring;
	struct rd_capring_stage stats[RD_WORKER_MAX][RD_STAGE_MAX];
	struct rd_capring_cost cost[RD_WORKER_MAX][RD_STAGE_MAX];
	struct rd_thin thin[RD_WORKER_MAX];
};

struct rd_tapset { // immutable once published
	uint64_t armed; // stages that any session wants
	unsigned nb;
	struct rd_capture *session[RD_TAP_SLOTS];
	struct rd_capture *by_slot[RD_TAP_SLOTS];
	// sessions, a bit per slot
	uint64_t all; // every packet matches
	uint64_t outer; // has a program that looks at the frame as it is
	uint64_t inner; // looks at the frame inside a tunnel's
	uint64_t program; // has one
	uint64_t follow;
	uint64_t budget; // has one
	uint64_t thins; // keeps to a share of the worker's time
	uint64_t counts; // what comes, whether wanted or not
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

// Whether this burst's cost is measured.
static inline bool rd_tap_measured(struct rd_worker *w)
{
	return ++w->tap_bursts % RD_THIN_PERIOD == 0;
}

// Whether the session passes the packet over, to keep to its share of the worker's time.
static inline bool rd_tap_skips(
	const struct rd_worker *w, const struct rd_capture *c, uint64_t packet_id)
{
	return c->thins && !rd_thin_takes(&c->thin[w->id], packet_id);
}

// What a record says of that.
static inline uint8_t rd_tap_one_in(const struct rd_worker *w, const struct rd_capture *c)
{
	return c->thins ? (uint8_t)c->thin[w->id].one_in : 0;
}

// A measured burst of the session took so many cycles, whatever for.
static inline void rd_tap_spend(struct rd_worker *w, struct rd_capture *c, uint64_t cycles)
{
	struct rd_thin *t = &c->thin[w->id];

	if (c->thins && rd_thin_sample(t, rd_tsc(), cycles))
		__atomic_store_n(&c->ring.ring[w->id].ctl->one_in, t->one_in, __ATOMIC_RELAXED);
}

// Whether the session has armed this stage for this port.
static inline bool rd_tap_wants(const struct rd_capture *c, unsigned stage, uint16_t port)
{
	return ((c->any_port | __atomic_load_n(&c->at_port[port], __ATOMIC_RELAXED)) >> stage & 1)
		!= 0;
}

// What a record says of the stage's kind.
static inline uint8_t rd_tap_dir(const struct rd_stage_desc *d)
{
	return d->kind == RD_STAGE_KIND_RX    ? RD_CAP_DIR_RX
		: d->kind == RD_STAGE_KIND_TX ? RD_CAP_DIR_TX
					      : RD_CAP_DIR_NONE;
}

// How the packet came to this worker.
static inline uint8_t rd_tap_lcore(const struct rd_meta *md)
{
	uint8_t f = md->hash_source == RD_HASH_NIC ? RD_CAP_HASH_NIC
		: md->hash_source == RD_HASH_SOFT  ? RD_CAP_HASH_SOFT
						   : 0;

	return f | (md->handed ? RD_CAP_HANDED : 0);
}

// How the packet came to be wanted, of a record's flags: enum rd_cap_match.
static inline uint8_t rd_tap_match(const struct rd_capture *c, uint8_t flags)
{
	if (c->filter.nb_insns == 0 && (c->filter.where & RD_FILTER_OUTER))
		return RD_CAP_MATCH_NONE;
	if (flags & RD_CAP_F_FOLLOWED)
		return RD_CAP_MATCH_FOLLOWED;
	return flags & RD_CAP_F_INNER ? RD_CAP_MATCH_INNER : RD_CAP_MATCH_OUTER;
}
