/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/port: links between tiers, ports behind a MUX, bypasses.
 */
#include "tables_help.h"

#include <errno.h>
#include <string.h>

#define ARM "arm/DvsPortset-1"
#define X86 "x86/DvsPortset-1"

static struct rd_port *attached(struct rd_port *p, enum rd_port_attach attach, uint16_t peer)
{
	p->attach = (uint8_t)attach;
	p->peer = peer;
	return p;
}

static void assert_linked(uint16_t a, uint16_t b)
{
	assert_int_equal(rd_port_at(a)->attach, RD_ATTACH_LINK);
	assert_int_equal(rd_port_at(a)->peer, b);
	assert_int_equal(rd_port_at(b)->attach, RD_ATTACH_LINK);
	assert_int_equal(rd_port_at(b)->peer, a);
}

static void assert_alone(uint16_t idx)
{
	assert_int_equal(rd_port_at(idx)->attach, RD_ATTACH_NONE);
	assert_int_equal(rd_port_at(idx)->peer, 0);
}

static uint16_t mux(void)
{
	return help_add(ARM, "vmnic0_MUX", RD_PORT_MUX, 0x10, NULL);
}

// One end declares, the other one follows; declaring it there too changes nothing.
static void links_join_both_ends(void **state)
{
	uint16_t m = mux(), up;

	(void)state;
	up = help_publish(attached(help_new(X86, "vmnic2", RD_PORT_UPLINK, 1), RD_ATTACH_LINK, m));
	assert_linked(m, up);
	help_publish(attached(rd_port_edit(m), RD_ATTACH_LINK, up));
	assert_linked(m, up);
	assert_int_equal(help_segment("x86/guests")->nb_ports, 1); // the uplink is attached now
	assert_int_equal(help_segment("x86/guests")->port[0], up);
}

static void links_are_exclusive(void **state)
{
	uint16_t m = mux(), up, dev;
	struct rd_port *p;

	(void)state;
	up = help_publish(attached(help_new(X86, "vmnic2", RD_PORT_UPLINK, 1), RD_ATTACH_LINK, m));
	p = attached(help_new(X86, "vmnic3", RD_PORT_UPLINK, 2), RD_ATTACH_LINK, m);
	help_refused(p, -EBUSY, "linked to x86/vmnic2");
	dev = help_publish(
		attached(help_new(X86, "vmnic4", RD_PORT_UPLINK, 3), RD_ATTACH_ETHDEV, 0));
	p = attached(help_new(X86, "vmnic5", RD_PORT_UPLINK, 4), RD_ATTACH_LINK, dev);
	help_refused(p, -EBUSY, "device already");
	p = attached(help_new(X86, "vmnic6", RD_PORT_UPLINK, 5), RD_ATTACH_LINK, 999);
	help_refused(p, -ENOENT, "no such port");
	help_refused(attached(rd_port_edit(dev), RD_ATTACH_LINK, dev), -EINVAL, "itself");
	assert_linked(m, up);
}

static void links_come_apart(void **state)
{
	uint16_t m = mux(), other, up;

	(void)state;
	other = help_add(ARM, "vmnic1_MUX", RD_PORT_MUX, 0x11, NULL);
	up = help_publish(attached(help_new(X86, "vmnic2", RD_PORT_UPLINK, 1), RD_ATTACH_LINK, m));
	help_publish(attached(rd_port_edit(up), RD_ATTACH_LINK, other)); // to another peer
	assert_linked(other, up);
	assert_alone(m);
	help_publish(attached(rd_port_edit(other), RD_ATTACH_ETHDEV, 0)); // the far end leaves
	assert_alone(up);
	assert_int_equal(help_segment("x86/guests")->nb_ports, 0);
	help_publish(attached(rd_port_edit(up), RD_ATTACH_LINK, m));
	assert_linked(m, up);
	assert_int_equal(rd_port_del(m, NULL), 0); // the far end goes
	assert_alone(up);
	assert_int_equal(rd_port_del(up, NULL), 0);
}

