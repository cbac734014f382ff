/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions can be taken away while others make copies faster than they are sent, and without memory. What the engine stands on is
 * played by the test: a ring that never gets empty, taps that can be refused.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <rte_ring.h>

#include "core/tap.h"
#include "session/copy.h"
#include "session/engine.h"
#include "session/file.h"
#include "session/pick.h"
#include "session/prefilter.h"

#define SLOTS 1024
#define TURN 128

struct rd_capture {
	char unused;
};

static struct rd_worker worker;
struct rd_worker *rd_workers[RD_WORKER_MAX] = {&worker};
const struct rd_tap_sink mirror_sink;

static struct rte_ring *ring;
static unsigned turns, freed, armed;
static bool short_of_memory;

void rd_worker_call(struct rd_worker *w, void (*fn)(struct rd_worker *, void *), void *arg)
{
	fn(w, arg);
}

// Others have filled what it has emptied.
uint32_t mirror_chore(struct rd_worker *w)
{
	(void)w;
	turns++;
	assert_in_range(turns, 1, 1000);
	return TURN;
}

struct rte_ring *mirror_ring(void)
{
	return ring;
}

int mirror_path_init(void)
{
	return 0;
}

void mirror_path_fini(void) {}

int mirror_file_init(void)
{
	return 0;
}

void mirror_file_fini(void) {}

unsigned mirror_file_drain(void)
{
	return 0;
}

void mirror_run_free(struct mirror_run *r)
{
	assert_false(armed != 0 && short_of_memory); // nobody looks at it any more
	freed++;
	free(r);
}

int mirror_prefilter(struct rd_filter *f, const struct rd_mirror_spec *const *specs, unsigned nb,
	struct rd_err *err)
{
	(void)f;
	(void)specs;
	(void)nb;
	return short_of_memory ? rd_err_set(err, -ENOMEM, "out of memory") : 0;
}

struct rd_capture *rd_sink_start(
	struct rd_capture_opts *o, struct rd_capture *old, struct rd_err *err)
{
	struct rd_capture *c = calloc(1, sizeof(*c));

	(void)o;
	(void)old;
	(void)err;
	assert_non_null(c);
	armed++;
	return c;
}

void rd_capture_stop(struct rd_capture *c)
{
	armed -= c != NULL;
	free(c);
}

void rd_rcu_synchronize(void) {}

static struct mirror_run *run(unsigned number, bool exclusive)
{
	struct mirror_run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->number = (uint8_t)number;
	r->spec.exclusive = exclusive;
	r->any_port = UINT64_C(1) << RD_STAGE_VNIC_RX;
	return r;
}

static int start(void **state)
{
	(void)state;
	turns = freed = 0;
	short_of_memory = false;
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE, (size_t)rte_ring_get_memsize(SLOTS));
	if (ring == NULL || rte_ring_init(ring, "test", SLOTS, 0) < 0)
		return -1;
	while (rte_ring_enqueue(ring, &worker) == 0)
		;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	mirror_engine_fini();
	free(ring);
	return 0;
}

static void a_ring_that_never_gets_empty(void **state)
{
	struct rd_err err = {0};

	(void)state;
	assert_int_equal(mirror_engine_put(0, run(0, false), &err), 0);
	assert_int_equal(armed, 1);
	assert_int_equal(mirror_engine_put(0, NULL, &err), 0);
	assert_int_equal(freed, 1);
	assert_in_range(turns, 1, SLOTS / TURN); // what was there
}

static void without_memory(void **state)
{
	struct rd_err err = {0};

	(void)state;
	assert_int_equal(mirror_engine_put(5, run(5, true), &err), 0);
	assert_int_equal(mirror_engine_put(6, run(6, true), &err), 0); // in the same group
	short_of_memory = true;
	assert_int_equal(mirror_engine_put(5, NULL, &err), 0);
	assert_int_equal(freed, 1);
	assert_int_equal(armed, 0);
	short_of_memory = false; // the other one goes on when there is some
	assert_int_equal(mirror_engine_put(7, run(7, false), &err), 0);
	assert_int_equal(armed, 2);
	assert_int_equal(mirror_engine_put(6, NULL, &err), 0);
	assert_int_equal(mirror_engine_put(7, NULL, &err), 0);
	assert_int_equal(freed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_ring_that_never_gets_empty, start, stop),
		cmocka_unit_test_setup_teardown(without_memory, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
