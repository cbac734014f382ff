/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The router between two segments: what it says itself, whom it asks, and the way of what it forwards, decided and from the flow cache.
 * What becomes of all kinds of packets is compared with a model by semantics.c.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <sys/socket.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/punt.h"
#include "tables/router.h"

#define ROUTER "02:50:56:56:44:52"
#define A "00:50:56:a1:00:0a"
#define B "00:50:56:a1:00:0b"
#define ETHER_ALL "ff:ff:ff:ff:ff:ff"
#define IP RD_ETH_LEN
#define TTL (IP + 8)
#define ICMP (IP + 20)

static uint16_t a, b, ports[2] = {4000, 80};

static void interface(const char *name, uint16_t router, uint16_t segment, uint8_t third)
{
	struct rd_rif_opts o = {.segment = segment,
		.nb_addrs = 1,
		.addr[0] = {.family = AF_INET, .len = 24, .addr = {10, third, 0, 1}}};
	struct rd_err err = {0};

	assert_int_equal(rd_rif_add(name, router, &o, &err), 0);
}

static void segments(uint16_t *near, uint16_t *far)
{
	gt_host("arm");
	gt_switch("s", "arm", 1, 1500);
	*near = gt_segment("near", "arm/s", -1, 5);
	*far = gt_segment("far", "arm/s", -1, 6);
}

static void join(uint16_t near, uint16_t far)
{
	const uint8_t mac[6] = RD_ROUTER_MAC;
	struct rd_err err = {0};
	uint16_t router;

	assert_int_equal(rd_router_add("r", rd_segment_at(near)->host, mac, &err), 0);
	router = rd_router_find("r", &err)->idx;
	interface("near", router, near, 1);
	interface("far", router, far, 2);
}

static void build(void)
{
	uint16_t near, far;

	segments(&near, &far);
	a = gt_guest("a", "arm/s", near, A, 0);
	b = gt_guest("b", "arm/s", far, B, 1);
	join(near, far);
}

// A guest of the host behind this MUX.
static uint16_t proxy(const char *name, const char *mac, uint16_t seg, uint16_t mux)
{
	struct rd_port *p = gt_port(name, "arm/s", RD_PORT_VNIC);

	p->segment = seg;
	gt_mac(p, mac);
	p->attach = RD_ATTACH_VIA;
	p->peer = mux;
	return gt_publish(p);
}

static uint64_t transmit(uint16_t port, struct gf_frame f)
{
	gf_forget();
	return gf_send(port, f.bytes, f.len);
}

static void assert_got(unsigned sink, const struct gf_frame *want)
{
	struct gf_frame got;

	assert_true(gf_sink_take(sink, &got));
	assert_int_equal(got.len, want->len);
	assert_memory_equal(got.bytes, want->bytes, want->len);
	assert_int_equal(gf_sink_drain(sink), 0);
}

static void set_ip_checksum(struct gf_frame *f)
{
	rd_put16(f->bytes + IP + 10, 0);
	rd_put16(f->bytes + IP + 10, rd_csum_fold(rd_csum_add(0, f->bytes + IP, 20)));
}

static struct gf_frame to_b(void)
{
	return gr_udp((struct gr_l2){ROUTER, A, 0}, "10.1.0.5", "10.2.0.9", ports, 20);
}

static void answers_arp(void **state)
{
	struct gf_frame want = gr_arp(A, ROUTER, "10.1.0.1", "10.1.0.5", 2);
	uint64_t id;

	(void)state;
	build();
	memcpy(want.bytes + IP + 18, want.bytes, 6); // target: who asked
	id = transmit(a, gr_arp(ETHER_ALL, A, "10.1.0.5", "10.1.0.1", 1));
	assert_string_equal(gf_path(id),
		"vnic_rx@a classify@a port_in@a flow_lookup@a l2_lookup@a route@a l2_lookup@a "
		"port_out@a vnic_tx@a");
	assert_got(0, &want);
	// For somebody else: the segment's affair, where nobody else is.
	gf_assert_reason(
		transmit(a, gr_arp(ETHER_ALL, A, "10.1.0.5", "10.1.0.7", 1)), RD_DROP_FLOOD_EMPTY);
}

