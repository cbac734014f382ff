/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls from control to a worker: control posts one function at a time, the worker runs it between two graph
 * walks. This is how everything that belongs to a worker changes: taps, queues, flow tables.
 */
#include "core/call.h"

#include <sched.h>
#include <time.h>

#include "base/log.h"
#include "core/idle.h"

RD_LOG_MODULE(call);

#define SLOW_NS (2 * UINT64_C(1000000000))

void rd_worker_run_call(struct rd_worker *w)
{
	uint32_t posted = __atomic_load_n(&w->call_posted, __ATOMIC_ACQUIRE);

	if (likely(posted == w->call_done))
		return;
	w->call_fn(w, w->call_arg);
	__atomic_store_n(&w->call_done, posted, __ATOMIC_RELEASE);
}

static void wait_done(struct rd_worker *w, uint32_t posted)
{
	uint64_t start = rd_monotonic_ns();
	bool told = false;

	while (__atomic_load_n(&w->call_done, __ATOMIC_ACQUIRE) != posted) {
		struct timespec nap = {.tv_nsec = 20000};

		nanosleep(&nap, NULL);
		if (!told && rd_monotonic_ns() - start > SLOW_NS) {
			rd_log_warn(
				"worker %u has not answered for 2 s: is its core taken by something else?",
				w->id);
			told = true;
		}
	}
}

void rd_worker_call(struct rd_worker *w, void (*fn)(struct rd_worker *, void *), void *arg)
{
	if (!__atomic_load_n(&w->running, __ATOMIC_ACQUIRE)) {
		fn(w, arg);
		return;
	}
	w->call_fn = fn;
	w->call_arg = arg;
	uint32_t posted = w->call_posted + 1;

	__atomic_store_n(&w->call_posted, posted, __ATOMIC_RELEASE);
	rd_idle_poke(w);
	wait_done(w, posted);
}

void rd_worker_call_all(void (*fn)(struct rd_worker *, void *), void *arg)
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_worker_call(rd_workers[i], fn, arg);
}
