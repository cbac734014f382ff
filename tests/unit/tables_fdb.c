/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/fdb by one thread: static, port and learned entries, moves, aging, flushing, a full table.
 */
#include "tables_help.h"

#include "tables/tables.h"

#include <errno.h>
#include <string.h>

#define PORT false
#define TUNNEL true

static uint16_t seg; // arm/overlay

static int setup(void **state)
{
	int rc = help_setup(state);

	seg = help_segment("arm/overlay")->idx;
	return rc;
}

static void mac_of(uint32_t n, uint8_t mac[6])
{
	const uint8_t m[6] = {
		2, 1, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	memcpy(mac, m, 6);
}

static uint32_t learn(uint32_t n, bool is_tunnel, uint16_t to, uint32_t now_s)
{
	uint8_t mac[6];

	mac_of(n, mac);
	return rd_fdb_learn(seg, mac, is_tunnel, to, now_s);
}

static bool lookup(uint32_t n, struct rd_fdb_entry *e)
{
	uint8_t mac[6];

	mac_of(n, mac);
	return rd_fdb_lookup(seg, mac, e);
}

static bool known(uint32_t n)
{
	struct rd_fdb_entry e;

	return lookup(n, &e);
}

static void learns_and_moves(void **state)
{
	uint32_t generation = rd_generation(), slot;
	struct rd_fdb_entry e;
	uint8_t mac[6];

	(void)state;
	assert_false(known(1));
	slot = learn(1, PORT, 3, 10);
	assert_int_not_equal(slot, UINT32_MAX);
	assert_true(lookup(1, &e));
	mac_of(1, mac);
	assert_memory_equal(e.mac, mac, 6);
	assert_int_equal(e.segment, seg);
	assert_int_equal(e.kind, RD_FDB_LEARNED);
	assert_false(e.is_tunnel);
	assert_int_equal(e.to, 3);
	assert_int_equal(e.last_s, 10);
	assert_int_equal(learn(1, PORT, 3, 11), slot);
	assert_int_equal(rd_generation(), generation); // news about nobody who is cached
	assert_int_equal(learn(1, TUNNEL, 3, 12), slot);
	assert_true(rd_generation() > generation); // it moved
	assert_true(lookup(1, &e));
	assert_true(e.is_tunnel);
	assert_int_equal(e.last_s, 12);
	assert_false(rd_fdb_lookup((uint16_t)(seg + 1), mac, &e));
}

static void refuses_what_is_no_station(void **state)
{
	const uint8_t multicast[6] = {1, 0, 0x5e, 0, 0, 1}, zero[6] = {0}, good[6] = {2};

	(void)state;
	assert_int_equal(rd_fdb_learn(seg, multicast, PORT, 1, 1), UINT32_MAX);
	assert_int_equal(rd_fdb_learn(0, good, PORT, 1, 1), UINT32_MAX);
	assert_int_equal(rd_fdb_add(seg, multicast, RD_FDB_STATIC, PORT, 1), -EINVAL);
	assert_int_equal(rd_fdb_add(seg, zero, RD_FDB_STATIC, PORT, 1), -EINVAL);
	assert_int_equal(rd_fdb_add(0, good, RD_FDB_STATIC, PORT, 1), -EINVAL);
	assert_int_equal(rd_fdb_learn_failures(), 0);
}

static void learning_never_overrides(void **state)
{
	static const enum rd_fdb_kind kinds[] = {RD_FDB_STATIC, RD_FDB_PORT};

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct rd_fdb_entry e;
		uint32_t generation, slot;
		uint8_t mac[6];

		mac_of(i, mac);
		learn(i, PORT, 9, 1); // what was learned gives way
		generation = rd_generation();
		assert_int_equal(rd_fdb_add(seg, mac, kinds[i], TUNNEL, 4), 0);
		assert_true(rd_generation() > generation);
		slot = learn(i, PORT, 9, 50);
		assert_int_not_equal(slot, UINT32_MAX);
		assert_true(lookup(i, &e));
		assert_int_equal(e.kind, kinds[i]);
		assert_true(e.is_tunnel);
		assert_int_equal(e.to, 4);
		assert_int_equal(rd_fdb_age(100000), 0);
	}
}

static void port_entries_are_protected(void **state)
{
	uint8_t mac[6];

	(void)state;
	mac_of(1, mac);
	assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_PORT, PORT, 4), 0);
	assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_STATIC, PORT, 5), -EEXIST);
	assert_int_equal(rd_fdb_del(seg, mac), -EBUSY);
	assert_int_equal(rd_fdb_flush(0, false), 0);
	assert_true(known(1));
	mac_of(2, mac);
	assert_int_equal(rd_fdb_del(seg, mac), -ENOENT);
	assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_STATIC, PORT, 5), 0);
	assert_int_equal(rd_fdb_del(seg, mac), 0);
	assert_false(known(2));
}