static void answers_echo(void **state)
{
	struct gf_frame want = gr_echo((struct gr_l2){A, ROUTER, 0}, "10.2.0.1", "10.1.0.5", 40);

	(void)state;
	build();
	want.bytes[TTL] = 64;
	set_ip_checksum(&want);
	want.bytes[ICMP] = 0;
	rd_put16(want.bytes + ICMP + 2, 0);
	rd_put16(want.bytes + ICMP + 2, rd_csum_fold(rd_csum_add(0, want.bytes + ICMP, 48)));
	transmit(a,
		gr_echo((struct gr_l2){ROUTER, A, 0}, "10.1.0.5", "10.2.0.1",
			40)); // any of its addresses
	assert_got(0, &want);
}

// Nothing waits: the first packet is dropped, and asks; the answer is heard; the next one goes, and the one after it by memory.
static void asks_and_forwards(void **state)
{
	struct gf_frame question = gr_arp(ETHER_ALL, ROUTER, "10.2.0.1", "10.2.0.9", 1),
			want = to_b();
	uint64_t id;

	(void)state;
	build();
	question.len = 42;
	gf_assert_reason(transmit(a, to_b()), RD_DROP_L3_NEIGH_PENDING);
	assert_got(1, &question);
	gf_assert_reason(
		transmit(a, to_b()), RD_DROP_L3_NEIGH_PENDING); // asked for once in a second
	assert_int_equal(gf_sink_drain(1), 0);
	transmit(b, gr_arp(ROUTER, B, "10.2.0.9", "10.2.0.1", 2));
	assert_int_equal(gf_sink_drain(0), 0);

	memcpy(want.bytes, "\x00\x50\x56\xa1\x00\x0b\x02\x50\x56\x56\x44\x52", 12);
	want.bytes[TTL]--;
	set_ip_checksum(&want);
	id = transmit(a, to_b());
	assert_string_equal(gf_path(id),
		"vnic_rx@a classify@a port_in@a flow_lookup@a l2_lookup@a route@a flow_lookup@a "
		"l2_lookup@a port_out@b flow_install@b vnic_tx@b");
	assert_got(1, &want);
	id = transmit(a, to_b());
	assert_string_equal(gf_path(id),
		"vnic_rx@a classify@a port_in@a flow_lookup@a route@a flow_lookup@a port_out@b "
		"vnic_tx@b");
	assert_got(1, &want);
}

// Both guests are behind one MUX. What one of them floods, its host's switch has flooded there; what the router floods has been
// nowhere yet, be it the router's question or the packet itself, to a guest that has not spoken.
static void what_is_routed_goes_back_into_its_mux(void **state)
{
	struct gf_frame question = gr_arp(ETHER_ALL, ROUTER, "10.2.0.1", "10.2.0.9", 1),
			want = to_b();
	uint16_t near, far, mux;
	struct rd_err err = {0};
	struct rd_port *p;
	uint64_t id;

	(void)state;
	segments(&near, &far);
	p = gt_port("mux", "arm/s", RD_PORT_MUX);
	gf_attach_sink(p, 0);
	mux = gt_publish(p);
	a = proxy("a", A, near, mux);
	b = proxy("b", B, far, mux);
	join(near, far);
	gf_assert_reason(transmit(mux, gr_arp(ETHER_ALL, A, "10.1.0.5", "10.1.0.7", 1)),
		RD_DROP_FLOOD_EMPTY);
	assert_int_equal(gf_sink_drain(0), 0);
	gf_assert_reason(transmit(mux, to_b()), RD_DROP_L3_NEIGH_PENDING);
	question.len = 42;
	assert_got(0, &question);

	memcpy(want.bytes, "\x00\x50\x56\xa1\x00\x0c\x02\x50\x56\x56\x44\x52", 12);
	want.bytes[TTL]--;
	set_ip_checksum(&want);
	assert_int_equal(rd_neigh_add(rd_rif_of_segment(far)->idx, AF_INET,
				 (const uint8_t[16]){10, 2, 0, 9}, want.bytes, &err),
		0);
	id = transmit(mux, to_b());
	assert_string_equal(gf_path(id),
		"mux_rx@mux classify@a port_in@a flow_lookup@a l2_lookup@a route@a flow_lookup@a "
		"l2_lookup@a flood@a port_out@b mux_tx@mux");
	assert_got(0, &want);
}

