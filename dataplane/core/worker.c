/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Workers: creation, the loop, the end. One worker is one lcore with its own graph; see worker.h for what belongs
 * to it.
 */
#define RD_RAW_MBUF_COPY // rd_meta_copy() is made here
#include "core/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_malloc.h>

#include "base/log.h"
#include "core/call.h"
#include "core/graph.h"
#include "core/rcu.h"
#include "core/stage.h"
#include "core/tap.h"
#include "tables/dfw_policy.h"
#include "tables/flow.h"
#include "tables/generation.h"

RD_LOG_MODULE(worker);

#define INJECT_SLOTS 4096
#define IDLE_SPIN 512 // empty polls before the first nap
#define IDLE_NAP_MIN_NS 20000
#define IDLE_NAP_MAX_NS 100000 // bounds the latency of the first packet after silence
#define AGE_PER_S 1000 // aging steps; the whole table is seen in AGE_ALL_S seconds
#define AGE_ALL_S 10

RTE_DEFINE_PER_LCORE(struct rd_worker *, rd_worker_self);
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

// Spins a while, then naps longer and longer: a busy loop would starve everything else on a small machine.
static void idle(struct rd_worker *w, uint32_t empty)
{
	long ns = IDLE_NAP_MIN_NS + (long)(empty - IDLE_SPIN) * 1000;
	struct timespec nap = {.tv_nsec = RTE_MIN(ns, (long)IDLE_NAP_MAX_NS)};

	rd_rcu_sleep(w->id);
	w->sleeps++;
	nanosleep(&nap, NULL);
	rd_rcu_wake(w->id);
}

static void walk(struct rd_worker *w)
{
	w->now_s = rd_coarse_s();
	w->gen = rd_generation();
	w->policy = rd_dfw_policy();
	w->polled = 0;
	w->copies = 0;
	rte_graph_walk(w->graph);
	w->polls++;
	w->packets += w->polled;
	w->bursts += w->polled != 0;
	w->empty_polls += w->polled == 0;
}

// About once a millisecond, or when the worker comes round again: a loop is much shorter, and aging is not urgent.
static void age(struct rd_worker *w)
{
	uint64_t now = rd_tsc(), step = rd_tsc_hz() / AGE_PER_S;

	if (now - w->aged_tsc < step)
		return;
	w->aged_tsc = now;
	rd_flow_age(w->flows, w->now_s, rd_flow_bound(w->flows) / (AGE_PER_S * AGE_ALL_S) + 1);
}

static int worker_main(void *arg)
{
	struct rd_worker *w = arg;
	uint32_t empty = 0;

	RTE_PER_LCORE(rd_worker_self) = w;
	prctl(PR_SET_TIMERSLACK, 1000UL);
	rd_flow_table_touch(w->flows);
	rd_rcu_register(w->id);
	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		rd_clock_sync(&w->clock);
		walk(w);
		rd_rcu_quiescent(w->id);
		rd_worker_run_call(w);
		age(w);
		empty = w->polled == 0 ? empty + 1 : 0;
		if (empty > IDLE_SPIN && !w->busy)
			idle(w, empty);
		else if (empty != 0)
			rte_pause();
	}
	rd_rcu_unregister(w->id);
	RTE_PER_LCORE(rd_worker_self) = NULL;
	return 0;
}

void rd_worker_walk_once(struct rd_worker *w)
{
	struct rd_worker *before = RTE_PER_LCORE(rd_worker_self);

	RTE_PER_LCORE(rd_worker_self) = w;
	rd_clock_sync(&w->clock);
	walk(w);
	RTE_PER_LCORE(rd_worker_self) = before;
}

static void worker_free(struct rd_worker *w)
{
	struct rte_mbuf *m;

	if (w == NULL)
		return;
	rd_graph_destroy(w);
	rd_flow_table_free(w->flows);
	while (w->inject != NULL && rte_ring_dequeue(w->inject, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(w->inject);
	free(w->rxqs);
	rte_free(w->linear);
	free(w->dropcount);
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
	if (w->inject == NULL || w->flows == NULL || w->rxqs == NULL || w->linear == NULL
		|| w->dropcount == NULL)
		return -ENOMEM;
	if (rd_droplog_init(&w->droplog,
		    opts->drop_slots != 0 ? opts->drop_slots : RD_DROPLOG_SLOTS,
		    opts->drop_snap != 0 ? opts->drop_snap : RD_DROPLOG_SNAP)
		< 0)
		return -ENOMEM;
	w->busy = opts->poll_busy;
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
	rd_workers[id] = w;
	rd_nb_workers = id + 1;
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
	for (unsigned i = 0; ret == 0 && i < opts->nb_workers; i++)
		ret = worker_create(i, salt, opts);
	if (ret != 0)
		rd_core_fini();
	return ret;
}

void rd_core_fini(void)
{
	rd_workers_stop();
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		worker_free(rd_workers[i]);
		rd_workers[i] = NULL;
	}
	rd_nb_workers = 0;
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
		w->stop = false;
		__atomic_store_n(&w->running, true, __ATOMIC_RELEASE);
		int ret = rte_eal_remote_launch(worker_main, w, lcore);

		if (ret != 0) {
			w->running = false;
			return ret;
		}
	}
	return i == rd_nb_workers ? 0 : -ENODEV;
}

void rd_workers_stop(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		struct rd_worker *w = rd_workers[i];

		if (!w->running)
			continue;
		__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
		rte_eal_wait_lcore(w->lcore);
		w->running = false;
	}
}
