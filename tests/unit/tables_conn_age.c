/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn by one thread: aging, and how slots are used again.
 */
#include "conn_help.h"

static uint8_t bytes[60];

static struct rd_conn_found make(const struct rd_conn_key *k, const struct rd_conn_l4 *l4)
{
	struct rd_conn_found f;

	assert_int_equal(rd_conn_create(0, k, NULL, l4, rd_coarse_s(), &f), 0);
	return f;
}

static struct rd_conn_l4 syn(void)
{
	return help_segment(bytes, &(struct help_tcp){.seq = 100, .win = 1000, .flags = "S"});
}

static struct rd_conn_found make_udp(uint16_t n)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, n);
	struct rd_conn_l4 l4 = help_udp(bytes);

	return make(&k, &l4);
}

static uint64_t entries(void)
{
	struct rd_conn_stats s;

	rd_conn_stats(&s);
	return s.entries;
}

// A worker may still be inside rd_conn_packet(): its slot waits until it is not.
static void waits_for_the_workers(void **state)
{
	struct rd_conn_l4 l4 = help_udp(bytes);
	struct rd_conn_found f;
	struct rd_conn_key k;

	(void)state;
	help_quiet = help_token; // from now on nobody is quiet
	for (uint16_t i = 0; i < 256; i++)
		rd_conn_kill(0, make_udp(i).ref);
	k = help_key(RD_IPPROTO_UDP, 1);
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_STATE_MEMORY);
	help_quiet = help_token; // the token of the first that came back
	for (uint16_t i = 0; i < 1; i++)
		assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), 0);
	k.sport++;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_STATE_MEMORY);
	help_quiet = UINT64_MAX;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), 0);
}

// First freed, first used, after an eighth of the table has passed: old references stay unknown for long.
static void uses_slots_in_turn(void **state)
{
	uint32_t seen[257] = {0}, slots = 0;
	rd_conn_ref first = make_udp(1).ref, last = first;

	(void)state;
	for (unsigned i = 0; i < 257 * 4; i++) {
		rd_conn_kill(0, last);
		last = make_udp(1).ref;
		assert_int_not_equal(last, first);
		slots += seen[last & rd_conn_fast_.mask]++ == 0;
	}
	assert_in_range(slots, 32, 40);
	for (unsigned i = 0; i < 257; i++)
		assert_true(seen[i] <= 257 * 4 / 32 + 1);
}

static void ages(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);
	struct rd_conn_settings settings;
	struct rd_conn_l4 l4 = syn(); // in the bytes that all share
	struct rd_conn_found tcp = make(&k, &l4), f;
	struct rd_conn_stats s;
	uint64_t now_ns = 1000000000;

	(void)state;
	(void)make_udp(1);
	rd_conn_settings_get(&settings);
	assert_int_equal(settings.timeout_s[RD_CONN_UDP_NEW], 30);
	settings.timeout_s[RD_CONN_UDP_NEW] = 10;
	rd_conn_settings_set(&settings);
	rd_coarse_advance(10);
	for (int i = 0; i < 50; i++) // two workers, five seconds
		rd_conn_age(i % 2, 2, now_ns += 200000000);
	assert_true(rd_conn_find(&k, &f));
	assert_int_equal(entries(), 1);
	assert_in_range(help_only().idle_s, 10, 12);
	assert_in_range(help_only().expires_s, 108, 110);
	l4 = syn();
	assert_int_equal(rd_conn_packet(tcp.ref, O, k.proto, &l4, 60, rd_coarse_s()), 0);
	rd_coarse_advance(115);
	for (int i = 0; i < 50; i++)
		rd_conn_age(i % 2, 2, now_ns += 200000000);
	assert_int_equal(entries(), 1); // the SYN came again
	rd_coarse_advance(10);
	for (int i = 0; i < 50; i++)
		rd_conn_age(i % 2, 2, now_ns += 200000000);
	assert_false(rd_conn_find(&k, &f));
	rd_conn_stats(&s);
	assert_int_equal(s.expired, 2);
	assert_int_equal(s.entries, 0);
}

// However often it is called: a step is bounded, and no time, no work.
static void ages_in_steps(void **state)
{
	struct rd_conn_stats s;

	(void)state;
	rd_conn_fini();
	assert_int_equal(rd_conn_init(2000), 0);
	for (uint16_t i = 0; i < 2000; i++)
		(void)make_udp(i);
	rd_coarse_advance(1000);
	rd_conn_age(3, 4, 5000000000);
	for (int i = 0; i < 1000; i++)
		rd_conn_age(3, 4, 5000000000);
	assert_int_equal(entries(), 2000);
	rd_conn_age(3, 4, 100000000000); // long after: still one step
	assert_in_range(entries(), 2000 - 256, 1999);
	for (int i = 0; i < 1000; i++)
		rd_conn_age(3, 4, 100000000000);
	assert_int_equal(entries(), 1500); // its share, no more
	rd_conn_stats(&s);
	assert_int_equal(s.expired, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, help_conn_setup, help_conn_teardown)
		T(waits_for_the_workers),
		T(uses_slots_in_turn),
		T(ages),
		T(ages_in_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
