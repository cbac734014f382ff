/* SPDX-License-Identifier: BSD-3-Clause
 *
 * worker.queues, worker.handoff, worker.balance, worker.latency. Control thread; everything is the workers' and read
 * without locks.
 */
#include <rte_ethdev.h>

#include "control/ctl_worker.h"
#include "control/flow_item.h"
#include "core/rxq.h"

#define RECENT_S 10
#define FLOWS_LOOK (1u << 20) // entries looked at for an elephant
#define ELEPHANT 2 // a flow with one part in so many of a worker's packets

static json_t *place(const struct rd_port *p, const char *dir, unsigned queue, int worker)
{
	const struct rd_worker *w = worker >= 0 ? rd_workers[worker] : NULL;
	char name[RD_QNAME_LEN];

	return json_pack("{s:s,s:i,s:s,s:i,s:i,s:i,s:i,s:i,s:i}", "port",
		rd_port_qname(p, name, sizeof(name)), "port_idx", (int)p->idx, "dir", dir, "queue",
		(int)queue, "worker", worker, "lcore",
		w == NULL || w->lcore >= RTE_MAX_LCORE ? -1 : (int)w->lcore, "cpu",
		w == NULL ? -1 : rd_worker_cpu(w), "numa", w == NULL ? -1 : rd_worker_numa(w),
		"device_numa", rte_eth_dev_socket_id(p->ethdev));
}

static void rx_queues(struct rd_request *req, const struct rd_port *p)
{
	for (uint16_t q = 0; q < p->eth.nb_rxq; q++) {
		json_t *item = place(p, "rx", q, rd_rxq_worker(p->idx, q));

		json_object_set_new(
			item, "by", json_string(rd_rxq_by_hand(p->idx, q) ? "hand" : "rule"));
		rd_req_item(req, item);
	}
}

// As nodes/tx.c chooses.
static void tx_queues(struct rd_request *req, const struct rd_port *p)
{
	for (unsigned w = 0; p->nb_txq != 0 && w < rd_nb_workers; w++) {
		json_t *item = place(p, "tx", w % p->nb_txq, (int)w);

		json_object_set_new(
			item, "by", json_string(p->nb_txq < rd_nb_workers ? "shared" : "own"));
		rd_req_item(req, item);
	}
}

int ctl_worker_queues(struct rd_request *req)
{
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (uint16_t i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at(i);

		if (p == NULL || p->attach != RD_ATTACH_ETHDEV || (only != NULL && p != only))
			continue;
		rx_queues(req, p);
		tx_queues(req, p);
	}
	return 0;
}

int ctl_worker_handoff(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers * rd_nb_workers; i++) {
		unsigned a = i / rd_nb_workers, b = i % rd_nb_workers;
		const struct rd_handoff_to *to = &rd_workers[a]->handoff.to[b];

		if (a == b)
			continue;
		rd_req_item(req,
			json_pack("{s:i,s:i,s:I,s:I,s:I,s:I,s:i}", "from", (int)a, "to", (int)b,
				"packets", (json_int_t)to->packets, "full", (json_int_t)to->full,
				"stopped", (json_int_t)to->stopped, "stale",
				(json_int_t)rd_workers[b]->handoff.from[a].stale, "waiting",
				(int)rte_ring_count(to->ring)));
	}
	return 0;
}

static uint64_t processed(const struct rd_worker *w)
{
	uint64_t all = w->packets, out = rd_worker_handed_out(w);

	return all > out ? all - out : 0;
}

static uint64_t seen[RECENT_S][RD_WORKER_MAX]; // processed, second by second
static unsigned second;

void rd_ctl_worker_tick(void)
{
	second = (second + 1) % RECENT_S;
	for (unsigned i = 0; i < rd_nb_workers; i++)
		seen[second][i] = processed(rd_workers[i]);
}

// The busiest worker's part of the mean, in thousandths: 1000 = even. 0: no packets.
static json_int_t imbalance(const uint64_t *packets)
{
	uint64_t sum = 0, max = 0;

	for (unsigned i = 0; i < rd_nb_workers; i++) {
		sum += packets[i];
		max = RTE_MAX(max, packets[i]);
	}
	return sum == 0 ? 0 : (json_int_t)((unsigned __int128)max * 1000 * rd_nb_workers / sum);
}

// The flow that makes up most of what the worker processes; NULL if none does.
static json_t *elephant(const struct rd_worker *w)
{
	uint32_t bound = RTE_MIN(rd_flow_bound(w->flows), FLOWS_LOOK), best = 0;
	uint64_t sum = 0, max = 0;
	struct rd_flow f;
	json_t *item;

	for (uint32_t id = 1; id < bound; id++) {
		if (!rd_flow_read(w->flows, id, &f))
			continue;
		sum += f.hits;
		if (f.hits > max) {
			max = f.hits;
			best = id;
		}
	}
	if (best == 0 || max < (sum + ELEPHANT - 1) / ELEPHANT || !rd_flow_read(w->flows, best, &f))
		return NULL;
	item = rd_flow_item(w, best, &f);
	json_object_set_new(
		item, "share_permille", json_integer((json_int_t)(max * 1000 / RTE_MAX(sum, 1u))));
	return item;
}

int ctl_worker_balance(struct rd_request *req)
{
	uint64_t all[RD_WORKER_MAX], recent[RD_WORKER_MAX];
	unsigned oldest = (second + 1) % RECENT_S, busiest = 0;
	json_t *workers = json_array(), *flow;

	if (rd_req_end(req) < 0) {
		json_decref(workers);
		return req->err->code;
	}
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		all[i] = processed(rd_workers[i]);
		recent[i] = all[i] - RTE_MIN(all[i], seen[oldest][i]);
		if (all[i] > all[busiest])
			busiest = i;
		json_array_append_new(workers,
			json_pack("{s:i,s:I,s:I,s:I}", "worker", (int)i, "polled",
				(json_int_t)rd_workers[i]->packets, "processed", (json_int_t)all[i],
				"recent", (json_int_t)recent[i]));
	}
	flow = rd_nb_workers > 1 ? elephant(rd_workers[busiest]) : NULL;
	rd_req_result(req,
		json_pack("{s:s,s:I,s:I,s:i,s:o,s:o}", "model", rd_model_name(rd_handoff_model()),
			"index_permille", imbalance(all), "recent_permille", imbalance(recent),
			"busiest", (int)busiest, "workers", workers, "elephant",
			flow != NULL ? flow : json_null()));
	return 0;
}

static void latency_item(struct rd_request *req, unsigned worker, unsigned kind)
{
	static const char *const names[RD_LATENCY_COUNT] = {
		"Uplink Tx", "Polling ports", "Scheduling the lcore", "ENS Slowpath"};
	const struct rd_latency *l = &rd_workers[worker]->latency[kind];
	json_t *buckets = json_array();

	for (unsigned b = 0; b < RD_LATENCY_BUCKETS; b++)
		json_array_append_new(buckets, json_integer((json_int_t)l->bucket[b]));
	rd_req_item(req,
		json_pack("{s:i,s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "worker", (int)worker, "lcore",
			(int)rd_workers[worker]->lcore, "what", names[kind], "samples",
			(json_int_t)l->samples, "min_ns", (json_int_t)l->min, "max_ns",
			(json_int_t)l->max, "mean_ns",
			(json_int_t)(l->samples == 0 ? 0 : l->sum / l->samples), "sum_ns",
			(json_int_t)l->sum, "buckets", buckets));
}

int ctl_worker_latency(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (unsigned kind = 0; kind < RD_LATENCY_COUNT; kind++)
			latency_item(req, w, kind);
	return 0;
}
