/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cases of drops_all.c that are a router's: two segments, a guest in each, and the router between them.
 */
#include "drops_cases.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/router.h"

#define ROUTER "02:50:56:56:44:52"
#define SENDER "00:50:56:a1:99:9e"
#define TTL 22 // offset in a frame of IPv4
#define ARP_MANY 20000 // more than the table of neighbours holds

static struct {
	uint16_t a, near, far, router, rif;
} world;

static uint16_t guest(const char *name, uint16_t seg)
{
	struct rd_port *p = gt_port(name, "arm/s", RD_PORT_VNIC);

	p->segment = seg;
	p->spoof_check = false;
	gt_answer(p, NULL);
	return gt_publish(p);
}

static uint16_t interface(const char *name, uint16_t segment, uint8_t third, uint16_t mtu)
{
	struct rd_rif_opts o = {.segment = segment,
		.mtu = mtu,
		.nb_addrs = 1,
		.addr[0] = {.family = AF_INET, .len = 16, .addr = {10, third, 0, 1}}};
	struct rd_err err = {0};

	assert_int_equal(rd_rif_add(name, world.router, &o, &err), 0);
	return rd_rif_find(name, &err)->idx;
}

static void build(void)
{
	const uint8_t mac[6] = RD_ROUTER_MAC;
	struct rd_err err = {0};

	gt_host("arm");
	gt_switch("s", "arm", 1, 1500);
	world.near = gt_segment("near", "arm/s", -1, 5);
	world.far = gt_segment("far", "arm/s", -1, 6);
	world.a = guest("a", world.near);
	(void)guest("b", world.far);
	assert_int_equal(rd_router_add("r", rd_segment_at(world.near)->host, mac, &err), 0);
	world.router = rd_router_find("r", &err)->idx;
	(void)interface("near", world.near, 1, 0);
	world.rif = interface("far", world.far, 2, 576);
}

static struct gf_frame to(const char *address, size_t len)
{
	static uint16_t ports[2] = {4000, 80};

	return gr_udp((struct gr_l2){ROUTER, SENDER, 0}, "10.1.0.5", address, ports, len);
}

static void neighbour(uint8_t last)
{
	const uint8_t ip[16] = {10, 2, 0, last}, mac[6] = {2, 0, 0, 0, 0, last};
	struct rd_err err = {0};

	assert_int_equal(rd_neigh_add(world.rif, AF_INET, ip, mac, &err), 0);
}

static void route(const uint8_t net[16], enum rd_route_kind kind)
{
	struct rd_route r = {
		.router = world.router, .family = AF_INET, .len = 24, .kind = (uint8_t)kind};
	struct rd_err err = {0};

	memcpy(r.addr, net, 16);
	assert_int_equal(rd_route_add(&r, &err), 0);
}

// The interface goes while the packet is between two stages.
static void no_router(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rd_pool());
	struct gf_frame f = to("10.2.0.9", 20);
	rte_edge_t edge = 0;
	char *names[32];
	rte_node_t l2 = rte_node_from_name("l2_lookup");

	build();
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.bytes, f.len);
	*rd_meta(m) = (struct rd_meta){.packet_id = 5,
		.in_port = world.a,
		.segment = gt_segment("bare", "arm/s", -1, 7),
		.l3_off = RD_ETH_LEN,
		.pkt_flags = RD_PKT_IPV4,
		.stage = RD_STAGE_L2_LOOKUP};
	assert_true(rte_node_edge_get(l2, names) != 0);
	while (strcmp(names[edge], "route") != 0)
		edge++;
	gf_w->stages[RD_STAGE_L2_LOOKUP].in++;
	gf_w->stages[RD_STAGE_L2_LOOKUP].out++;
	rte_node_enqueue_x1(gf_w->graph, gf_w->nodes[RD_STAGE_L2_LOOKUP], edge, m);
	gf_walk();
}

static void not_ip(void)
{
	struct gf_frame f = to("10.2.0.9", 20);

	build();
	rd_put16(f.bytes + 12, 0x88b5);
	dc_send(world.a, f);
}

static void no_route(void)
{
	build();
	dc_send(world.a, to("192.168.9.9", 20));
}

static void ttl(void)
{
	struct gf_frame f = to("10.2.0.9", 20);
	uint8_t *ip = f.bytes + RD_ETH_LEN;

	build();
	neighbour(9);
	f.bytes[TTL] = 1;
	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
	dc_send(world.a, f);
}

static void discard(void)
{
	build();
	route((const uint8_t[16]){10, 9, 1}, RD_ROUTE_BLACKHOLE);
	dc_send(world.a, to("10.9.1.1", 20));
}

static void unreachable(void)
{
	build();
	route((const uint8_t[16]){10, 9, 2}, RD_ROUTE_UNREACHABLE);
	dc_send(world.a, to("10.9.2.1", 20));
}

static void pending(void)
{
	build();
	dc_send(world.a, to("10.2.0.9", 20));
}

static void failed(void)
{
	const uint8_t ip[16] = {10, 2, 0, 9};
	uint16_t slot;

	pending();
	slot = (uint16_t)rd_neigh_find(world.rif, AF_INET, ip, false, gf_w->now_s);
	assert_in_range(slot, 1, RD_NEIGH_MAX);
	for (unsigned i = 1; i < RD_NEIGH_ASKS; i++)
		assert_true(rd_neigh_use(slot, gf_w->now_s + i));
	rd_neigh_age(gf_w->now_s + RD_NEIGH_ASKS + 1);
	dc_send(world.a, to("10.2.0.9", 20));
}

static void full(void)
{
	uint8_t ip[16] = {10, 2};
	char text[INET_ADDRSTRLEN];

	build();
	for (unsigned i = 2; i < ARP_MANY; i++) {
		rd_put16(ip + 2, (uint16_t)i);
		if (rd_neigh_find(world.rif, AF_INET, ip, true, gf_w->now_s) == -ENOSPC)
			break;
	}
	assert_non_null(inet_ntop(AF_INET, ip, text, sizeof(text)));
	dc_send(world.a, to(text, 20));
}

static void mtu(void)
{
	build();
	neighbour(9);
	dc_send(world.a, to("10.2.0.9", 1000));
}

static void scope(void)
{
	build();
	dc_send(world.a, to("10.2.255.255", 20));
	dc_send(world.a, to("169.254.1.1", 20));
}

static void mac_spoof(void)
{
	struct gf_frame f = to("10.2.0.9", 20);

	build();
	memcpy(f.bytes + 6, f.bytes, 6);
	dc_send(world.a, f);
}

const struct dc_case dc_route_cases[] = {
	CASE(RD_DROP_L3_NO_ROUTER, no_router),
	CASE(RD_DROP_L3_NOT_IP, not_ip),
	CASE(RD_DROP_L3_NO_ROUTE, no_route),
	CASE(RD_DROP_L3_TTL, ttl),
	CASE(RD_DROP_L3_DISCARD, discard),
	CASE(RD_DROP_L3_UNREACHABLE, unreachable),
	CASE(RD_DROP_L3_NEIGH_PENDING, pending),
	CASE(RD_DROP_L3_NEIGH_FAILED, failed),
	CASE(RD_DROP_L3_NEIGH_FULL, full),
	CASE(RD_DROP_L3_MTU, mtu),
	CASE(RD_DROP_L3_SCOPE, scope),
	CASE(RD_DROP_L3_MAC_SPOOF, mac_spoof),
};
const unsigned dc_nb_route_cases = RTE_DIM(dc_route_cases);
