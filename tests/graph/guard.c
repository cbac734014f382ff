/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a guest may send: its own addresses, and so much in a second. Each through the stages and by the fast path, which must let
 * through the same packets.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "tables/flow.h"
#include "tables/tables.h"

#define A "02:00:00:00:00:0a"
#define B "02:00:00:00:00:0b"
#define EVERYBODY "ff:ff:ff:ff:ff:ff"

static uint16_t a, b;
static const uint8_t link_local[16] = {
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0x0a};
static const uint8_t own6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
static const uint8_t other6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5};
static const uint8_t nobody[16];

static void build(bool staged)
{
	uint16_t seg;

	gf_trace(false);
	gf_w->staged = staged;
	seg = gt_lan(0, 1600);
	a = gt_guest("a", "h/s", seg, A, 0);
	b = gt_guest("b", "h/s", seg, B, 1);
}

// 10.0.0.0/30 and 2001:db8::/64, or any.
static void addresses(bool some)
{
	struct rd_port *p = rd_port_edit(a);

	p->guard.nb_addrs = some ? 2 : 0;
	p->guard.addr[0] = (struct rd_guard_addr){AF_INET, 30, {10, 0, 0, 0}};
	p->guard.addr[1] = (struct rd_guard_addr){AF_INET6, 64, {0x20, 1, 0x0d, 0xb8}};
	gt_publish(p);
}

static bool passes(struct gf_frame f)
{
	gf_queue(a, f.bytes, f.len);
	gf_walk();
	return gf_sink_drain(1) == 1;
}

static struct gf_frame udp(const char *src, uint16_t sport, uint16_t dport)
{
	return gr_udp((struct gr_l2){B, A, 0}, src, "10.0.9.9", (uint16_t[]){sport, dport}, 20);
}

// ICMPv6 of this type and source, with these bytes behind the first four, to everybody.
static struct gf_frame icmp6(uint8_t type, const uint8_t src[16], const uint8_t *rest, uint16_t len)
{
	struct gf_frame f = {.len = 14u + 40 + 4 + len}, like = udp("10.0.0.1", 1, 2);
	uint8_t *ip = f.bytes + 14;

	memcpy(f.bytes, like.bytes, 12);
	rd_put16(f.bytes + 12, RD_ETHERTYPE_IPV6);
	ip[0] = 0x60;
	rd_put16(ip + 4, (uint16_t)(4 + len));
	ip[6] = RD_IPPROTO_ICMPV6;
	ip[7] = 255;
	memcpy(ip + 8, src, 16);
	ip[24] = 0xff;
	ip[25] = 2;
	ip[39] = 1;
	ip[40] = type;
	memcpy(ip + 44, rest, len);
	return f;
}

// Four reserved bytes, a target, and an option of eight.
static struct gf_frame nd(uint8_t type, const uint8_t src[16], const uint8_t target[16])
{
	uint8_t rest[28] = {0};

	memcpy(rest + 4, target, 16);
	rest[20] = 1;
	rest[21] = 1;
	return icmp6(type, src, rest, sizeof(rest));
}

static uint64_t spoofed(void)
{
	return gf_w->drops[RD_DROP_VNIC_IP_SPOOF];
}

static void checks_senders(bool staged)
{
	struct gf_frame f;

	build(staged);
	addresses(true);
	for (unsigned i = 0; i < 3; i++) { // the later ones are of a live flow
		assert_true(passes(udp("10.0.0.1", 68, 67)));
		assert_true(passes(udp("10.0.0.3", 5, 6)));
		assert_true(passes(udp("0.0.0.0", 68, 67)));
		assert_false(passes(udp("0.0.0.0", 68, 69)));
		assert_false(passes(udp("10.0.0.4", 68, 67)));
		assert_true(passes(gr_arp(B, A, "10.0.0.2", "10.0.9.9", 1)));
		assert_true(passes(gr_arp(B, A, "0.0.0.0", "10.0.0.2", 1)));
		assert_false(passes(gr_arp(B, A, "10.0.0.5", "10.0.9.9", 2)));
		f = gr_arp(B, A, "10.0.0.2", "10.0.9.9", 2);
		f.bytes[14 + 8 + 5] ^= 1; // says that somebody else's MAC has it
		assert_false(passes(f));
		assert_true(passes(nd(135, own6, other6)));
		assert_true(passes(nd(135, nobody, own6)));
		assert_true(passes(nd(135, link_local, own6)));
		assert_false(passes(nd(135, other6, own6)));
		assert_true(passes(nd(136, own6, own6)));
		assert_true(passes(nd(136, link_local, link_local)));
		assert_false(passes(nd(136, own6, other6)));
	}
	assert_int_equal(spoofed(), 3 * 6);
	assert_int_equal(gf_w->drops[RD_DROP_ND_INVALID], 0);
}

static void senders_in_the_stages(void **state)
{
	(void)state;
	checks_senders(true);
}

static void senders_on_the_fast_path(void **state)
{
	(void)state;
	checks_senders(false);
}

