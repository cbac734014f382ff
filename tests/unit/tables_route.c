/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/router: routes. Refusals, order, connected routes, and the longest prefix against a list that is searched bit by bit.
 */
#include "router_help.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "tables/generation.h"

static void subnets(void)
{
	help_rif("one", "v1", "10.1.0.1/24", "fd01::1/64");
	help_rif("two", "v2", "10.2.0.1/24", NULL);
}

static void add(const char *prefix, enum rd_route_kind kind, const char *via)
{
	struct rd_route r = help_route(prefix, kind, via);
	struct rd_err err = {0};

	if (rd_route_add(&r, &err) != 0)
		fail_msg("%s: %s", prefix, err.what);
}

static int del(const char *prefix)
{
	struct rd_rif_addr p = help_addr(prefix);

	return rd_route_del(help_router(), p.family, p.addr, p.len, NULL);
}

// Which route leads there: its length, 255 if none does.
static uint8_t led(const char *to, struct rd_route *r)
{
	struct rd_rif_addr a = help_addr(to);

	return rd_route_lookup(help_router(), a.family, a.addr, r) ? r->len : 255;
}

static void the_longest_prefix_leads(void **state)
{
	struct rd_route r;

	(void)state;
	assert_int_equal(led("10.1.0.5", &r), 255);
	subnets();
	assert_int_equal(led("10.1.0.5", &r), 24);
	assert_int_equal(r.kind, RD_ROUTE_CONNECTED);
	assert_int_equal(r.path[0].rif, rd_rif_find("one", NULL)->idx);
	assert_int_equal(led("10.1.1.0", &r), 255);
	add("0.0.0.0/0", RD_ROUTE_VIA, "10.1.0.254");
	add("10.0.0.0/8", RD_ROUTE_BLACKHOLE, NULL);
	add("10.1.0.128/25", RD_ROUTE_UNREACHABLE, NULL);
	add("255.255.255.255/32", RD_ROUTE_BLACKHOLE, NULL);
	add("::/0", RD_ROUTE_VIA, "fd01::fe");
	assert_int_equal(led("192.0.2.1", &r), 0);
	assert_int_equal(r.path[0].rif, rd_rif_find("one", NULL)->idx);
	assert_int_equal(led("10.9.9.9", &r), 8);
	assert_int_equal(led("10.1.0.127", &r), 24);
	assert_int_equal(led("10.1.0.128", &r), 25);
	assert_int_equal(r.kind, RD_ROUTE_UNREACHABLE);
	assert_int_equal(led("10.1.0.255", &r), 25);
	assert_int_equal(led("10.1.1.0", &r), 8);
	assert_int_equal(led("255.255.255.254", &r), 0);
	assert_int_equal(led("255.255.255.255", &r), 32);
	assert_int_equal(led("fd01::77", &r), 64);
	assert_int_equal(led("fd02::77", &r), 0);
	assert_int_equal(del("10.1.0.128/25"), 0);
	assert_int_equal(led("10.1.0.128", &r), 24);
	assert_int_equal(del("10.1.0.128/25"), -ENOENT);
	assert_int_equal(del("10.1.0.0/24"), -ENOENT); // connected
}

static void refuse(struct rd_route r, int code)
{
	uint32_t generation = rd_generation();

	assert_int_equal(rd_route_add(&r, NULL), code);
	assert_int_equal(rd_generation(), generation);
}

