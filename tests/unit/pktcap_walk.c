/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What changed between two hops of a walk, in words.
 */
#include "unit.h"

#include <string.h>

#include "base/pkt.h"
#include "walk_diff.h"

#define OUTER 50 // Ethernet, IPv4, UDP, Geneve without options

static uint8_t inner[60], tunnel[OUTER + 60];

static void put_ip4(uint8_t *ip, uint16_t len, uint8_t proto, uint8_t last)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	rd_put16(ip + 2, len);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 1, 10, 0, 0}, 7);
	ip[19] = last;
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
}

static void put_eth(uint8_t *f, uint8_t last, uint16_t type)
{
	memcpy(f, (const uint8_t[]){0, 0x50, 0x56, 0, 0, 2, 0, 0x50, 0x56, 0, 0}, 11);
	f[11] = last;
	rd_put16(f + 12, type);
}

static int make_frames(void **state)
{
	(void)state;
	put_eth(inner, 1, RD_ETHERTYPE_IPV4);
	put_ip4(inner + 14, 46, RD_IPPROTO_UDP, 9);
	rd_put16(inner + 34, 1000);
	rd_put16(inner + 36, 2000);
	rd_put16(inner + 38, 26);
	put_eth(tunnel, 7, RD_ETHERTYPE_IPV4);
	put_ip4(tunnel + 14, 36 + 60, RD_IPPROTO_UDP, 200);
	rd_put16(tunnel + 34, 56554);
	rd_put16(tunnel + 36, RD_GENEVE_PORT);
	rd_put16(tunnel + 38, 16 + 60);
	rd_put16(tunnel + 44, RD_ETHERTYPE_TEB);
	rd_put32(tunnel + 46, 74752u << 8);
	memcpy(tunnel + OUTER, inner, 60);
	return 0;
}

static const char *diff(const uint8_t *a, uint32_t alen, const uint8_t *b, uint32_t blen)
{
	static char buf[768];
	struct pk_frame x = {a, alen, alen}, y = {b, blen, blen};

	return pk_walk_diff(&x, &y, buf, sizeof(buf));
}

static void same_is_unchanged(void **state)
{
	(void)state;
	assert_string_equal(diff(inner, 60, inner, 60), "unchanged");
	assert_string_equal(diff(tunnel, 110, tunnel, 110), "unchanged");
}

static void headers_that_come_and_go(void **state)
{
	(void)state;
	assert_string_equal(diff(inner, 60, tunnel, 110),
		"+ eth 00:50:56:00:00:07 > 00:50:56:00:00:02  + ipv4 10.0.0.1 > 10.0.0.200"
		"  + udp 56554 > 6081\n+ geneve vni 0x12400 (74752)  = inner 60 B unchanged");
	assert_string_equal(diff(tunnel, 110, inner, 60),
		"- eth 00:50:56:00:00:07 > 00:50:56:00:00:02  - ipv4 10.0.0.1 > 10.0.0.200"
		"  - udp 56554 > 6081\n- geneve vni 0x12400 (74752)  = inner 60 B unchanged");
}

static void fields_by_name(void **state)
{
	uint8_t other[60];

	(void)state;
	memcpy(other, inner, 60);
	other[22]--; // ttl
	rd_put16(other + 24, 0x1234); // checksum
	other[11] = 9;
	assert_string_equal(diff(inner, 60, other, 60), "~ eth src, ipv4 ttl, ipv4 csum");
	memcpy(other, inner, 60);
	other[50] ^= 1;
	assert_string_equal(diff(inner, 60, other, 60), "~ payload");
	memcpy(other, inner, 60);
	other[37] ^= 1;
	assert_string_equal(diff(inner, 60, other, 60), "~ udp dport");
}

static void a_change_inside_the_tunnel(void **state)
{
	uint8_t other[60];
	const char *text;

	(void)state;
	memcpy(other, inner, 60);
	other[0] = 2;
	text = diff(other, 60, tunnel, 110);
	assert_non_null(strstr(text, "= inner 60 B ~ eth dst"));
}

static void tags(void **state)
{
	uint8_t tagged[64];

	(void)state;
	memcpy(tagged, inner, 12);
	rd_put16(tagged + 12, RD_ETHERTYPE_VLAN);
	rd_put16(tagged + 14, 0x200c);
	memcpy(tagged + 16, inner + 12, 48);
	assert_string_equal(diff(inner, 60, tagged, 64), "+ vlan 12");
	assert_string_equal(diff(tagged, 64, inner, 60), "- vlan 12");
}

static void cut_records_still_compare(void **state)
{
	char buf[768];
	struct pk_frame x = {inner, 20, 60}, y = {inner, 40, 60}, none = {inner, 0, 60};

	(void)state;
	assert_string_equal(pk_walk_diff(&x, &y, buf, sizeof(buf)), "unchanged");
	assert_string_equal(pk_walk_diff(&none, &y, buf, sizeof(buf)), "unchanged");
	assert_non_null(strstr(diff(inner, 60, tunnel, 70), "~ rewritten: 60 B to 70 B"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_is_unchanged),
		cmocka_unit_test(headers_that_come_and_go),
		cmocka_unit_test(fields_by_name),
		cmocka_unit_test(a_change_inside_the_tunnel),
		cmocka_unit_test(tags),
		cmocka_unit_test(cut_records_still_compare),
	};

	return cmocka_run_group_tests(tests, make_frames, NULL);
}
