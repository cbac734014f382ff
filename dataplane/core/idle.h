/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a worker does when there is nothing to do: spin, nap (longer and longer, at most 1 ms), or sleep until a
 * device, another worker or control wakes it. A worker with a queue that can't wake it sleeps only as long as a nap.
 */
#pragma once

#include "core/worker.h"

enum rd_idle {
	RD_IDLE_SPIN,
	RD_IDLE_NAP,
	RD_IDLE_AUTO, // woken by what can wake it as it is
	RD_IDLE_INTERRUPT, // the same, and cards are opened with interrupts, too
	RD_IDLE_COUNT,
};
const char *rd_idle_name(unsigned mode); // "nap"; "" for none
// What the worker really does: also "interrupt" for auto, "nap" for both where no device can wake it, "mixed" where some can.
const char *rd_idle_now(const struct rd_worker *w);
int rd_idle_parse(const char *name); // enum or -EINVAL

static inline bool rd_idle_is_woken(uint8_t mode)
{
	return mode == RD_IDLE_AUTO || mode == RD_IDLE_INTERRUPT;
}

// --- worker thread ---
int rd_idle_init(struct rd_worker *w); // 0 or -errno
void rd_idle_fini(struct rd_worker *w);
// After `empty` walks in a row that found nothing. The new count: 0 when it was woken.
uint32_t rd_idle(struct rd_worker *w, uint32_t empty);
// Around a change of the worker's queues or mode: what it sleeps at.
void rd_idle_unwatch(struct rd_worker *w);
void rd_idle_watch(struct rd_worker *w);

// --- any thread ---
void rd_idle_wake(struct rd_worker *w);
// The worker has new work. A system call only if it sleeps.
static inline void rd_idle_poke(struct rd_worker *w)
{
	if (!rd_idle_is_woken(__atomic_load_n(&w->idle_mode, __ATOMIC_RELAXED)))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); // the work is visible before we look
	if (__atomic_load_n(&w->asleep, __ATOMIC_RELAXED))
		rd_idle_wake(w);
}

// --- control thread ---
void rd_idle_set(enum rd_idle mode); // of all workers
enum rd_idle rd_idle_get(void);