static void routes_are_checked(void **state)
{
	struct rd_route r = help_route("10.3.0.0/16", RD_ROUTE_VIA, "10.1.0.9");

	(void)state;
	subnets();
	refuse(help_route("10.1.0.0/24", RD_ROUTE_BLACKHOLE, NULL), -EEXIST);
	refuse(help_route("10.3.0.0/16", RD_ROUTE_VIA, NULL), -EINVAL);
	refuse(help_route("10.3.0.0/16", RD_ROUTE_VIA, "10.1.0.1"), -ENETUNREACH); // itself
	refuse(help_route("10.3.0.0/16", RD_ROUTE_VIA, "10.3.0.1"), -ENETUNREACH);
	refuse(help_route("10.3.0.0/33", RD_ROUTE_BLACKHOLE, NULL), -EINVAL);
	r.path[1] = r.path[0];
	r.nb_paths = 2;
	refuse(r, -EINVAL); // twice the same
	r.path[1].addr[2] = 7;
	refuse(r, -ENETUNREACH); // the second is nowhere
	r.nb_paths = RD_ROUTE_PATHS + 1;
	refuse(r, -EINVAL);
	r.nb_paths = 1;
	r.router = 9;
	refuse(r, -ENOENT);
	add("10.3.0.77/16", RD_ROUTE_VIA, "10.1.0.9"); // bits behind the length do not count
	refuse(help_route("10.3.0.0/16", RD_ROUTE_BLACKHOLE, NULL), -EEXIST);
}

static void eight_ways_at_most(void **state)
{
	struct rd_route r = help_route("0.0.0.0/0", RD_ROUTE_VIA, "10.1.0.10"), found;

	(void)state;
	subnets();
	for (uint8_t i = 1; i < RD_ROUTE_PATHS; i++) {
		r.path[i] = r.path[0];
		r.path[i].addr[1] = i % 2 == 0 ? 1 : 2;
		r.path[i].addr[3] = (uint8_t)(10 + i);
	}
	r.nb_paths = RD_ROUTE_PATHS;
	assert_int_equal(rd_route_add(&r, NULL), 0);
	assert_int_equal(led("192.0.2.1", &found), 0);
	assert_int_equal(found.nb_paths, RD_ROUTE_PATHS);
	for (unsigned i = 0; i < RD_ROUTE_PATHS; i++)
		assert_int_equal(
			found.path[i].rif, rd_rif_find(i % 2 == 0 ? "one" : "two", NULL)->idx);
}

static void next_hops_hold_their_interface(void **state)
{
	uint16_t one, two;
	struct rd_rif_opts o;
	struct rd_route r;

	(void)state;
	subnets();
	one = rd_rif_find("one", NULL)->idx;
	two = rd_rif_find("two", NULL)->idx;
	add("0.0.0.0/0", RD_ROUTE_VIA, "10.1.0.254");
	assert_int_equal(rd_rif_del(one, NULL), -EBUSY);
	o = help_rif_opts("v1", "10.9.0.1/24", NULL);
	assert_int_equal(rd_rif_set(one, &o, NULL), -ENETUNREACH);
	assert_int_equal(led("10.1.0.5", &r), 24); // nothing has changed
	assert_int_equal(rd_rif_del(two, NULL), 0);
	assert_int_equal(led("10.2.0.5", &r), 0);
	assert_int_equal(del("0.0.0.0/0"), 0);
	assert_int_equal(rd_rif_set(one, &o, NULL), 0);
	assert_int_equal(led("10.1.0.5", &r), 255);
	assert_int_equal(led("10.9.0.5", &r), 24);
}

// A connected route beats a static one to the same prefix that was there before.
static void connected_comes_first(void **state)
{
	struct rd_route r;

	(void)state;
	help_rif("two", "v2", "10.2.0.1/24", NULL);
	add("10.1.0.0/24", RD_ROUTE_BLACKHOLE, NULL);
	help_rif("one", "v1", "10.1.0.1/24", NULL);
	assert_int_equal(led("10.1.0.5", &r), 24);
	assert_int_equal(r.kind, RD_ROUTE_CONNECTED);
	assert_int_equal(del("10.1.0.0/24"), 0);
	assert_int_equal(led("10.1.0.5", &r), 24);
}

