/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cases of drops_all.c at the way out: encapsulation, uplinks, devices, and packets to ourselves.
 */
#include "drops_cases.h"
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "tables/punt.h"
#include "tables/tables.h"

static void no_neighbour(void)
{
	dc_emulated();
	gt_fdb(dc_t.arm_seg, STRANGER, true, gt_tunnel("b", "192.168.4.60", "192.168.4.58", NULL));
	dc_send(dc_t.mux, dc_udp(STRANGER, GR_EMU_GUEST, 100));
}

static void no_tunnel(void)
{
	uint8_t mac[6] = {0, 0x50, 0x56, 0xa1, 0, 0x99};

	dc_emulated(); // a tunnel that is gone while its fdb entry is not
	assert_int_equal(rd_fdb_put(dc_t.arm_seg, mac, RD_FDB_STATIC, true, 77), 0);
	dc_send(dc_t.mux, dc_udp(STRANGER, GR_EMU_GUEST, 100));
}

static void encap_mtu(void)
{
	dc_emulated();
	dc_send(dc_t.mux, dc_udp(GR_CLIENT, GR_EMU_GUEST, 1530));
}

static void headroom(void)
{
	struct gf_frame f = dc_udp(GR_CLIENT, GR_EMU_GUEST, 100);
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());

	dc_emulated();
	m->data_off = 20;
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.bytes, f.len);
	gf_queue_mbuf(dc_t.mux, m);
	gf_walk();
}

static void uplinks_down(void)
{
	dc_emulated();
	gt_up(dc_t.arm_uplink, true, false);
	gt_up(dc_t.arm_uplink2, false, true);
	dc_send(dc_t.mux, dc_udp(GR_CLIENT, GR_EMU_GUEST, 100));
}

// What uplink_tx finds is not what uplink_select saw: the packet is put in between.
static void at_stage(unsigned from, unsigned edge, uint16_t in, uint16_t out)
{
	struct gf_frame f = dc_udp(GR_CLIENT, GR_EMU_GUEST, 100);
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());

	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.bytes, f.len);
	*rd_meta(m) = (struct rd_meta){.packet_id = 9,
		.in_port = in,
		.out_port = out,
		.l3_off = RD_ETH_LEN,
		.stage = (uint8_t)from};
	gf_w->stages[from].in++;
	gf_w->stages[from].out++;
	rte_node_enqueue_x1(gf_w->graph, gf_w->nodes[from], (rte_edge_t)edge, m);
	gf_walk();
}

#define SELECT_TO_INSTALL 1 // edges of uplink_select: drop, flow_install, uplink_tx
#define SELECT_TO_TX 2
#define GONE 700 // no port

static void tx_port_down(void)
{
	dc_emulated();
	gt_up(dc_t.arm_uplink, true, false);
	at_stage(RD_STAGE_UPLINK_SELECT, SELECT_TO_TX, dc_t.mux, dc_t.arm_uplink);
}

// Of the port that is gone, as the stage counts it, and by port, stage and reason.
static uint64_t lost_at(unsigned stage)
{
	struct rd_dropcount_row r;
	uint64_t nb = 0;

	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
		if (rd_dropcount_row(gf_w->dropcount, i, &r) && r.stage == stage && r.port == GONE
			&& r.reason == RD_DROP_TX_PORT_DELETED)
			nb += r.packets;
	assert_int_equal(nb, gf_w->stages[stage].drops);
	return nb;
}

static void tx_deleted(void)
{
	dc_emulated();
	at_stage(RD_STAGE_UPLINK_SELECT, SELECT_TO_TX, dc_t.mux, GONE);
	assert_int_equal(lost_at(RD_STAGE_UPLINK_TX), 1);
	at_stage(RD_STAGE_UPLINK_SELECT, SELECT_TO_INSTALL, dc_t.mux, GONE);
	assert_int_equal(lost_at(RD_STAGE_FLOW_INSTALL), 1);
}

