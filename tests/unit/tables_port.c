/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/port: publishing, editing, deleting and refusing of ports; what follows from it in fdb, segments and MUX hash.
 */
#include "tables_help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARM "arm/DvsPortset-1"
#define X86 "x86/DvsPortset-1"

static bool in_fdb(const char *segment, uint8_t mac, uint16_t port)
{
	struct rd_fdb_entry e;
	uint8_t m[6];

	help_mac(mac, m);
	return rd_fdb_lookup(help_segment(segment)->idx, m, &e) && e.kind == RD_FDB_PORT
		&& !e.is_tunnel && e.to == port;
}

static void publishes_with_defaults(void **state)
{
	const struct rd_port *p;
	uint32_t generation = rd_generation();
	unsigned synchronized = help_synchronized;

	(void)state;
	help_add(X86, "vm", RD_PORT_VNIC, 0, "x86/guests");
	p = help_port("vm");
	assert_true(p->admin_up && p->link_up && p->spoof_check);
	assert_int_equal(p->mtu, 1600);
	assert_int_equal(p->attach, RD_ATTACH_NONE);
	assert_int_equal(p->mac[0] & 3, 2); // locally administered, unicast
	assert_int_not_equal(p->id, 0);
	assert_ptr_equal(rd_port_at(p->idx), p);
	assert_true(rd_port_bound() > p->idx);
	assert_true(rd_generation() > generation);
	assert_true(help_synchronized > synchronized);
	assert_int_equal((uintptr_t)p % 64, 0);
	help_add(X86, "up", RD_PORT_UPLINK, 0, NULL);
	assert_false(help_port("up")->spoof_check);
	assert_memory_not_equal(help_port("up")->mac, p->mac, 6);
}

static const struct rd_port *held; // a worker in the middle of its walk
static unsigned held_reads;

static void use_held(void)
{
	held_reads += held->mtu; // the sanitizer says whether it was freed too early
}

static void edits_leave_readers_alone(void **state)
{
	uint16_t idx = help_add(X86, "vm", RD_PORT_VNIC, 7, "x86/guests");
	struct rd_port *p = rd_port_edit(idx);

	(void)state;
	assert_non_null(p);
	held = rd_port_at(idx);
	held_reads = 0;
	help_on_synchronize = use_held;
	p->mtu = 9000;
	help_mac(8, p->mac);
	help_publish(p);
	assert_int_equal(held_reads, 1600);
	assert_int_equal(rd_port_at(idx)->mtu, 9000);
	assert_true(in_fdb("x86/guests", 8, idx));
	assert_false(in_fdb("x86/guests", 7, idx));
	assert_null(rd_port_edit(0));
	assert_int_equal(errno, ENOENT);
	assert_null(rd_port_edit(UINT16_MAX));
	held = rd_port_at(idx);
	assert_int_equal(rd_port_del(idx, NULL), 0);
	assert_int_equal(held_reads, 1600 + 9000);
	help_on_synchronize = NULL;
	assert_null(rd_port_at(idx));
	assert_false(in_fdb("x86/guests", 8, idx));
	assert_int_equal(rd_port_del(idx, NULL), -ENOENT);
	assert_int_not_equal(help_add(X86, "vm", RD_PORT_VNIC, 7, NULL), idx); // not at once
}

static void moves_between_segments(void **state)
{
	struct rd_segment_opts o = {.vlan = 5, .flood = true, .learn = true};
	uint16_t idx = help_add(X86, "vm", RD_PORT_VNIC, 7, "x86/guests");
	struct rd_port *p;

	(void)state;
	assert_int_equal(rd_segment_add("five", help_switch(X86), &o, NULL), 0);
	assert_int_equal(help_segment("x86/guests")->nb_ports, 1);
	assert_int_equal(help_segment("x86/guests")->port[0], idx);
	p = rd_port_edit(idx);
	p->segment = help_segment("five")->idx;
	help_publish(p);
	assert_int_equal(help_segment("x86/guests")->nb_ports, 0);
	assert_int_equal(help_segment("five")->nb_ports, 1);
	assert_true(in_fdb("five", 7, idx));
	assert_false(in_fdb("x86/guests", 7, idx));
	assert_int_equal(rd_segment_del(help_segment("five")->idx, NULL), -EBUSY);
	assert_int_equal(rd_port_del(idx, NULL), 0);
	assert_int_equal(help_segment("five")->nb_ports, 0);
	assert_int_equal(rd_segment_del(help_segment("five")->idx, NULL), 0);
}