// What was inside a deleted prefix belongs to the longest one around it, static or connected.
static void the_next_longest_takes_over(void **state)
{
	struct rd_route r;

	(void)state;
	subnets();
	add("10.0.0.0/8", RD_ROUTE_BLACKHOLE, NULL);
	add("10.0.0.0/10", RD_ROUTE_UNREACHABLE, NULL);
	add("10.1.0.64/26", RD_ROUTE_BLACKHOLE, NULL);
	add("10.1.0.64/28", RD_ROUTE_UNREACHABLE, NULL);
	add("fd01::/16", RD_ROUTE_BLACKHOLE, NULL);
	assert_int_equal(del("10.1.0.64/26"), 0);
	assert_int_equal(led("10.1.0.79", &r), 28);
	assert_int_equal(led("10.1.0.80", &r), 24);
	assert_int_equal(r.kind, RD_ROUTE_CONNECTED);
	assert_int_equal(r.path[0].rif, rd_rif_find("one", NULL)->idx);
	assert_int_equal(led("10.1.0.63", &r), 24);
	assert_int_equal(led("10.1.1.0", &r), 10);
	assert_int_equal(del("10.0.0.0/10"), 0);
	assert_int_equal(led("10.1.1.0", &r), 8);
	assert_int_equal(led("10.1.0.79", &r), 28);
	assert_int_equal(del("10.0.0.0/8"), 0);
	assert_int_equal(led("10.1.1.0", &r), 255);
	assert_int_equal(led("10.1.0.80", &r), 24);
	assert_int_equal(led("fd01:1::1", &r), 16);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define MANY 2000

// Many come and go, one by one: going costs about what coming does, not a new table for each.
static void many_go_as_they_came(void **state)
{
	struct rd_route r = help_route("0.0.0.0/24", RD_ROUTE_BLACKHOLE, NULL), found;
	uint64_t added, deleted, began = now_ns();

	(void)state;
	subnets();
	for (unsigned i = 0; i < MANY; i++) {
		memcpy(r.addr, (uint8_t[]){(uint8_t)(i % 128 + 64), (uint8_t)(i / 128), 3}, 3);
		assert_int_equal(rd_route_add(&r, NULL), 0);
	}
	added = now_ns() - began;
	for (unsigned i = 0; i < MANY; i++) {
		uint8_t addr[16] = {(uint8_t)(i % 128 + 64), (uint8_t)(i / 128), 3};

		assert_int_equal(rd_route_del(help_router(), AF_INET, addr, 24, NULL), 0);
		if (i % 64 == 0)
			assert_false(rd_route_lookup(help_router(), AF_INET, addr, &found));
	}
	deleted = now_ns() - began - added;
	print_message("%u routes: added in %.3f s, deleted in %.3f s\n", MANY, (double)added / 1e9,
		(double)deleted / 1e9);
	assert_true(2 * deleted < 5 * added);
}

// --- against a list ---

#define ROUTES 300
static struct rd_route list[ROUTES];
static uint64_t seed = 7;

static uint32_t rnd(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % bound;
}

// Addresses that are near each other, and the ends of the space.
static void some_addr(uint8_t family, uint8_t addr[16])
{
	unsigned bytes = family == AF_INET ? 4 : 16, kind = rnd(8);

	memset(addr, 0, 16);
	for (unsigned i = 0; i < bytes; i++)
		addr[i] = kind == 0 ? 0xff
			: kind == 1 ? 0
				    : (uint8_t)(rnd(3) == 0 ? rnd(256) : rnd(2) * 0x80);
	if (rnd(2) == 0)
		addr[rnd(bytes)] ^= (uint8_t)(1u << rnd(8));
}

static bool bit(const uint8_t *addr, unsigned n)
{
	return addr[n / 8] >> (7 - n % 8) & 1;
}

static bool covers(const struct rd_route *r, uint8_t family, const uint8_t *addr)
{
	if (r->kind == 0 || r->family != family)
		return false;
	for (unsigned n = 0; n < r->len; n++)
		if (bit(r->addr, n) != bit(addr, n))
			return false;
	return true;
}

static const struct rd_route *longest(uint8_t family, const uint8_t *addr)
{
	const struct rd_route *best = NULL;

	for (unsigned i = 0; i < ROUTES; i++)
		if (covers(&list[i], family, addr) && (best == NULL || list[i].len > best->len))
			best = &list[i];
	return best;
}

static void compare(uint8_t family, const uint8_t *addr)
{
	const struct rd_route *want = longest(family, addr);
	struct rd_route got = {.len = 255};

	assert_int_equal(rd_route_lookup(help_router(), family, addr, &got), want != NULL);
	if (want == NULL)
		return;
	assert_int_equal(got.len, want->len);
	assert_int_equal(got.kind, want->kind);
	assert_memory_equal(got.addr, want->addr, 16);
}

static void change(struct rd_route *slot)
{
	uint8_t bits;

	if (slot->kind != 0) {
		assert_int_equal(
			rd_route_del(slot->router, slot->family, slot->addr, slot->len, NULL), 0);
		slot->kind = 0;
		return;
	}
	*slot = (struct rd_route){
		.router = help_router(), .family = rnd(2) == 0 ? AF_INET : AF_INET6};
	bits = slot->family == AF_INET ? 32 : 128;
	slot->len = (uint8_t)rnd(bits + 1u);
	some_addr(slot->family, slot->addr);
	for (unsigned n = slot->len; n < bits; n++)
		slot->addr[n / 8] &= (uint8_t) ~(0x80u >> n % 8);
	slot->kind = (uint8_t)(rnd(2) == 0 ? RD_ROUTE_BLACKHOLE : RD_ROUTE_UNREACHABLE);
	if (rd_route_add(slot, NULL) != 0)
		slot->kind = 0; // it is there already
}

static void each_lookup_is_the_lists(void **state)
{
	uint8_t addr[16];
	unsigned nb = 0, led_on = 0;

	(void)state;
	memset(list, 0, sizeof(list));
	for (unsigned i = 0; i < 1500; i++) {
		change(&list[rnd(ROUTES)]);
		for (unsigned k = 0; k < 12; k++, nb++) {
			uint8_t family = k % 2 == 0 ? AF_INET : AF_INET6;

			some_addr(family, addr);
			if (k >= 8) // the edge of a prefix
				memcpy(addr, list[rnd(ROUTES)].addr, family == AF_INET ? 4 : 16);
			compare(family, addr);
			led_on += longest(family, addr) != NULL;
		}
	}
	assert_true(led_on > nb / 4 && led_on < nb);
}

static struct rd_route walked[ROUTES + 8];
static unsigned nb_walked;

static int take(void *arg, const struct rd_route *r)
{
	assert_ptr_equal(arg, walked);
	walked[nb_walked++] = *r;
	return 0;
}

static int stop(void *arg, const struct rd_route *r)
{
	(void)arg;
	return r->len;
}

static void the_list_is_in_order(void **state)
{
	static const char *const want[] = {"0.0.0.0/0", "10.1.0.0/24", "10.1.0.0/25", "10.2.0.0/24",
		"172.16.0.0/12", "fd01::/64", "fd01::/65"};

	(void)state;
	subnets();
	add("fd01::/65", RD_ROUTE_BLACKHOLE, NULL);
	add("172.16.0.0/12", RD_ROUTE_VIA, "10.2.0.9");
	add("10.1.0.0/25", RD_ROUTE_UNREACHABLE, NULL);
	add("0.0.0.0/0", RD_ROUTE_VIA, "10.1.0.9");
	nb_walked = 0;
	assert_int_equal(rd_route_each(take, walked), 0);
	assert_int_equal(nb_walked, 7);
	for (unsigned i = 0; i < 7; i++) {
		struct rd_rif_addr a = help_addr(want[i]);

		assert_int_equal(walked[i].len, a.len);
		assert_memory_equal(walked[i].addr, a.addr, 16);
	}
	assert_int_equal(rd_route_each(stop, NULL), 24); // 0 goes on
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_router_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_longest_prefix_leads),
		TEST(routes_are_checked),
		TEST(eight_ways_at_most),
		TEST(next_hops_hold_their_interface),
		TEST(connected_comes_first),
		TEST(the_next_longest_takes_over),
		TEST(many_go_as_they_came),
		TEST(each_lookup_is_the_lists),
		TEST(the_list_is_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
