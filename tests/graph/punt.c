/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The switch's own endpoint: ARP and ICMP echo are answered by the same packet, ARP teaches next
 * hops, everything else has a reason.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"

static uint16_t ports[2] = {4000, 80};

static uint64_t send(uint16_t port, const struct gf_frame *f)
{
	return gf_send(port, f->bytes, f->len);
}

static void arp_request(void **state)
{
	struct gf_frame f =
		gr_arp("ff:ff:ff:ff:ff:ff", GR_REMOTE_TEP, "192.168.4.57", "192.168.4.60", 1);
	struct gf_frame want = gr_arp(GR_REMOTE_TEP, GR_TEP, "192.168.4.60", "192.168.4.57", 2),
			got;
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	memcpy(want.bytes + 32, "\x00\x50\x56\x63\x04\x5c", 6); // target: who asked
	gt_emulated(&t, NULL);
	id = send(t.arm_uplink, &f);
	assert_string_equal(gf_path(id),
		"uplink_rx@vmnic1 classify@vmnic1 punt@vmk10 vmk_rx@vmk10 uplink_select@vmk10 "
		"uplink_tx@vmnic1");
	assert_true(gf_sink_take(0, &got));
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.bytes, want.bytes, want.len);
}

// By the uplink that the question came by, even if the team prefers another.
static void answer_by_the_same_uplink(void **state)
{
	struct gf_frame f =
		gr_arp("ff:ff:ff:ff:ff:ff", GR_REMOTE_TEP, "192.168.4.57", "192.168.4.60", 1);
	struct gt_emulated t;

	(void)state;
	gt_emulated(&t, NULL);
	send(t.arm_uplink2, &f);
	assert_int_equal(gf_sink_drain(0), 0);
	assert_int_equal(gf_sink_drain(1), 1);
}

static void echo_of(struct gt_emulated *t, size_t len, const uint16_t *splits)
{
	struct gf_frame f = gr_echo(
		(struct gr_l2){GR_TEP, GR_REMOTE_TEP, 0}, "192.168.4.57", "192.168.4.60", len);
	struct gf_frame want = gr_echo(
		(struct gr_l2){GR_REMOTE_TEP, GR_TEP, 0}, "192.168.4.60", "192.168.4.57", len);
	struct gf_frame got;

	want.bytes[34] = 0;
	rd_put16(want.bytes + 36, 0);
	rd_put16(want.bytes + 36, rd_csum_fold(rd_csum_add(0, want.bytes + 34, 8 + len)));
	uint64_t id = splits != NULL ? gf_send_split(t->arm_uplink, f.bytes, f.len, splits)
				     : send(t->arm_uplink, &f);

	gf_assert_reason(id, RD_DROP_NONE);
	assert_true(gf_sink_take(0, &got));
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.bytes, want.bytes, want.len);
}

static void echo(void **state)
{
	static const uint16_t odd[] = {35, 301, 7, 0};
	struct gt_emulated t;

	(void)state;
	gt_emulated(&t, NULL);
	for (size_t len = 0; len < 70; len++)
		echo_of(&t, len, NULL);
	echo_of(&t, 1472, NULL);
	echo_of(&t, 1471, odd);
}

// A tunnel without a configured next hop learns it from the remote's ARP; control publishes it.
static void arp_teaches(void **state)
{
	struct gf_frame f = gr_arp(GR_TEP, "00:50:56:63:00:58", "192.168.4.58", "192.168.4.60", 2);
	struct gt_emulated t;
	uint16_t tunnel;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	tunnel = gt_tunnel("second", "192.168.4.60", "192.168.4.58", NULL);
	assert_false(rd_tunnel_at(tunnel)->mac_known);
	id = send(t.arm_uplink, &f);
	assert_string_equal(gf_path(id), "uplink_rx@vmnic1 classify@vmnic1 punt@vmk10");
	rd_tunnel_poll_learned();
	assert_true(rd_tunnel_at(tunnel)->mac_known);
	assert_memory_equal(rd_tunnel_at(tunnel)->mac, "\x00\x50\x56\x63\x00\x58", 6);
}

static void refused(void **state)
{
	struct gr_l2 l2 = {GR_TEP, GR_REMOTE_TEP, 0};
	struct gf_frame f = gr_udp(l2, "192.168.4.57", "192.168.4.60", ports, 10);
	struct gt_emulated t;

	(void)state;
	gt_emulated(&t, NULL);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_DECAP_PORT_UNKNOWN);
	f = gr_echo(l2, "224.0.0.1", "192.168.4.60", 8);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_PUNT_MALFORMED);
	f = gr_echo(l2, "192.168.4.57", "192.168.4.60", 8);
	f.bytes[45] ^= 1;
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_PARSE_L4_CSUM);
	f = gr_arp("ff:ff:ff:ff:ff:ff", GR_REMOTE_TEP, "192.168.4.57", "192.168.4.60", 3);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_PUNT_UNHANDLED);
	// Somebody else's address: traffic, not for us; the DPU's uplink carries no VLAN segment.
	f = gr_arp("ff:ff:ff:ff:ff:ff", GR_REMOTE_TEP, "192.168.4.57", "192.168.4.61", 1);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_PORT_VLAN_UNKNOWN);
	// Our address behind another MAC: flooded here by the underlay, for somebody else.
	f = gr_echo((struct gr_l2){"00:50:56:00:00:01", GR_REMOTE_TEP, 0}, "192.168.4.57",
		"192.168.4.60", 8);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_PORT_VLAN_UNKNOWN);
}

// Frames injected at the endpoint's own port leave by its team.
static void vmk_transmits(void **state)
{
	struct gf_frame f = gr_arp("ff:ff:ff:ff:ff:ff", GR_TEP, "192.168.4.60", "192.168.4.57", 1),
			got;
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	id = send(t.vmk, &f);
	assert_string_equal(gf_path(id), "vmk_rx@vmk10 uplink_select@vmk10 uplink_tx@vmnic1");
	assert_true(gf_sink_take(0, &got));
	assert_memory_equal(got.bytes, f.bytes, f.len);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(arp_request), T(answer_by_the_same_uplink), T(echo),
		T(arp_teaches), T(refused), T(vmk_transmits)};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
