/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Workers: creation, start, the end. One worker is one lcore with its own graph; see worker.h for what belongs to it,
 * loop.c for what it does.
 */
#define RD_RAW_MBUF_COPY // rd_meta_copy() is made here
#include "core/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_malloc.h>

#include "base/log.h"
#include "core/dry.h"
#include "core/graph.h"
#include "core/idle.h"
#include "core/loop.h"
#include "core/packet_id.h"
#include "core/rcu.h"
#include "core/stage.h"
#include "core/tap.h"
#include "tables/conn.h"
#include "tables/flow.h"

RD_LOG_MODULE(worker);

#define INJECT_SLOTS 4096

struct rd_worker *rd_workers[RD_WORKER_MAX];
unsigned rd_nb_workers;
static struct rte_mempool *pool;

struct rte_mempool *rd_pool(void)
{
	return pool;
}

struct rte_mbuf *rd_meta_copy(struct rd_worker *w, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = NULL;
	struct rd_meta *md;

	if (w->copies < RD_COPIES_MAX)
		copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
	if (copy == NULL)
		return NULL;
	w->copies++;
	md = rd_meta(copy);
	*md = *rd_meta(m);
	md->parent_id = md->packet_id;
	md->packet_id = rd_packet_id_next(w);
	md->flags |= RD_META_CLONE;
	return copy;
}

static void worker_free(struct rd_worker *w)
{
	struct rte_mbuf *m;

	if (w == NULL)
		return;
	rd_graph_destroy(w);
	rd_idle_fini(w);
	rd_flow_table_free(w->flows);
	while (w->inject != NULL && rte_ring_dequeue(w->inject, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(w->inject);
	free(w->rxqs);
	rte_free(w->linear);
	free(w->dropcount);
	free(w->tally);
	rd_droplog_fini(&w->droplog);
	rte_free(w);
}

static int worker_init(struct rd_worker *w, const struct rd_core_opts *opts)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "inject%u", w->id);
	w->inject = rte_ring_create(name, INJECT_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
	w->flows = rd_flow_table_create(opts->flow_capacity, 300);
	w->rxqs = calloc(1, sizeof(*w->rxqs));
	w->linear = rte_malloc("linear", RD_LINEAR_MAX, RTE_CACHE_LINE_SIZE);
	w->dropcount = calloc(1, sizeof(*w->dropcount));
	w->tally = rd_tally_create();
	if (w->inject == NULL || w->flows == NULL || w->rxqs == NULL || w->linear == NULL
		|| w->dropcount == NULL || w->tally == NULL)
		return -ENOMEM;
	if (rd_droplog_init(&w->droplog,
		    opts->drop_slots != 0 ? opts->drop_slots : RD_DROPLOG_SLOTS,
		    opts->drop_snap != 0 ? opts->drop_snap : RD_DROPLOG_SNAP)
		< 0)
		return -ENOMEM;
	w->idle_mode = (uint8_t)rd_idle_get();
	w->now_s = rd_coarse_s();
	rd_clock_sync(&w->clock);
	return rd_graph_create(w);
}

static int worker_create(unsigned id, uint64_t salt, const struct rd_core_opts *opts)
{
	struct rd_worker *w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	if (w == NULL)
		return -ENOMEM;
	w->id = (uint16_t)id;
	w->lcore = LCORE_ID_ANY;
	w->id_base = salt << 48 | (uint64_t)id << 40;
	w->id_next = 1;
	w->polling = true;
	rd_workers[id] = w;
	rd_nb_workers = id + 1;
	if (rd_idle_init(w) < 0)
		return -ENOMEM;
	return worker_init(w, opts);
}

int rd_core_init(const struct rd_core_opts *opts)
{
	uint64_t salt = (rd_realtime_ns() >> 10 ^ (uint64_t)getpid() << 3) & 0x7fff;
	int ret = rd_stage_check();

	if (ret != 0)
		return ret;
	if (opts->nb_workers == 0 || opts->nb_workers > RD_WORKER_MAX)
		return -EINVAL;
	rd_clock_discipline();
	pool = rte_pktmbuf_pool_create("packets", opts->nb_mbufs, 250, sizeof(struct rd_meta),
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL) {
		rd_log_err(
			"can't make a pool of %u mbufs: %s; try a smaller --mbufs or a larger --mem",
			opts->nb_mbufs, rte_strerror(rte_errno));
		return -ENOMEM;
	}
	ret = rd_rcu_init();
	if (ret == 0)
		ret = rd_conn_init(
			opts->conn_capacity != 0 ? opts->conn_capacity : RD_CONN_CAPACITY);
	for (unsigned i = 0; ret == 0 && i < opts->nb_workers; i++)
		ret = worker_create(i, salt, opts);
	if (ret == 0)
		ret = rd_handoff_init();
	if (ret == 0) {
		rd_idle_set((enum rd_idle)opts->idle);
		rd_handoff_set_model((enum rd_model)opts->model);
	} else {
		rd_core_fini();
	}
	return ret;
}

void rd_core_fini(void)
{
	rd_workers_stop();
	rd_dry_fini();
	rd_handoff_fini();
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		worker_free(rd_workers[i]);
		rd_workers[i] = NULL;
	}
	rd_nb_workers = 0;
	rd_conn_fini();
	rd_rcu_fini();
	rte_mempool_free(pool);
	pool = NULL;
}

int rd_workers_start(void)
{
	unsigned i = 0, lcore;

	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i == rd_nb_workers)
			break;
		struct rd_worker *w = rd_workers[i++];

		w->lcore = lcore;
		w->stop = w->gone = false;
		w->polling = true;
		__atomic_store_n(&w->running, true, __ATOMIC_RELEASE);
		int ret = rte_eal_remote_launch(rd_worker_main, w, lcore);

		if (ret != 0) {
			w->running = false;
			return ret;
		}
	}
	return i == rd_nb_workers ? 0 : -ENODEV;
}

void rd_workers_stop(void)
{
	bool stopped = false;

	for (unsigned i = 0; i < rd_nb_workers; i++) {
		struct rd_worker *w = rd_workers[i];

		if (!w->running)
			continue;
		__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
		rd_idle_poke(w);
		rte_eal_wait_lcore(w->lcore);
		w->running = false;
		stopped = true;
	}
	if (stopped)
		rd_handoff_flush();
}
