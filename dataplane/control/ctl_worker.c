/* SPDX-License-Identifier: BSD-3-Clause
 *
 * worker.list. Control thread; the counters are the workers'.
 */
#include <rte_lcore.h>
#include <rte_mempool.h>

#include "control/ctl.h"
#include "core/tap.h"

// The cpu that its thread is bound to, -1 before it has one.
static int cpu_of(const struct rd_worker *w)
{
	rte_cpuset_t set;

	if (w->lcore >= RTE_MAX_LCORE)
		return -1;
	set = rte_lcore_cpuset(w->lcore);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -1;
}

static json_t *queues(const struct rd_worker *w)
{
	json_t *list = json_array();
	char port[RD_QNAME_LEN];

	for (uint32_t i = 0; i < w->rxqs->nb; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:i}", "port", rd_ctl_port_qname(w->rxqs->q[i].port, port),
				"queue", (int)w->rxqs->q[i].queue));
	return list;
}

int ctl_worker_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		const struct rd_worker *w = rd_workers[i];
		int cpu = cpu_of(w);

		rd_req_item(req,
			json_pack("{s:i,s:i,s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "worker",
				(int)i, "lcore", w->lcore >= RTE_MAX_LCORE ? -1 : (int)w->lcore,
				"cpu", cpu, "state", w->running ? "running" : "stopped", "polls",
				(json_int_t)w->polls, "empty_polls", (json_int_t)w->empty_polls,
				"sleeps", (json_int_t)w->sleeps, "packets", (json_int_t)w->packets,
				"bursts", (json_int_t)w->bursts, "tap_epoch",
				(json_int_t)rd_tap_epoch(w), "mbufs_in_use",
				(json_int_t)rte_mempool_in_use_count(rd_pool()), "mbufs_total",
				(json_int_t)rd_pool()->size, "queues", queues(w)));
	}
	return 0;
}
