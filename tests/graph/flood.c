/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Broadcast, multicast and unknown unicast: who gets a copy, that copies are packets of their own,
 * and that learning ends a flood at once.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include "base/pkt.h"
#include "tables/flow.h"

#define BROADCAST "ff:ff:ff:ff:ff:ff"
#define STRANGER "00:50:56:a1:00:99"

static uint16_t ports[2] = {4000, 80};

static uint64_t send(uint16_t port, const struct gf_frame *f)
{
	return gf_send(port, f->bytes, f->len);
}

static unsigned copies_at(unsigned stage, uint16_t port)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < gf_nb_hops; i++)
		nb += gf_hops[i].stage == stage && gf_hops[i].port == port;
	return nb;
}

// A guest's broadcast: one copy per guest, one per tunnel, none back; ids and parents tell them
// apart.
static void from_a_guest(void **state)
{
	struct gf_frame f = gr_arp(BROADCAST, STRANGER, "1.1.1.1", "2.2.2.2", 1), out;
	uint16_t a, b, c;
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	a = gt_guest("a", "arm/DvsPortset-1", t.seg, STRANGER, GT_SILENT);
	b = gt_guest("b", "arm/DvsPortset-1", t.seg, "00:50:56:a1:00:02", GT_SILENT);
	c = gt_guest("c", "arm/DvsPortset-1", t.seg, "00:50:56:a1:00:03", GT_SILENT);
	gt_up(c, false, true);
	id = send(a, &f);
	assert_int_equal(gf_count(RD_STAGE_VNIC_TX), 1);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, b), 1);
	assert_int_equal(copies_at(RD_STAGE_UPT_TX, t.guest), 1);
	assert_int_equal(gf_count(RD_STAGE_TUNNEL_ENCAP), 1);
	assert_true(gf_sink_take(0, &out));
	assert_int_equal(out.len, 60 + 58);
	assert_memory_equal(out.bytes + 58, f.bytes, 60);
	assert_int_equal(gf_w->stages[RD_STAGE_FLOOD].created, 2);
	assert_int_equal(gf_w->stages[RD_STAGE_FLOOD].out, 3);
	assert_int_equal(gf_w->flows->nb, 0);
	for (unsigned i = 0; i < gf_nb_hops; i++) {
		bool original = gf_hops[i].packet_id == id;

		assert_int_equal(gf_hops[i].parent_id, original ? 0 : id);
		assert_int_equal(!(gf_hops[i].flags & RD_META_CLONE), original);
	}
}

// From a tunnel: to the guests, to no tunnel.
static void from_a_tunnel(void **state)
{
	struct gf_frame f = gr_arp(BROADCAST, GR_CLIENT, "172.16.31.26", "172.16.31.19", 1);
	struct gt_upt t;
	uint16_t b;

	(void)state;
	gt_upt(&t, NULL);
	b = gt_guest("b", "arm/DvsPortset-1", t.seg, "00:50:56:a1:00:02", GT_SILENT);
	f = gr_geneve(&f, GT_VNI);
	send(t.arm_uplink, &f);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, b), 1);
	assert_int_equal(copies_at(RD_STAGE_UPT_TX, t.guest), 1);
	assert_int_equal(gf_count(RD_STAGE_TUNNEL_ENCAP), 0);
	assert_false(gf_sink_take(0, &f));
}

// ARP passes a firewall that denies everything: rules are about IP.
static void arp_passes_the_firewall(void **state)
{
	struct gf_frame f = gr_arp(BROADCAST, GR_CLIENT, "172.16.31.26", "172.16.31.25", 1);
	struct gt_emulated t;

	(void)state;
	gt_emulated(&t, NULL);
	gt_dfw(t.proxy, NULL, 0, false);
	f = gr_geneve(&f, GT_VNI);
	send(t.arm_uplink, &f);
	assert_int_equal(copies_at(RD_STAGE_DFW_IN, t.proxy), 1);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, t.guest), 1);
}

