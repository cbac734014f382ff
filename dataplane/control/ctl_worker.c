/* SPDX-License-Identifier: BSD-3-Clause
 *
 * worker.list and what changes workers: model, idling, who polls which queue. Control thread; the counters are the
 * workers'.
 */
#include "control/ctl_worker.h"

#include <rte_lcore.h>
#include <rte_mempool.h>

#include "control/device.h"
#include "core/idle.h"
#include "core/rxq.h"
#include "core/tap.h"

int rd_worker_cpu(const struct rd_worker *w)
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

int rd_worker_numa(const struct rd_worker *w)
{
	return w->lcore >= RTE_MAX_LCORE ? -1 : (int)rte_lcore_to_socket_id(w->lcore);
}

uint64_t rd_worker_handed_out(const struct rd_worker *w)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < rd_nb_workers; i++)
		sum += w->handoff.to[i].packets + w->handoff.to[i].full + w->handoff.to[i].stopped;
	return sum;
}

static uint64_t handed_in(const struct rd_worker *w)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < rd_nb_workers; i++)
		sum += w->handoff.from[i].packets;
	return sum;
}

static uint64_t ratio(uint64_t part, uint64_t all, uint64_t scale)
{
	return all == 0 ? 0 : (uint64_t)((unsigned __int128)part * scale / all);
}

// What it does for packets: poll and process, only one of both, or nothing.
static const char *role(const struct rd_worker *w)
{
	bool takes = w->model != RD_MODEL_RTC && rd_nb_workers > 1;

	if (w->rxqs->nb == 0)
		return takes ? "process" : "none";
	return "poll,process";
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

static json_t *identity(const struct rd_worker *w)
{
	return json_pack("{s:i,s:i,s:i,s:i,s:s,s:s,s:s,s:s,s:o}", "worker", (int)w->id, "lcore",
		w->lcore >= RTE_MAX_LCORE ? -1 : (int)w->lcore, "cpu", rd_worker_cpu(w), "numa",
		rd_worker_numa(w), "state", w->running ? "running" : "stopped", "model",
		rd_model_name(w->model), "role", role(w), "idle", rd_idle_now(w), "queues",
		queues(w));
}

static json_t *counters(const struct rd_worker *w)
{
	uint64_t up = w->running ? rd_tsc() - w->started_tsc : 0;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "polls", (json_int_t)w->polls,
		"empty_polls", (json_int_t)w->empty_polls, "sleeps", (json_int_t)w->sleeps,
		"packets", (json_int_t)w->packets, "bursts", (json_int_t)w->bursts, "burst_x100",
		(json_int_t)ratio(w->packets, w->bursts, 100), "cycles_per_packet",
		(json_int_t)ratio(w->busy_tsc, w->packets, 1), "busy_permille",
		(json_int_t)ratio(w->busy_tsc, up, 1000));
}

static json_t *more(const struct rd_worker *w)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "empty_permille",
		(json_int_t)ratio(w->empty_polls, w->polls, 1000), "handed_in",
		(json_int_t)handed_in(w), "handed_out", (json_int_t)rd_worker_handed_out(w),
		"tap_epoch", (json_int_t)rd_tap_epoch(w), "mbufs_in_use",
		(json_int_t)rte_mempool_in_use_count(rd_pool()), "mbufs_total",
		(json_int_t)rd_pool()->size);
}

int ctl_worker_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		json_t *item = identity(rd_workers[i]), *a = counters(rd_workers[i]),
		       *b = more(rd_workers[i]);

		json_object_update(item, a);
		json_object_update(item, b);
		json_decref(a);
		json_decref(b);
		rd_req_item(req, item);
	}
	return 0;
}

int ctl_worker_set(struct rd_request *req)
{
	const char *model = rd_req_str_or(req, "model", rd_model_name(rd_handoff_model()));
	const char *idle = rd_req_str_or(req, "idle", rd_idle_name(rd_idle_get()));
	int m = model != NULL ? rd_model_parse(model) : -1;
	int i = idle != NULL ? rd_idle_parse(idle) : -1;

	if (model != NULL && m < 0) {
		rd_req_fail(req, "model", -EINVAL, "there is no worker model %.40s", model);
		rd_err_hint(req->err, "rtc, balanced or hybrid");
	}
	if (idle != NULL && i < 0) {
		rd_req_fail(req, "idle", -EINVAL, "workers can't idle by %.40s", idle);
		rd_err_hint(req->err, "auto, interrupt, nap or spin");
	}
	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_handoff_set_model((enum rd_model)m);
	if ((int)rd_idle_get() != i)
		rd_idle_set((enum rd_idle)i);
	return 0;
}

int ctl_worker_assign(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	uint16_t queue = (uint16_t)rd_req_num_or(req, "queue", 0, RD_QUEUES_MAX - 1, 0);
	bool by_hand = rd_req_has(req, "worker");
	int worker = by_hand ? (int)rd_req_num(req, "worker", 0, rd_nb_workers - 1) : -1, ret;

	if (p != NULL && (p->attach != RD_ATTACH_ETHDEV || queue >= p->eth.nb_rxq)) {
		rd_req_fail(req, "queue", -ENOENT, "port %s has no rx queue %u", p->name, queue);
		rd_err_hint(req->err, "show worker queues");
	}
	if (rd_req_end(req) < 0)
		return req->err->code;
	ret = rd_rxq_wish(p->idx, queue, worker);
	return ret < 0 ? rd_err_set(req->err, ret, "no such queue or worker")
		       : rd_device_refresh(req->err);
}

int ctl_worker_spread(struct rd_request *req)
{
	int ret;

	if (rd_req_end(req) < 0)
		return req->err->code;
	ret = rd_device_held() ? 0 : rd_rxq_spread();
	return ret < 0 ? rd_err_set(req->err, ret, "no memory for the workers' lists of queues")
		       : 0;
}