static void refuses_duplicates(void **state)
{
	struct rd_port *p;

	(void)state;
	help_add(X86, "vm", RD_PORT_VNIC, 7, "x86/guests");
	help_refused(help_new(X86, "vm", RD_PORT_VNIC, 8), -EEXIST, "x86/vm exists");
	help_refused(help_new("x86/DvsPortset-0", "vm", RD_PORT_VNIC, 8), -EEXIST, "x86/vm exists");
	p = help_new(X86, "other", RD_PORT_VNIC, 8);
	p->id = help_port("vm")->id;
	help_refused(p, -EEXIST, "port id");
	p = help_new(X86, "other", RD_PORT_VNIC, 7);
	p->segment = help_segment("x86/guests")->idx;
	help_refused(p, -EEXIST, "this MAC");
	p = help_new(X86, "dev", RD_PORT_UPLINK, 0);
	p->attach = RD_ATTACH_ETHDEV;
	p->ethdev = 4;
	help_publish(p);
	p = help_new(X86, "dev2", RD_PORT_UPLINK, 0);
	p->attach = RD_ATTACH_ETHDEV;
	p->ethdev = 4;
	help_refused(p, -EBUSY, "x86/dev has this device");
}

static void refuses_bad_values(void **state)
{
	struct rd_port *p;

	(void)state;
	for (unsigned mtu = 66; mtu <= 9218; mtu += mtu == 67 ? 9150 : 1) { // 66, 67, 9217, 9218
		p = help_new(X86, "vm", RD_PORT_VNIC, 7);
		p->mtu = (uint16_t)mtu;
		help_refused(p, -ERANGE, "MTU");
	}
	p = help_new(X86, "vm", RD_PORT_VNIC, 7);
	p->mac[0] = 1;
	help_refused(p, -EINVAL, "multicast");
	p = help_new(X86, "vm", RD_PORT_VNIC, 7);
	p->segment = help_segment("arm/overlay")->idx;
	help_refused(p, -EINVAL, "another switch");
	p = help_new(X86, "vm", RD_PORT_VNIC, 7);
	p->segment = 999;
	help_refused(p, -ENOENT, "no such segment");
	p = help_new(X86, "up", RD_PORT_UPLINK, 7);
	p->segment = help_segment("x86/guests")->idx;
	help_refused(p, -EINVAL, "in no segment");
	p = help_new(X86, "vm", RD_PORT_VNIC, 7);
	p->attach = 77;
	help_refused(p, -EINVAL, "attachment");
	assert_null(rd_port_new("a b", help_switch(X86), RD_PORT_VNIC, NULL));
	assert_null(rd_port_new("a", help_switch(X86), 0, NULL));
	assert_null(rd_port_new("a", help_switch(X86), 9, NULL));
}

static void refuses_changes_of_identity(void **state)
{
	uint16_t idx = help_add(X86, "vm", RD_PORT_VNIC, 7, NULL);
	struct rd_port *p = rd_port_edit(idx);

	(void)state;
	p->type = RD_PORT_UPT;
	help_refused(p, -EINVAL, "stay as they are");
	p = rd_port_edit(idx);
	p->id++;
	help_refused(p, -EINVAL, "stay as they are");
	p = rd_port_edit(idx);
	snprintf(p->name, sizeof(p->name), "other");
	help_refused(p, -EINVAL, "stay as they are");
	assert_string_equal(rd_port_at(idx)->name, "vm");
}

