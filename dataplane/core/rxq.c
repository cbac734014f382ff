/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See rxq.h. A plan says which worker has which queue; lists are made of it and replaced as a whole. Control thread.
 */
#include "core/rxq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_ethdev.h>

#include "core/graph.h"
#include "core/idle.h"
#include "tables/port.h"

#define NOBODY (-1)

// By hand: the worker + 1; good for one life of the port's index.
static struct {
	uint16_t gen;
	uint8_t worker[RD_QUEUES_MAX];
} wish[RD_PORT_MAX];

struct plan { // of a refresh: the worker of every queue
	unsigned load[RD_WORKER_MAX]; // queues
	int8_t worker[RD_PORT_MAX][RD_QUEUES_MAX];
};

static int wished(uint16_t port, uint16_t queue)
{
	if (wish[port].gen != rd_port_gen[port] || queue >= RD_QUEUES_MAX)
		return NOBODY;
	return wish[port].worker[queue] <= rd_nb_workers ? wish[port].worker[queue] - 1 : NOBODY;
}

bool rd_rxq_by_hand(uint16_t port, uint16_t queue)
{
	return wished(port, queue) != NOBODY;
}

static const struct rd_rxq *find(const struct rd_rxq_list *l, uint16_t port, uint16_t queue)
{
	for (uint32_t i = 0; i < l->nb; i++)
		if (l->q[i].port == port && l->q[i].queue == queue)
			return &l->q[i];
	return NULL;
}

int rd_rxq_worker(uint16_t port, uint16_t queue)
{
	for (unsigned w = 0; w < rd_nb_workers; w++)
		if (find(rd_workers[w]->rxqs, port, queue) != NULL)
			return (int)w;
	return NOBODY;
}

static bool is_polled(const struct rd_port *p)
{
	return p != NULL && p->attach == RD_ATTACH_ETHDEV && rd_poll_edge(p->type) >= 0;
}

static uint16_t queues_of(const struct rd_port *p)
{
	return RTE_MIN(p->eth.nb_rxq, (uint16_t)RD_QUEUES_MAX);
}

static void place(struct plan *pl, uint16_t port, uint16_t queue, int worker)
{
	pl->worker[port][queue] = (int8_t)worker;
	pl->load[worker]++;
}

// The worker with the fewest queues; of several, the first one on the device's own memory.
static int least_loaded(const struct plan *pl, const struct rd_port *p)
{
	int socket = rte_eth_dev_socket_id(p->ethdev), best = 0;
	bool best_near = false;

	for (int w = 0; w < (int)rd_nb_workers; w++) {
		unsigned lcore = rd_workers[w]->lcore;
		bool near = lcore < RTE_MAX_LCORE && (int)rte_lcore_to_socket_id(lcore) == socket;

		if (w == 0 || pl->load[w] < pl->load[best]
			|| (pl->load[w] == pl->load[best] && near && !best_near)) {
			best = w;
			best_near = near;
		}
	}
	return best;
}

// First what is by hand, then what stays, then what is new.
static void make_plan(struct plan *pl, bool keep)
{
	memset(pl->worker, NOBODY, sizeof(pl->worker));
	memset(pl->load, 0, sizeof(pl->load));
	for (int round = 0; round < 3; round++) {
		for (uint16_t i = 1; i < rd_port_bound(); i++) {
			const struct rd_port *p = rd_port_at(i);

			for (uint16_t q = 0; is_polled(p) && q < queues_of(p); q++) {
				int w = round == 0   ? wished(i, q)
					: round == 1 ? (keep ? rd_rxq_worker(i, q) : NOBODY)
						     : least_loaded(pl, p);

				if (w != NOBODY && pl->worker[i][q] == NOBODY)
					place(pl, i, q, w);
			}
		}
	}
}

static struct rd_rxq_list *new_list(const struct plan *pl, unsigned worker)
{
	struct rd_rxq_list *l = calloc(1, sizeof(*l) + pl->load[worker] * sizeof(l->q[0]));

	for (uint16_t i = 1; l != NULL && i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at(i);

		for (uint16_t q = 0; is_polled(p) && q < queues_of(p); q++)
			if (pl->worker[i][q] == (int)worker)
				l->q[l->nb++] = (struct rd_rxq){.port = i,
					.ethdev = p->ethdev,
					.queue = q,
					.edge = (uint8_t)rd_poll_edge(p->type),
					.intr = p->eth.intr,
					.fd = rd_ethdev_rx_fd(&p->eth, q)};
	}
	return l;
}

static void swap_list(struct rd_worker *w, void *arg)
{
	struct rd_rxq_list **l = arg, *old = w->rxqs;

	rd_idle_unwatch(w);
	w->rxqs = *l;
	rd_idle_watch(w);
	*l = old;
}

static bool same_queue(const struct rd_rxq *a, const struct rd_rxq *b)
{
	return b != NULL && a->ethdev == b->ethdev;
}

// What the worker polls now and will poll then.
static struct rd_rxq_list *kept_list(const struct rd_worker *w, const struct rd_rxq_list *fresh)
{
	const struct rd_rxq_list *old = w->rxqs; // only this thread changes it
	struct rd_rxq_list *l = calloc(1, sizeof(*l) + old->nb * sizeof(l->q[0]));

	for (uint32_t i = 0; l != NULL && i < old->nb; i++)
		if (same_queue(&old->q[i], find(fresh, old->q[i].port, old->q[i].queue)))
			l->q[l->nb++] = old->q[i];
	return l;
}

static void swap_all(struct rd_rxq_list *lists[])
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_worker_call(rd_workers[i], swap_list, &lists[i]);
}

// In two steps, because a queue may go from one worker to another: first every worker lets go what it shall not have,
// then it takes what is new. A queue bears one poller only. What was handed over meanwhile is processed in between.
static int refresh(bool keep)
{
	struct rd_rxq_list *fresh[RD_WORKER_MAX] = {NULL}, *kept[RD_WORKER_MAX] = {NULL};
	struct plan *pl = malloc(sizeof(*pl));
	bool ok = pl != NULL;

	if (ok)
		make_plan(pl, keep);
	for (unsigned i = 0; i < rd_nb_workers && ok; i++) {
		fresh[i] = new_list(pl, i);
		kept[i] = fresh[i] != NULL ? kept_list(rd_workers[i], fresh[i]) : NULL;
		ok = kept[i] != NULL;
	}
	if (ok) {
		swap_all(kept);
		if (rd_handoff_model() != RD_MODEL_RTC)
			rd_handoff_hold();
		swap_all(fresh);
		if (rd_handoff_model() != RD_MODEL_RTC)
			rd_handoff_release();
	}
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		free(fresh[i]);
		free(kept[i]);
	}
	free(pl);
	return ok ? 0 : -ENOMEM;
}

int rd_rxq_refresh(void)
{
	return refresh(true);
}

int rd_rxq_spread(void)
{
	return refresh(false);
}

int rd_rxq_wish(uint16_t port, uint16_t queue, int worker)
{
	if (queue >= RD_QUEUES_MAX || worker >= (int)rd_nb_workers)
		return -EINVAL;
	if (wish[port].gen != rd_port_gen[port]) {
		memset(&wish[port], 0, sizeof(wish[port]));
		wish[port].gen = rd_port_gen[port];
	}
	wish[port].worker[queue] = worker < 0 ? 0 : (uint8_t)(worker + 1);
	return 0;
}

int rd_rxq_assign(uint16_t port, uint16_t queue, int worker)
{
	int ret = rd_rxq_wish(port, queue, worker);

	return ret < 0 ? ret : refresh(true);
}
