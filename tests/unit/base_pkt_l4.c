/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/pkt: TCP, UDP, ICMP and ICMPv6, and protocols that have no L4 fields.
 */
#include "base/pkt.h"

#include "api/stages.h"
#include "frames.h"
#include "unit.h"

#define TCP_SYN "e068 0050 00000001 00000000 5002 faf0 0000 0000"

static void tcp_data_offset(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_TCP, TCP_SYN "01010101 68656c6c");
	struct rd_pkt p;

	(void)state;
	for (unsigned doff = 0; doff < 16; doff++) {
		f.bytes[46] = (uint8_t)(doff << 4);
		assert_int_equal(
			frame_parse(&f, &p), doff >= 5 && doff <= 7 ? 0 : RD_DROP_PARSE_TCP_HDRLEN);
		if (doff >= 5 && doff <= 7)
			assert_int_equal(p.payload_off, 34 + doff * 4);
		else
			assert_int_equal(p.flags & RD_PKT_L4, 0);
	}
}

static void tcp_cut(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_TCP, TCP_SYN "01010101");
	struct rd_pkt p;

	(void)state;
	f.bytes[46] = 0x60;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.tcp_flags, 0x02);
	frame_expect_cut(&f, 34, 58, RD_DROP_PARSE_TRUNC_L4);
	for (uint16_t n = 0; n < 20; n++) { // the IP packet ends inside the header
		rd_put16(f.bytes + 16, (uint16_t)(20 + n));
		frame_csum(&f, 14);
		assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_TRUNC_L4);
	}
}

static void udp_length(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, "1388 1389 0000 0000 abcd");
	struct rd_pkt p;

	(void)state;
	for (uint16_t len = 0; len < 20; len++) {
		rd_put16(f.bytes + 38, len);
		assert_int_equal(
			frame_parse(&f, &p), len >= 8 && len <= 10 ? 0 : RD_DROP_PARSE_UDP_LEN);
	}
	rd_put16(f.bytes + 38, 0xffff);
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_UDP_LEN);
	rd_put16(f.bytes + 38, 10);
	frame_expect_cut(&f, 34, 42, RD_DROP_PARSE_TRUNC_L4);
}

static void icmp(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_ICMP, "08 01 0000 0001 0001 6869");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.sport, 8);
	assert_int_equal(p.dport, 1);
	assert_int_equal(p.payload_off, 42);
	frame_expect_cut(&f, 34, 42, RD_DROP_PARSE_TRUNC_L4);
	f = frame_ipv6(RD_IPPROTO_ICMPV6, "87 00 0000");
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.sport, 135);
	assert_int_equal(p.payload_off, 58);
	frame_expect_cut(&f, 54, 58, RD_DROP_PARSE_TRUNC_L4);
}

static void others_have_no_l4(void **state)
{
	struct rd_pkt p;

	(void)state;
	for (unsigned proto = 0; proto < 256; proto++) {
		struct frame f = frame_ipv4((uint8_t)proto, "");
		bool known = proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP
			|| proto == RD_IPPROTO_ICMP;

		assert_int_equal(frame_parse(&f, &p), known ? RD_DROP_PARSE_TRUNC_L4 : 0);
		assert_int_equal(p.flags, RD_PKT_IPV4);
		assert_int_equal(p.proto, proto);
	}
}

static void icmp_belongs_to_its_version(void **state)
{
	struct frame f = frame_ipv6(RD_IPPROTO_ICMP, "");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6);
	f = frame_ipv4(RD_IPPROTO_ICMPV6, "");
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4);
}

static void a_wire_length_below_the_view_is_ignored(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_TCP, TCP_SYN);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse_cut(&f, f.len, 0, &p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_data_offset),
		cmocka_unit_test(tcp_cut),
		cmocka_unit_test(udp_length),
		cmocka_unit_test(icmp),
		cmocka_unit_test(others_have_no_l4),
		cmocka_unit_test(icmp_belongs_to_its_version),
		cmocka_unit_test(a_wire_length_below_the_view_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