// Two guests behind one MUX: their host's switch floods to both, so it gets one copy, and none of
// its own back.
static void one_copy_per_mux(void **state)
{
	struct gf_frame f = gr_arp(BROADCAST, GR_CLIENT, "172.16.31.26", "172.16.31.25", 1);
	struct gt_emulated t;
	struct rd_port *p;
	uint16_t second;

	(void)state;
	gt_emulated(&t, NULL);
	p = gt_port("second.7c520dd5", "arm/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	p->segment = t.arm_seg;
	gt_team(p, t.arm_uplink, 0);
	p->attach = RD_ATTACH_VIA;
	p->peer = t.mux;
	gt_publish(p);
	second = gt_guest("second", "x86/DvsPortset-1", t.x86_seg, STRANGER, GT_SILENT);
	f = gr_geneve(&f, GT_VNI);
	send(t.arm_uplink, &f);
	assert_int_equal(gf_count(RD_STAGE_MUX_TX), 1);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, t.guest), 1);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, second), 1);
	gf_forget();
	f = gr_arp(BROADCAST, STRANGER, "172.16.31.27", "172.16.31.25", 1);
	send(second, &f);
	assert_int_equal(copies_at(RD_STAGE_VNIC_TX, t.guest), 1);
	assert_int_equal(gf_count(RD_STAGE_MUX_RX), 1);
	assert_int_equal(gf_count(RD_STAGE_MUX_TX), 0);
	assert_int_equal(gf_count(RD_STAGE_TUNNEL_ENCAP), 1);
}

// Unknown unicast floods and is not cached; once the destination has spoken, the next packet goes
// straight.
static void learning_ends_a_flood(void **state)
{
	struct gf_frame to = gr_tcp((struct gr_l2){STRANGER, GR_UPT_GUEST, 0}, "172.16.31.19",
		"172.16.31.99", ports, 0);
	struct gf_frame back = gr_tcp((struct gr_l2){GR_UPT_GUEST, STRANGER, 0}, "172.16.31.99",
		"172.16.31.19", (uint16_t[2]){80, 22}, 0);
	struct rd_fdb_entry e;
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	gt_guest("b", "arm/DvsPortset-1", t.seg, "00:50:56:a1:00:02", GT_SILENT);
	for (unsigned i = 0; i < 2; i++) {
		gf_forget();
		send(t.guest, &to);
		assert_int_equal(gf_count(RD_STAGE_FLOOD), 1);
		assert_int_equal(gf_count(RD_STAGE_FLOW_INSTALL), 0);
	}
	back = gr_geneve(&back, GT_VNI);
	send(t.arm_uplink, &back);
	assert_true(rd_fdb_lookup(t.seg, back.bytes + 58 + 6, &e));
	assert_true(e.is_tunnel);
	gf_forget();
	id = send(t.guest, &to);
	assert_int_equal(gf_count(RD_STAGE_FLOOD), 0);
	assert_true(gf_hop(id, RD_STAGE_TUNNEL_ENCAP)->flags & RD_META_MISS);
	id = send(t.guest, &to);
	assert_true(gf_hop(id, RD_STAGE_TUNNEL_ENCAP)->flags & RD_META_HIT);
}

// A segment that does not learn keeps flooding.
static void no_learning(void **state)
{
	struct gf_frame f = gr_tcp((struct gr_l2){STRANGER, GR_UPT_GUEST, 0}, "172.16.31.19",
		"172.16.31.99", ports, 0);
	struct gf_frame back = gr_tcp((struct gr_l2){GR_UPT_GUEST, STRANGER, 0}, "172.16.31.99",
		"172.16.31.19", (uint16_t[2]){80, 22}, 0);
	struct rd_fdb_entry e;
	struct gt_upt t;

	(void)state;
	gt_upt(&t, NULL);
	gt_segment_set(t.seg, true, false, 0);
	back = gr_geneve(&back, GT_VNI);
	send(t.arm_uplink, &back);
	assert_false(rd_fdb_lookup(t.seg, back.bytes + 58 + 6, &e));
	gf_assert_reason(send(t.guest, &f), RD_DROP_FLOOD_EMPTY); // no tunnels left in its list
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(from_a_guest),
		T(from_a_tunnel),
		T(arp_passes_the_firewall),
		T(one_copy_per_mux),
		T(learning_ends_a_flood),
		T(no_learning),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
