/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache's index grows and shrinks with the flows, and loses none.
 */
#include "tables/flow.h"

#include "unit.h"

#include <string.h>

#define FLOWS 100000u

static struct rd_flow_key key_of(uint32_t n)
{
	struct rd_flow_key k = {.ethertype = 0x0800, .proto = 17, .ft = RD_FT_L4, .dport = 53};

	memcpy(k.src, &n, sizeof(n));
	return k;
}

static struct rd_flow *find(struct rd_flow_table *t, uint32_t n)
{
	struct rd_flow_key k = key_of(n);

	return rd_flow_find(t, &k, rd_flow_hash(&k));
}

static void insert(struct rd_flow_table *t, uint32_t n)
{
	struct rd_flow_key k = key_of(n);

	rd_flow_insert(t, &k, rd_flow_hash(&k), 1);
}

static void remove_all(struct rd_flow_table *t, uint32_t from, uint32_t to)
{
	for (uint32_t n = from; n < to; n++) {
		struct rd_flow *f = find(t, n);

		if (f != NULL)
			rd_flow_remove(t, f);
	}
}

static void assert_all_found(struct rd_flow_table *t)
{
	uint32_t found = 0;

	for (uint32_t n = 0; n < FLOWS; n++)
		found += find(t, n) != NULL;
	assert_int_equal(found, t->nb);
}

// Three flows for two buckets, and no more buckets than that.
static void assert_fits(const struct rd_flow_table *t)
{
	if (t->nb_buckets == t->min_buckets)
		assert_in_range(t->nb, 0, (t->nb_buckets + 1) * 3 / 2 + 1);
	else
		assert_in_range(t->nb_buckets, t->nb * 2 / 3, t->nb * 2 / 3 + 2);
}

static void grows(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(1u << 18, 0);

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->nb_buckets, t->min_buckets);
	for (uint32_t n = 0; n < FLOWS; n++) {
		insert(t, n);
		if (t->stats.evictions == 0)
			assert_fits(t);
		if (n % 9973 == 0 || (n & (n - 1)) == 0)
			assert_all_found(t);
	}
	assert_all_found(t);
	assert_int_equal(t->nb + t->stats.evictions, FLOWS);
	assert_in_range(t->stats.evictions, 0, FLOWS / 1000);
	rd_flow_table_free(t);
}

// In bounded steps, and not as long as the flows may well come back.
static void shrinks(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(1u << 18, 0);
	uint32_t full, before;
	unsigned steps = 0;

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; n < FLOWS; n++)
		insert(t, n);
	full = t->nb_buckets;
	remove_all(t, FLOWS / 2, FLOWS);
	rd_flow_age(t, 1, 64);
	assert_int_equal(t->nb_buckets, full);
	remove_all(t, 300, FLOWS / 2);
	do {
		before = t->nb_buckets;
		rd_flow_age(t, 1, 64);
		assert_in_range(before - t->nb_buckets, 0, 64);
		assert_in_range(++steps, 1, full);
		if (steps % 500 == 0)
			assert_all_found(t);
	} while (t->nb_buckets > t->min_buckets);
	assert_all_found(t);
	for (uint32_t n = 300; n < FLOWS; n++)
		insert(t, n);
	assert_all_found(t);
	assert_in_range(t->nb, FLOWS - FLOWS / 500, FLOWS);
	rd_flow_table_free(t);
}

// A table that was never large has one size.
static void small_tables_stay(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(100, 0);

	(void)state;
	assert_non_null(t);
	for (uint32_t n = 0; n < 1000; n++)
		insert(t, n);
	assert_int_equal(t->nb_buckets, t->max_buckets);
	assert_all_found(t);
	rd_flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(shrinks),
		cmocka_unit_test(small_tables_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
