/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/flow_read: another thread copies entries while their owner inserts, decides, removes and evicts. A copy is never a mixture.
 * And control makes the pages of large tables.
 */
#include "tables/flow.h"

#include "base/clock.h"
#include "unit.h"

#include <pthread.h>
#include <string.h>

#define RUN_NS 300000000

static struct rd_flow_table *table;
static bool done; // atomic
static uint64_t copies; // that were read; atomic

// Everything in an entry follows from n.
static struct rd_flow_key key_of(uint32_t n)
{
	return (struct rd_flow_key){.in_port = (uint16_t)n,
		.vni = n,
		.ft = RD_FT_L3,
		.sport = (uint16_t)n,
		.dport = (uint16_t)n};
}

static void decide(struct rd_flow *f, uint32_t n)
{
	rd_flow_write_begin(f);
	f->rule_out = n;
	f->rule_in = n;
	f->acts = n;
	f->decided = RD_DECIDED_LIVE;
	rd_flow_write_end(f);
}

static void *own(void *arg)
{
	uint64_t end = rd_monotonic_ns() + RUN_NS;

	(void)arg;
	// Until the reader had its turn, too: a busy machine may keep it waiting.
	for (uint32_t i = 1; i % 1024 != 0 || rd_monotonic_ns() < end
		|| __atomic_load_n(&copies, __ATOMIC_RELAXED) == 0;
		i++) {
		uint32_t n = i % 97;
		struct rd_flow_key k = key_of(n);
		uint32_t hash = rd_flow_hash(&k);
		struct rd_flow *f = rd_flow_find(table, &k, hash);

		if (f == NULL)
			f = rd_flow_insert(table, &k, hash, i);
		else if (i % 5 == 0)
			rd_flow_remove(table, f);
		if (f->last_s != 0)
			decide(f, n);
	}
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void copies_are_consistent(void **state)
{
	pthread_t owner;

	(void)state;
	table = rd_flow_table_create(32, 0); // fewer than keys: evictions too
	assert_non_null(table);
	assert_int_equal(pthread_create(&owner, NULL, own, NULL), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		for (uint32_t id = 1; id < rd_flow_bound(table); id++) {
			struct rd_flow f;

			if (!rd_flow_read(table, id, &f))
				continue;
			__atomic_store_n(&copies, copies + 1, __ATOMIC_RELAXED);
			assert_int_equal(f.key.vni, f.key.in_port);
			assert_int_equal(f.key.vni, f.key.sport);
			assert_int_equal(f.rule_out, f.rule_in);
			assert_int_equal(f.rule_out, f.acts);
			if (f.decided != 0)
				assert_int_equal(f.rule_out, f.key.vni);
			else
				assert_int_equal(f.rule_out, 0);
		}
	}
	assert_int_equal(pthread_join(owner, NULL), 0);
	assert_true(copies > 0);
	rd_flow_table_free(table);
}

// An owner that died in the middle of a change does not hang the reader.
static void gives_up(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(32, 0);
	struct rd_flow_key k = key_of(1);
	struct rd_flow copy, *f;

	(void)state;
	assert_non_null(t);
	f = rd_flow_insert(t, &k, rd_flow_hash(&k), 1);
	rd_flow_write_begin(f);
	assert_false(rd_flow_read(t, rd_flow_id(t, f), &copy));
	rd_flow_write_end(f);
	assert_true(rd_flow_read(t, rd_flow_id(t, f), &copy));
	rd_flow_table_free(t);
}

// A large table's pages are made in steps; control may not begin before the worker has placed them.
static void makes_pages_in_steps(void **state)
{
	struct rd_flow_table *t = rd_flow_table_create(1u << 20, 0);
	size_t all, before;
	unsigned steps = 0;

	(void)state;
	assert_non_null(t);
	assert_true(rd_flow_table_populate(t, 1u << 20));
	assert_int_equal(t->populated, 0);
	rd_flow_table_touch(t);
	assert_in_range(t->populated, 1, 64u << 20);
	all = (size_t)t->capacity * (sizeof(struct rd_flow) + sizeof(uint32_t))
		+ (size_t)t->max_buckets * 64;
	do {
		before = t->populated;
		steps++;
		assert_in_range(steps, 1, 100);
	} while (rd_flow_table_populate(t, 8u << 20));
	assert_in_range(t->populated - before, 0, 8u << 20);
	assert_int_equal(t->populated, all);
	assert_true(steps > 10);
	assert_false(rd_flow_table_populate(t, 8u << 20));
	rd_flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_consistent),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(makes_pages_in_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
