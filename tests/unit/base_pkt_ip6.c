/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/pkt: IPv6: cuts, lengths, extension headers, fragments.
 */
#include "base/pkt.h"

#include "api/stages.h"
#include "base/str.h"
#include "frames.h"
#include "unit.h"

#define UDP_10 "1388 1389 000a 0000 abcd"
#define HOP_BY_HOP(next) #next "00 0104 00000000"
#define DEST_OPTS(next) #next "00 0104 00000000"
#define ROUTING(next) #next "00 0000 00000000"
#define FRAGMENT(next, off) #next "00" #off "00000001"

static void plain(void **state)
{
	struct frame f = frame_ipv6(RD_IPPROTO_UDP, UDP_10);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6 | RD_PKT_L4);
	assert_int_equal(p.l3_len, 50);
	assert_int_equal(p.l4_off, 54);
	assert_int_equal(p.payload_off, 62);
	assert_int_equal(p.sport, 5000);
	frame_expect_cut(&f, 14, 54, RD_DROP_PARSE_TRUNC_L3);
	frame_expect_cut(&f, 54, 62, RD_DROP_PARSE_TRUNC_L4);
}

static void version_and_length(void **state)
{
	struct frame f = frame_ipv6(RD_IPPROTO_UDP, UDP_10);
	struct rd_pkt p;

	(void)state;
	f.bytes[14] = 0x45;
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP_VERSION);
	f.bytes[14] = 0x60;
	rd_put16(f.bytes + 18, 11);
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP_LEN);
	rd_put16(f.bytes + 18, 0xffff);
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP_LEN);
	rd_put16(f.bytes + 18, 7);
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_TRUNC_L4);
	rd_put16(f.bytes + 18, 0); // a jumbogram, or nothing
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_TRUNC_L4);
	f.bytes[20] = 59; // no next header
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6 | RD_PKT_PADDED);
}

static void extensions_are_skipped(void **state)
{
	struct frame f = frame_ipv6(0, HOP_BY_HOP(2b) ROUTING(3c) DEST_OPTS(11) UDP_10);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.proto, RD_IPPROTO_UDP);
	assert_int_equal(p.l4_off, 54 + 24);
	assert_int_equal(p.dport, 5001);
	frame_expect_cut(&f, 54, 78, RD_DROP_PARSE_TRUNC_L3);
	frame_expect_cut(&f, 78, 86, RD_DROP_PARSE_TRUNC_L4);
	f = frame_ipv6(51, "11 02 0000 00000001 00000001 00000000" UDP_10); // AH counts words
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.l4_off, 54 + 16);
	f = frame_ipv6(50, "00000001 00000001 deadbeef"); // ESP: nothing to see behind
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.proto, 50);
	assert_int_equal(p.flags, RD_PKT_IPV6);
}

static void bad_extensions(void **state)
{
	struct frame f = frame_ipv6(60, DEST_OPTS(00) HOP_BY_HOP(11) UDP_10);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR); // hop-by-hop is not first
	f = frame_ipv6(60, "1101 0104 00000000"); // longer than the packet
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR);
	f = frame_ipv6(60, "11ff 0104 00000000" UDP_10);
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR);
	f = frame_ipv6(51, "1100 0000 00000001" UDP_10); // AH below its 12 bytes
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR);
	for (uint16_t n = 0; n < 8; n++) { // the packet ends inside the header
		f = frame_ipv6(60, DEST_OPTS(11));
		rd_put16(f.bytes + 18, n);
		assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR);
	}
}

static void eight_extensions_are_the_limit(void **state)
{
	struct frame f = frame_ipv6(60, "");
	struct rd_pkt p;

	(void)state;
	for (int i = 0; i < 7; i++)
		frame_add(&f, DEST_OPTS(3c));
	frame_add(&f, DEST_OPTS(11) UDP_10);
	rd_put16(f.bytes + 18, (uint16_t)(f.len - 54));
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.l4_off, 54 + 64);
	f = frame_ipv6(60, "");
	for (int i = 0; i < 8; i++)
		frame_add(&f, DEST_OPTS(3c));
	frame_add(&f, DEST_OPTS(11) UDP_10);
	rd_put16(f.bytes + 18, (uint16_t)(f.len - 54));
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP6_EXTHDR);
}

static void fragments(void **state)
{
	struct frame f = frame_ipv6(44, FRAGMENT(11, 0001) "1388 1389 0800 0000 abcd");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6 | RD_PKT_FRAG | RD_PKT_L4);
	assert_int_equal(p.dport, 5001);
	f = frame_ipv6(44, FRAGMENT(3c, 0009) "deadbeef"); // what follows is no header
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6 | RD_PKT_FRAG | RD_PKT_FRAG_LATER);
	assert_int_equal(p.proto, 60);
	f = frame_ipv6(44, FRAGMENT(11, 0000) UDP_10); // an atomic fragment is whole
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV6 | RD_PKT_L4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(version_and_length),
		cmocka_unit_test(extensions_are_skipped),
		cmocka_unit_test(bad_extensions),
		cmocka_unit_test(eight_extensions_are_the_limit),
		cmocka_unit_test(fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
