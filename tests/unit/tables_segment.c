/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/segment, tep and tunnel: lookups, members, header templates, learned next hops, refusals.
 */
#include "tables_help.h"

#include "base/pkt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ARM "arm/DvsPortset-1"
#define X86 "x86/DvsPortset-1"

static const uint8_t local_ip[4] = {192, 168, 4, 60}, remote_ip[4] = {192, 168, 4, 57};
static const uint8_t tep_mac[6] = {0, 0x50, 0x56, 0x67, 0xeb, 0x13};
static const uint8_t peer_mac[6] = {0, 0x50, 0x56, 0x63, 0x04, 0x5c};

static struct rd_segment_opts vni(uint32_t n)
{
	return (struct rd_segment_opts){
		.vlan = -1, .vni = n, .flood = true, .learn = true, .aging_s = 300};
}

static struct rd_segment_opts vlan(int32_t n)
{
	return (struct rd_segment_opts){.vlan = n, .flood = true, .learn = true, .aging_s = 300};
}

static void segments_are_found(void **state)
{
	uint8_t arm = rd_host_find("arm")->idx, x86 = rd_host_find("x86")->idx;
	const struct rd_segment *s = rd_segment_by_vni(arm, 74752);

	(void)state;
	assert_string_equal(s->name, "overlay");
	assert_int_equal(s->vlan, -1);
	assert_null(rd_segment_by_vni(x86, 74752));
	assert_null(rd_segment_by_vni(arm, 74753));
	s = rd_segment_by_vlan(help_switch(X86)->idx, 0);
	assert_string_equal(s->name, "guests");
	assert_null(rd_segment_by_vlan(help_switch(ARM)->idx, 0));
	assert_null(rd_segment_by_vlan(help_switch(X86)->idx, 1));
	assert_null(rd_segment_at(0));
	assert_null(rd_segment_at(RD_SEGMENT_MAX));
	for (int i = 1; i <= 4094; i += 13) {
		struct rd_segment_opts o = vlan(i);
		char name[16];

		snprintf(name, sizeof(name), "v%d", i);
		assert_int_equal(rd_segment_add(name, help_switch(X86), &o, NULL), 0);
	}
	for (uint16_t i = 1; i <= 4094; i++) {
		s = rd_segment_by_vlan(help_switch(X86)->idx, i);
		assert_int_equal(s == NULL ? -1 : s->vlan, i % 13 == 1 ? i : -1);
	}
}

static void refuse_segment(const char *name, struct rd_segment_opts o, int code)
{
	assert_int_equal(rd_segment_add(name, help_switch(X86), &o, NULL), code);
}

static void segments_are_checked(void **state)
{
	struct rd_segment_opts o = vni(5);

	(void)state;
	refuse_segment("guests", vlan(7), -EEXIST);
	refuse_segment("new", vlan(0), -EEXIST);
	refuse_segment("new", vlan(4095), -ERANGE);
	refuse_segment("new", vlan(-2), -ERANGE);
	refuse_segment("new", vni(0), -ERANGE);
	refuse_segment("new", vni(1 << 24), -ERANGE);
	refuse_segment("a b", vlan(7), -EINVAL);
	o.nb_tunnels = 1;
	o.tunnel[0] = 77;
	refuse_segment("new", o, -ENOENT);
	o.vlan = 7;
	refuse_segment("new", o, -EINVAL); // both
	o = vlan(7);
	o.mtu = 67;
	refuse_segment("new", o, -ERANGE);
	o = vni(74752);
	assert_int_equal(rd_segment_add("new", help_switch(ARM), &o, NULL), -EEXIST);
	refuse_segment("new", vni(74752), 0); // another host
}

