/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/router: neighbours. The states by the clock, questions at most once a second, what is static, what is forgotten, and a
 * table that is full.
 */
#include "router_help.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tables/generation.h"

#define NOW 1000u

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 10}, mac_b[6] = {2, 0, 0, 0, 0, 11};
static uint16_t one, two;

static int setup(void **state)
{
	int rc = help_router_setup(state);

	one = help_rif("one", "v1", "10.1.0.1/16", "fd01::1/64");
	two = help_rif("two", "v2", "10.2.0.1/24", NULL);
	return rc;
}

static uint16_t find(uint16_t rif, const char *text, bool make, uint32_t now)
{
	struct rd_rif_addr a = help_addr(text);

	int slot = rd_neigh_find(rif, a.family, a.addr, make, now);

	assert_true(slot > 0 || slot == -ENOENT);
	return slot > 0 ? (uint16_t)slot : 0;
}

static void learn(uint16_t rif, const char *text, const uint8_t mac[6], bool make, uint32_t now)
{
	struct rd_rif_addr a = help_addr(text);

	rd_neigh_learn(rif, a.family, a.addr, mac, make, now);
}

static int fix(uint16_t rif, const char *text, const uint8_t mac[6])
{
	struct rd_rif_addr a = help_addr(text);

	return rd_neigh_add(rif, a.family, a.addr, mac, NULL);
}

static struct rd_neigh at(uint16_t idx)
{
	struct rd_neigh n;

	assert_true(rd_neigh_at(idx, &n));
	return n;
}

static void asked_and_answered(void **state)
{
	uint16_t n;

	(void)state;
	assert_int_equal(find(one, "10.1.0.5", false, NOW), 0);
	n = find(one, "10.1.0.5", true, NOW);
	assert_int_not_equal(n, 0);
	assert_int_equal(find(one, "10.1.0.5", true, NOW), n);
	assert_int_equal(find(two, "10.1.0.5", false, NOW), 0); // another interface's is another
	assert_int_equal(at(n).state, RD_NEIGH_INCOMPLETE);
	assert_true(rd_neigh_use(n, NOW));
	assert_false(rd_neigh_use(n, NOW)); // once a second
	assert_true(rd_neigh_use(n, NOW + 1));
	assert_int_equal(at(n).asked, 2);
	learn(one, "10.1.0.5", mac_a, false, NOW + 1);
	assert_int_equal(at(n).state, RD_NEIGH_REACHABLE);
	assert_memory_equal(at(n).mac, mac_a, 6);
	assert_int_equal(at(n).asked, 0);
	assert_false(rd_neigh_use(n, NOW + 2));
	learn(one, "10.1.0.5", mac_b, false, NOW + 2); // it has another card now
	assert_memory_equal(at(n).mac, mac_b, 6);
	learn(one, "10.1.0.6", mac_b, false, NOW); // an answer to nobody's question
	assert_int_equal(find(one, "10.1.0.6", false, NOW), 0);
	learn(one, "10.1.0.6", mac_b, true, NOW); // who asks is known
	assert_int_equal(at(find(one, "10.1.0.6", false, NOW)).state, RD_NEIGH_REACHABLE);
}

static void silence_fails(void **state)
{
	uint16_t n = find(one, "fd01::5", true, NOW);
	uint32_t t = NOW;

	(void)state;
	for (unsigned i = 0; i < RD_NEIGH_ASKS; i++, t++) {
		assert_true(rd_neigh_use(n, t));
		rd_neigh_age(t);
		assert_int_equal(at(n).state, RD_NEIGH_INCOMPLETE);
	}
	rd_neigh_age(t);
	assert_int_equal(at(n).state, RD_NEIGH_FAILED);
	assert_true(rd_neigh_use(n, t)); // asked again all the same
	learn(one, "fd01::5", mac_a, false, t);
	assert_int_equal(at(n).state, RD_NEIGH_REACHABLE);
}

static void the_old_is_stale_and_used(void **state)
{
	uint16_t n = find(one, "10.1.0.5", true, NOW);
	uint32_t t = NOW + RD_NEIGH_REACHABLE_S;

	(void)state;
	learn(one, "10.1.0.5", mac_a, false, NOW);
	rd_neigh_age(t);
	assert_int_equal(at(n).state, RD_NEIGH_REACHABLE);
	rd_neigh_age(++t);
	assert_int_equal(at(n).state, RD_NEIGH_STALE);
	assert_memory_equal(at(n).mac, mac_a, 6);
	for (unsigned i = 0; i < RD_NEIGH_ASKS; i++, t++)
		assert_true(rd_neigh_use(n, t));
	rd_neigh_age(t);
	assert_int_equal(at(n).state, RD_NEIGH_FAILED);
}

static void the_unused_is_forgotten(void **state)
{
	uint16_t asked = find(one, "10.1.0.5", true, NOW), known = find(one, "10.1.0.6", true, NOW);
	struct rd_neigh n;
	uint32_t t = NOW + RD_NEIGH_REACHABLE_S + 1, generation;

	(void)state;
	learn(one, "10.1.0.6", mac_a, false, NOW);
	rd_neigh_age(t);
	assert_false(rd_neigh_at(asked, &n)); // never answered, and nobody wants it
	assert_int_equal(at(known).state, RD_NEIGH_STALE);
	(void)rd_neigh_use(known, t);
	rd_neigh_age(t + RD_NEIGH_FORGET_S);
	assert_int_equal(at(known).state, RD_NEIGH_STALE);
	generation = rd_generation();
	rd_neigh_age(t + RD_NEIGH_FORGET_S + 1);
	assert_false(rd_neigh_at(known, &n));
	assert_int_not_equal(rd_generation(), generation); // flows that led there decide again
}

