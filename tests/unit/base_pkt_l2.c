/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/pkt: Ethernet, VLAN tags, ARP, offsets, the checksum helper.
 */
#include "base/pkt.h"

#include "api/stages.h"
#include "frames.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define ARP_REQUEST "0001 0800 06 04 0001 005056a12bc7 ac101f1a 000000000000 ac101f19"

static void cut_ethernet(void **state)
{
	struct frame f = frame_eth(0x88b5, "");

	(void)state;
	frame_expect_cut(&f, 0, 14, RD_DROP_PARSE_TRUNC_L2);
	for (size_t n = 0; n < 14; n++) { // runts: nothing more on the wire either
		struct rd_pkt p;

		assert_int_equal(frame_parse_cut(&f, n, n, &p), RD_DROP_PARSE_TRUNC_L2);
	}
}

static void unknown_ethertypes_are_fine(void **state)
{
	struct frame f = frame_eth(0x88b5, "");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.ethertype, 0x88b5);
	assert_int_equal(p.l3_off, 14);
	assert_int_equal(p.flags, 0);
	f = frame_eth(0x0026, "424203000000000000"); // 802.3: a length, spanning tree
	f.bytes[0] = 0x01;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_MCAST);
}

static void one_and_two_tags(void **state)
{
	struct frame f = frame_eth(RD_ETHERTYPE_VLAN, "e064 88b5");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.tags, 1);
	assert_int_equal(p.vlan, 100); // without priority bits
	assert_int_equal(p.ethertype, 0x88b5);
	assert_int_equal(p.l3_off, 18);
	frame_expect_cut(&f, 14, 18, RD_DROP_PARSE_TRUNC_L2);
	f = frame_eth(RD_ETHERTYPE_QINQ, "00c8 8100 0064 0806" ARP_REQUEST);
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.tags, 2);
	assert_int_equal(p.vlan, 200); // the outer one
	assert_int_equal(p.l3_off, 22);
	assert_int_equal(p.flags, RD_PKT_ARP);
	frame_expect_cut(&f, 14, 22, RD_DROP_PARSE_TRUNC_L2);
	f = frame_eth(RD_ETHERTYPE_VLAN, "6000 8100 0064 88b5"); // a priority tag outside
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.vlan, 0);
	assert_int_equal(p.tags, 2);
}

static void three_tags_are_too_many(void **state)
{
	struct frame f = frame_eth(RD_ETHERTYPE_VLAN, "0001 8100 0002 8100 0003 0800");
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_VLAN_TAGS);
	assert_int_equal(p.tags, 2);
	assert_int_equal(p.vlan, 1); // what was parsed stays
}

static void arp_must_be_whole(void **state)
{
	struct frame f = frame_eth(RD_ETHERTYPE_ARP, ARP_REQUEST);
	struct rd_pkt p;

	(void)state;
	assert_int_equal(frame_parse(&f, &p), 0);
	assert_int_equal(p.flags, RD_PKT_ARP);
	assert_int_equal(p.proto, 0);
	frame_expect_cut(&f, 14, 42, RD_DROP_PARSE_TRUNC_L3);
	f.bytes[18] = 255; // hardware addresses that don't fit
	assert_int_equal(frame_parse(&f, &p), RD_DROP_PARSE_TRUNC_L3);
}

static void offsets_count_from_the_view(void **state)
{
	struct frame inner = frame_ipv4(RD_IPPROTO_UDP, "1388 1389 000a 0000 abcd");
	struct frame f = {.len = 100};
	struct rd_pkt p;

	(void)state;
	memcpy(f.bytes + f.len, inner.bytes, inner.len);
	f.len += inner.len;
	assert_int_equal(rd_pkt_parse(f.bytes, f.len, f.len, 100, &p), 0);
	assert_int_equal(p.l2_off, 100);
	assert_int_equal(p.l3_off, 114);
	assert_int_equal(p.l4_off, 134);
	assert_int_equal(p.payload_off, 142);
	assert_int_equal(p.sport, 5000);
	assert_int_equal(p.flags, RD_PKT_IPV4 | RD_PKT_L4);
	assert_int_equal(rd_pkt_parse(f.bytes, 100, f.len, 100, &p), RD_DROP_PARSE_TRUNC_L2);
	assert_int_equal(rd_pkt_parse(f.bytes, 10, f.len, 100, &p), RD_DROP_PARSE_TRUNC_L2);
	assert_int_equal(rd_pkt_parse(f.bytes, f.len, f.len, SIZE_MAX, &p), RD_DROP_PARSE_TRUNC_L2);
}

static void far_headers_are_cut_short(void **state)
{
	uint8_t *view = calloc(1, 70000);
	struct rd_pkt p;

	(void)state;
	assert_non_null(view);
	assert_int_equal(rd_pkt_parse(view, 70000, 70000, 65521, &p), 0);
	assert_int_equal(p.l3_off, 65535);
	assert_int_equal(rd_pkt_parse(view, 70000, 70000, 65522, &p), RD_DROP_PARSE_TRUNC_L2);
	assert_int_equal(rd_pkt_parse(view, 70000, 70000, 69000, &p), RD_DROP_PARSE_TRUNC_L2);
	free(view);
}

static void checksum_of_rfc1071(void **state)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint8_t ones[512];
	uint32_t sum;

	(void)state;
	assert_int_equal(rd_csum_fold(rd_csum_add(0, example, 8)), (uint16_t)~0xddf2);
	sum = rd_csum_add(rd_csum_add(0, example, 4), example + 4, 4);
	assert_int_equal(rd_csum_fold(sum), (uint16_t)~0xddf2);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, example, 3)), (uint16_t)~0xf201);
	assert_int_equal(rd_csum_fold(0), 0xffff);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(rd_csum_fold(rd_csum_add(UINT32_MAX, ones, sizeof(ones))), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_ethernet),
		cmocka_unit_test(unknown_ethertypes_are_fine),
		cmocka_unit_test(one_and_two_tags),
		cmocka_unit_test(three_tags_are_too_many),
		cmocka_unit_test(arp_must_be_whole),
		cmocka_unit_test(offsets_count_from_the_view),
		cmocka_unit_test(far_headers_are_cut_short),
		cmocka_unit_test(checksum_of_rfc1071),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
