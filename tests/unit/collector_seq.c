/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sequence numbers as a collector counts them, beside a model that remembers every number; and the clocks of sources.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/skew.h"
#include "collector/seq.h"

static struct rd_seq run(const uint32_t *numbers, size_t n)
{
	struct rd_seq s = {0};

	for (size_t i = 0; i < n; i++)
		rd_seq_add(&s, numbers[i]);
	return s;
}
#define RUN(...)                             \
	run((const uint32_t[]){__VA_ARGS__}, \
		sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void in_order(void **state)
{
	struct rd_seq s = RUN(7, 8, 9);

	(void)state;
	assert_int_equal(s.packets, 3);
	assert_int_equal(s.missing + s.gaps + s.duplicates + s.reordered + s.jumps + s.restarts, 0);
	assert_int_equal(s.first, 7);
	assert_int_equal(s.highest, 9);
}

static void gaps_and_what_fills_them(void **state)
{
	struct rd_seq s = RUN(1, 2, 5, 9, 4);

	(void)state;
	assert_int_equal(s.gaps, 2);
	assert_int_equal(s.missing, 4); // 3, 6, 7, 8
	assert_int_equal(s.reordered, 1);
	assert_int_equal(s.most_late, 5);
	s = RUN(1, 2, 5, 5, 2, 4, 4);
	assert_int_equal(s.duplicates, 3);
	assert_int_equal(s.missing, 1);
}

static void across_the_wrap(void **state)
{
	struct rd_seq s = RUN(0xfffffffe, 0xffffffff, 1, 0, 2);

	(void)state;
	assert_int_equal(s.missing, 0);
	assert_int_equal(s.reordered, 1);
	assert_int_equal(s.jumps + s.restarts, 0);
}

// The first packet that we see need not be the first that was sent.
static void before_the_first(void **state)
{
	struct rd_seq s = RUN(10, 8, 11, 9, 9);

	(void)state;
	assert_int_equal(s.reordered, 2);
	assert_int_equal(s.missing, 0);
	assert_int_equal(s.duplicates, 1);
}

// A daemon that restarts goes on about a million numbers later: nothing of that is missing.
static void jumps_forward(void **state)
{
	struct rd_seq s = RUN(5, 6, 6 + (1u << 20), 7 + (1u << 20), 9 + (1u << 20));

	(void)state;
	assert_int_equal(s.jumps, 1);
	assert_int_equal(s.skipped, (1u << 20) - 1);
	assert_int_equal(s.missing, 1);
	s = RUN(5, 6, 6 + RD_SEQ_JUMP - 1);
	assert_int_equal(s.jumps, 0);
	assert_int_equal(s.missing, RD_SEQ_JUMP - 2);
	s = RUN(5, 6, 6 + RD_SEQ_JUMP, 7);
	assert_int_equal(s.jumps, 1);
	assert_int_equal(s.too_late, 1); // of before the jump
}

static void restarts(void **state)
{
	struct rd_seq s = RUN(1000000, 1000001, 0, 1, 2, 4);

	(void)state;
	assert_int_equal(s.restarts, 1);
	assert_int_equal(s.too_late + s.duplicates, 0);
	assert_int_equal(s.missing, 1);
	assert_int_equal(s.highest, 4);
	s = RUN(1000000, 1000001, 17, 1000002, 18, 1000003);
	assert_int_equal(s.restarts, 0);
	assert_int_equal(s.too_late, 2);
	s = (struct rd_seq){0}; // soon after its start: every number has been seen
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t n = 0; n < 100; n++)
			rd_seq_add(&s, n);
	assert_int_equal(s.restarts, 1);
	assert_int_equal(s.duplicates + s.missing + s.reordered, 0);
}

static void everything_twice(void **state)
{
	struct rd_seq s = {0};

	(void)state;
	for (uint32_t n = 0; n < 1000; n++) {
		rd_seq_add(&s, n / 4 * 2 + n % 2); // 0 1 0 1 2 3 2 3
	}
	assert_int_equal(s.duplicates, 500);
	assert_int_equal(s.restarts + s.missing, 0);
}

// A Broadcom switch sends 0 in every packet.
static void stands_still(void **state)
{
	struct rd_seq s = RUN(0, 0, 0, 0);

	(void)state;
	assert_true(rd_seq_stands_still(&s));
	s = RUN(0, 0, 0, 1);
	assert_false(rd_seq_stands_still(&s));
	s = RUN(0);
	assert_false(rd_seq_stands_still(&s));
}

// Losses, copies and disorder at random, within the window: the model has a counter per number.
static void as_a_model_says(void **state)
{
	(void)state;
	srand(20261127);
	for (unsigned round = 0; round < 50; round++) {
		enum {
			N = 3000,
			DEPTH = 64
		};
		static uint8_t came[N + DEPTH];
		uint32_t base = (uint32_t)rand() * 4u;
		uint64_t kinds = 0, all = 0, last = 0, first = N;
		struct rd_seq s = {0};

		memset(came, 0, sizeof(came));
		for (uint32_t n = 0; n < N; n++) {
			uint32_t number = n + (uint32_t)(rand() % (round % 2 ? DEPTH : 2));

			if (rand() % 10 == 0)
				continue;
			rd_seq_add(&s, base + number);
			kinds += came[number]++ == 0;
			all++;
			last = number > last ? number : last;
			first = number < first ? number : first;
		}
		assert_int_equal(s.packets, all);
		assert_int_equal(s.duplicates, all - kinds);
		assert_int_equal(s.missing, last - first + 1 - kinds);
		assert_int_equal(s.jumps + s.restarts + s.too_late, 0);
	}
}

