/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a worker does all day: walk its graph, answer control's calls, age its tables, rest. Worker thread.
 */
#include "core/loop.h"

#include <sys/prctl.h>

#include "core/call.h"
#include "core/idle.h"
#include "core/rcu.h"
#include "core/tap.h"
#include "tables/conn.h"
#include "tables/dfw_policy.h"
#include "tables/flow.h"
#include "tables/generation.h"

#define SETTLE_PERIOD 32 // walks
#define AGE_PER_S 1000 // aging steps; the whole table is seen in AGE_ALL_S seconds
#define AGE_ALL_S 10
#define AGE_MAX 4096 // entries of one step: after a sleep there is more to do, but packets may wait

RTE_DEFINE_PER_LCORE(struct rd_worker *, rd_worker_self);

struct seen { // counters before a walk: what they tell of it afterwards
	uint64_t decided, to_uplink;
};

static struct seen look(const struct rd_worker *w)
{
	return (struct seen){.decided = w->stages[RD_STAGE_L2_LOOKUP].in,
		.to_uplink = w->stages[RD_STAGE_UPLINK_TX].in};
}

static uint64_t ns_of(const struct rd_worker *w, uint64_t ticks)
{
	return (uint64_t)(((unsigned __int128)ticks * w->clock.mult) >> 32);
}

static void measure(struct rd_worker *w, uint64_t ticks, const struct seen *before)
{
	struct seen now = look(w);
	uint64_t ns = ns_of(w, ticks);

	w->busy_tsc += ticks;
	rd_latency_add(&w->latency[RD_LATENCY_POLLING], ns);
	if (now.to_uplink != before->to_uplink)
		rd_latency_add(&w->latency[RD_LATENCY_UPLINK_TX], ns);
	if (now.decided != before->decided)
		rd_latency_add(&w->latency[RD_LATENCY_SLOWPATH], ns);
}

// While packets come in taps count in long turns only. What they saw of a generation's ports is counted before these are gone.
static inline void settle(struct rd_worker *w)
{
	if (unlikely(w->settle != NULL)
		&& (w->polled == 0 || w->polls % SETTLE_PERIOD == 0 || w->gen != rd_generation()))
		w->settle(w);
}

// Returns when it ended, 0 if there were no packets.
static uint64_t walk(struct rd_worker *w, uint64_t begin)
{
	struct seen before = look(w);
	uint64_t end = 0;
	uint32_t chores = 0;

	w->now_s = rd_coarse_s();
	do { // both of one moment: see tables/dfw_publish.c
		w->gen = rd_generation();
		w->policy = rd_dfw_policy();
	} while (w->gen != rd_generation());
	w->polled = 0;
	w->copies = 0;
	rte_graph_walk(w->graph);
	if (unlikely(w->chore != NULL))
		chores = w->chore(w);
	settle(w);
	w->polls++;
	w->packets += w->polled;
	w->bursts += w->polled != 0;
	w->empty_polls += w->polled == 0;
	if (w->polled + chores != 0) {
		end = rd_tsc();
		measure(w, end - begin, &before);
	}
	return end;
}

// About once a millisecond, or when the worker comes round again: a loop is much shorter, and aging is not urgent.
static void age(struct rd_worker *w, uint64_t now, uint64_t hz)
{
	uint64_t passed = now - w->aged_tsc, nb;

	if (passed < hz / AGE_PER_S)
		return;
	w->aged_tsc = now;
	nb = (uint64_t)((unsigned __int128)rd_flow_bound(w->flows) * passed / (hz * AGE_ALL_S));
	rd_flow_age(w->flows, w->now_s, (unsigned)RTE_MIN(nb + 1, (uint64_t)AGE_MAX));
	rd_conn_age(w->id, rd_nb_workers, rd_clock_ns(&w->clock, now));
}

static void begin(struct rd_worker *w)
{
	RTE_PER_LCORE(rd_worker_self) = w;
	prctl(PR_SET_TIMERSLACK, 1000UL);
	rd_flow_table_touch(w->flows);
	rd_rcu_register(w->id);
	rd_idle_watch(w);
	w->started_tsc = w->aged_tsc = rd_tsc();
	w->busy_tsc = 0;
}

static void end(struct rd_worker *w)
{
	rd_tap_settle(w);
	rd_idle_unwatch(w);
	rd_rcu_unregister(w->id);
	RTE_PER_LCORE(rd_worker_self) = NULL;
	__atomic_store_n(&w->gone, true, __ATOMIC_RELEASE);
}

int rd_worker_main(void *arg)
{
	struct rd_worker *w = arg;
	uint64_t hz = rd_tsc_hz(), walked = 0;
	uint32_t empty = 0;

	begin(w);
	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		uint64_t now = rd_tsc();

		if (walked != 0)
			rd_latency_add(&w->latency[RD_LATENCY_SCHED], ns_of(w, now - walked));
		rd_clock_sync(&w->clock);
		walked = walk(w, now);
		rd_rcu_quiescent(w->id);
		rd_worker_run_call(w);
		age(w, now, hz);
		empty = walked == 0 ? empty + 1 : 0;
		empty = rd_idle(w, empty);
	}
	end(w);
	return 0;
}

void rd_worker_walk(struct rd_worker *w)
{
	struct rd_worker *before = RTE_PER_LCORE(rd_worker_self);

	RTE_PER_LCORE(rd_worker_self) = w;
	rd_clock_sync(&w->clock);
	walk(w, rd_tsc());
	RTE_PER_LCORE(rd_worker_self) = before;
}

void rd_worker_walk_once(struct rd_worker *w)
{
	rd_worker_walk(w);
	rd_tap_settle(w);
}
