/* SPDX-License-Identifier: BSD-3-Clause
 *
 * core/thin.h: a session that would take more than its share of a worker's time takes fewer packets, and more again when it can.
 * The worker here is a model: each packet that is taken costs so many cycles, of so many that pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/thin.h"

#define HZ 1000000000u // cycles are nanoseconds
#define BURST_CYCLES 10000u // from one burst to the next
#define PER_CENT(n) ((n) * (RD_THIN_PPM / 100))

struct model {
	struct rd_thin thin;
	uint64_t now;
	uint64_t fixed, per_packet; // cycles per burst of 32, however few of it are taken
	uint64_t spent;
	unsigned bursts, changes;
};

static void burst(struct model *m)
{
	uint64_t cycles = m->fixed + 32 * m->per_packet / m->thin.one_in;

	m->now += BURST_CYCLES;
	m->spent += cycles;
	if (++m->bursts % RD_THIN_PERIOD == 0)
		m->changes += rd_thin_sample(&m->thin, m->now, cycles);
}

// Share of the time that it took, in parts per million.
static uint64_t run(struct model *m, unsigned bursts)
{
	uint64_t began = m->now, spent = m->spent;

	for (unsigned i = 0; i < bursts; i++)
		burst(m);
	return (m->spent - spent) * RD_THIN_PPM / (m->now - began);
}

static void model_init(struct model *m, unsigned per_cent, uint64_t fixed, uint64_t per_packet)
{
	*m = (struct model){.now = 1, .fixed = fixed, .per_packet = per_packet};
	rd_thin_init(&m->thin, PER_CENT(per_cent), HZ);
}

#define SECOND (HZ / BURST_CYCLES)

static void takes_all_within_the_limit(void **state)
{
	struct model m;

	(void)state;
	model_init(&m, 50, 0, 150); // 48 %
	run(&m, SECOND);
	assert_int_equal(m.thin.one_in, 1);
	model_init(&m, 0, 0, 300); // no limit
	run(&m, SECOND);
	assert_int_equal(m.thin.one_in, 1);
	for (uint64_t id = 0; id < 100000; id++)
		assert_true(rd_thin_takes(&m.thin, id * 977));
}

// Whatever it would take, soon it takes no more than it may, at least half of that, and N stays where it is.
static void settles_below_the_limit(void **state)
{
	static const unsigned limits[] = {1, 2, 5, 10, 33, 90};
	struct model m;

	(void)state;
	for (unsigned l = 0; l < 6; l++) {
		for (uint64_t per_packet = 5; per_packet <= 312; per_packet += 23) {
			uint64_t share;

			model_init(&m, limits[l], 0, per_packet);
			run(&m, SECOND);
			m.changes = 0;
			share = run(&m, 10 * SECOND);
			assert_in_range(share, 0, PER_CENT(limits[l]));
			assert_true(m.thin.one_in == 1 || share * 2 >= PER_CENT(limits[l]));
			assert_int_equal(m.changes, 0);
		}
	}
}

static void goes_up_in_steps_of_two(void **state)
{
	struct rd_thin t;
	uint32_t n;

	(void)state;
	rd_thin_init(&t, PER_CENT(1), HZ);
	for (n = 1; n < RD_THIN_MAX; t.one_in = n) {
		uint32_t next = rd_thin_next(&t, PER_CENT(100));

		assert_int_equal(next, 2 * n < RD_THIN_MAX ? 2 * n : RD_THIN_MAX);
		n = next;
	}
	assert_int_equal(rd_thin_next(&t, PER_CENT(100)), RD_THIN_MAX); // and not beyond
	t.one_in = 10;
	assert_int_equal(rd_thin_next(&t, PER_CENT(1) + PER_CENT(1) / 10), 11);
}

// A step down needs several windows in a row that allow it.
static void comes_down_slowly(void **state)
{
	struct rd_thin t;

	(void)state;
	rd_thin_init(&t, PER_CENT(10), HZ);
	t.one_in = 8;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rd_thin_next(&t, 0), 8);
	assert_int_equal(rd_thin_next(&t, PER_CENT(10)), 8); // no room: counted anew
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rd_thin_next(&t, PER_CENT(1)), 8);
	assert_int_equal(rd_thin_next(&t, PER_CENT(1)), 6);
	t.one_in = 1;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(rd_thin_next(&t, 0), 1);
}

static void all_again_after_the_overload(void **state)
{
	struct model m;

	(void)state;
	model_init(&m, 5, 0, 312);
	run(&m, SECOND);
	assert_in_range(m.thin.one_in, 20, 40);
	m.per_packet = 3;
	run(&m, 5 * SECOND);
	assert_int_equal(m.thin.one_in, 1);
}

// What cannot be saved by taking less: N goes as far as it may, and stays there.
static void fixed_costs_above_the_limit(void **state)
{
	struct model m;

	(void)state;
	model_init(&m, 1, 1000, 300);
	run(&m, 2 * SECOND);
	assert_int_equal(m.thin.one_in, RD_THIN_MAX);
}

// A worker that was not running for a while has not spent that time on the session.
static void stolen_time_is_not_counted(void **state)
{
	struct model m;

	(void)state;
	model_init(&m, 20, 0, 30);
	for (unsigned i = 0; i < 100; i++) {
		run(&m, 1000);
		assert_false(rd_thin_sample(&m.thin, m.now + 20000000, 20000000));
		m.now += 20000000;
	}
	assert_int_equal(m.thin.one_in, 1);
}

// 1 in N of the ids, of every Nth of them too: traffic has patterns.
static void spreads_evenly(void **state)
{
	struct rd_thin t = {.one_in = 1};

	(void)state;
	for (uint32_t n = 1; n <= RD_THIN_MAX; n += 11) {
		t.keep = UINT32_MAX / n;
		for (uint64_t stride = 1; stride <= 64; stride *= 2) {
			uint64_t taken = 0, of = 100000;

			for (uint64_t id = 0; id < of; id++)
				taken += rd_thin_takes(&t, (UINT64_C(5) << 40) + id * stride);
			assert_in_range(taken, of / n * 9 / 10, of / n * 11 / 10 + 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_within_the_limit),
		cmocka_unit_test(settles_below_the_limit),
		cmocka_unit_test(goes_up_in_steps_of_two),
		cmocka_unit_test(comes_down_slowly),
		cmocka_unit_test(all_again_after_the_overload),
		cmocka_unit_test(fixed_costs_above_the_limit),
		cmocka_unit_test(stolen_time_is_not_counted),
		cmocka_unit_test(spreads_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
