/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/fdb by many threads: three learn the same stations in a table that is too small, one looks up, one is control. A lookup
 * never gives a destination that the station never had, and when all is quiet no station is there twice.
 */
#include "tables_help.h"

#include "base/clock.h"
#include "tables/fdb_slot.h"
#include "tables/tables.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define STATIONS 24
#define RUN_NS 300000000
#define LEARNERS 3

static uint16_t seg;
static unsigned running; // atomic: learners
static uint64_t wrong, found; // the reader's

static int setup(void **state)
{
	int rc = help_setup(state);

	rd_fdb_fini();
	seg = help_segment("arm/overlay")->idx;
	return rc == 0 ? rd_fdb_init(32) : rc;
}

static void mac_of(uint32_t n, uint8_t mac[6])
{
	const uint8_t m[6] = {2, 1, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};

	memcpy(mac, m, 6);
}

// Each station has two places where it may be: port n + 1, or tunnel n + 2.
static void *learner(void *arg)
{
	unsigned self = *(unsigned *)arg;

	uint64_t end = rd_monotonic_ns() + RUN_NS;

	// Until the reader had its turn, too: a busy machine may keep it waiting.
	for (uint32_t round = 1;
		rd_monotonic_ns() < end || __atomic_load_n(&found, __ATOMIC_RELAXED) == 0;
		round++) {
		for (uint32_t i = 0; i < STATIONS; i++) {
			uint32_t n = (i * 7 + self * 131) % STATIONS;
			bool away = (round / 8 + n) % 2;
			uint8_t mac[6];

			mac_of(n, mac);
			rd_fdb_learn(seg, mac, away, (uint16_t)(away ? n + 2 : n + 1), round);
		}
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *reader(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) > 0) {
		for (uint32_t n = 0; n < STATIONS; n++) {
			struct rd_fdb_entry e;
			uint8_t mac[6];

			mac_of(n, mac);
			if (!rd_fdb_lookup(seg, mac, &e))
				continue;
			__atomic_store_n(&found, found + 1, __ATOMIC_RELAXED);
			wrong += e.to != (e.is_tunnel ? n + 2 : n + 1) || e.kind != RD_FDB_LEARNED;
		}
	}
	return NULL;
}

static int count_station(void *arg, const struct rd_fdb_entry *e)
{
	unsigned *seen = arg;

	return ++seen[e->mac[4] << 8 | e->mac[5]] > 1;
}

static void control_while_learning(void)
{
	uint32_t now_s = 0;
	unsigned seen[STATIONS];

	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) > 0) {
		memset(seen, 0, sizeof(seen));
		(void)rd_fdb_each(count_station, seen); // doubles are allowed for a moment
		rd_fdb_age(now_s++);
		if (now_s % 2 == 0)
			rd_fdb_flush(seg, true);
	}
}

static void threads_agree(void **state)
{
	pthread_t threads[LEARNERS + 1];
	unsigned ids[LEARNERS], seen[STATIONS] = {0};

	(void)state;
	running = LEARNERS;
	for (unsigned i = 0; i < LEARNERS; i++) {
		ids[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, learner, &ids[i]), 0);
	}
	assert_int_equal(pthread_create(&threads[LEARNERS], NULL, reader, NULL), 0);
	control_while_learning();
	for (unsigned i = 0; i <= LEARNERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(wrong, 0);
	assert_true(found > 0);
	assert_int_equal(rd_fdb_each(count_station, seen), 0); // nobody twice
}

static unsigned copies_of(uint64_t key)
{
	unsigned nb = 0;

	for (uint32_t s = 0; s < rd_fdb_.nb_slots; s++)
		nb += fdb_peek(s) == key;
	return nb;
}

// What two threads leave behind that insert one key at the same moment: the second one clears up. Whatever is not learned stays.
static void doubles_are_settled(void **state)
{
	static const enum rd_fdb_kind kinds[][2] = {{RD_FDB_LEARNED, RD_FDB_LEARNED},
		{RD_FDB_LEARNED, RD_FDB_STATIC}, {RD_FDB_STATIC, RD_FDB_LEARNED}};

	(void)state;
	for (uint32_t n = 0; n < 3; n++) {
		uint32_t first[2];
		uint64_t key, val;
		uint8_t mac[6];

		mac_of(n, mac);
		key = fdb_key(seg, mac);
		fdb_buckets(key, first);
		for (uint32_t s = first[1] + FDB_BUCKET - 1;; s--) { // the last free slot of both
			fdb_read(s, &key, &val);
			if (key == 0
				&& fdb_cas(s, 0, val, fdb_key(seg, mac),
					fdb_val(kinds[n][0], false, 7, 1)))
				break;
		}
		key = fdb_key(seg, mac);
		assert_int_not_equal(
			rd_fdb_insert_slot(key, fdb_val(kinds[n][1], false, 7, 1), false),
			FDB_NONE);
		assert_int_equal(copies_of(key), 1);
		assert_int_not_equal(rd_fdb_find_slot(key, &val), FDB_NONE);
		assert_int_equal(fdb_kind(val), n == 0 ? RD_FDB_LEARNED : RD_FDB_STATIC);
	}
}

// A reader compares two looks at a slot's second word: it must differ after every change of the first, even when the same station
// comes back.
static void every_change_has_a_version(void **state)
{
	uint64_t key, before, after;
	uint8_t mac[6];
	uint32_t slot;

	(void)state;
	mac_of(1, mac);
	slot = rd_fdb_learn(seg, mac, false, 3, 1);
	fdb_read(slot, &key, &before);
	assert_int_equal(rd_fdb_flush(seg, true), 1);
	assert_int_equal(rd_fdb_learn(seg, mac, false, 3, 1), slot);
	fdb_read(slot, &key, &after);
	assert_true(fdb_same(before, after));
	assert_true(before != after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_agree, setup, help_teardown),
		cmocka_unit_test_setup_teardown(doubles_are_settled, setup, help_teardown),
		cmocka_unit_test_setup_teardown(every_change_has_a_version, setup, help_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