static void segments_are_set(void **state)
{
	uint16_t idx = help_segment("arm/overlay")->idx;
	uint16_t port = help_add(ARM, "vm", RD_PORT_UPT, 1, "arm/overlay");
	struct rd_segment_opts o = vni(74752);

	(void)state;
	o.flood = false;
	o.aging_s = 10;
	assert_int_equal(rd_segment_set(idx, &o, NULL), 0);
	assert_false(rd_segment_at(idx)->flood);
	assert_int_equal(rd_segment_at(idx)->aging_s, 10);
	assert_int_equal(rd_segment_at(idx)->nb_ports, 1);
	assert_int_equal(rd_segment_at(idx)->port[0], port);
	o.vni++;
	assert_int_equal(rd_segment_set(idx, &o, NULL), -EINVAL);
	assert_int_equal(rd_segment_set(999, &o, NULL), -ENOENT);
	assert_int_equal(rd_segment_del(idx, NULL), -EBUSY);
	assert_int_equal(rd_port_del(port, NULL), 0);
	uint8_t mac[6] = {2, 9};
	struct rd_fdb_entry e;

	rd_fdb_learn(idx, mac, false, port, 1);
	assert_int_equal(rd_segment_del(idx, NULL), 0);
	assert_false(rd_fdb_lookup(idx, mac, &e));
	assert_null(rd_segment_at(idx));
	assert_null(rd_segment_by_vni(rd_host_find("arm")->idx, 74752));
	rd_segment_refresh();
}

// Access ports of the segment in order, then the switch's attached uplinks; nothing else.
static void members(void **state)
{
	uint16_t mux = help_add(ARM, "mux", RD_PORT_MUX, 0, NULL);
	uint16_t vm2 = help_add(X86, "vm2", RD_PORT_VNIC, 0, "x86/guests");
	uint16_t vmk = help_add(X86, "vmk", RD_PORT_VMK, 0, "x86/guests");
	struct rd_port *p = help_new(X86, "up", RD_PORT_UPLINK, 0);
	const struct rd_segment *s;

	(void)state;
	help_add(X86, "loose", RD_PORT_UPLINK, 0, NULL); // no device
	help_add(X86, "vdr", RD_PORT_VDR, 0, "x86/guests");
	help_add(X86, "elsewhere", RD_PORT_VNIC, 0, NULL);
	p->attach = RD_ATTACH_LINK;
	p->peer = mux;
	help_publish(p);
	s = help_segment("x86/guests");
	assert_int_equal(s->nb_ports, 3);
	assert_int_equal(s->port[0], vm2);
	assert_int_equal(s->port[1], vmk);
	assert_int_equal(s->port[2], help_port("x86/up")->idx);
}

static struct rd_tep tep(void)
{
	struct rd_tep t = {.host = rd_host_find("arm")->idx,
		.ttl = 64,
		.df = true,
		.dport = 6081,
		.opt_len = 8,
		.opt = {0x01, 0x04, 0x00, 0x01, 0x00, 0xa1, 0xb2, 0xc3}};

	memcpy(t.ip, local_ip, 4);
	memcpy(t.mac, tep_mac, 6);
	return t;
}

static const struct rd_tep *add_tep(void)
{
	struct rd_tep t = tep();

	assert_int_equal(rd_tep_add(&t, NULL), 0);
	return rd_tep_find("192.168.4.60", NULL);
}

