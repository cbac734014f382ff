/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cases of drops_all.c that need a state or a configuration, not just a malformed frame. drops.c looks closer at some.
 */
#include "drops_cases.h"
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "tables/punt.h"
#include "tables/tables.h"

static uint16_t ports[2] = {4000, 80};
struct gt_emulated dc_t;

void dc_send(uint16_t port, struct gf_frame f)
{
	gf_send(port, f.bytes, f.len);
}

struct gf_frame dc_udp(const char *dst, const char *src, size_t len)
{
	return gr_udp((struct gr_l2){dst, src, 0}, "172.16.31.25", "172.16.31.26", ports, len);
}

static struct gf_frame to_guest(const char *dst_mac)
{
	struct gf_frame f = gr_tcp(
		(struct gr_l2){dst_mac, GR_CLIENT, 0}, "172.16.31.26", "172.16.31.25", ports, 0);

	return gr_geneve(&f, GT_VNI);
}

void dc_emulated(void)
{
	gt_emulated(&dc_t, NULL);
}

static uint16_t guest(const char *name, uint16_t seg)
{
	struct rd_port *p = gt_port(name, "arm/s", RD_PORT_VNIC);

	p->segment = seg;
	p->spoof_check = false;
	gt_answer(p, NULL);
	return gt_publish(p);
}

struct dc_pair dc_pair(void)
{
	struct dc_pair p;

	gt_host("arm");
	gt_switch("s", "arm", 1, 1500);
	p.seg = gt_segment("seg", "arm/s", -1, 5);
	p.a = guest("a", p.seg);
	p.b = guest("b", p.seg);
	return p;
}

static void unspec(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());

	dc_emulated();
	memcpy(rte_pktmbuf_append(m, 60), dc_udp(GR_CLIENT, STRANGER, 18).bytes, 60);
	*rd_meta(m) =
		(struct rd_meta){.packet_id = 5, .in_port = dc_t.guest, .stage = RD_STAGE_PORT_IN};
	gf_w->stages[RD_STAGE_PORT_IN].in++;
	gf_w->stages[RD_STAGE_PORT_IN].drops++;
	rte_node_enqueue_x1(gf_w->graph, gf_w->nodes[RD_STAGE_PORT_IN], 0, m);
	gf_walk();
}

// Runs fn with an empty pool.
static void without_mbufs(void (*fn)(void))
{
	static struct rte_mbuf *hoard[8192];
	unsigned nb = 0;

	while (nb < RTE_DIM(hoard) && (hoard[nb] = rte_pktmbuf_alloc(rd_pool())) != NULL)
		nb++;
	fn();
	rte_pktmbuf_free_bulk(hoard, nb);
}

static void mem_clone(void)
{
	struct gf_frame f = dc_udp("00:00:00:00:00:0b", STRANGER, 18), answer = f;
	struct dc_pair p = dc_pair();
	struct rd_port *b = rd_port_edit(p.b);

	gt_mac(b, "00:00:00:00:00:0b");
	gt_answer(b, &answer);
	gt_publish(b);
	gf_queue(p.a, f.bytes, f.len);
	without_mbufs(gf_walk);
}

static void flood_clone(void)
{
	struct gf_frame f = dc_udp(BROADCAST, STRANGER, 18);
	struct dc_pair p = dc_pair();

	guest("c", p.seg);
	gf_queue(p.a, f.bytes, f.len);
	without_mbufs(gf_walk);
}

static void flood_empty(void)
{
	struct dc_pair p = dc_pair();
	struct rd_err err = {0};

	assert_int_equal(rd_port_del(p.b, &err), 0);
	dc_send(p.a, dc_udp(GR_CLIENT, STRANGER, 18));
}

