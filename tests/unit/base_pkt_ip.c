/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/pkt: IPv4: cuts, versions, lengths, checksum, options, fragments, padding.
 */
#include "base/pkt.h"

#include "api/stages.h"
#include "frames.h"
#include "unit.h"

// A SYN that tcpdump printed: 172.16.31.26.57448 > 172.16.31.25.80, 74 bytes.
#define GOLDEN_SYN                                        \
	"005056a1999e 005056a12bc7 0800"                  \
	"4500003c 1c46 4000 40 06 822c ac101f1a ac101f19" \
	"e068 0050 00000001 00000000 a002 faf0 0000 0000" \
	"020405b4 0402080a 00000001 00000000 01030307"
#define UDP_10 "1388 1389 000a 0000 abcd"

static int parse_with(struct frame f, size_t at, uint8_t byte, bool mend)
{
	struct rd_pkt p;

	f.bytes[at] = byte;
	if (mend)
		frame_csum(&f, 14);
	return frame_parse(&f, &p);
}

static void golden_syn(void **state)
{
	struct frame f = frame_hex(GOLDEN_SYN);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(f.len, 74);
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_L4);
	assert_int_equal(p.ethertype, RD_ETHERTYPE_IPV4);
	assert_int_equal(p.l3_off, 14);
	assert_int_equal(p.l3_len, 60);
	assert_int_equal(p.proto, RD_IPPROTO_TCP);
	assert_int_equal(p.l4_off, 34);
	assert_int_equal(p.payload_off, 74);
	assert_int_equal(p.sport, 57448);
	assert_int_equal(p.dport, 80);
	assert_int_equal(p.tcp_flags, 0x02);
	frame_expect_cut(&f, 14, 34, RD_DROP_PARSE_TRUNC_L3);
	frame_expect_cut(&f, 34, 74, RD_DROP_PARSE_TRUNC_L4);
	for (size_t n = 34; n < 74; n++) // a short frame, not a short view: the length field lies
		assert_int_equal(frame_parse_cut(&f, n, n, &p), RD_DROP_PARSE_IP_LEN);
}

static void version_must_fit(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, UDP_10);

	(void)state;
	for (unsigned v = 0; v < 16; v++)
		assert_int_equal(parse_with(f, 14, (uint8_t)(v << 4 | 5), true),
			v == 4 ? 0 : RD_DROP_PARSE_IP_VERSION);
}

static void header_length_must_be_sane(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, UDP_10);

	(void)state;
	for (unsigned ihl = 0; ihl < 5; ihl++)
		assert_int_equal(
			parse_with(f, 14, (uint8_t)(0x40 | ihl), false), RD_DROP_PARSE_IP_HDRLEN);
	assert_int_equal(parse_with(f, 14, 0x48, false), RD_DROP_PARSE_IP_LEN); // 32 > total of 30
}

static void total_length_must_be_sane(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, UDP_10);

	(void)state;
	assert_int_equal(parse_with(f, 17, 30, true), 0);
	assert_int_equal(parse_with(f, 17, 31, true), RD_DROP_PARSE_IP_LEN); // beyond the frame
	assert_int_equal(parse_with(f, 16, 0xff, true), RD_DROP_PARSE_IP_LEN);
	assert_int_equal(parse_with(f, 17, 19, true), RD_DROP_PARSE_IP_LEN); // below its header
	assert_int_equal(parse_with(f, 17, 0, true), RD_DROP_PARSE_IP_LEN);
	assert_int_equal(parse_with(f, 17, 20, true), RD_DROP_PARSE_TRUNC_L4); // no room for UDP
	assert_int_equal(parse_with(f, 17, 29, true), RD_DROP_PARSE_UDP_LEN); // now UDP's lies
}

static void every_wrong_bit_is_found(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, UDP_10);
	struct rd_pkt p;

	(void)state;
	for (unsigned bit = 4 * 8; bit < 20 * 8; bit++) { // identification to destination
		struct frame g = f;

		g.bytes[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(frame_parse(&g, &p), RD_DROP_PARSE_IP_CSUM);
	}
}

static void options_are_skipped(void **state)
{
	struct frame f = frame_eth(RD_ETHERTYPE_IPV4,
		"4600 0022 0001 0000 40 11 0000 ac101f1a ac101f19 94040000" UDP_10);
	struct rd_pkt p;

	(void)state;
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.l4_off, 38);
	assert_int_equal(p.dport, 5001);
	frame_expect_cut(&f, 34, 38, RD_DROP_PARSE_TRUNC_L3);
	frame_expect_cut(&f, 38, 46, RD_DROP_PARSE_TRUNC_L4);
	f.bytes[34] ^= 1; // options are in the checksum
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_IP_CSUM);
}

static void padding_is_fine(void **state)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, UDP_10);
	struct rd_pkt p;

	(void)state;
	frame_add(&f, "00000000 00000000 00000000 0000");
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_L4 | RD_PKT_PADDED);
	assert_int_equal(p.l3_len, 30);
	// Padding does not lend its bytes to the transport header.
	f = frame_ipv4(RD_IPPROTO_TCP, "e068 0050 00000001 0000");
	frame_add(&f, "0000 5002 faf0 0000 0000 0000 0000 0000");
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_TRUNC_L4);
}

static void fragments(void **state)
{
	struct frame f =
		frame_ipv4(RD_IPPROTO_UDP, "1388 1389 0800 0000 abcd"); // 2048 bytes in all
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_UDP_LEN); // not as a whole
	rd_put16(f.bytes + 20, 0x2000);
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_FRAG | RD_PKT_L4);
	assert_int_equal(p.dport, 5001);
	rd_put16(f.bytes + 20, 0x2001); // in the middle
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_FRAG | RD_PKT_FRAG_LATER);
	assert_int_equal(p.sport, 0);
	assert_int_equal(p.proto, RD_IPPROTO_UDP);
	rd_put16(f.bytes + 20, 0x00ff); // the last
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_FRAG | RD_PKT_FRAG_LATER);
	rd_put16(f.bytes + 20, 0x4000); // don't fragment is no fragment
	rd_put16(f.bytes + 38, 10);
	frame_csum(&f, 14);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_L4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_syn),
		cmocka_unit_test(version_must_fit),
		cmocka_unit_test(header_length_must_be_sane),
		cmocka_unit_test(total_length_must_be_sane),
		cmocka_unit_test(every_wrong_bit_is_found),
		cmocka_unit_test(options_are_skipped),
		cmocka_unit_test(padding_is_fine),
		cmocka_unit_test(fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
