/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the switch decides besides the demos' walks: local traffic with both firewalls, denied
 * flows, stations that move, uplink failover, VLAN tags, and packets that must not lose their flow
 * entry to others.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "base/clock.h"
#include "tables/flow.h"

#define MAC_A "00:50:56:a1:00:0a"
#define MAC_B "00:50:56:a1:00:0b"
#define MAC_FAR "00:50:56:a1:00:0f"

static uint16_t ports[2] = {4000, 80};

static uint64_t send(uint16_t port, const struct gf_frame *f)
{
	return gf_send(port, f->bytes, f->len);
}

struct vlan { // a switch with two uplinks and two guests in a VLAN segment
	uint16_t up1, up2, a, b, seg;
};

static uint16_t vlan_guest(const char *name, const struct vlan *v, const char *mac)
{
	struct rd_port *p = gt_port(name, "arm/s", RD_PORT_VNIC);

	gt_mac(p, mac);
	p->segment = v->seg;
	gt_team(p, v->up1, v->up2);
	gt_answer(p, NULL);
	return gt_publish(p);
}

static void build_vlan(struct vlan *v, int32_t vlan)
{
	struct rd_port *p;

	gt_host("arm");
	gt_switch("s", "arm", 1, 1500);
	p = gt_port("up1", "arm/s", RD_PORT_UPLINK);
	gf_attach_sink(p, 0);
	v->up1 = gt_publish(p);
	p = gt_port("up2", "arm/s", RD_PORT_UPLINK);
	gf_attach_sink(p, 1);
	v->up2 = gt_publish(p);
	v->seg = gt_segment("seg", "arm/s", vlan, 0);
	v->a = vlan_guest("a", v, MAC_A);
	v->b = vlan_guest("b", v, MAC_B);
}

static struct gf_frame frame(const char *dst, const char *src, uint16_t vlan)
{
	return gr_udp((struct gr_l2){dst, src, vlan}, "10.0.0.1", "10.0.0.2", ports, 50);
}

static void local(void **state)
{
	static const struct gt_rule out = {11, RD_DFW_OUT, true, 0, 0},
				    in = {12, RD_DFW_IN, true, 0, 0};
	struct gf_frame f = frame(MAC_B, MAC_A, 0);
	struct vlan v;
	uint64_t id;

	(void)state;
	build_vlan(&v, 7);
	gt_dfw(v.a, &out, 1, false);
	gt_dfw(v.b, &in, 1, false);
	id = send(v.a, &f);
	assert_string_equal(gf_path(id),
		"vnic_rx@a classify@a port_in@a flow_lookup@a l2_lookup@a dfw_out@a dfw_in@b "
		"port_out@b flow_install@b vnic_tx@b");
	assert_int_equal(gf_hop(id, RD_STAGE_DFW_IN)->rule_id, 11);
	assert_int_equal(gf_hop(id, RD_STAGE_PORT_OUT)->rule_id, 12);
	gf_forget();
	id = send(v.a, &f);
	assert_string_equal(gf_path(id),
		"vnic_rx@a classify@a port_in@a flow_lookup@a dfw_out@a dfw_in@b port_out@b vnic_tx@b");
	assert_int_equal(rd_dfw_local_hits(v.b, 12), 2);
	assert_memory_equal(gf_hop(id, RD_STAGE_VNIC_TX)->bytes, f.bytes, f.len);
}

// A denied flow is memoised: its next packet is a hit, dropped by the same stage for the same rule.
static void denied(void **state)
{
	static const struct gt_rule rules[] = {{21, RD_DFW_OUT, false, RD_IPPROTO_UDP, 80}};
	struct gf_frame f = frame(MAC_B, MAC_A, 0);
	struct vlan v;

	(void)state;
	build_vlan(&v, 0);
	gt_dfw(v.a, rules, 1, true);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t id;
		struct rd_droplog_rec r;
		uint8_t bytes[RD_DROPLOG_SNAP];

		gf_forget();
		id = send(v.a, &f);
		gf_assert_reason(id, RD_DROP_DFW_RULE_DENY);
		assert_int_equal(!!(gf_hop(id, RD_STAGE_DROP)->flags & RD_META_HIT), i > 0);
		assert_true(rd_droplog_read(&gf_w->droplog, 0, &r, bytes));
		assert_int_equal(r.rule_id, 21);
		assert_int_equal(r.stage, RD_STAGE_DFW_OUT);
	}
	assert_int_equal(rd_dfw_local_hits(v.a, 21), 3);
	assert_int_equal(gf_w->ports[v.a].drops, 3);
	assert_int_equal(gf_w->flows->nb, 1);
}