static void tells_that_the_ttl_is_gone(void **state)
{
	struct gf_frame f = to_b(), got;
	const uint8_t *icmp = got.bytes + ICMP;

	(void)state;
	build();
	f.bytes[TTL] = 1;
	set_ip_checksum(&f);
	gf_assert_reason(transmit(a, f), RD_DROP_L3_TTL);
	assert_true(gf_sink_take(0, &got));
	assert_memory_equal(
		got.bytes, "\x00\x50\x56\xa1\x00\x0a\x02\x50\x56\x56\x44\x52\x08\x00", 14);
	assert_int_equal(
		rd_be32(got.bytes + IP + 12), 0x0a010001); // of the interface that it came by
	assert_int_equal(rd_be32(got.bytes + IP + 16), 0x0a010005);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, got.bytes + IP, 20)), 0);
	assert_int_equal(got.bytes[IP + 9], RD_IPPROTO_ICMP);
	assert_int_equal(rd_be16(icmp), 11 << 8);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, icmp, got.len - ICMP)), 0);
	assert_memory_equal(icmp + 8, f.bytes + IP, f.len - IP);
	assert_int_equal(gf_sink_drain(1), 0);
}

static struct gf_frame fragment(unsigned from, uint16_t flags_and_offset)
{
	uint16_t some[2] = {(uint16_t)from, 80};
	struct gf_frame f = gr_udp((struct gr_l2){ROUTER, A, 0}, "10.1.0.5", "10.9.0.1", some, 64);

	rd_put16(f.bytes + IP + 6, flags_and_offset);
	set_ip_checksum(&f);
	return f;
}

// The last byte of the MAC that it was sent to.
static uint8_t way_of(struct gf_frame f)
{
	struct gf_frame got;

	transmit(a, f);
	assert_true(gf_sink_take(1, &got));
	assert_int_equal(gf_sink_drain(1), 0);
	return got.bytes[5];
}

static void two_ways(void)
{
	struct rd_route r = {.router = 1,
		.family = AF_INET,
		.len = 16,
		.kind = RD_ROUTE_VIA,
		.nb_paths = 2,
		.addr = {10, 9}};
	uint8_t mac[6] = {0, 0x50, 0x56, 0xa1, 0};
	struct rd_err err = {0};

	for (unsigned i = 0; i < 2; i++) {
		memcpy(r.path[i].addr, (uint8_t[]){10, 2, 0, (uint8_t)(9 + i)}, 4);
		mac[5] = (uint8_t)(0x20 + i);
		assert_int_equal(rd_neigh_add(rd_rif_of_segment(rd_port_at(b)->segment)->idx,
					 AF_INET, r.path[i].addr, mac, &err),
			0);
	}
	assert_int_equal(rd_route_add(&r, &err), 0);
}

// Of a datagram the first fragment alone has ports; of whole packets ports spread flows over both ways.
static void fragments_go_one_way(void **state)
{
	unsigned taken = 0;
	uint8_t way;

	(void)state;
	build();
	two_ways();
	way = way_of(fragment(1000, 185)); // a later one
	for (unsigned port = 1000; port < 1032; port++) {
		taken |= 1u << (way_of(fragment(port, 0))
				 - 0x20); // a whole one, whose flow it finds
		assert_int_equal(way_of(fragment(port, 0x2000)), way);
		assert_int_equal(way_of(fragment(port, 185)), way);
	}
	assert_int_equal(taken, 3);
}

// A guest that floods the router with questions does not keep it from telling of a packet; what it does not tell is counted.
static void a_flood_does_not_silence_it(void **state)
{
	struct gf_frame question = gr_arp(ETHER_ALL, A, "10.1.0.5", "10.1.0.1", 1), late = to_b();
	struct rd_rif_counts c;

	(void)state;
	build();
	gf_w->clock.base_tsc = UINT64_MAX; // it stands
	gf_w->clock.base_ns = UINT64_C(1000000000000);
	gf_w->clock.last_ns = 0;
	rd_punt_set_rate(1);
	for (unsigned i = 0; i < 16; i++)
		transmit(a, question);
	assert_int_equal(gf_sink_drain(0), 16);
	gf_assert_reason(transmit(a, question), RD_DROP_PUNT_RATE);
	late.bytes[TTL] = 1;
	set_ip_checksum(&late);
	for (unsigned i = 0; i < 64; i++)
		transmit(a, late);
	rd_punt_set_rate(RD_PUNT_RATE);
	rd_rif_counts(rd_rif_of_segment(rd_port_at(a)->segment)->idx, &c);
	assert_int_equal(c.said, 16); // as many at once, at any rate
	assert_int_equal(c.withheld, 64 - 16);
	assert_int_equal(gf_sink_drain(0), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_arp, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(answers_echo, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(asks_and_forwards, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(
			what_is_routed_goes_back_into_its_mux, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(tells_that_the_ttl_is_gone, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(fragments_go_one_way, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(a_flood_does_not_silence_it, gf_begin, gf_end),
	};

	return gf_main(tests, RTE_DIM(tests));
}
