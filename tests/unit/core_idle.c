/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker that is about to sleep looks at all that could wait for it, what its chore moves included: who put it there before the
 * worker said that it sleeps has not woken it.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <rte_ring.h>

#include "core/idle.h"
#include "core/idle_watch.h"
#include "core/rcu.h"

struct rd_worker *rd_workers[RD_WORKER_MAX];
unsigned rd_nb_workers;

static unsigned slept, copies;

bool rd_idle_wait(struct rd_worker *w, long ns)
{
	(void)w;
	(void)ns;
	slept++;
	return false;
}

void rd_idle_arm(struct rd_worker *w, bool on)
{
	w->armed = on;
}

void rd_idle_watch(struct rd_worker *w)
{
	(void)w;
}

void rd_idle_unwatch(struct rd_worker *w)
{
	(void)w;
}

void rd_rcu_sleep(unsigned worker)
{
	(void)worker;
}

void rd_rcu_wake(unsigned worker)
{
	(void)worker;
}

void rd_worker_call_all(void (*fn)(struct rd_worker *, void *), void *arg)
{
	(void)fn;
	(void)arg;
}

static uint32_t chore(struct rd_worker *w)
{
	uint32_t n = copies;

	assert_true(w->asleep); // those who come later see it
	copies = 0;
	return n;
}

static void copies_keep_awake(void **state)
{
	struct rd_worker *w = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*w), 64));

	(void)state;
	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	w->inject = aligned_alloc(RTE_CACHE_LINE_SIZE, (size_t)rte_ring_get_memsize(8));
	assert_non_null(w->inject);
	assert_int_equal(rte_ring_init(w->inject, "test", 8, 0), 0);
	w->idle_mode = RD_IDLE_INTERRUPT;
	w->armed = true;
	w->chore = chore;
	copies = 3;
	(void)rd_idle(w, 100000);
	assert_int_equal(slept, 0);
	assert_int_equal(copies, 0);
	w->armed = true;
	(void)rd_idle(w, 100000);
	assert_int_equal(slept, 1);
	w->chore = NULL;
	w->armed = true;
	(void)rd_idle(w, 100000);
	assert_int_equal(slept, 2);
	free(w->inject);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_keep_awake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