#define SECOND UINT64_C(1000000000)
#define START UINT64_C(1700000000123456789)

// A sender whose clock is 3 ms behind and 50 ppm slow, with up to 20 us on the way.
static struct rd_skew simulate(
	enum rd_stamp_form form, uint64_t unit, uint64_t wrap, uint64_t step, unsigned n)
{
	struct rd_skew c = {0};

	srand(1);
	for (unsigned i = 0; i < n; i++) {
		uint64_t arrival = START + i * step;
		uint64_t source = arrival - 3000000 - i * step / 20000 - (uint64_t)(rand() % 20000);
		struct rd_stamp stamp = {form, source / unit * unit, wrap};
		uint64_t whole;

		if (wrap != 0)
			stamp.ns %= wrap;
		whole = rd_skew_add(&c, &stamp, arrival);
		assert_int_equal(whole, source / unit * unit);
	}
	return c;
}

static void clocks(void **state)
{
	static const struct {
		enum rd_stamp_form form;
		uint64_t unit, wrap, step;
	} rows[] = {
		{RD_STAMP_WHOLE, 1, 0, SECOND / 100},
		{RD_STAMP_100US, 100000, 100000ull << 32,
			3600 * SECOND}, // wraps in 4.97 days: two times
		{RD_STAMP_100NS, 100, 100ull << 32, SECOND}, // in 429 s: two times
		{RD_STAMP_1588, 1, SECOND, SECOND / 100},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rd_skew c =
			simulate(rows[i].form, rows[i].unit, rows[i].wrap, rows[i].step, 1000);
		double ppm, error;

		assert_true(rd_skew_ppm(&c, &ppm, &error));
		assert_true(fabs(ppm - 50) < 5 * error + 1e-6 && error < 1);
		assert_int_equal(c.went_back, 0);
		assert_true(c.min >= 3000000 && c.first < 3130000);
		if (rows[i].wrap != 0)
			assert_int_equal(c.wraps,
				(START + 999 * rows[i].step - 3000000) / rows[i].wrap
					- (START - 3000000) / rows[i].wrap);
	}
}

static void few_stamps_have_no_skew(void **state)
{
	struct rd_skew c = simulate(RD_STAMP_WHOLE, 1, 0, SECOND, 9);
	double ppm, error;

	(void)state;
	assert_false(rd_skew_ppm(&c, &ppm, &error));
	c = simulate(RD_STAMP_WHOLE, 1, 0, 1000, 90); // within a tenth of a second
	assert_false(rd_skew_ppm(&c, &ppm, &error));
}

// Copies that overtake one another: the part that is not sent follows in both directions.
static void backwards_across_a_wrap(void **state)
{
	const uint64_t wrap = 100ull << 32;
	uint64_t edge = START / wrap * wrap;
	struct rd_skew c = {0};

	(void)state;
	assert_int_equal(
		rd_skew_add(&c, &(struct rd_stamp){RD_STAMP_100NS, wrap - 1000, wrap}, edge),
		edge - 1000);
	assert_int_equal(
		rd_skew_add(&c, &(struct rd_stamp){RD_STAMP_100NS, 500, wrap}, edge + 1500),
		edge + 500);
	assert_int_equal(
		rd_skew_add(&c, &(struct rd_stamp){RD_STAMP_100NS, wrap - 100, wrap}, edge + 1600),
		edge - 100);
	assert_int_equal(c.went_back, 1);
	assert_int_equal(c.wraps, 1);
}

// Half a wrap away: a clock that is set otherwise is followed, not snapped to ours.
static void far_clocks_are_followed(void **state)
{
	const uint64_t wrap = SECOND;
	struct rd_skew c = {0};

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		uint64_t arrival = START / SECOND * SECOND + i * 1000000 + (i % 2) * 2000;
		struct rd_stamp stamp = {RD_STAMP_1588, (i * 1000000 + SECOND / 2) % SECOND, wrap};

		rd_skew_add(&c, &stamp, arrival);
	}
	assert_true(c.max - c.min < 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(gaps_and_what_fills_them),
		cmocka_unit_test(across_the_wrap),
		cmocka_unit_test(before_the_first),
		cmocka_unit_test(jumps_forward),
		cmocka_unit_test(restarts),
		cmocka_unit_test(everything_twice),
		cmocka_unit_test(stands_still),
		cmocka_unit_test(as_a_model_says),
		cmocka_unit_test(clocks),
		cmocka_unit_test(few_stamps_have_no_skew),
		cmocka_unit_test(backwards_across_a_wrap),
		cmocka_unit_test(far_clocks_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