static void endpoints(void **state)
{
	struct rd_tep t = tep();
	struct rd_err err = {0};
	const struct rd_tep *found = add_tep();

	(void)state;
	assert_ptr_equal(rd_tep_by_ip(t.host, local_ip), found);
	assert_ptr_equal(rd_tep_at(found->idx), found);
	assert_ptr_equal(rd_tep_find("arm/192.168.4.60", NULL), found);
	assert_null(rd_tep_find("x86/192.168.4.60", NULL));
	assert_null(rd_tep_find("192.168.4.61", NULL));
	assert_null(rd_tep_find("dog", &err));
	assert_int_equal(err.code, -ENOENT);
	assert_int_equal(rd_tep_add(&t, NULL), -EEXIST);
	t.ip[0] = 224;
	assert_int_equal(rd_tep_add(&t, NULL), -EINVAL);
	t.ip[0] = 10;
	t.mac[0] = 1;
	assert_int_equal(rd_tep_add(&t, NULL), -EINVAL);
	t.mac[0] = 0;
	t.opt_len = 4; // the option says 8
	assert_int_equal(rd_tep_add(&t, NULL), -EINVAL);
	t.opt_len = UINT16_MAX;
	assert_int_equal(rd_tep_add(&t, NULL), -EINVAL);
	t.opt_len = 8;
	t.port = help_add(ARM, "vm", RD_PORT_UPT, 1, NULL);
	assert_int_equal(rd_tep_add(&t, NULL), -EINVAL);
	t.port = help_add(ARM, "vmk10", RD_PORT_VMK, 2, NULL);
	t.team[0] = help_add(ARM, "vmnic1", RD_PORT_UPLINK, 3, NULL);
	t.nb_team = 1;
	assert_int_equal(rd_tep_add(&t, NULL), 0);
	assert_int_equal(rd_port_del(t.port, NULL), -EBUSY);
	assert_int_equal(rd_port_del(t.team[0], NULL), -EBUSY);
	assert_int_equal(rd_tep_del(rd_tep_find("10.168.4.60", NULL)->idx, NULL), 0);
	assert_int_equal(rd_port_del(t.port, NULL), 0);
	assert_int_equal(rd_tep_del(999, NULL), -ENOENT);
}

// Checked with the project's own parser, which is checked against others.
static void templates_are_headers(void **state)
{
	const struct rd_tep *t = add_tep();
	const struct rd_tunnel *n;
	struct rd_geneve g;
	struct rd_pkt p;
	uint8_t frame[200] = {0};

	(void)state;
	assert_int_equal(rd_tunnel_add("to57", t, remote_ip, peer_mac, NULL), 0);
	n = rd_tunnel_find("to57", NULL);
	assert_ptr_equal(rd_tunnel_by_remote(t->idx, remote_ip), n);
	assert_int_equal(n->hdr_len, 58); // 132 - 74, as in the reference's captures
	assert_true(n->mac_known && !n->mac_learned);
	memcpy(frame, n->hdr, n->hdr_len);
	rd_put16(frame + 16, (uint16_t)(n->hdr_len - 14 + 60));
	rd_put16(frame + 38, (uint16_t)(n->hdr_len - 34 + 60));
	rd_put16(frame + 24, rd_csum_fold(rd_csum_add(0, frame + 14, 20)));
	assert_int_equal(rd_pkt_parse(frame, 118, 118, 0, &p), 0);
	assert_memory_equal(frame, peer_mac, 6);
	assert_memory_equal(frame + 6, tep_mac, 6);
	assert_memory_equal(frame + 26, local_ip, 4);
	assert_memory_equal(frame + 30, remote_ip, 4);
	assert_int_equal(frame[22], 64);
	assert_int_equal(frame[20] & 0x40, 0x40);
	assert_true(rd_pkt_is_geneve(&p, 6081));
	assert_int_equal(rd_pkt_geneve(frame, 118, &p, &g), 0);
	assert_int_equal(g.vni, 0);
	assert_int_equal(g.opt_len, 8);
	assert_int_equal(g.protocol, RD_ETHERTYPE_TEB);
	assert_false(g.critical);
	assert_memory_equal(frame + 50, t->opt, 8);
}