static void ages_by_segment(void **state)
{
	struct rd_fdb_entry e;

	(void)state;
	learn(1, PORT, 3, 1000);
	learn(2, PORT, 3, 1000);
	learn(3, PORT, 3, 5000); // a worker's clock may be ahead
	assert_int_equal(rd_fdb_age(1299), 0);
	learn(2, PORT, 3, 1290);
	assert_true(lookup(2, &e));
	assert_int_equal(e.last_s, 1290);
	uint32_t generation = rd_generation();
	assert_int_equal(rd_fdb_age(1300), 1);
	assert_true(rd_generation() > generation);
	assert_false(known(1));
	assert_true(known(2));
	assert_true(known(3));
	assert_int_equal(rd_fdb_age(1590), 1);
	assert_false(known(2));
}

static int count_one(void *arg, const struct rd_fdb_entry *e)
{
	unsigned *nb = arg;

	assert_int_equal(e->segment, seg);
	return ++*nb == 10;
}

static void lists_and_flushes(void **state)
{
	uint8_t mac[6];
	unsigned nb = 0;

	(void)state;
	for (uint32_t n = 0; n < 5; n++)
		learn(n, PORT, 3, 1);
	mac_of(5, mac);
	assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_STATIC, PORT, 3), 0);
	assert_int_equal(rd_fdb_each(count_one, &nb), 0);
	assert_int_equal(nb, 6);
	assert_int_equal(rd_fdb_flush((uint16_t)(seg + 1), true), 0);
	assert_int_equal(rd_fdb_flush(seg, true), 5);
	assert_true(known(5));
	assert_int_equal(rd_fdb_flush(0, false), 1);
	for (uint32_t n = 0; n < 20; n++)
		learn(n, PORT, 3, 1);
	nb = 0;
	assert_int_equal(rd_fdb_each(count_one, &nb), 1); // stops when told
	assert_int_equal(nb, 10);
	assert_int_equal(rd_fdb_purge(TUNNEL, 3), 0);
	assert_int_equal(rd_fdb_purge(PORT, 3), 20);
}

// 4096 slots: it takes all of the first three quarters, at least nine tenths in all, refuses and counts the rest, and still has room
// for what control adds.
static void fills_up(void **state)
{
	uint32_t learned = 0;
	uint8_t mac[6];

	(void)state;
	for (uint32_t n = 0; n < 8192; n++) {
		uint32_t slot = learn(n, PORT, 3, n + 1);

		learned += slot != UINT32_MAX;
		assert_int_equal(known(n), slot != UINT32_MAX);
		assert_true(slot != UINT32_MAX || n >= 3072);
	}
	assert_in_range(learned, 3686, 4096);
	assert_int_equal(rd_fdb_learn_failures(), 8192 - learned);
	for (uint32_t n = 100000; n < 100100; n++) { // evicts what was learned
		struct rd_fdb_entry e;

		mac_of(n, mac);
		assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_STATIC, PORT, 7), 0);
		assert_true(lookup(n, &e));
		assert_int_equal(e.kind, RD_FDB_STATIC);
	}
	assert_in_range(rd_fdb_flush(0, false), learned, learned + 100);
}

static void refuses_bad_sizes(void **state)
{
	struct rd_fdb_entry e;
	uint8_t mac[6] = {2};

	(void)state;
	assert_int_equal(rd_fdb_init(16), -EEXIST);
	rd_fdb_fini();
	assert_int_equal(rd_fdb_init(0), -EINVAL);
	assert_int_equal(rd_fdb_init(UINT32_MAX), -EINVAL);
	assert_false(rd_fdb_lookup(seg, mac, &e)); // no table: nothing is known, nothing breaks
	assert_int_equal(rd_fdb_learn(seg, mac, PORT, 1, 1), UINT32_MAX);
	assert_int_equal(rd_fdb_add(seg, mac, RD_FDB_STATIC, PORT, 1), -ENXIO);
	assert_int_equal(rd_fdb_flush(0, false), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(learns_and_moves),
		TEST(refuses_what_is_no_station),
		TEST(learning_never_overrides),
		TEST(port_entries_are_protected),
		TEST(ages_by_segment),
		TEST(lists_and_flushes),
		TEST(fills_up),
		TEST(refuses_bad_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
