/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/router: routers and their interfaces, what is refused, whose station the router's MAC is, what is left when they go.
 */
#include "router_help.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tables/generation.h"

static void routers_have_names_and_macs(void **state)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 9}, group[6] = {1, 0, 0x5e, 0, 0, 1}, none[6] = {0};
	uint8_t x86 = rd_host_find("x86")->idx, arm = rd_host_find("arm")->idx;

	(void)state;
	assert_int_equal(rd_router_add("r", x86, mac, NULL), -EEXIST);
	assert_int_equal(rd_router_add("a b", x86, mac, NULL), -EINVAL);
	assert_int_equal(rd_router_add("q", x86, group, NULL), -EINVAL);
	assert_int_equal(rd_router_add("q", x86, none, NULL), -EINVAL);
	assert_int_equal(rd_router_add("q", 99, mac, NULL), -ENOENT);
	assert_int_equal(rd_router_add("r", arm, help_router_mac, NULL), 0); // as distributed
	assert_string_equal(rd_router_find("arm/r", NULL)->name, "r");
	assert_int_equal(rd_router_find("x86/r", NULL)->host, x86);
	assert_int_equal(rd_router_del(rd_router_find("arm/r", NULL)->idx, NULL), 0);
	assert_null(rd_router_find("arm/r", NULL));
	assert_int_equal(rd_router_del(77, NULL), -ENOENT);
}

