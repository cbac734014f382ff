/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables: hosts and switches, names and how they are found, port ids like those of the reference.
 */
#include "tables_help.h"

#include <errno.h>
#include <string.h>

static void hosts(void **state)
{
	struct rd_err err = {0};

	(void)state;
	assert_string_equal(rd_host_default()->name, "arm");
	assert_int_equal(rd_host_add("arm", false, &err), -EEXIST);
	assert_int_equal(rd_host_add("a b", false, NULL), -EINVAL);
	assert_int_equal(rd_host_add("", false, NULL), -EINVAL);
	assert_int_equal(rd_host_add("a/b", false, NULL), -EINVAL);
	assert_int_equal(rd_host_add("third", true, NULL), 0);
	assert_string_equal(rd_host_default()->name, "third"); // the last one declared
	assert_false(rd_host_find("arm")->is_default);
	assert_int_equal(rd_host_del("third", NULL), 0);
	assert_string_equal(rd_host_default()->name, "x86"); // none is declared: the oldest
	assert_int_equal(rd_host_del("third", NULL), -ENOENT);
	assert_int_equal(rd_host_del("arm", NULL), -EBUSY);
	assert_null(rd_host_at(RD_HOST_MAX));
}

static void host_table_ends(void **state)
{
	char name[] = "h0";

	(void)state;
	for (unsigned i = 0; i < RD_HOST_MAX - 3; i++) {
		name[1] = (char)('a' + i);
		assert_int_equal(rd_host_add(name, false, NULL), 0);
	}
	assert_int_equal(rd_host_add("one-more", false, NULL), -ENOSPC);
}

static void switches(void **state)
{
	struct rd_err err = {0};
	struct rd_switch *sw;
	uint32_t generation = rd_generation();

	(void)state;
	assert_int_equal(rd_switch_add("s", "nowhere", 1, 1600, NULL), -ENOENT);
	assert_int_equal(rd_switch_add("s", "x86", 64, 1600, NULL), -ERANGE);
	assert_int_equal(rd_switch_add("s", "x86", 4, 1600, &err), -EEXIST); // portset
	assert_non_null(strstr(err.what, "DvsPortset-1"));
	assert_int_equal(rd_switch_add("DvsPortset-1", "x86", 9, 1600, NULL), -EEXIST);
	assert_int_equal(rd_switch_add("s", "x86", 9, 67, NULL), -ERANGE);
	assert_int_equal(rd_switch_add("s", "x86", 9, 9217, NULL), -ERANGE);
	assert_int_equal(rd_switch_add("s", "x86", 9, 9216, NULL), 0);
	sw = help_switch("s");
	assert_int_equal(rd_switch_set_mtu(sw, 9217, NULL), -ERANGE);
	assert_int_equal(rd_switch_set_mtu(sw, 1500, NULL), 0);
	assert_int_equal(sw->mtu, 1500);
	assert_true(rd_generation() > generation);
	assert_int_equal(rd_switch_del(sw, NULL), 0);
	assert_null(rd_switch_find("s", NULL));
	assert_int_equal(rd_switch_del(help_switch("arm/DvsPortset-1"), NULL), -EBUSY);
}

static void names_are_found(void **state)
{
	struct rd_err err = {0};

	(void)state;
	help_add("arm/DvsPortset-1", "vmnic1", RD_PORT_UPLINK, 0, NULL);
	help_add("x86/DvsPortset-1", "vmnic1", RD_PORT_UPLINK, 0, NULL);
	help_add("x86/DvsPortset-1", "vmnic3", RD_PORT_UPLINK, 0, NULL);
	assert_int_equal(help_port("vmnic1")->host, rd_host_find("arm")->idx); // the default host's
	assert_int_equal(help_port("x86/vmnic1")->host, rd_host_find("x86")->idx);
	assert_string_equal(help_port("vmnic3")->name, "vmnic3"); // the only one
	assert_null(rd_port_find("arm/vmnic3", &err));
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.hint, "show port");
	assert_null(rd_port_find("mars/vmnic3", NULL));
	assert_null(rd_port_find("vmnic", NULL));
	assert_null(rd_port_find("", NULL));
	assert_null(rd_port_find("/", NULL));
	assert_null(rd_port_find("arm/", NULL));
	assert_int_equal(rd_segment_find("guests", NULL)->vlan, 0);
	assert_null(rd_segment_find("arm/guests", NULL));
}

static void ambiguity_is_told(void **state)
{
	struct rd_err err = {0};

	(void)state;
	assert_int_equal(rd_host_add("third", true, NULL), 0); // a default host without such a port
	help_add("arm/DvsPortset-1", "vmnic1", RD_PORT_UPLINK, 0, NULL);
	help_add("x86/DvsPortset-1", "vmnic1", RD_PORT_UPLINK, 0, NULL);
	assert_null(rd_port_find("vmnic1", &err));
	assert_int_equal(err.code, -EEXIST);
	assert_non_null(strstr(err.what, "arm/vmnic1"));
	assert_non_null(strstr(err.what, "x86/vmnic1"));
	err = (struct rd_err){0};
	assert_null(rd_switch_find("DvsPortset-1", &err));
	assert_int_equal(err.code, -EEXIST);
}