static void teams(void **state)
{
	uint16_t a = help_add(ARM, "vmnic0", RD_PORT_UPLINK, 1, NULL);
	uint16_t b = help_add(ARM, "vmnic1", RD_PORT_UPLINK, 2, NULL);
	uint16_t far = help_add(X86, "vmnic2", RD_PORT_UPLINK, 3, NULL);
	const uint16_t bad[][2] = {{a, far}, {a, a}, {a, 999}, {a, 0}};
	const uint16_t good[] = {a, b};
	struct rd_port *p;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		p = help_new(ARM, "vm", RD_PORT_UPT, 7);
		p->nb_team = 2;
		memcpy(p->team, bad[i], sizeof(bad[i]));
		help_refused(p, i == 0 || i == 1 ? -EINVAL : -ENOENT, "uplink");
	}
	p = help_new(ARM, "vm", RD_PORT_UPT, 7);
	p->nb_team = 2;
	memcpy(p->team, good, sizeof(good));
	help_publish(p);
	assert_int_equal(rd_team_pick(good, 2), a);
	p = rd_port_edit(a);
	p->link_up = false;
	help_publish(p);
	assert_int_equal(rd_team_pick(good, 2), b);
	p = rd_port_edit(b);
	p->admin_up = false;
	help_publish(p);
	assert_int_equal(rd_team_pick(good, 2), 0);
	assert_int_equal(rd_team_pick(good, 0), 0);
	assert_int_equal(rd_port_del(b, NULL), -EBUSY);
	assert_int_equal(rd_port_del(help_port("vm")->idx, NULL), 0);
	assert_int_equal(rd_port_del(b, NULL), 0);
	assert_int_equal(rd_team_pick(good, 2), 0);
}

static void answers_are_freed(void **state)
{
	uint16_t idx = help_add(X86, "vm", RD_PORT_VNIC, 7, NULL);
	struct rd_port *p = rd_port_edit(idx);

	(void)state;
	p->attach = RD_ATTACH_ANSWER;
	help_refused(p, -EINVAL, "no frames");
	for (unsigned i = 0; i < 3; i++) { // replaced twice
		p = rd_port_edit(idx);
		p->attach = RD_ATTACH_ANSWER;
		p->answer = rd_answer_new(2);
		assert_non_null(p->answer);
		p->answer->frame[0].bytes = malloc(60);
		p->answer->frame[0].len = 60;
		help_publish(p);
	}
	p = rd_port_edit(idx); // shares it
	p->mtu = 1500;
	help_publish(p);
	assert_int_equal(rd_port_at(idx)->answer->nb, 2);
	rd_port_discard(rd_port_edit(idx)); // must not free the published one
	assert_int_equal(rd_port_at(idx)->answer->frame[0].len, 60);
	p = rd_port_edit(idx);
	p->attach = RD_ATTACH_NONE;
	p->answer = NULL;
	help_publish(p);
}

static void port_table_ends(void **state)
{
	struct rd_port *p;
	char name[16];

	(void)state;
	for (unsigned i = 1; i < RD_PORT_MAX; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(help_add(X86, name, RD_PORT_MGMT, 0, NULL), i);
	}
	p = help_new(X86, "one-more", RD_PORT_MGMT, 0);
	help_refused(p, -ENOSPC, "ports");
	assert_int_equal(rd_port_bound(), RD_PORT_MAX);
}

// A daemon's life has any number of ports: an index comes again, but late, oldest first and as another generation.
static void indexes_come_again(void **state)
{
	uint16_t stays = help_add(X86, "stays", RD_PORT_VNIC, 7, "x86/guests");
	uint16_t gens[RD_PORT_MAX], last = 0;
	unsigned given[RD_PORT_MAX] = {0};

	(void)state;
	memcpy(gens, rd_port_gen, sizeof(gens));
	for (unsigned i = 0; i < 5 * RD_PORT_MAX; i++) {
		uint16_t idx = help_add(X86, "comes", RD_PORT_VNIC, 8, "x86/guests");

		assert_int_not_equal(idx, stays);
		assert_int_not_equal(idx, last);
		assert_int_equal((uint16_t)(rd_port_gen[idx] - gens[idx]), given[idx]);
		given[idx]++;
		assert_true(in_fdb("x86/guests", 8, idx));
		assert_int_equal(rd_port_del(idx, NULL), 0);
		assert_int_equal(help_forgotten, idx);
		assert_false(in_fdb("x86/guests", 8, idx));
		last = idx;
	}
	assert_true(rd_port_bound() < 100);
	for (unsigned i = 3; i < 60; i++) // round and round
		assert_in_range(given[i], given[2] - 1, given[2]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(publishes_with_defaults),
		TEST(edits_leave_readers_alone),
		TEST(indexes_come_again),
		TEST(moves_between_segments),
		TEST(refuses_duplicates),
		TEST(refuses_bad_values),
		TEST(refuses_changes_of_identity),
		TEST(teams),
		TEST(answers_are_freed),
		TEST(port_table_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