static void tunnels_are_checked(void **state)
{
	const struct rd_tep *t = add_tep();
	const uint8_t multicast[6] = {1}, group[4] = {224, 0, 0, 1};
	struct rd_segment_opts o = vni(74752);
	struct rd_fdb_entry e;
	uint16_t idx;

	(void)state;
	assert_int_equal(rd_tunnel_add("a b", t, remote_ip, NULL, NULL), -EINVAL);
	assert_int_equal(rd_tunnel_add("n", t, local_ip, NULL, NULL), -EINVAL);
	assert_int_equal(rd_tunnel_add("n", t, group, NULL, NULL), -EINVAL);
	assert_int_equal(rd_tunnel_add("n", t, remote_ip, multicast, NULL), -EINVAL);
	assert_int_equal(rd_tunnel_add("n", t, remote_ip, NULL, NULL), 0);
	assert_int_equal(rd_tunnel_add("n", t, group, NULL, NULL), -EEXIST);
	assert_int_equal(rd_tunnel_add("m", t, remote_ip, NULL, NULL), -EEXIST);
	idx = rd_tunnel_find("n", NULL)->idx;
	o.nb_tunnels = 1;
	o.tunnel[0] = idx;
	assert_int_equal(rd_segment_set(help_segment("overlay")->idx, &o, NULL), 0);
	assert_int_equal(rd_tep_del(t->idx, NULL), -EBUSY);
	assert_int_equal(rd_tunnel_del(idx, NULL), -EBUSY);
	o.nb_tunnels = 0;
	assert_int_equal(rd_segment_set(help_segment("overlay")->idx, &o, NULL), 0);
	rd_fdb_learn(help_segment("overlay")->idx, peer_mac, true, idx, 1);
	rd_tunnel_stats[0][idx].rx_packets = 7;
	assert_int_equal(rd_tunnel_del(idx, NULL), 0);
	assert_false(rd_fdb_lookup(help_segment("overlay")->idx, peer_mac, &e));
	assert_null(rd_tunnel_by_remote(t->idx, remote_ip));
	assert_int_equal(rd_tunnel_del(idx, NULL), -ENOENT);
	assert_int_equal(rd_tunnel_add("n", t, remote_ip, NULL, NULL), 0);
	assert_int_equal(rd_tunnel_stats[0][rd_tunnel_find("n", NULL)->idx].rx_packets, 0);
}

static void next_hops_are_learned(void **state)
{
	const struct rd_tep *t = add_tep();
	const uint8_t multicast[6] = {1}, other[6] = {2, 3};
	uint32_t generation;

	(void)state;
	assert_int_equal(rd_tunnel_add("n", t, remote_ip, NULL, NULL), 0);
	assert_false(rd_tunnel_find("n", NULL)->mac_known);
	rd_tunnel_learn_mac(rd_tunnel_find("n", NULL), multicast);
	rd_tunnel_poll_learned();
	assert_false(rd_tunnel_find("n", NULL)->mac_known);
	rd_tunnel_learn_mac(rd_tunnel_find("n", NULL), peer_mac);
	generation = rd_generation();
	rd_tunnel_poll_learned();
	assert_true(rd_generation() > generation);
	assert_true(rd_tunnel_find("n", NULL)->mac_known && rd_tunnel_find("n", NULL)->mac_learned);
	assert_memory_equal(rd_tunnel_find("n", NULL)->hdr, peer_mac, 6);
	generation = rd_generation();
	rd_tunnel_learn_mac(rd_tunnel_find("n", NULL), peer_mac); // nothing new
	rd_tunnel_poll_learned();
	assert_int_equal(rd_generation(), generation);
	rd_tunnel_learn_mac(rd_tunnel_find("n", NULL), other); // the remote failed over
	rd_tunnel_poll_learned();
	assert_memory_equal(rd_tunnel_find("n", NULL)->mac, other, 6);
	assert_int_equal(rd_tunnel_del(rd_tunnel_find("n", NULL)->idx, NULL), 0);
	assert_int_equal(rd_tunnel_add("n", t, remote_ip, peer_mac, NULL), 0);
	rd_tunnel_learn_mac(rd_tunnel_find("n", NULL), other); // configured: stays
	rd_tunnel_poll_learned();
	assert_memory_equal(rd_tunnel_find("n", NULL)->mac, peer_mac, 6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(segments_are_found),
		TEST(segments_are_checked),
		TEST(segments_are_set),
		TEST(members),
		TEST(endpoints),
		TEST(templates_are_headers),
		TEST(tunnels_are_checked),
		TEST(next_hops_are_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
