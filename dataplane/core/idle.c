/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See idle.h. A worker that wants to sleep arms the devices' interrupts, walks once more, and sleeps when that walk found
 * nothing: what came before the arming is seen by the walk, what came after it wakes. Others look at `asleep` after
 * they have put work into a ring, the worker looks at its rings after it has set it: one of both sees the other.
 */
#include "core/idle.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/idle_watch.h"
#include "core/rcu.h"

#define SPIN 512 // empty walks before the first sleep
#define LOOK 32 // ... after it was woken; if that was for a packet, it finds it at once
#define SLEEP_MAX_NS 50000000 // aging goes on
// A nap bounds the latency of the packet that ends a silence, and going to sleep has its price: the longer the
// silence, the longer may be the nap.
#define NAP_MIN_NS 20000
#define NAP_SHORT_NS 100000
#define NAP_LONG_NS 1000000
#define SHORT_SHARE 64 // of the silence, up to NAP_SHORT_NS
#define LONG_SHARE 4096 // of the silence, up to NAP_LONG_NS

static enum rd_idle mode = RD_IDLE_AUTO;
static const char *const names[RD_IDLE_COUNT] = {"spin", "nap", "auto", "interrupt"};

const char *rd_idle_name(unsigned m)
{
	return m < RD_IDLE_COUNT ? names[m] : "";
}

int rd_idle_parse(const char *name)
{
	for (int m = 0; m < RD_IDLE_COUNT; m++)
		if (strcmp(name, names[m]) == 0)
			return m;
	return -EINVAL;
}

const char *rd_idle_now(const struct rd_worker *w)
{
	if (!rd_idle_is_woken(w->idle_mode))
		return rd_idle_name(w->idle_mode);
	if (w->blind == 0)
		return "interrupt";
	return w->blind < w->rxqs->nb ? "mixed" : "nap";
}

int rd_idle_init(struct rd_worker *w)
{
	w->epoll_fd = w->eal_epoll_fd = -1;
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return w->wake_fd < 0 ? -errno : 0;
}

void rd_idle_fini(struct rd_worker *w)
{
	if (w->rxqs != NULL)
		rd_idle_unwatch(w);
	if (w->wake_fd > 0)
		close(w->wake_fd);
}

void rd_idle_wake(struct rd_worker *w)
{
	uint64_t one = 1;

	// Full means that it is awake already.
	(void)!write(w->wake_fd, &one, sizeof(one));
}

static bool has_work(struct rd_worker *w)
{
	if (!rte_ring_empty(w->inject) || __atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)
		|| __atomic_load_n(&w->call_posted, __ATOMIC_ACQUIRE) != w->call_done)
		return true;
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (w->handoff.from[i].ring != NULL && !rte_ring_empty(w->handoff.from[i].ring))
			return true;
	// The chore looks into a ring of its own; what it finds is moved at once.
	return w->chore != NULL && w->chore(w) != 0;
}

static long nap_ns(const struct rd_worker *w)
{
	uint64_t silence =
		(uint64_t)(((unsigned __int128)(rd_tsc() - w->quiet_tsc) * w->clock.mult) >> 32);
	uint64_t ns = RTE_MIN(
		RTE_MAX(silence / SHORT_SHARE, (uint64_t)NAP_MIN_NS), (uint64_t)NAP_SHORT_NS);

	return (long)RTE_MAX(ns, RTE_MIN(silence / LONG_SHARE, (uint64_t)NAP_LONG_NS));
}

static void nap(struct rd_worker *w)
{
	struct timespec ts = {.tv_nsec = nap_ns(w)};

	rd_rcu_sleep(w->id);
	w->sleeps++;
	nanosleep(&ts, NULL);
	rd_rcu_wake(w->id);
}

// Whether somebody woke it.
static bool sleep_until_woken(struct rd_worker *w)
{
	bool woken = true;

	__atomic_store_n(&w->asleep, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!has_work(w)) {
		rd_rcu_sleep(w->id);
		w->sleeps++;
		woken = rd_idle_wait(w, w->blind != 0 ? nap_ns(w) : SLEEP_MAX_NS);
		rd_rcu_wake(w->id);
	}
	__atomic_store_n(&w->asleep, false, __ATOMIC_RELAXED);
	return woken;
}

// Packets came: a descriptor that was given up may be right again.
static void look_again(struct rd_worker *w)
{
	w->false_wakes = 0;
	if (w->blinded_s != 0 && w->now_s - w->blinded_s > 1) {
		rd_idle_unwatch(w);
		rd_idle_watch(w);
	}
}

static uint32_t awake(struct rd_worker *w, uint32_t empty)
{
	if (empty == 0) {
		if (w->armed)
			rd_idle_arm(w, false);
		if (unlikely((w->false_wakes | w->blinded_s) != 0))
			look_again(w);
		return 0;
	}
	if (empty == 1)
		w->quiet_tsc = rd_tsc();
	rte_pause();
	return empty;
}

uint32_t rd_idle(struct rd_worker *w, uint32_t empty)
{
	if (w->idle_mode == RD_IDLE_SPIN || empty <= SPIN)
		return awake(w, empty);
	if (w->epoll_fd < 0) {
		nap(w);
	} else if (!w->armed) {
		rd_idle_arm(w, true);
	} else if (sleep_until_woken(w)) {
		// A device may say that there is a packet before its driver finds it (TAP).
		rd_idle_arm(w, false);
		return SPIN - LOOK;
	}
	return empty;
}

static void take_mode(struct rd_worker *w, void *arg)
{
	rd_idle_unwatch(w);
	w->idle_mode = *(uint8_t *)arg;
	rd_idle_watch(w);
}

void rd_idle_set(enum rd_idle m)
{
	uint8_t value = (uint8_t)m;

	mode = m;
	rd_worker_call_all(take_mode, &value);
}

enum rd_idle rd_idle_get(void)
{
	return mode;
}
