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

int rd_rxq_refresh(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		struct rd_rxq_list *l = new_list(i);

		if (l == NULL)
			return -ENOMEM;
		rd_worker_call(rd_workers[i], swap_list, &l);
		free(l);
	}
	return 0;
}