// Tags are put on towards the wire and taken off from it; a priority tag is no VLAN.
static void tags(void **state)
{
	struct gf_frame out = frame(MAC_FAR, MAC_A, 0), in = frame(MAC_A, MAC_FAR, 7), got;
	struct gf_frame bare = frame(MAC_A, MAC_FAR, 0);
	struct vlan v;
	uint64_t id;

	(void)state;
	build_vlan(&v, 7);
	id = send(v.up1, &in);
	assert_string_equal(gf_path(id),
		"uplink_rx@up1 classify@up1 port_in@up1 flow_lookup@up1 l2_lookup@up1 port_out@a "
		"flow_install@a vnic_tx@a");
	assert_int_equal(gf_hop(id, RD_STAGE_CLASSIFY)->len, bare.len + 4);
	assert_int_equal(gf_hop(id, RD_STAGE_VNIC_TX)->len, bare.len);
	assert_memory_equal(gf_hop(id, RD_STAGE_VNIC_TX)->bytes, bare.bytes, bare.len);
	for (unsigned i = 0; i < 2; i++) { // miss and hit
		id = send(v.a, &out);
		assert_true(gf_sink_take(0, &got));
		assert_int_equal(got.len, out.len + 4);
		assert_memory_equal(got.bytes, out.bytes, 12);
		assert_memory_equal(got.bytes + 12, "\x81\x00\x00\x07", 4);
		assert_memory_equal(got.bytes + 16, out.bytes + 12, out.len - 12);
	}
	gf_assert_reason(send(v.up1, &bare), RD_DROP_PORT_VLAN_UNKNOWN);
	in.bytes[15] = 8;
	gf_assert_reason(send(v.up1, &in), RD_DROP_PORT_VLAN_UNKNOWN);
}

static void priority_tag(void **state)
{
	struct gf_frame in = frame(MAC_A, MAC_FAR, 7), bare = frame(MAC_A, MAC_FAR, 0);
	struct vlan v;
	uint64_t id;

	(void)state;
	build_vlan(&v, 0);
	rd_put16(in.bytes + 14, 5 << 13);
	id = send(v.up1, &in);
	assert_memory_equal(gf_hop(id, RD_STAGE_VNIC_TX)->bytes, bare.bytes, bare.len);
}

// First up uplink of the team; a change is taken by the very next packet, back again too.
static void failover(void **state)
{
	struct gf_frame f = frame(MAC_FAR, MAC_A, 0), in = frame(MAC_A, MAC_FAR, 0);
	struct vlan v;

	(void)state;
	build_vlan(&v, 0);
	send(v.up2, &in); // learned behind the second uplink; the team decides all the same
	send(v.a, &f);
	send(v.a, &f);
	assert_int_equal(gf_sink_drain(0), 2);
	gt_up(v.up1, true, false);
	send(v.a, &f);
	assert_int_equal(gf_sink_drain(0), 0);
	assert_int_equal(gf_sink_drain(1), 1);
	gt_up(v.up1, true, true);
	send(v.a, &f);
	assert_int_equal(gf_sink_drain(0), 1);
	assert_int_equal(gf_sink_drain(1), 0);
	// A broadcast leaves once, whatever the number of uplinks, and never from the wire to the
	// wire.
	f = gr_arp("ff:ff:ff:ff:ff:ff", MAC_A, "1.1.1.1", "2.2.2.2", 1);
	send(v.a, &f);
	assert_int_equal(gf_sink_drain(0) + gf_sink_drain(1), 1);
	f = gr_arp("ff:ff:ff:ff:ff:ff", MAC_FAR, "1.1.1.1", "2.2.2.2", 1);
	send(v.up1, &f);
	assert_int_equal(gf_sink_drain(0) + gf_sink_drain(1), 0);
}

// The far station moves to another tunnel: its own packets say so, and flows to it follow.
static void moved_station(void **state)
{
	struct gf_frame from = frame(GR_UPT_GUEST, MAC_FAR, 0),
			to = frame(MAC_FAR, GR_UPT_GUEST, 0), got;
	struct gt_upt t;

	(void)state;
	gt_upt(&t, NULL);
	gt_dfw(t.guest, NULL, 0, true);
	gt_tunnel("second", "192.168.4.60", "192.168.4.58", "00:50:56:63:00:58");
	from = gr_geneve(&from, GT_VNI);
	send(t.arm_uplink, &from);
	send(t.guest, &to);
	assert_true(gf_sink_take(0, &got));
	assert_int_equal(got.bytes[33], 57);
	rd_put16(from.bytes + 24, 0); // the same inner flow, from the other endpoint
	from.bytes[29] = 58;
	rd_put16(from.bytes + 24, rd_csum_fold(rd_csum_add(0, from.bytes + 14, 20)));
	rd_coarse_advance(2); // once a second a flow's source is looked at
	send(t.arm_uplink, &from);
	send(t.guest, &to);
	assert_true(gf_sink_take(0, &got));
	assert_int_equal(got.bytes[33], 58);
}

// More new flows in one second than the table holds: every packet is forwarded all the same, by its
// own decision, for nobody takes the entry that another packet of the walk still needs.
static void full_table(void **state)
{
	struct gf_frame f = frame(MAC_B, MAC_A, 0);
	const unsigned nb = 6000; // the table has 4096
	static const struct gt_rule deny_odd = {31, RD_DFW_IN, false, RD_IPPROTO_UDP, 81};
	struct vlan v;

	(void)state;
	build_vlan(&v, 0);
	gt_dfw(v.b, &deny_odd, 1, true);
	gf_trace(false);
	for (unsigned i = 0; i < nb; i++) {
		rd_put16(f.bytes + 34, (uint16_t)(1000 + i));
		rd_put16(f.bytes + 36, 80 + i % 2);
		gf_queue(v.a, f.bytes, f.len);
		if (i % 32 == 31)
			gf_walk();
	}
	gf_walk();
	assert_int_equal(gf_w->ports[v.b].tx_packets, nb / 2);
	assert_int_equal(gf_w->drops[RD_DROP_DFW_RULE_DENY], nb / 2);
	assert_true(gf_w->flows->nb > 3000);
	assert_true(gf_w->flows->nb <= 4096);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(local), T(denied), T(tags), T(priority_tag),
		T(failover), T(moved_station), T(full_table)};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
