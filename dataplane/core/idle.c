/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See idle.h. A worker that wants to sleep arms the devices' interrupts, walks once more, and sleeps when that walk found
 * nothing: what came before the arming is seen by the walk, what came after it wakes. Others look at `asleep` after
 * they have put work into a ring, the worker looks at its rings after it has set it: one of both sees the other.
 */
#include "core/idle.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>

#include "core/ethdev.h"
#include "core/rcu.h"

#define SPIN 512 // empty walks before the first nap
#define NAP_MIN_NS 20000
#define NAP_MAX_NS 100000 // bounds the latency of the first packet after silence
#define NAP_LONG_NS 250000 // ... after a second of it
#define LONG_AFTER 10000 // empty walks
#define NAPS 16 // before it sleeps
#define SLEEP_MAX_MS 50 // aging goes on
#define EVENTS 16

static enum rd_idle mode = RD_IDLE_NAP;
static const char *const names[RD_IDLE_COUNT] = {"spin", "nap", "interrupt"};

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

int rd_idle_init(struct rd_worker *w)
{
	w->epoll_fd = -1;
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

static void arm(struct rd_worker *w, bool on)
{
	for (uint32_t i = 0; i < w->rxqs->nb; i++) {
		const struct rd_rxq *q = &w->rxqs->q[i];

		// Drivers whose descriptor is readable while there are packets have nothing to switch.
		if (on)
			(void)rte_eth_dev_rx_intr_enable(q->ethdev, q->queue);
		else
			(void)rte_eth_dev_rx_intr_disable(q->ethdev, q->queue);
	}
	w->armed = on;
}

void rd_idle_unwatch(struct rd_worker *w)
{
	if (w->armed)
		arm(w, false);
	for (uint32_t i = 0; w->epoll_fd >= 0 && i < w->rxqs->nb; i++)
		if (w->rxqs->q[i].intr == RD_INTR_EVENT)
			(void)rte_eth_dev_rx_intr_ctl_q(w->rxqs->q[i].ethdev, w->rxqs->q[i].queue,
				w->epoll_fd, RTE_INTR_EVENT_DEL, NULL);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	w->epoll_fd = -1;
	w->can_sleep = false;
}

static int watch_fd(struct rd_worker *w, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &w->wake_event};

	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

// The EAL watches for changes of state only, and some wake-ups of a TAP's descriptor got lost that way.
static int watch_queue(struct rd_worker *w, const struct rd_rxq *q)
{
	if (q->intr == RD_INTR_LEVEL)
		return watch_fd(w, rte_eth_dev_rx_intr_ctl_q_get_fd(q->ethdev, q->queue));
	return rte_eth_dev_rx_intr_ctl_q(
		q->ethdev, q->queue, w->epoll_fd, RTE_INTR_EVENT_ADD, NULL);
}

void rd_idle_watch(struct rd_worker *w)
{
	bool ok = w->idle_mode == RD_IDLE_INTERRUPT;

	for (uint32_t i = 0; i < w->rxqs->nb; i++)
		ok = ok && w->rxqs->q[i].intr != RD_INTR_NONE;
	if (!ok)
		return;
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	// rte_epoll_wait() looks at an event's status: this one belongs to no device of the EAL's.
	w->wake_event = (struct rte_epoll_event){.status = RTE_EPOLL_VALID};
	ok = w->epoll_fd >= 0 && watch_fd(w, w->wake_fd) == 0;
	for (uint32_t i = 0; ok && i < w->rxqs->nb; i++)
		ok = watch_queue(w, &w->rxqs->q[i]) == 0;
	w->can_sleep = ok;
}

static bool has_work(const struct rd_worker *w)
{
	if (!rte_ring_empty(w->inject) || __atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)
		|| __atomic_load_n(&w->call_posted, __ATOMIC_ACQUIRE) != w->call_done)
		return true;
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (w->handoff.from[i].ring != NULL && !rte_ring_empty(w->handoff.from[i].ring))
			return true;
	return false;
}

static void nap(struct rd_worker *w, uint32_t empty)
{
	long ns = NAP_MIN_NS + (long)(empty - SPIN) * 1000;
	long max = empty > LONG_AFTER ? NAP_LONG_NS : NAP_MAX_NS;
	struct timespec ts = {.tv_nsec = RTE_MIN(ns, max)};

	rd_rcu_sleep(w->id);
	w->sleeps++;
	nanosleep(&ts, NULL);
	rd_rcu_wake(w->id);
}

// Whether somebody woke it.
static bool sleep_until_woken(struct rd_worker *w)
{
	struct rte_epoll_event ev[EVENTS];
	uint64_t count;
	int woken = 1;

	__atomic_store_n(&w->asleep, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!has_work(w)) {
		rd_rcu_sleep(w->id);
		w->sleeps++;
		woken = rte_epoll_wait(w->epoll_fd, ev, EVENTS, SLEEP_MAX_MS);
		rd_rcu_wake(w->id);
	}
	__atomic_store_n(&w->asleep, false, __ATOMIC_RELAXED);
	(void)!read(w->wake_fd, &count, sizeof(count));
	return woken > 0;
}

uint32_t rd_idle(struct rd_worker *w, uint32_t empty)
{
	if (w->idle_mode == RD_IDLE_SPIN || empty <= SPIN) {
		if (w->armed && empty == 0)
			arm(w, false);
		if (empty != 0)
			rte_pause();
		return empty;
	}
	if (!w->can_sleep || empty <= SPIN + NAPS) {
		nap(w, empty);
	} else if (!w->armed) {
		arm(w, true);
	} else if (sleep_until_woken(w)) {
		// A device may say that there is a packet before its driver finds it (TAP), and says it only once.
		arm(w, false);
		return 0;
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