static void static_ones_stay(void **state)
{
	uint16_t n;

	(void)state;
	learn(one, "10.1.0.5", mac_b, true, NOW);
	assert_int_equal(fix(one, "10.1.0.5", mac_a), 0);
	n = find(one, "10.1.0.5", false, NOW);
	learn(one, "10.1.0.5", mac_b, true, NOW + 5);
	assert_memory_equal(at(n).mac, mac_a, 6);
	assert_true(at(n).fixed);
	assert_false(rd_neigh_use(n, NOW + 5));
	rd_neigh_age(NOW + 100 * RD_NEIGH_FORGET_S);
	assert_int_equal(at(n).state, RD_NEIGH_REACHABLE);
	assert_int_equal(rd_neigh_flush(0), 0);
	assert_int_equal(fix(one, "10.1.0.5", mac_b), 0);
	assert_memory_equal(at(n).mac, mac_b, 6);
	assert_int_equal(rd_neigh_del(one, AF_INET, at(n).addr, NULL), 0);
	assert_int_equal(find(one, "10.1.0.5", false, NOW), 0);
}

static void static_ones_are_checked(void **state)
{
	const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1}, none[6] = {0};
	struct rd_rif_addr a = help_addr("10.1.0.5");

	(void)state;
	assert_int_equal(fix(9, "10.1.0.5", mac_a), -ENOENT);
	assert_int_equal(fix(one, "10.1.0.5", group), -EINVAL);
	assert_int_equal(fix(one, "10.1.0.5", none), -EINVAL);
	assert_int_equal(fix(one, "10.2.0.5", mac_a), -ENETUNREACH);
	assert_int_equal(fix(two, "fd01::5", mac_a), -ENETUNREACH);
	assert_int_equal(fix(one, "10.1.0.1", mac_a), -EINVAL); // its own
	assert_int_equal(rd_neigh_del(one, AF_INET, a.addr, NULL), -ENOENT);
}

static void flushed_by_interface(void **state)
{
	(void)state;
	learn(one, "10.1.0.5", mac_a, true, NOW);
	learn(one, "fd01::5", mac_a, true, NOW);
	learn(two, "10.2.0.5", mac_a, true, NOW);
	assert_int_equal(fix(one, "10.1.0.6", mac_b), 0);
	assert_int_equal(rd_neigh_flush(two), 1);
	assert_int_equal(rd_neigh_flush(two), 0);
	assert_int_equal(rd_neigh_flush(0), 2);
	assert_int_not_equal(find(one, "10.1.0.6", false, NOW), 0);
}

static void they_go_with_their_subnet(void **state)
{
	struct rd_rif_opts o = help_rif_opts("v1", "10.1.0.1/24", NULL);

	(void)state;
	assert_int_equal(fix(one, "10.1.0.5", mac_a), 0);
	assert_int_equal(fix(one, "10.1.9.5", mac_a), 0);
	assert_int_equal(fix(one, "fd01::5", mac_a), 0);
	assert_int_equal(rd_rif_set(one, &o, NULL), 0);
	assert_int_not_equal(find(one, "10.1.0.5", false, NOW), 0);
	assert_int_equal(find(one, "10.1.9.5", false, NOW), 0);
	assert_int_equal(find(one, "fd01::5", false, NOW), 0);
	assert_int_equal(rd_rif_del(one, NULL), 0);
	assert_int_equal(find(one, "10.1.0.5", false, NOW), 0);
}

static int count(void *arg, const struct rd_neigh *n)
{
	assert_int_equal(n->rif, one);
	++*(unsigned *)arg;
	return 0;
}

// A guest that scans its subnet: what is over does not go in, and what was there stays.
static void a_scan_has_an_end(void **state)
{
	struct rd_rif_addr a = help_addr("10.1.0.0");
	unsigned made = 0, refused = 0, listed = 0;
	uint16_t known;

	(void)state;
	learn(one, "10.1.0.5", mac_a, true, NOW);
	known = find(one, "10.1.0.5", false, NOW);
	for (unsigned i = 2; i < 0x10000; i++) {
		a.addr[2] = (uint8_t)(i >> 8);
		a.addr[3] = (uint8_t)i;
		int slot = rd_neigh_find(one, AF_INET, a.addr, true, NOW);

		assert_true(slot > 0 || slot == -ENOSPC);
		*(slot > 0 ? &made : &refused) += 1;
	}
	assert_true(made > RD_NEIGH_MAX * 9 / 10 && made <= RD_NEIGH_MAX);
	assert_int_equal(made + refused, 0x10000 - 2);
	assert_int_equal(find(one, "10.1.0.5", false, NOW), known);
	assert_int_equal(rd_neigh_each(count, &listed), 0);
	assert_int_equal(listed, made);
	rd_neigh_age(NOW + 20); // nobody answered, nobody wants them
	listed = 0;
	assert_int_equal(rd_neigh_each(count, &listed), 0);
	assert_int_equal(listed, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asked_and_answered),
		TEST(silence_fails),
		TEST(the_old_is_stale_and_used),
		TEST(the_unused_is_forgotten),
		TEST(static_ones_stay),
		TEST(static_ones_are_checked),
		TEST(flushed_by_interface),
		TEST(they_go_with_their_subnet),
		TEST(a_scan_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