static void there_is_an_end_of_routers(void **state)
{
	char name[] = "m00";
	int rc = 0;
	unsigned nb = 1; // r

	(void)state;
	for (; rc == 0 && nb <= RD_ROUTER_MAX; nb++) {
		name[1] = (char)('0' + nb / 10);
		name[2] = (char)('0' + nb % 10);
		rc = rd_router_add(name, rd_host_find("x86")->idx, help_router_mac, NULL);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(nb, RD_ROUTER_MAX);
}

static void an_interface_is_a_station(void **state)
{
	uint16_t v1 = help_segment("v1")->idx, rif;
	uint32_t generation = rd_generation();
	struct rd_fdb_entry e;

	(void)state;
	assert_null(rd_rif_of_segment(v1));
	rif = help_rif("one", "v1", "10.1.0.1/24", "fd01::1/64");
	assert_int_not_equal(rd_generation(), generation);
	assert_ptr_equal(rd_rif_of_segment(v1), rd_rif_at(rif));
	assert_memory_equal(rd_rif_at(rif)->mac, help_router_mac, 6);
	assert_true(rd_fdb_lookup(v1, help_router_mac, &e));
	assert_int_equal(e.kind, RD_FDB_ROUTER);
	rd_fdb_learn(v1, help_router_mac, false, 5, 1); // nobody takes it away
	assert_true(rd_fdb_lookup(v1, help_router_mac, &e));
	assert_int_equal(e.kind, RD_FDB_ROUTER);
	assert_int_equal(rd_router_del(help_router(), NULL), -EBUSY);
	assert_int_equal(rd_segment_del(v1, NULL), -EBUSY);
	assert_int_equal(rd_rif_del(rif, NULL), 0);
	assert_false(rd_fdb_lookup(v1, help_router_mac, &e));
	assert_null(rd_rif_of_segment(v1));
	assert_null(rd_rif_at(rif));
	assert_int_equal(rd_router_del(help_router(), NULL), 0);
	assert_int_equal(rd_segment_del(v1, NULL), 0);
}

static void refuse(const char *segment, const char *a, const char *b, uint16_t mtu, int code)
{
	struct rd_rif_opts o = help_rif_opts(segment, a, b);
	uint32_t generation = rd_generation();

	o.mtu = mtu;
	assert_int_equal(rd_rif_add("new", help_router(), &o, NULL), code);
	assert_int_equal(rd_generation(), generation);
	assert_null(rd_rif_find("new", NULL));
}

static void interfaces_are_checked(void **state)
{
	struct rd_rif_opts o;

	(void)state;
	help_rif("one", "v1", "10.1.0.1/24", "fd01::1/64");
	refuse("v1", "10.2.0.1/24", NULL, 0, -EEXIST); // the segment has one
	refuse("v2", "10.1.0.200/25", NULL, 0, -EEXIST); // subnets overlap: inside
	refuse("v2", "10.0.0.1/8", NULL, 0, -EEXIST); // ... around
	refuse("v2", "10.2.0.1/24", "fd01::7/48", 0, -EEXIST);
	refuse("v2", NULL, NULL, 0, -EINVAL);
	refuse("v2", "224.0.0.1/24", NULL, 0, -EINVAL);
	refuse("v2", "0.0.0.0/24", NULL, 0, -EINVAL);
	refuse("v2", "ff02::1/64", NULL, 0, -EINVAL);
	refuse("v2", "::/64", NULL, 0, -EINVAL);
	refuse("v2", "10.2.0.1/0", NULL, 0, -ERANGE);
	refuse("v2", "10.2.0.1/33", NULL, 0, -ERANGE);
	refuse("v2", "fd02::1/129", NULL, 0, -ERANGE);
	refuse("v2", "10.2.0.1/24", NULL, 67, -ERANGE);
	refuse("v2", "fd02::1/64", NULL, 1279, -ERANGE);
	refuse("v2", "10.2.0.1/24", NULL, RD_RIF_MTU_MAX + 1, -ERANGE);
	refuse("arm/overlay", "10.2.0.1/24", NULL, 0, -EINVAL); // another host's
	o = help_rif_opts("v2", "10.2.0.1/24", NULL);
	assert_int_equal(rd_rif_add("one", help_router(), &o, NULL), -EEXIST);
	assert_int_equal(rd_rif_add("two", 9, &o, NULL), -ENOENT);
	assert_int_equal(rd_rif_set(9, &o, NULL), -ENOENT);
	assert_int_equal(rd_rif_del(9, NULL), -ENOENT);
	assert_int_equal(rd_rif_set(rd_rif_find("one", NULL)->idx, &o, NULL), -EINVAL); // moves
}

// A guest that has the router's MAC was there before.
static void a_taken_mac_is_refused(void **state)
{
	struct rd_port *p = help_new("x86/DvsPortset-1", "vm", RD_PORT_VNIC, 0);

	(void)state;
	memcpy(p->mac, help_router_mac, 6);
	p->segment = help_segment("v2")->idx;
	help_publish(p);
	refuse("v2", "10.2.0.1/24", NULL, 0, -EEXIST);
}

// Nor may a port take the router's away.
static void a_port_may_not_have_the_routers_mac(void **state)
{
	struct rd_port *p = help_new("x86/DvsPortset-1", "thief", RD_PORT_VNIC, 0);

	(void)state;
	help_rif("one", "v1", "10.1.0.1/24", NULL);
	memcpy(p->mac, help_router_mac, 6);
	p->segment = help_segment("x86/v1")->idx;
	help_refused(p, -EEXIST, "router interface one");
}

static void the_mtu_is_the_narrowest_that_was_said(void **state)
{
	uint16_t rif = help_rif("one", "v1", "10.1.0.1/24", NULL);
	struct rd_rif_opts o = help_rif_opts("v1", "10.1.0.1/24", NULL);
	struct rd_segment_opts s = {.vlan = 1, .mtu = 1400, .flood = true, .learn = true};

	(void)state;
	assert_int_equal(rd_rif_mtu(rd_rif_at(rif)), 1600); // the switch's
	assert_int_equal(rd_segment_set(o.segment, &s, NULL), 0);
	assert_int_equal(rd_rif_mtu(rd_rif_at(rif)), 1400);
	o.mtu = 1300;
	assert_int_equal(rd_rif_set(rif, &o, NULL), 0);
	assert_int_equal(rd_rif_mtu(rd_rif_at(rif)), 1300);
}

static void it_speaks_from_the_near_address(void **state)
{
	const struct rd_rif *i = rd_rif_at(help_rif("one", "v1", "10.1.0.1/24", "10.2.0.1/24"));
	struct rd_rif_addr near = help_addr("10.2.0.77"), far = help_addr("192.0.2.1"),
			   six = help_addr("fd00::1");

	(void)state;
	assert_memory_equal(rd_rif_source(i, AF_INET, near.addr), i->addr[1].addr, 4);
	assert_memory_equal(rd_rif_source(i, AF_INET, far.addr), i->addr[0].addr, 4);
	assert_null(rd_rif_source(i, AF_INET6, six.addr));
	assert_true(rd_rif_has_addr(i, AF_INET, i->addr[1].addr));
	assert_false(rd_rif_has_addr(i, AF_INET, near.addr));
	assert_true(rd_router_has_addr(i->router, AF_INET, i->addr[0].addr));
	assert_false(rd_router_has_addr(i->router, AF_INET6, i->addr[0].addr));
	assert_false(rd_router_has_addr(i->router + 1, AF_INET, i->addr[0].addr));
}

static void packets_are_counted(void **state)
{
	uint16_t one = help_rif("one", "v1", "10.1.0.1/24", NULL);
	uint16_t two = help_rif("two", "v2", "10.2.0.1/24", NULL);
	struct rd_rif_counts c;

	(void)state;
	rd_rif_count(0, one, two, 100);
	rd_rif_count(1, one, two, 50);
	rd_rif_count(1, two, one, 7);
	rd_rif_counts(one, &c);
	assert_int_equal(c.rx_packets, 2);
	assert_int_equal(c.rx_bytes, 150);
	assert_int_equal(c.tx_packets, 1);
	assert_int_equal(c.tx_bytes, 7);
	assert_int_equal(rd_rif_del(one, NULL), 0);
	assert_int_equal(
		help_rif("next", "v1", "10.1.0.1/24", NULL), one); // its place, not its numbers
	rd_rif_counts(one, &c);
	assert_int_equal(c.rx_packets + c.tx_packets + c.rx_bytes + c.tx_bytes, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_router_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(routers_have_names_and_macs),
		TEST(there_is_an_end_of_routers),
		TEST(an_interface_is_a_station),
		TEST(interfaces_are_checked),
		TEST(a_taken_mac_is_refused),
		TEST(a_port_may_not_have_the_routers_mac),
		TEST(the_mtu_is_the_narrowest_that_was_said),
		TEST(it_speaks_from_the_near_address),
		TEST(packets_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
