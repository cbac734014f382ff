/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn by several threads: two workers that have one direction each of the same few connections, a table that is almost
 * too small, aging, killing, and control that lists and flushes. No connection ever carries another one's packets, and when all
 * is quiet nothing is left over.
 */
#include "conn_help.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 2
#define CONNS 24
#define RUN_NS 300000000
#define RUN_LEAST 1000 // rounds, also where others have the processor meanwhile

static uint64_t walk
	[WORKERS]; // atomic: the newest token that a worker has seen between two packets; odd end: UINT64_MAX
static unsigned running; // atomic
static uint64_t passed, gone, wrong; // atomic

static void quiescent(unsigned worker)
{
	uint64_t quiet = UINT64_MAX;

	__atomic_store_n(
		&walk[worker], __atomic_load_n(&help_token, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < WORKERS; i++) {
		uint64_t w = __atomic_load_n(&walk[i], __ATOMIC_SEQ_CST);

		quiet = w < quiet ? w : quiet;
	}
	// Two workers may write the older one last: that is only slower.
	__atomic_store_n(&help_quiet, quiet, __ATOMIC_SEQ_CST);
}

// Every connection has its own packet length: a packet that is counted elsewhere shows.
static uint32_t len_of(uint16_t n)
{
	return 1000u + n;
}

static rd_conn_ref find_or_make(unsigned worker, uint16_t n, uint32_t now_s)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, n);
	struct rd_conn_found f;
	uint8_t bytes[60];
	struct rd_conn_l4 l4 = help_udp(bytes);

	if (worker == 1)
		k = help_reverse(&k);
	if (rd_conn_find(&k, &f))
		return f.dir == (enum rd_conn_dir)worker ? f.ref : 0;
	if (worker == 1 || rd_conn_create(worker, &k, NULL, &l4, now_s, &f) != 0)
		return 0;
	rd_conn_judged(f.ref, 1, n, n);
	return f.ref;
}

static void work(unsigned worker, rd_conn_ref *ref, unsigned *rand, uint32_t now_s)
{
	uint16_t n = (uint16_t)(rand_r(rand) % CONNS);
	uint8_t bytes[60];
	struct rd_conn_l4 l4 = help_udp(bytes);
	int rc;

	rd_conn_prefetch(ref[n]);
	rc = rd_conn_packet(
		ref[n], (enum rd_conn_dir)worker, RD_IPPROTO_UDP, &l4, len_of(n), now_s);
	if (rc == RD_CONN_GONE)
		ref[n] = find_or_make(worker, n, now_s);
	__atomic_fetch_add(rc == 0 ? &passed : &gone, 1, __ATOMIC_RELAXED);
	if (rand_r(rand) % 16 == 0)
		rd_conn_kill(worker, ref[n]);
}

static void *worker_main(void *arg)
{
	unsigned self = *(unsigned *)arg, rand = self + 1;
	uint64_t end = rd_monotonic_ns() + RUN_NS;
	rd_conn_ref ref[CONNS] = {0};

	for (uint32_t i = 0; i < RUN_LEAST || rd_monotonic_ns() < end; i++) {
		work(self, ref, &rand, rd_coarse_s());
		rd_conn_age(self, WORKERS, rd_monotonic_ns());
		quiescent(self);
	}
	__atomic_store_n(&walk[self], UINT64_MAX, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int check(void *arg, const struct rd_conn_info *i)
{
	uint32_t len = len_of((uint16_t)(i->orig.src[2] << 8 | i->orig.src[3]));

	(void)arg;
	for (unsigned d = 0; d < 2; d++)
		if (i->bytes[d] % len != 0)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	return 0;
}

static void runs(void *(*fn)(void *))
{
	pthread_t threads[WORKERS];
	unsigned ids[WORKERS];

	running = WORKERS;
	help_quiet = 0;
	memset(walk, 0, sizeof(walk));
	for (unsigned i = 0; i < WORKERS; i++) {
		ids[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, fn, &ids[i]), 0);
	}
	for (unsigned turn = 0; __atomic_load_n(&running, __ATOMIC_ACQUIRE) > 0; turn++) {
		rd_coarse_tick();
		rd_coarse_advance(turn % 8 == 0 ? 40 : 0);
		(void)rd_conn_each(0, check, NULL);
		if (turn % 16 == 0)
			(void)rd_conn_flush(1);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	help_quiet = UINT64_MAX;
}

static void nothing_is_left(void)
{
	struct rd_conn_stats s;
	uint32_t half_open;

	(void)rd_conn_flush(0);
	rd_conn_stats(&s);
	assert_int_equal(s.entries, 0);
	assert_int_equal(rd_conn_zone_count(1, &half_open), 0);
	assert_int_equal(half_open, 0);
}

static void threads_agree(void **state)
{
	(void)state;
	rd_conn_fini();
	assert_int_equal(rd_conn_init(CONNS + 4), 0);
	runs(worker_main);
	(void)rd_conn_each(0, check, NULL);
	assert_int_equal(wrong, 0);
	assert_true(passed > 0 && gone > 0);
	nothing_is_left();
}

// Both directions of one TCP connection at once: opened, closed, reset and opened again all the time.
static void *tcp_main(void *arg)
{
	static const char *const flags[] = {"S", "SA", "A", "A", "A", "FA", "R", "A"};
	unsigned self = *(unsigned *)arg, rand = self + 7;
	uint64_t end = rd_monotonic_ns() + RUN_NS;
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);

	if (self == 1)
		k = help_reverse(&k);
	for (uint32_t i = 0; i < RUN_LEAST || rd_monotonic_ns() < end; i++) {
		struct help_tcp t = {.seq = 100 + rand_r(&rand) % 2,
			.ack = 101,
			.win = 1000,
			.flags = flags[rand_r(&rand) % 8]};
		struct rd_conn_found f;
		uint8_t bytes[60];
		struct rd_conn_l4 l4 = help_segment(bytes, &t);

		if (rd_conn_find(&k, &f))
			(void)rd_conn_packet(f.ref, f.dir, k.proto, &l4, 60, rd_coarse_s());
		else if (rd_conn_create(self, &k, NULL, &l4, rd_coarse_s(), &f) == 0)
			__atomic_fetch_add(&passed, 1, __ATOMIC_RELAXED);
		rd_conn_age(self, WORKERS, rd_monotonic_ns());
		quiescent(self);
	}
	__atomic_store_n(&walk[self], UINT64_MAX, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void counts_stay_right(void **state)
{
	(void)state;
	passed = 0;
	runs(tcp_main);
	assert_true(passed > 10);
	nothing_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_agree, help_conn_setup, help_conn_teardown),
		cmocka_unit_test_setup_teardown(
			counts_stay_right, help_conn_setup, help_conn_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
