/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a sleeping worker is woken by: descriptors of its devices' queues, and one that others write to. Worker thread,
 * or control while the worker's thread does not run.
 */
#include "core/idle_watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>

#include "core/ethdev.h"
#include "core/idle.h"

#define EVENTS 16
#define FALSE_WAKES_MAX 100000 // about a second of them
enum { // besides the indexes of queues
	EVENT_WAKE = UINT32_MAX,
	EVENT_EAL = UINT32_MAX - 1,
};

static int watch_fd(const struct rd_worker *w, int fd, uint32_t what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = what};

	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

// The EAL watches for changes of state only, and some wake-ups of a TAP's descriptor got lost that way.
static int watch_queue(const struct rd_worker *w, uint32_t i)
{
	const struct rd_rxq *q = &w->rxqs->q[i];

	if (q->intr == RD_INTR_LEVEL)
		return watch_fd(w, q->fd, i);
	if (q->intr == RD_INTR_EVENT)
		return rte_eth_dev_rx_intr_ctl_q(
			q->ethdev, q->queue, w->eal_epoll_fd, RTE_INTR_EVENT_ADD, NULL);
	return -ENOTSUP;
}

void rd_idle_watch(struct rd_worker *w)
{
	w->blind = w->false_wakes = w->blinded_s = 0;
	if (!rd_idle_is_woken(w->idle_mode))
		return;
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->eal_epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0 || w->eal_epoll_fd < 0 || watch_fd(w, w->wake_fd, EVENT_WAKE) != 0
		|| watch_fd(w, w->eal_epoll_fd, EVENT_EAL) != 0) {
		rd_idle_unwatch(w); // it naps
		return;
	}
	for (uint32_t i = 0; i < w->rxqs->nb; i++)
		w->blind += watch_queue(w, i) != 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void rd_idle_unwatch(struct rd_worker *w)
{
	if (w->armed)
		rd_idle_arm(w, false);
	for (uint32_t i = 0; w->eal_epoll_fd >= 0 && i < w->rxqs->nb; i++)
		if (w->rxqs->q[i].intr == RD_INTR_EVENT)
			(void)rte_eth_dev_rx_intr_ctl_q(w->rxqs->q[i].ethdev, w->rxqs->q[i].queue,
				w->eal_epoll_fd, RTE_INTR_EVENT_DEL, NULL);
	close_fd(&w->eal_epoll_fd);
	close_fd(&w->epoll_fd);
}

void rd_idle_arm(struct rd_worker *w, bool on)
{
	for (uint32_t i = 0; i < w->rxqs->nb; i++) {
		const struct rd_rxq *q = &w->rxqs->q[i];

		// A descriptor that is readable while there are packets has nothing to switch.
		if (q->intr != RD_INTR_EVENT)
			continue;
		if (on)
			(void)rte_eth_dev_rx_intr_enable(q->ethdev, q->queue);
		else
			(void)rte_eth_dev_rx_intr_disable(q->ethdev, q->queue);
	}
	w->armed = on;
}

// Its interface is gone, or says that there are packets where there are none: the queue is polled only.
static void give_up(struct rd_worker *w, uint32_t queue)
{
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, w->rxqs->q[queue].fd, NULL) == 0)
		w->blind++;
	w->blinded_s = w->now_s;
}

// An interface that goes down leaves an error at its packet socket, which is readable till somebody takes it.
static bool take_error(int fd)
{
	int error;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0;
}

static void queue_event(struct rd_worker *w, uint32_t queue, uint32_t events)
{
	bool error = (events & (EPOLLERR | EPOLLHUP)) != 0;

	if ((error && !take_error(w->rxqs->q[queue].fd)) || ++w->false_wakes > FALSE_WAKES_MAX)
		give_up(w, queue);
}

static void event(struct rd_worker *w, const struct epoll_event *ev)
{
	struct rte_epoll_event eal[EVENTS];
	uint64_t count;

	if (ev->data.u32 == EVENT_WAKE)
		(void)!read(w->wake_fd, &count, sizeof(count));
	else if (ev->data.u32 == EVENT_EAL)
		(void)rte_epoll_wait(w->eal_epoll_fd, eal, EVENTS, 0);
	else
		queue_event(w, ev->data.u32, ev->events);
}

// epoll_wait() knows milliseconds only.
bool rd_idle_wait(struct rd_worker *w, long ns)
{
	struct timespec ts = {.tv_nsec = ns};
	struct pollfd p = {.fd = w->epoll_fd, .events = POLLIN};
	struct epoll_event ev[EVENTS];
	int n = ppoll(&p, 1, &ts, NULL);

	if (n <= 0)
		return false;
	n = epoll_wait(w->epoll_fd, ev, EVENTS, 0);
	for (int i = 0; i < n; i++)
		event(w, &ev[i]);
	return true;
}