static void pullup(void)
{
	struct gf_frame f = dc_udp(GR_CLIENT, GR_EMU_GUEST, 1300);
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool()), *tail = rte_pktmbuf_alloc(rd_pool());

	dc_emulated();
	m->data_off = m->buf_len - 20;
	memcpy(rte_pktmbuf_append(m, 20), f.bytes, 20);
	memcpy(rte_pktmbuf_append(tail, (uint16_t)(f.len - 20)), f.bytes + 20, f.len - 20);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	gf_queue_mbuf(dc_t.mux, m);
	gf_walk();
}

static void rx_port_down(void)
{
	dc_emulated();
	gt_up(dc_t.arm_uplink, false, true);
	dc_send(dc_t.arm_uplink, to_guest(GR_EMU_GUEST));
}

static void no_segment(void)
{
	struct rd_port *p;

	dc_emulated();
	p = gt_port("lonely", "x86/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, STRANGER);
	dc_send(gt_publish(p), dc_udp(GR_CLIENT, STRANGER, 9));
}

// A guest that may send from 172.16.31.24 only.
static uint16_t bound(void)
{
	struct rd_port *a = rd_port_edit(dc_pair().a);

	a->spoof_check = true;
	gt_mac(a, STRANGER);
	a->guard.nb_addrs = 1;
	a->guard.addr[0] = (struct rd_guard_addr){AF_INET, 32, {172, 16, 31, 24}};
	return gt_publish(a);
}

static void ip_spoof(void)
{
	dc_send(bound(), dc_udp(BROADCAST, STRANGER, 18));
}

static void vnic_rate(void)
{
	struct dc_pair p = dc_pair();
	struct rd_port *a = rd_port_edit(p.a);

	a->guard.max_packets = 1;
	gt_publish(a);
	for (unsigned i = 0; i < 40; i++)
		dc_send(p.a, dc_udp(BROADCAST, STRANGER, 18));
}

static void nd_invalid(void)
{
	struct gf_frame f = dc_udp("33:33:00:00:00:01", STRANGER, 36);
	static const uint8_t ip[24] = {0x60, 0, 0, 0, 0, 24, RD_IPPROTO_ICMPV6, 64, 0xfe, 0x80, 0,
		0, 0, 0, 0, 0, 2, 0x50, 0x56, 0xff, 0xfe, 0xa1, 0, 0x99}; // hop limit 64
	uint16_t a = bound();
	rd_put16(f.bytes + 12, RD_ETHERTYPE_IPV6);
	memset(f.bytes + 14, 0, f.len - 14);
	memcpy(f.bytes + 14, ip, sizeof(ip));
	f.bytes[14 + 24] = 0xff; // to all nodes
	f.bytes[14 + 25] = 2;
	f.bytes[14 + 39] = 1;
	f.bytes[14 + 40] = 135;
	dc_send(a, f);
}

static void flow_new(void)
{
	struct gf_frame f = dc_udp(GR_CLIENT, STRANGER, 18);
	struct dc_pair p = dc_pair();
	struct rd_port *a = rd_port_edit(p.a);

	a->guard.max_flows = 1;
	gt_publish(a);
	for (uint16_t i = 0; i < 40; i++) {
		rd_put16(f.bytes + 34, i);
		dc_send(p.a, f);
	}
}

static void mux_port_down(void)
{
	dc_emulated();
	gt_up(dc_t.mux, true, false);
	dc_send(dc_t.arm_uplink, to_guest(GR_EMU_GUEST));
}

static void deny(uint8_t what, const char *dst)
{
	struct dc_pair p = dc_pair();
	struct rd_port *b = rd_port_edit(p.b);

	b->deny = what;
	gt_publish(b);
	dc_send(p.a, dc_udp(dst, STRANGER, 18));
}

static void vnic_unknown(void)
{
	deny(RD_DENY_UNKNOWN, "00:50:56:a1:00:98");
}

static void vnic_mcast(void)
{
	deny(RD_DENY_MCAST, "01:00:5e:01:01:01");
}

static void vnic_bcast(void)
{
	deny(RD_DENY_BCAST, BROADCAST);
}

static void vnic_admin_down(void)
{
	dc_emulated();
	gt_up(dc_t.proxy, false, true);
	dc_send(dc_t.arm_uplink, to_guest(GR_EMU_GUEST));
}

static void vnic_disconnected(void)
{
	struct dc_pair p = dc_pair();

	gt_up(p.b, true, false);
	dc_send(p.a, dc_udp(BROADCAST, STRANGER, 18));
}

static void l2_no_dest(void)
{
	struct dc_pair p = dc_pair();

	gt_segment_set(p.seg, false, true, 0);
	dc_send(p.a, dc_udp(GR_CLIENT, STRANGER, 18));
}

static void l2_hairpin(void)
{
	struct dc_pair p = dc_pair();

	dc_send(p.a, dc_udp(BROADCAST, GR_CLIENT, 18));
	dc_send(p.a, dc_udp(GR_CLIENT, STRANGER, 18));
}

static void split_horizon(void)
{
	struct gf_frame f = dc_udp(GR_CLIENT, STRANGER, 18);

	dc_emulated();
	dc_send(dc_t.arm_uplink, gr_geneve(&f, GT_VNI)); // the client is behind the same tunnel
}

static void set_limits(uint16_t seg, uint32_t macs, uint16_t moves)
{
	const struct rd_segment *s = rd_segment_at(seg);
	struct rd_segment_opts o = {.vlan = s->vlan,
		.vni = s->vni,
		.flood = true,
		.learn = true,
		.refuse = true,
		.move_limit = moves,
		.mac_limit = macs,
		.aging_s = 300};
	struct rd_err err = {0};

	assert_int_equal(rd_segment_set(seg, &o, &err), 0);
}

static void learn_limit(void)
{
	struct dc_pair p = dc_pair();

	set_limits(p.seg, 2, 0);
	dc_send(p.a, dc_udp(BROADCAST, "00:50:56:00:00:01", 18));
	dc_send(p.a, dc_udp(BROADCAST, "00:50:56:00:00:02", 18));
	dc_send(p.a, dc_udp(BROADCAST, "00:50:56:00:00:01", 18)); // known
	assert_int_equal(gf_w->drops[RD_DROP_L2_LEARN_LIMIT], 0);
	dc_send(p.a, dc_udp(BROADCAST, "00:50:56:00:00:03", 18));
	assert_int_equal(gf_w->drops[RD_DROP_L2_LEARN_LIMIT], 1);
	assert_int_equal(rd_fdb_refused(p.seg), 1);
	assert_int_equal(rd_fdb_learned(p.seg), 2);
	assert_int_equal(rd_fdb_flush(p.seg, true), 2); // room again
	dc_send(p.a, dc_udp(BROADCAST, "00:50:56:00:00:04", 18));
	assert_int_equal(gf_w->drops[RD_DROP_L2_LEARN_LIMIT], 1);
}

static void mac_move(void)
{
	struct dc_pair p = dc_pair();
	uint32_t gen;

	set_limits(p.seg, 0, 3);
	dc_send(p.a, dc_udp(BROADCAST, STRANGER, 18));
	for (unsigned i = 0; i < 3; i++) // there and back
		dc_send(i % 2 == 0 ? p.b : p.a, dc_udp(BROADCAST, STRANGER, 18));
	assert_int_equal(gf_w->drops[RD_DROP_L2_MAC_MOVE], 0);
	gen = rd_generation();
	dc_send(p.a, dc_udp(BROADCAST, STRANGER, 18));
	assert_int_equal(gf_w->drops[RD_DROP_L2_MAC_MOVE], 1);
	assert_int_equal(rd_generation(), gen); // nobody has to decide again
	dc_send(p.b, dc_udp(BROADCAST, STRANGER, 18)); // it is there
	assert_int_equal(gf_w->drops[RD_DROP_L2_MAC_MOVE], 1);
}

static void blackhole(void)
{
	struct dc_pair p = dc_pair();

	gt_fdb(p.seg, GR_CLIENT, false, 0);
	dc_send(p.a, dc_udp(GR_CLIENT, STRANGER, 18));
}

#define ELSEWHERE(name, file)                         \
	{                                             \
		.reason = (name), .elsewhere = (file) \
	}

static const struct dc_case cases[] = {
	CASE(RD_DROP_INTERNAL_UNSPEC, unspec),
	CASE(RD_DROP_MEM_CLONE, mem_clone),
	CASE(RD_DROP_PKT_PULLUP, pullup),
	CASE(RD_DROP_RX_PORT_DOWN, rx_port_down),
	CASE(RD_DROP_PORT_NO_SEGMENT, no_segment),
	CASE(RD_DROP_MUX_PORT_DOWN, mux_port_down),
	CASE(RD_DROP_VNIC_IP_SPOOF, ip_spoof),
	CASE(RD_DROP_VNIC_RATE, vnic_rate),
	CASE(RD_DROP_ND_INVALID, nd_invalid),
	CASE(RD_DROP_FLOW_NEW_DENIED, flow_new),
	CASE(RD_DROP_VNIC_UNK_UCAST, vnic_unknown),
	CASE(RD_DROP_VNIC_MCAST, vnic_mcast),
	CASE(RD_DROP_VNIC_BCAST, vnic_bcast),
	CASE(RD_DROP_VNIC_ADMIN_DOWN, vnic_admin_down),
	CASE(RD_DROP_VNIC_DISCONNECTED, vnic_disconnected),
	CASE(RD_DROP_L2_NO_DEST, l2_no_dest),
	CASE(RD_DROP_L2_HAIRPIN, l2_hairpin),
	CASE(RD_DROP_L2_SPLIT_HORIZON, split_horizon),
	CASE(RD_DROP_FLOOD_EMPTY, flood_empty),
	CASE(RD_DROP_FLOOD_CLONE, flood_clone),
	CASE(RD_DROP_L2_LEARN_LIMIT, learn_limit),
	CASE(RD_DROP_L2_MAC_MOVE, mac_move),
	CASE(RD_DROP_L2_BLACKHOLE, blackhole),
	// By several workers, or with a device that takes tags out.
	ELSEWHERE(RD_DROP_LCORE_HANDOFF_FULL, "tests/graph/handoff.c"),
	ELSEWHERE(RD_DROP_LCORE_HANDOFF_STALE, "tests/graph/handoff.c"),
	ELSEWHERE(RD_DROP_LCORE_STOPPED, "tests/graph/handoff.c"),
	ELSEWHERE(RD_DROP_RX_VLAN_LOST, "tests/graph/handoff.c"),
	// With rules and connections.
	ELSEWHERE(RD_DROP_FRAG_NO_HEAD, "tests/graph/firewall_reject.c"),
	ELSEWHERE(RD_DROP_DFW_REJECTED, "tests/graph/firewall_reject.c"),
	ELSEWHERE(RD_DROP_DFW_STATE_MISMATCH, "tests/graph/firewall.c"),
	ELSEWHERE(RD_DROP_DFW_STATE_LIMIT, "tests/graph/firewall.c"),
	ELSEWHERE(RD_DROP_DFW_SYN_FLOOD, "tests/graph/firewall.c"),
	ELSEWHERE(RD_DROP_DFW_STATE_MEMORY, "tests/graph/firewall.c"),
	ELSEWHERE(RD_DROP_DFW_BAD_OFFSET, "tests/graph/firewall.c"),
	ELSEWHERE(RD_DROP_DFW_SHORT, "tests/graph/firewall.c"),
};

const struct dc_case *dc_find(uint16_t reason)
{
	const struct dc_case *const list[] = {cases, dc_out_cases, dc_route_cases};
	const unsigned nb[] = {RTE_DIM(cases), dc_nb_out_cases, dc_nb_route_cases};

	for (unsigned l = 0; l < RTE_DIM(list); l++)
		for (unsigned i = 0; i < nb[l]; i++)
			if (list[l][i].reason == reason)
				return &list[l][i];
	return NULL;
}
