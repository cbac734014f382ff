/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/clock: corrections slew or step, a reader's time never goes back, the real clock follows
 * CLOCK_REALTIME.
 */
#include "base/clock.h"

#include "base/clock_priv.h"

#include "unit.h"

#include <stdlib.h>

#define SECOND UINT64_C(1000000000)
#define HZ UINT64_C(2000000000)
#define RATE (UINT64_C(1) << 31) // half a nanosecond per tick

static const struct rd_clock_line start = {.base_tsc = 5000, .base_ns = 100 * SECOND, .mult = RATE};

// A reader takes a new line as rd_clock_sync() does.
static void take_line(struct rd_clock *c, const struct rd_clock_line *line)
{
	c->base_tsc = line->base_tsc;
	c->base_ns = line->base_ns;
	c->mult = line->mult;
	c->seq += 2;
}

static void slews_small_errors(void **state)
{
	const int64_t errors[] = {0, 1000, -1000, 99999999, -99999999};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t at = start.base_tsc + HZ;
		uint64_t here = rd_clock_line_ns(&start, at);
		struct rd_clock_line next =
			rd_clock_line_correct(&start, at, here + (uint64_t)errors[i], RATE);
		int64_t left = (int64_t)(here + (uint64_t)errors[i] + SECOND
			- rd_clock_line_ns(&next, at + HZ));

		assert_int_equal(rd_clock_line_ns(&next, at), here); // no jump
		assert_true(llabs(left) <= 2); // and a second later it is right
	}
}

static void steps_large_errors(void **state)
{
	uint64_t at = start.base_tsc + HZ, here = rd_clock_line_ns(&start, at);
	struct rd_clock_line next = rd_clock_line_correct(&start, at, here - 10 * SECOND, RATE);

	(void)state;
	assert_int_equal(rd_clock_line_ns(&next, at), here - 10 * SECOND);
	assert_int_equal(next.mult, RATE);
	next = rd_clock_line_correct(&start, at, here + 10 * SECOND, RATE);
	assert_int_equal(rd_clock_line_ns(&next, at), here + 10 * SECOND);
}

// The wall clock is stepped back by `back` after a second; the reader samples every millisecond.
static void run_backward_step(uint64_t back)
{
	struct rd_clock_line line = start;
	struct rd_clock c = {0};
	uint64_t last = 0, tsc = start.base_tsc, truth = start.base_ns;

	take_line(&c, &line);
	for (int ms = 0; ms < 5000; ms++) {
		uint64_t ns = rd_clock_ns(&c, tsc);

		assert_true(ns >= last);
		last = ns;
		if (ms == 1000)
			truth -= back;
		if (ms % 1000 == 0) {
			line = rd_clock_line_correct(&line, tsc, truth, RATE);
			take_line(&c, &line);
		}
		tsc += HZ / 1000;
		truth += SECOND / 1000;
	}
	assert_true(llabs((int64_t)(rd_clock_line_ns(&line, tsc) - truth)) < 1000);
}

static void never_goes_back(void **state)
{
	struct rd_clock c = {0};

	(void)state;
	run_backward_step(50000000); // slewed
	run_backward_step(3 * SECOND); // stepped: the reader stands still until truth catches up
	take_line(&c, &start);
	assert_int_equal(
		rd_clock_ns(&c, start.base_tsc - 1000), start.base_ns); // a TSC before the line
}

static void follows_the_real_clock(void **state)
{
	struct rd_clock c = {0};
	uint64_t last = 0;

	(void)state;
	assert_in_range(rd_tsc_hz(), 1000000, UINT64_C(20000000000));
	rd_clock_sync(&c);
	assert_int_not_equal(c.seq, 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t before = rd_realtime_ns(), ns = rd_clock_ns(&c, rd_tsc());
		uint64_t after = rd_realtime_ns(); // we may be interrupted for long

		assert_true(ns >= last);
		assert_true(ns + 50000000 > before && ns < after + 50000000);
		last = ns;
		if (i % 100 == 0)
			rd_clock_discipline();
		rd_clock_sync(&c);
	}
}

static void sync_takes_only_news(void **state)
{
	struct rd_clock c = {0};
	uint32_t seq;

	(void)state;
	rd_clock_sync(&c);
	seq = c.seq;
	c.mult = 1; // stays if there is nothing new
	rd_clock_sync(&c);
	assert_int_equal(c.mult, 1);
	rd_clock_discipline();
	rd_clock_sync(&c);
	assert_int_equal(c.seq, seq + 2);
	assert_int_not_equal(c.mult, 1);
}

static void coarse_clock_advances(void **state)
{
	uint32_t before;

	(void)state;
	rd_coarse_tick();
	before = rd_coarse_s();
	assert_in_range(before, 1, UINT32_MAX);
	rd_coarse_advance(300);
	assert_in_range(rd_coarse_s(), before + 300, before + 301);
	rd_coarse_tick();
	assert_in_range(rd_coarse_s(), before + 300, before + 301);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slews_small_errors),
		cmocka_unit_test(steps_large_errors),
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(follows_the_real_clock),
		cmocka_unit_test(sync_takes_only_news),
		cmocka_unit_test(coarse_clock_advances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