static void refuses_odd_neighbours(void **state)
{
	uint8_t rest[28] = {0};
	struct gf_frame f;

	(void)state;
	build(false);
	addresses(true);
	f = nd(135, own6, other6);
	f.bytes[14 + 7] = 254;
	assert_false(passes(f));
	f = nd(136, own6, own6);
	f.bytes[14 + 41] = 1; // code
	assert_false(passes(f));
	f = nd(135, own6, other6);
	f.bytes[14 + 40 + 25] = 0; // an option without an end
	assert_false(passes(f));
	f = nd(135, own6, other6);
	f.bytes[14 + 40 + 25] = 2; // or beyond the packet's
	assert_false(passes(f));
	assert_false(passes(icmp6(135, own6, rest, 12))); // without all of its target
	assert_false(passes(icmp6(137, own6, rest, 28)));
	assert_int_equal(gf_w->drops[RD_DROP_ND_INVALID], 6);
	assert_true(passes(icmp6(128, own6, rest, 4))); // an echo is none of these
	assert_int_equal(spoofed(), 0);
	addresses(false);
	f = nd(135, own6, other6);
	f.bytes[14 + 7] = 254;
	assert_true(passes(f)); // nobody asked for it
}

// A live flow of an address that is not the port's any more ends with the change, and comes back with the next one.
static void a_change_concerns_live_flows(void **state)
{
	(void)state;
	build(false);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 3; i++)
			assert_true(passes(udp("10.0.0.9", 5, 6)));
		addresses(true);
		for (unsigned i = 0; i < 3; i++)
			assert_false(passes(udp("10.0.0.9", 5, 6)));
		addresses(false);
	}
	assert_int_equal(spoofed(), 9);
}

static void limits(uint32_t packets, uint64_t bytes, uint32_t flows)
{
	struct rd_port *p = rd_port_edit(a);

	p->guard.max_packets = packets;
	p->guard.max_bytes = bytes;
	p->guard.max_flows = flows;
	gt_publish(p);
}

// How many of nb frames of a live flow come through, in bursts of 30.
static unsigned through(unsigned nb)
{
	struct gf_frame f = udp("10.0.0.1", 5, 6);
	unsigned seen = 0;

	for (unsigned i = 0; i < nb; i++) {
		gf_queue(a, f.bytes, f.len);
		if (i % 30 == 29)
			gf_walk();
		if (i % 30 == 29)
			seen += gf_sink_drain(1);
	}
	return seen;
}

static void later(uint64_t ns)
{
	uint64_t until = rd_monotonic_ns() + ns;

	while (rd_monotonic_ns() < until)
		;
}

// The bucket holds a tenth of a second's worth; what comes meanwhile is bounded by the time that has passed.
static void limits_packets(bool staged)
{
	uint64_t start, ns, seen;

	build(staged);
	assert_int_equal(through(30), 30);
	start = rd_monotonic_ns();
	limits(2000, 0, 0);
	seen = through(3000);
	seen += through(3000);
	ns = rd_monotonic_ns() - start;
	assert_true(seen >= 200 && seen <= 200 + 2000 * (ns / 1000000 + 1) / 1000 + 1);
	assert_int_equal(gf_w->drops[RD_DROP_VNIC_RATE], 6000 - seen);
	later(20000000); // forty more
	seen = through(30);
	assert_int_equal(seen, 30);
	limits(0, 0, 0);
	assert_int_equal(through(600), 600);
}

static void packets_in_the_stages(void **state)
{
	(void)state;
	limits_packets(true);
}

static void packets_on_the_fast_path(void **state)
{
	(void)state;
	limits_packets(false);
	assert_true(gf_w->flows->stats.hits > 600);
}

static void limits_bytes(void **state)
{
	uint32_t len = udp("10.0.0.1", 5, 6).len;
	uint64_t start, ns, seen, most;

	(void)state;
	build(false);
	assert_int_equal(through(30), 30);
	start = rd_monotonic_ns();
	limits(0, 1000000, 0);
	seen = through(9000);
	ns = rd_monotonic_ns() - start;
	most = (100000 + (ns / 1000000 + 1) * 1000) / len + 1;
	assert_true(seen >= 100000 / len - 1 && seen <= most);
	assert_int_equal(gf_w->drops[RD_DROP_VNIC_RATE], 9000 - seen);
}

static void limits_new_flows(void **state)
{
	uint64_t start, ns, seen = 0;

	(void)state;
	build(false);
	assert_true(passes(udp("10.0.0.1", 5, 6)));
	limits(0, 0, 500);
	assert_true(passes(udp("10.0.0.1", 5, 6))); // decided again, but not new
	start = rd_monotonic_ns();
	for (uint16_t i = 0; i < 1000; i++)
		seen += passes(udp("10.0.0.1", (uint16_t)(1000 + i), 7));
	ns = rd_monotonic_ns() - start;
	assert_true(seen >= 50 && seen <= 50 + 500 * (ns / 1000000 + 1) / 1000 + 1);
	assert_int_equal(gf_w->drops[RD_DROP_FLOW_NEW_DENIED], 1000 - seen);
	for (unsigned i = 0; i < 100; i++)
		assert_true(passes(udp("10.0.0.1", 5, 6))); // whoever is there stays
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)
		T(senders_in_the_stages),
		T(senders_on_the_fast_path),
		T(refuses_odd_neighbours),
		T(a_change_concerns_live_flows),
		T(packets_in_the_stages),
		T(packets_on_the_fast_path),
		T(limits_bytes),
		T(limits_new_flows),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