static struct rd_port *proxy(const char *name, uint8_t mac, uint16_t via)
{
	struct rd_port *p = attached(help_new(ARM, name, RD_PORT_VNIC, mac), RD_ATTACH_VIA, via);

	p->segment = help_segment("arm/overlay")->idx;
	return p;
}

static uint16_t demux(uint16_t m, uint8_t last)
{
	uint8_t mac[6];

	help_mac(last, mac);
	return rd_mux_demux(m, mac);
}

static void proxies_are_found_by_mac(void **state)
{
	uint16_t m = mux(), a = help_publish(proxy("a", 1, m)), b = help_publish(proxy("b", 2, m));
	struct rd_fdb_entry e;
	struct rd_port *p;
	uint8_t mac[6];

	(void)state;
	assert_int_equal(demux(m, 1), a);
	assert_int_equal(demux(m, 2), b);
	assert_int_equal(demux(m, 3), 0);
	assert_int_equal(demux((uint16_t)(m + 1), 1), 0);
	help_mac(1, mac);
	assert_true(rd_fdb_lookup(help_segment("arm/overlay")->idx, mac, &e));
	assert_int_equal(e.to, a);
	p = rd_port_edit(a);
	help_mac(9, p->mac);
	help_publish(p);
	assert_int_equal(demux(m, 1), 0);
	assert_int_equal(demux(m, 9), a);
	assert_int_equal(rd_port_del(m, NULL), -EBUSY);
	assert_int_equal(rd_port_del(a, NULL), 0);
	assert_int_equal(demux(m, 9), 0);
	assert_int_equal(demux(m, 2), b);
	assert_int_equal(rd_port_del(b, NULL), 0);
	assert_int_equal(rd_port_del(m, NULL), 0);
}

static void proxies_are_checked(void **state)
{
	uint16_t m = mux(), up = help_add(ARM, "vmnic1", RD_PORT_UPLINK, 5, NULL);
	struct rd_port *p;

	(void)state;
	help_publish(proxy("a", 1, m));
	help_refused(proxy("b", 2, up), -EINVAL, "not a MUX");
	help_refused(proxy("b", 2, 0), -ENOENT, "no such port");
	p = attached(help_new(X86, "b", RD_PORT_VNIC, 2), RD_ATTACH_VIA, m);
	help_refused(p, -EINVAL, "not a MUX of host x86");
	p = proxy("b", 1, m);
	p->segment = 0;
	help_refused(p, -EEXIST, "behind the same MUX");
	p = attached(help_new(ARM, "up2", RD_PORT_UPLINK, 6), RD_ATTACH_VIA, m);
	help_refused(p, -EINVAL, "uplink can't have: via");
}

static void bypasses(void **state)
{
	uint16_t upt = help_add(ARM, "vm8", RD_PORT_UPT, 1, "arm/overlay"), vm;
	struct rd_port *p = attached(help_new(X86, "vm8", RD_PORT_VNIC, 1), RD_ATTACH_BYPASS, 999);

	(void)state;
	help_refused(p, -ENOENT, "no such port");
	vm = help_publish(attached(help_new(X86, "vm8", RD_PORT_VNIC, 1), RD_ATTACH_BYPASS, upt));
	assert_int_equal(rd_port_at(vm)->peer, upt);
	assert_int_equal(rd_port_at(upt)->attach, RD_ATTACH_NONE); // its own affair
	assert_int_equal(rd_port_del(upt, NULL), -EBUSY);
	p = rd_port_edit(vm);
	p->attach = RD_ATTACH_NONE;
	help_publish(p);
	assert_int_equal(rd_port_at(vm)->peer, 0);
	assert_int_equal(rd_port_del(upt, NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links_join_both_ends),
		TEST(links_are_exclusive),
		TEST(links_come_apart),
		TEST(proxies_are_found_by_mac),
		TEST(proxies_are_checked),
		TEST(bypasses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