static void ids_are_found(void **state)
{
	struct rd_err err = {0};
	struct rd_port *p;
	char buf[140];

	(void)state;
	p = help_new("arm/DvsPortset-1", "vmk", RD_PORT_VMK, 0);
	p->id = 100663320;
	help_publish(p);
	p = help_new("x86/DvsPortset-0", "vmk0", RD_PORT_VMK, 0);
	p->id = 100663320; // both tiers of the reference have this one
	help_publish(p);
	p = help_new("x86/DvsPortset-0", "vmk2", RD_PORT_VMK, 0);
	p->id = 100663322;
	help_publish(p);
	assert_string_equal(help_port("100663320")->name, "vmk");
	assert_string_equal(help_port("x86/100663320")->name, "vmk0");
	assert_string_equal(help_port("100663322")->name, "vmk2");
	assert_string_equal(rd_port_qname(help_port("100663322"), buf, sizeof(buf)), "x86/vmk2");
	assert_null(rd_port_find("arm/100663322", NULL));
	assert_null(rd_port_find("7", NULL));
	assert_null(rd_port_find("99999999999999999999", NULL));
	assert_int_equal(rd_host_add("third", true, NULL), 0);
	assert_null(rd_port_find("100663320", &err));
	assert_int_equal(err.code, -EEXIST);
	assert_null(rd_port_new("123", help_switch("x86/DvsPortset-0"), RD_PORT_VMK, &err));
}

// Index = lowest free one above the highest that was given in the switch; uplinks have bit 31.
static void ids_are_generated(void **state)
{
	struct rd_port *p = help_new("arm/DvsPortset-1", "vmnic1", RD_PORT_UPLINK, 0);

	(void)state;
	p->id = 2248146967; // the reference's: index 23 of portset 3
	help_publish(p);
	help_add("arm/DvsPortset-1", "shadow", RD_PORT_SHADOW, 0, NULL);
	assert_int_equal(
		help_port("shadow")->id, 100663320); // as the reference's "Shadow of vmnic1"
	help_add("arm/DvsPortset-1", "vmnic9", RD_PORT_UPLINK, 0, NULL);
	assert_int_equal(help_port("vmnic9")->id, 2248146967 + 2);
	assert_int_equal(rd_port_del(help_port("shadow")->idx, NULL), 0);
	help_add("arm/DvsPortset-1", "again", RD_PORT_MGMT, 0, NULL);
	assert_int_equal(help_port("again")->id, 100663320);
	p = help_new("arm/DvsPortset-1", "given", RD_PORT_UPT, 0);
	p->id = 100663329;
	help_publish(p);
	help_add("arm/DvsPortset-1", "above", RD_PORT_UPT, 0, NULL);
	assert_int_equal(help_port("above")->id, 100663330);
	help_add("x86/DvsPortset-1", "first", RD_PORT_VMK, 0, NULL);
	assert_int_equal(help_port("first")->id, 4 << 25 | 1);
}

// From 64 in every switch: the small ones are for those who give them.
static void ens_ids_are_generated(void **state)
{
	struct rd_port *p;

	(void)state;
	help_add("arm/DvsPortset-1", "a", RD_PORT_MGMT, 0, NULL);
	p = help_new("arm/DvsPortset-1", "b", RD_PORT_UPLINK, 0);
	p->ens = 66;
	help_publish(p);
	help_add("arm/DvsPortset-1", "c", RD_PORT_MGMT, 0, NULL);
	help_add("arm/DvsPortset-1", "d", RD_PORT_MGMT, 0, NULL);
	help_add("x86/DvsPortset-1", "e", RD_PORT_MGMT, 0, NULL);
	assert_int_equal(help_port("a")->ens, 64);
	assert_int_equal(help_port("c")->ens, 65);
	assert_int_equal(help_port("d")->ens, 67);
	assert_int_equal(help_port("e")->ens, 64);
	p = help_new("arm/DvsPortset-1", "f", RD_PORT_MGMT, 0);
	p->ens = 66;
	help_refused(p, -EEXIST, "arm/b");
}

static void type_codes(void **state)
{
	static const struct {
		const char *name;
		unsigned type, subtype;
	} want[] = {{"uplink", 4, 0}, {"vmk", 3, 0}, {"vnic", 5, 9}, {"upt", 13, 14},
		{"mux", 13, 0}, {"vdr", 0, 0}, {"mgmt", 0, 0}, {"shadow", 0, 0}};
	unsigned type, subtype;

	(void)state;
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int t = rd_port_type_parse(want[i].name);

		assert_true(t > 0);
		assert_string_equal(rd_port_type_name((enum rd_port_type)t), want[i].name);
		rd_port_type_codes((enum rd_port_type)t, &type, &subtype);
		assert_int_equal(type, want[i].type);
		assert_int_equal(subtype, want[i].subtype);
	}
	assert_int_equal(rd_port_type_parse("dog"), -EINVAL);
	assert_string_equal(rd_port_type_name(0), "?");
}

static void generation_goes_forward(void **state)
{
	uint32_t now = rd_generation();

	(void)state;
	assert_int_equal(rd_generation_set(now), 0);
	assert_int_equal(rd_generation_set(now - 1), -EINVAL);
	assert_int_equal(rd_generation_set(now + 100), 0);
	assert_int_equal(rd_generation(), now + 100);
	rd_generation_bump();
	assert_true(rd_generation() > now + 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hosts),
		TEST(host_table_ends),
		TEST(switches),
		TEST(names_are_found),
		TEST(ambiguity_is_told),
		TEST(ids_are_found),
		TEST(ids_are_generated),
		TEST(ens_ids_are_generated),
		TEST(type_codes),
		TEST(generation_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