static void tx_no_device(void)
{
	struct rd_port *p;

	dc_emulated();
	p = rd_port_edit(dc_t.arm_uplink);
	p->attach = RD_ATTACH_NONE;
	gt_publish(p);
	dc_send(dc_t.mux, dc_udp(GR_CLIENT, GR_EMU_GUEST, 100));
}

static void tx_oversize(void)
{
	struct rd_port *p;

	dc_emulated();
	p = rd_port_edit(dc_t.arm_uplink);
	p->eth.mtu = 1400;
	gt_publish(p);
	dc_send(dc_t.mux, dc_udp(GR_CLIENT, GR_EMU_GUEST, 1400));
}

// A ring device takes 1,023 packets.
static void fill(uint16_t port, struct gf_frame f)
{
	for (unsigned i = 0; i < 1200; i++) {
		gf_queue(port, f.bytes, f.len);
		if (i % 32 == 31)
			gf_walk();
	}
	gf_walk();
}

static void tx_ring_full(void)
{
	dc_emulated();
	fill(dc_t.mux, dc_udp(GR_CLIENT, GR_EMU_GUEST, 20));
}

static void vq_full(void)
{
	struct dc_pair p = dc_pair();
	struct rd_port *b = rd_port_edit(p.b);

	gf_attach_sink(b, 2);
	gt_publish(b);
	fill(p.a, dc_udp(BROADCAST, STRANGER, 18));
}

static uint16_t linked(const char *name, const char *sw, uint16_t seg, uint16_t peer)
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

// Two switches joined by two links: a broadcast runs round.
static void link_loop(void)
{
	uint16_t a, b, sa, sb;

	gt_host("arm");
	gt_switch("a", "arm", 1, 1500);
	gt_switch("b", "arm", 2, 1500);
	sa = gt_segment("sa", "arm/a", -1, 1);
	sb = gt_segment("sb", "arm/b", -1, 2);
	a = linked("a1", "arm/a", sa, 0);
	b = linked("a2", "arm/a", sa, 0);
	linked("b1", "arm/b", sb, a);
	linked("b2", "arm/b", sb, b);
	dc_send(a, dc_udp(BROADCAST, STRANGER, 18));
}

static void bypassed(void)
{
	struct gt_upt u;
	struct rd_port *p;

	gt_upt(&u, NULL);
	p = gt_port("other", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	p->segment = rd_port_at(u.bypassed)->segment;
	dc_send(gt_publish(p), dc_udp(GR_UPT_GUEST, STRANGER, 18));
}

static void punt_rate(void)
{
	struct gf_frame f = gr_arp(BROADCAST, GR_REMOTE_TEP, "192.168.4.57", "192.168.4.60", 1);

	dc_emulated();
	rd_punt_set_rate(1);
	for (unsigned i = 0; i < 40; i++) // 16 at once
		gf_send(dc_t.arm_uplink, f.bytes, f.len);
	rd_punt_set_rate(RD_PUNT_RATE);
}

const struct dc_case dc_out_cases[] = {
	CASE(RD_DROP_ENCAP_NO_NEIGHBOUR, no_neighbour),
	CASE(RD_DROP_ENCAP_HEADROOM, headroom),
	CASE(RD_DROP_ENCAP_MTU, encap_mtu),
	CASE(RD_DROP_ENCAP_NO_TUNNEL, no_tunnel),
	CASE(RD_DROP_UPLINK_NONE_UP, uplinks_down),
	CASE(RD_DROP_TX_PORT_DOWN, tx_port_down),
	CASE(RD_DROP_TX_NO_DEVICE, tx_no_device),
	CASE(RD_DROP_TX_RING_FULL, tx_ring_full),
	CASE(RD_DROP_TX_OVERSIZE, tx_oversize),
	CASE(RD_DROP_TX_LINK_LOOP, link_loop),
	CASE(RD_DROP_TX_BYPASSED, bypassed),
	CASE(RD_DROP_TX_PORT_DELETED, tx_deleted),
	CASE(RD_DROP_VQ_FULL, vq_full),
	CASE(RD_DROP_PUNT_RATE, punt_rate),
};
const unsigned dc_nb_out_cases = RTE_DIM(dc_out_cases);
