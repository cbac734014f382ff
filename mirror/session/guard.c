/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What ends a mirror session or stops it for a while: its limits, its own copies that come back, more copies than packets. Ten times a
 * second, control thread.
 */
#include "session/state.h"

#include "base/clock.h"
#include "session/cap.h"
#include "session/store.h"

#define SECOND_NS UINT64_C(1000000000)
#define HOLD_S 60 // that a loop is held against a session
#define KEEP_S 86400 // that the record of an expired one is kept
#define STORM_NS (SECOND_NS / 10)
#define STORM_SLACK 64 // copies more than there were packets, that are no storm

static void expire(struct rd_mirror *m, const char *why)
{
	mirror_state_end(m, RD_MIRROR_EXPIRED, "", why);
	m->gone_ns = rd_monotonic_ns() + KEEP_S * SECOND_NS;
	mirror_store_save();
}

// What came and what left, until now.
static struct rd_mirror_window look(const struct rd_mirror *m, uint64_t now)
{
	struct rd_mirror_window w = {.ns = now};
	struct mirror_counts n;
	uint64_t gone = 0;

	rd_mirror_sum(m, &n);
	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++) {
		w.sent += __atomic_load_n(&m->state->owned.sent[i].tx_ok, __ATOMIC_RELAXED);
		gone += __atomic_load_n(&m->state->owned.sent[i].tx_drop, __ATOMIC_RELAXED);
	}
	w.sent -= RTE_MIN(w.sent, __atomic_load_n(&m->state->owned.replicas, __ATOMIC_RELAXED));
	gone += w.sent + __atomic_load_n(&m->state->owned.no_dest, __ATOMIC_RELAXED)
		+ __atomic_load_n(&m->state->owned.duplicate, __ATOMIC_RELAXED);
	w.taken = n.taken;
	w.waiting = n.queued - RTE_MIN(n.queued, gone);
	return w;
}

// Within a tenth of a second more copies than packets, and than copies that waited: something multiplies them.
static bool is_storm(struct rd_mirror *m, uint64_t now)
{
	struct rd_mirror_window from = m->window, to;
	uint64_t taken;

	if (from.ns != 0 && now - from.ns < STORM_NS)
		return false;
	to = look(m, now);
	m->window = to;
	taken = to.taken - RTE_MIN(to.taken, from.taken);
	return from.ns != 0 && to.sent > from.sent
		&& to.sent - from.sent > taken + taken / 10 + from.waiting + STORM_SLACK;
}

static void suspend(struct rd_mirror *m, const char *sub, const char *why, uint64_t now)
{
	__atomic_store_n(&m->state->stop, MIRROR_STOP_LOOP, __ATOMIC_RELAXED);
	m->held_ns = now + HOLD_S * SECOND_NS;
	mirror_state_turn(m, RD_MIRROR_SUSPENDED, sub, why);
}

// Once since it was started.
static void note_crowd(struct rd_mirror *m)
{
	struct mirror_counts n;

	if (m->crowded || !mirror_cap_looks(MIRROR_CAP_COPIES))
		return;
	rd_mirror_sum(m, &n);
	m->crowded = n.crowded != 0;
	if (m->crowded)
		mirror_journal(m, "reddotd",
			"gives up copies of packets of which other sessions have made %u (mirror limit copies)",
			mirror_cap.copies);
}

// false: the session is no longer of interest.
bool mirror_guard(struct rd_mirror *m, uint64_t now)
{
	uint32_t stop = __atomic_load_n(&m->state->stop, __ATOMIC_RELAXED);

	note_crowd(m);
	if (m->end_ns != 0 && now >= m->end_ns) {
		expire(m, "its lifetime is over");
		return false;
	}
	if (stop == MIRROR_STOP_ENDED) {
		expire(m, "it has sent as many packets or bytes as it was allowed");
		return false;
	}
	if (stop != MIRROR_STOP_LOOP && is_storm(m, now)) {
		suspend(m, "storm", "more copies than packets", now);
	} else if (stop == MIRROR_STOP_LOOP && m->oper != RD_MIRROR_SUSPENDED) {
		suspend(m, "loop", "its own copies come back; it is tried again after a minute",
			now);
	} else if (stop == MIRROR_STOP_LOOP && now >= m->held_ns) {
		m->state->loops[0] = 0;
		m->window.ns = 0;
		__atomic_store_n(&m->state->stop, MIRROR_RUNS, __ATOMIC_RELAXED);
		mirror_state_turn(m, RD_MIRROR_RESOLVING, "", "tried again");
	}
	return true;
}
