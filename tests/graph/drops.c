/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The drop reasons that need a state or a configuration rather than a malformed frame (for those
 * see corpus.c): each one is reached, by the stage that names it, and recorded.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "tables/flow.h"
#include "tables/tables.h"

#define STRANGER "00:50:56:a1:00:99"

static uint16_t ports[2] = {4000, 80};

static struct gf_frame to_guest(const char *src_mac, const char *dst_mac)
{
	struct gf_frame f = gr_tcp(
		(struct gr_l2){dst_mac, src_mac, 0}, "172.16.31.26", "172.16.31.25", ports, 0);

	return gr_geneve(&f, GT_VNI);
}

static struct gf_frame from_guest(const char *dst_mac, size_t len)
{
	return gr_udp((struct gr_l2){dst_mac, GR_EMU_GUEST, 0}, "172.16.31.25", "172.16.31.26",
		ports, len);
}

static uint64_t send(uint16_t port, const struct gf_frame *f)
{
	return gf_send(port, f->bytes, f->len);
}

static void assert_dropped_by(uint64_t id, unsigned stage)
{
	struct rd_droplog_rec r;
	uint8_t bytes[RD_DROPLOG_SNAP];

	assert_true(rd_droplog_read(&gf_w->droplog, 0, &r, bytes));
	assert_int_equal(r.packet_id, id);
	assert_string_equal(rd_stage_by_id(r.stage)->name, rd_stage_by_id(stage)->name);
	assert_int_equal(r.reason, gf_reason(id));
	assert_true(r.ns > 0);
	assert_int_equal(r.cap_len, RTE_MIN(r.len, (uint32_t)RD_DROPLOG_SNAP));
}

static void port_down(void **state)
{
	struct gf_frame f = to_guest(GR_CLIENT, GR_EMU_GUEST);
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	gt_up(t.arm_uplink, false, true);
	id = send(t.arm_uplink, &f);
	gf_assert_reason(id, RD_DROP_RX_PORT_DOWN);
	assert_dropped_by(id, RD_STAGE_UPLINK_RX);
	assert_int_equal(gf_w->ports[t.arm_uplink].drops, 1);
	gt_up(t.arm_uplink, true, true);
	gt_up(t.mux, true, false);
	id = send(t.arm_uplink, &f);
	gf_assert_reason(id, RD_DROP_MUX_PORT_DOWN);
	assert_dropped_by(id, RD_STAGE_MUX_TX);
	assert_int_equal(gf_w->ports[t.mux].drops, 1);
	gt_up(t.proxy, false, true);
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_VNIC_ADMIN_DOWN);
	f = from_guest(GR_CLIENT, 10);
	gt_up(t.mux, true, true);
	gf_assert_reason(send(t.mux, &f), RD_DROP_RX_PORT_DOWN);
}

