/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Percentiles against the sorted values themselves.
 */
#include "unit.h"

#include <stdlib.h>

#include "hist.h"

#define VALUES 20000

static int order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void check(uint64_t *v, unsigned n)
{
	static const double percents[] = {0, 1, 50, 90, 99, 99.9, 100};
	struct pk_hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	for (unsigned i = 0; i < n; i++)
		pk_hist_add(h, v[i]);
	qsort(v, n, sizeof(*v), order);
	for (unsigned i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		unsigned at = (unsigned)(percents[i] / 100 * n + 0.999999);
		uint64_t exact = v[at > 0 ? at - 1 : 0];
		uint64_t found = pk_hist_percentile(h, percents[i]);
		double off = found > exact ? (double)(found - exact) : (double)(exact - found);

		assert_true(off <= (double)exact * 0.032);
	}
	assert_int_equal(h->max, v[n - 1]);
	assert_int_equal(h->min, v[0]);
	assert_int_equal(h->count, n);
	free(h);
}

static void any_range(void **state)
{
	uint64_t *v = malloc(VALUES * sizeof(*v));

	(void)state;
	assert_non_null(v);
	srandom(7);
	for (unsigned bits = 1; bits <= 40; bits++) {
		for (unsigned i = 0; i < VALUES; i++)
			v[i] = ((uint64_t)random() << 31 | (uint64_t)random())
				& ((UINT64_C(1) << bits) - 1);
		check(v, VALUES);
	}
	free(v);
}

static void few_values(void **state)
{
	struct pk_hist h = {0};
	uint64_t one[] = {1234567}, two[] = {5, 900000};

	(void)state;
	assert_int_equal(pk_hist_percentile(&h, 50), 0);
	check(one, 1);
	check(two, 2);
}

// Half an hour and more counts, as the largest.
static void beyond_the_range(void **state)
{
	struct pk_hist h = {0};

	(void)state;
	pk_hist_add(&h, UINT64_MAX);
	pk_hist_add(&h, UINT64_C(1) << 50);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.max, UINT64_MAX);
	assert_true(pk_hist_percentile(&h, 99) >= UINT64_C(1) << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_range),
		cmocka_unit_test(few_values),
		cmocka_unit_test(beyond_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
