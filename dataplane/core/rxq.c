/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which worker polls which device queue. Control thread; the lists are replaced as a whole.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/graph.h"
#include "tables/port.h"

static struct rd_rxq_list *new_list(unsigned worker)
{
	struct rd_rxq_list *l = NULL;
	uint32_t nb = 0, turn = 0;

	for (int fill = 0; fill <= 1; fill++) {
		if (fill && (l = calloc(1, sizeof(*l) + nb * sizeof(l->q[0]))) == NULL)
			return NULL;
		turn = 0;
		for (uint16_t i = 1; i < rd_port_bound(); i++) {
			const struct rd_port *p = rd_port_at(i);

			if (p == NULL || p->attach != RD_ATTACH_ETHDEV || rd_poll_edge(p->type) < 0)
				continue;
			for (uint16_t q = 0; q < p->eth.nb_rxq; q++) {
				if (turn++ % rd_nb_workers != worker)
					continue;
				if (fill)
					l->q[l->nb++] = (struct rd_rxq){.port = i,
						.ethdev = p->ethdev,
						.queue = q,
						.edge = (uint8_t)rd_poll_edge(p->type)};
				else
					nb++;
			}
		}
	}
	return l;
}

static void swap_list(struct rd_worker *w, void *arg)
{
	struct rd_rxq_list **l = arg, *old = w->rxqs;

	w->rxqs = *l;
	*l = old;
}

static bool has_queue(const struct rd_rxq_list *l, const struct rd_rxq *q)
{
	for (uint32_t i = 0; i < l->nb; i++)
		if (l->q[i].port == q->port && l->q[i].ethdev == q->ethdev
			&& l->q[i].queue == q->queue)
			return true;
	return false;
}

// What the worker polls now and will poll then.
static struct rd_rxq_list *kept_list(const struct rd_worker *w, const struct rd_rxq_list *fresh)
{
	const struct rd_rxq_list *old = w->rxqs; // only this thread changes it
	struct rd_rxq_list *l = calloc(1, sizeof(*l) + old->nb * sizeof(l->q[0]));

	for (uint32_t i = 0; l != NULL && i < old->nb; i++)
		if (has_queue(fresh, &old->q[i]))
			l->q[l->nb++] = old->q[i];
	return l;
}

static void swap_all(struct rd_rxq_list *lists[])
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_worker_call(rd_workers[i], swap_list, &lists[i]);
}

// In two steps, because a queue may go from one worker to another: first every worker lets go what it shall not have,
// then it takes what is new. A queue bears one poller only.
int rd_rxq_refresh(void)
{
	struct rd_rxq_list *fresh[RD_WORKER_MAX] = {NULL}, *kept[RD_WORKER_MAX] = {NULL};
	bool ok = true;

	for (unsigned i = 0; i < rd_nb_workers && ok; i++) {
		fresh[i] = new_list(i);
		kept[i] = fresh[i] != NULL ? kept_list(rd_workers[i], fresh[i]) : NULL;
		ok = kept[i] != NULL;
	}
	if (ok) {
		swap_all(kept);
		swap_all(fresh);
	}
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		free(fresh[i]);
		free(kept[i]);
	}
	return ok ? 0 : -ENOMEM;
}