static void no_segment(void **state)
{
	struct gf_frame f =
		gr_udp((struct gr_l2){GR_CLIENT, STRANGER, 0}, "1.2.3.4", "5.6.7.8", ports, 9);
	struct gt_emulated t;
	struct rd_port *p;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	p = gt_port("lonely", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	id = send(gt_publish(p), &f);
	gf_assert_reason(id, RD_DROP_PORT_NO_SEGMENT);
	assert_dropped_by(id, RD_STAGE_PORT_IN);
}

static void l2(void **state)
{
	struct gf_frame f = to_guest(GR_CLIENT, STRANGER);
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	gt_segment_set(t.arm_seg, false, true, t.tunnel);
	id = send(t.arm_uplink, &f);
	gf_assert_reason(id, RD_DROP_L2_NO_DEST);
	assert_dropped_by(id, RD_STAGE_L2_LOOKUP);
	f = to_guest(STRANGER, GR_CLIENT); // the client is behind the same tunnel
	gf_assert_reason(send(t.arm_uplink, &f), RD_DROP_L2_SPLIT_HORIZON);
	// Learned behind x86's uplink, then looked for from there.
	f = gr_udp((struct gr_l2){"ff:ff:ff:ff:ff:ff", GR_CLIENT, 0}, "1.1.1.1", "255.255.255.255",
		ports, 4);
	send(t.x86_uplink, &f);
	f = gr_udp((struct gr_l2){GR_CLIENT, STRANGER, 0}, "1.1.1.1", "2.2.2.2", ports, 4);
	gf_assert_reason(send(t.x86_uplink, &f), RD_DROP_L2_HAIRPIN);
	assert_int_equal(gf_w->flows->stats.hits, 0); // nothing of this is cached
}

static void flood_empty(void **state)
{
	struct gf_frame f =
		gr_udp((struct gr_l2){GR_CLIENT, STRANGER, 0}, "1.2.3.4", "5.6.7.8", ports, 9);
	struct rd_port *p;
	uint64_t id;

	(void)state;
	gt_host("arm");
	gt_switch("s", "arm", 1, 1500);
	p = gt_port("lonely", "arm/s", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	p->segment = gt_segment("seg", "arm/s", -1, 5);
	id = send(gt_publish(p), &f);
	gf_assert_reason(id, RD_DROP_FLOOD_EMPTY);
	assert_dropped_by(id, RD_STAGE_FLOOD);
}

static void encap(void **state)
{
	struct gf_frame f = from_guest(STRANGER, 100);
	struct gt_emulated t;
	uint16_t tunnel;
	uint8_t mac[6] = {0, 0x50, 0x56, 0xa1, 0, 0x98};
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	tunnel = gt_tunnel("to-57-b", "192.168.4.60", "192.168.4.58", NULL); // its MAC is not known
	gt_fdb(t.arm_seg, STRANGER, true, tunnel);
	id = send(t.mux, &f);
	gf_assert_reason(id, RD_DROP_ENCAP_NO_NEIGHBOUR);
	assert_dropped_by(id, RD_STAGE_TUNNEL_ENCAP);
	// A tunnel that is gone while its fdb entry is not (a race in real life).
	assert_int_equal(rd_fdb_put(t.arm_seg, mac, RD_FDB_STATIC, true, 77), 0);
	f = from_guest("00:50:56:a1:00:98", 100);
	gf_assert_reason(send(t.mux, &f), RD_DROP_ENCAP_NO_TUNNEL);
	// 1600 bytes are an outer IP packet's limit: 50 of outer headers behind Ethernet, 8 of
	// options.
	f = from_guest(GR_CLIENT, 1600 - 20 - 8 - 8 - 8 - 14 - 28);
	assert_int_equal(f.len, 1556);
	gf_assert_reason(send(t.mux, &f), RD_DROP_NONE);
	f = from_guest(GR_CLIENT, 1600 - 20 - 8 - 8 - 8 - 14 - 28 + 1);
	gf_assert_reason(send(t.mux, &f), RD_DROP_ENCAP_MTU);
}

static void uplinks_down(void **state)
{
	struct gf_frame f = from_guest(GR_CLIENT, 100);
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	gt_up(t.arm_uplink, true, false);
	gt_up(t.arm_uplink2, false, true);
	id = send(t.mux, &f);
	gf_assert_reason(id, RD_DROP_UPLINK_NONE_UP);
	assert_dropped_by(id, RD_STAGE_UPLINK_SELECT);
}

static void headroom_and_pullup(void **state)
{
	struct gf_frame f = from_guest(GR_CLIENT, 1300);
	struct gt_emulated t;
	struct rte_mbuf *m, *tail;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	m = rte_pktmbuf_alloc(rd_pool());
	m->data_off = 20;
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.bytes, f.len);
	id = gf_queue_mbuf(t.mux, m);
	gf_walk();
	gf_assert_reason(id, RD_DROP_ENCAP_HEADROOM);
	// The IP header begins in one segment and ends in the next; the first has no room left.
	m = rte_pktmbuf_alloc(rd_pool());
	tail = rte_pktmbuf_alloc(rd_pool());
	m->data_off = m->buf_len - 20;
	memcpy(rte_pktmbuf_append(m, 20), f.bytes, 20);
	memcpy(rte_pktmbuf_append(tail, (uint16_t)(f.len - 20)), f.bytes + 20, f.len - 20);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	id = gf_queue_mbuf(t.mux, m);
	gf_walk();
	gf_assert_reason(id, RD_DROP_PKT_PULLUP);
	assert_dropped_by(id, RD_STAGE_CLASSIFY);
}

static void tx(void **state)
{
	struct gf_frame f = from_guest(GR_CLIENT, 1400);
	struct gt_emulated t;
	struct rd_port *p;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	p = rd_port_edit(t.arm_uplink);
	p->eth.mtu = 1400;
	gt_publish(p);
	id = send(t.mux, &f);
	gf_assert_reason(id, RD_DROP_TX_OVERSIZE);
	assert_dropped_by(id, RD_STAGE_UPLINK_TX);
	p = rd_port_edit(t.arm_uplink);
	p->attach = RD_ATTACH_NONE;
	gt_publish(p);
	gf_assert_reason(send(t.mux, &f), RD_DROP_TX_NO_DEVICE);
}

static void bypassed(void **state)
{
	struct gf_frame f =
		gr_udp((struct gr_l2){GR_UPT_GUEST, STRANGER, 0}, "1.1.1.1", "2.2.2.2", ports, 4);
	struct gt_upt t;
	struct rd_port *p;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	p = gt_port("other", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	p->segment = rd_port_at(t.bypassed)->segment;
	id = send(gt_publish(p), &f);
	gf_assert_reason(id, RD_DROP_TX_BYPASSED);
	assert_dropped_by(id, RD_STAGE_VNIC_TX);
}

// The device takes 1023 of these; what it does not take is counted exactly.
static void ring_full(void **state)
{
	struct gf_frame f = from_guest(GR_CLIENT, 20);
	struct gt_emulated t;
	unsigned sent;

	(void)state;
	gt_emulated(&t, NULL);
	gf_trace(false);
	for (unsigned i = 0; i < 1200; i++) {
		gf_queue(t.mux, f.bytes, f.len);
		if (i % 32 == 31)
			gf_walk();
	}
	for (unsigned i = 0; i < 4; i++)
		gf_walk();
	sent = gf_sink_drain(0);
	assert_int_equal(sent, 1023);
	assert_int_equal(gf_w->drops[RD_DROP_TX_RING_FULL], 1200 - sent);
	assert_int_equal(gf_w->ports[t.arm_uplink].tx_packets, sent);
	assert_int_equal(gf_w->stages[RD_STAGE_UPLINK_TX].consumed, sent);
	assert_int_equal(gf_w->ports[t.arm_uplink].drops, 1200 - sent);
}

static uint16_t loop_port(const char *name, const char *sw, uint16_t seg, uint16_t peer)
{
	struct rd_port *p = gt_port(name, sw, RD_PORT_VNIC);

	p->segment = seg;
	p->spoof_check = false;
	if (peer != 0) {
		p->attach = RD_ATTACH_LINK;
		p->peer = peer;
	}
	return gt_publish(p);
}

// Two switches joined by two links: a broadcast runs round, and is stopped.
static void link_loop(void **state)
{
	struct gf_frame f = gr_arp("ff:ff:ff:ff:ff:ff", STRANGER, "1.1.1.1", "2.2.2.2", 1);
	uint16_t a, b, sa, sb;
	unsigned loops = 0;

	(void)state;
	gt_host("arm");
	gt_switch("a", "arm", 1, 1500);
	gt_switch("b", "arm", 2, 1500);
	sa = gt_segment("sa", "arm/a", -1, 1);
	sb = gt_segment("sb", "arm/b", -1, 2);
	a = loop_port("a1", "arm/a", sa, 0);
	b = loop_port("a2", "arm/a", sa, 0);
	loop_port("b1", "arm/b", sb, a);
	loop_port("b2", "arm/b", sb, b);
	send(a, &f);
	loops = (unsigned)gf_w->drops[RD_DROP_TX_LINK_LOOP];
	assert_int_equal(loops, 1);
	assert_int_equal(gf_w->stages[RD_STAGE_VNIC_TX].out, RD_LINKS_MAX);
}

// The pool is empty: one destination of the flood gets the original, the copies are missed and
// counted.
static void no_mbuf_for_copies(void **state)
{
	struct gf_frame f = gr_arp("ff:ff:ff:ff:ff:ff", GR_CLIENT, "1.1.1.1", "2.2.2.2", 1);
	static struct rte_mbuf *hoard[8192];
	unsigned nb = 0;
	uint64_t id;
	uint16_t seg;

	(void)state;
	gt_host("arm");
	gt_switch("a", "arm", 1, 1500);
	seg = gt_segment("sa", "arm/a", -1, 1);
	loop_port("a1", "arm/a", seg, 0);
	loop_port("a2", "arm/a", seg, 0);
	id = gf_queue(loop_port("a3", "arm/a", seg, 0), f.bytes, f.len);
	while ((hoard[nb] = rte_pktmbuf_alloc(rd_pool())) != NULL)
		nb++;
	gf_walk();
	rte_pktmbuf_free_bulk(hoard, nb);
	assert_int_equal(gf_w->drops[RD_DROP_FLOOD_CLONE], 1);
	gf_assert_reason(id, RD_DROP_TX_NO_DEVICE);
}

// A stage that names no reason is our bug; it is told apart, and the port is known.
static void no_reason(void **state)
{
	struct gt_emulated t;
	struct rte_mbuf *m;

	(void)state;
	gt_emulated(&t, NULL);
	m = rte_pktmbuf_alloc(rd_pool());
	*rd_meta(m) =
		(struct rd_meta){.packet_id = 5, .in_port = t.guest, .stage = RD_STAGE_PORT_IN};
	gf_w->stages[RD_STAGE_PORT_IN].in++;
	gf_w->stages[RD_STAGE_PORT_IN].drops++;
	rte_node_enqueue_x1(gf_w->graph, gf_w->nodes[RD_STAGE_PORT_IN], 0, m);
	gf_walk();
	assert_int_equal(gf_w->drops[RD_DROP_INTERNAL_UNSPEC], 1);
	assert_int_equal(gf_w->ports[t.guest].drops, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(port_down),
		T(no_segment),
		T(l2),
		T(flood_empty),
		T(encap),
		T(uplinks_down),
		T(headroom_and_pullup),
		T(tx),
		T(bypassed),
		T(ring_full),
		T(link_loop),
		T(no_mbuf_for_copies),
		T(no_reason),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
