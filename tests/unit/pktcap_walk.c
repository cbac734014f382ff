/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What changed between two hops of a walk, in words.
 */
#include "unit.h"

#include <string.h>

#include "base/pkt.h"
#include "decode/walk_edit.h"

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
	assert_string_equal(diff(inner, 60, other, 60),
		"~ eth src 00:50:56:00:00:01 > 00:50:56:00:00:09\n~ ipv4 ttl 64 > 63, ipv4 csum");
	memcpy(other, inner, 60);
	other[50] ^= 1;
	assert_string_equal(diff(inner, 60, other, 60), "~ payload");
	memcpy(other, inner, 60);
	other[37] ^= 1;
	assert_string_equal(diff(inner, 60, other, 60), "~ udp dport 2000 > 2001");
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

// Applies the script to `before`: it must give `after`.
static void check_edits(const uint8_t *a, uint32_t alen, const uint8_t *b, uint32_t blen)
{
	struct pk_frame x = {a, alen, alen}, y = {b, blen, blen};
	struct pk_edits e;
	uint8_t made[256];
	uint32_t at = 0, from = 0;

	pk_walk_edits(&x, &y, &e);
	for (unsigned i = 0; i < e.count; i++) {
		const struct pk_edit *p = &e.list[i];

		assert_int_equal(p->before, from);
		if (p->kind == PK_EDIT_REMOVED) {
			from += p->len;
			continue;
		}
		assert_int_equal(p->after, at);
		memcpy(made + at, (p->kind == PK_EDIT_SAME ? a + from : b + at), p->len);
		at += p->len;
		from += p->kind == PK_EDIT_ADDED ? 0 : p->len;
	}
	assert_int_equal(from, alen);
	assert_int_equal(at, blen);
	assert_memory_equal(made, b, blen);
	assert_int_equal((int)blen - (int)alen, (int)e.added - (int)e.removed);
}

static void edits_make_the_one_from_the_other(void **state)
{
	uint8_t other[64], noise[200];

	(void)state;
	check_edits(inner, 60, inner, 60);
	check_edits(inner, 60, tunnel, OUTER + 60);
	check_edits(tunnel, OUTER + 60, inner, 60);
	memcpy(other, inner, 12);
	rd_put32(other + 12, 0x81000064);
	memcpy(other + 16, inner + 12, 48);
	check_edits(inner, 60, other, 64);
	check_edits(other, 64, inner, 60);
	memcpy(other, inner, 60);
	other[22] = 63;
	other[59] = 1;
	check_edits(inner, 60, other, 60);
	for (unsigned i = 0; i < sizeof(noise); i++) // more changes than there is room for
		noise[i] = (uint8_t)(i % 2 ? i : 0);
	check_edits(noise, 200, (uint8_t[200]){0}, 200);
	check_edits(noise, 200, inner, 60);
	check_edits(inner, 0, noise, 200);
}

static void edits_count_bytes(void **state)
{
	struct pk_frame x = {inner, 60, 60}, y = {tunnel, OUTER + 60, OUTER + 60};
	struct pk_edits e;

	(void)state;
	pk_walk_edits(&x, &y, &e);
	assert_int_equal(e.added, OUTER);
	assert_int_equal(e.removed + e.changed, 0);
	assert_int_equal(e.count, 2);
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
		cmocka_unit_test(edits_make_the_one_from_the_other),
		cmocka_unit_test(edits_count_bytes),
	};

	return cmocka_run_group_tests(tests, make_frames, NULL);
}
