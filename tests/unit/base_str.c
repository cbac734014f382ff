/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/str: every parser with good, bad and extreme input. Bad input must leave the results alone.
 */
#include "base/str.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void copies_and_cuts(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(rd_str_copy(buf, sizeof(buf), "abc"), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(rd_str_copy(buf, sizeof(buf), "abcd"), -ENAMETOOLONG);
	assert_string_equal(buf, "abc");
	assert_int_equal(rd_str_copy(buf, 1, ""), 0);
	assert_int_equal(rd_str_copy(buf, 0, ""), -ENAMETOOLONG);
	// Between characters: "a" and half an umlaut would be no UTF-8.
	assert_int_equal(rd_str_copy(buf, 3, "a\xc3\xa4"), -ENAMETOOLONG);
	assert_string_equal(buf, "a");
	assert_int_equal(rd_str_copy(buf, 4, "a\xc3\xa4"), 0);
	assert_int_equal(rd_str_copy(buf, 4, "\xf0\x9f\x98\x80"), -ENAMETOOLONG);
	assert_string_equal(buf, "");
}

static void appends_within_bounds(void **state)
{
	char buf[8];
	size_t len = 0;

	(void)state;
	rd_str_addf(buf, sizeof(buf), &len, "%s", "abc");
	rd_str_addf(buf, sizeof(buf), &len, "%d", 1234);
	assert_string_equal(buf, "abc1234");
	assert_int_equal(len, 7);
	rd_str_addf(buf, sizeof(buf), &len, "x");
	assert_int_equal(len, 7);
	len = 5;
	rd_str_addf(buf, sizeof(buf), &len, "%s", "too long");
	assert_string_equal(buf, "abc12to");
	assert_int_equal(len, 7);
}

static void parses_numbers(void **state)
{
	uint64_t v = 7;
	uint32_t w = 7;

	(void)state;
	assert_int_equal(rd_parse_u64("0", 0, 9, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(rd_parse_u64("18446744073709551615", 0, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(rd_parse_u64("0xFFffFFffFFffFFff", 0, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(rd_parse_u32("0x10", 1, 16, &w), 0);
	assert_int_equal(w, 16);
	assert_int_equal(rd_parse_u32("010", 0, 99, &w), 0);
	assert_int_equal(w, 10); // a leading zero is no octal
}

static void refuses_bad_numbers(void **state)
{
	static const char *const bad[] = {
		"", " ", "1 ", " 1", "-1", "+1", "0x", "x1", "1x", "0x1g", "1.5", "--", "1e3"};
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rd_parse_u64(bad[i], 0, UINT64_MAX, &v), -EINVAL);
	assert_int_equal(rd_parse_u64("18446744073709551616", 0, UINT64_MAX, &v), -ERANGE);
	assert_int_equal(rd_parse_u64("0x10000000000000000", 0, UINT64_MAX, &v), -ERANGE);
	assert_int_equal(rd_parse_u64("99999999999999999999x", 0, UINT64_MAX, &v), -EINVAL);
	assert_int_equal(rd_parse_u64("4", 5, 6, &v), -ERANGE);
	assert_int_equal(rd_parse_u64("7", 5, 6, &v), -ERANGE);
	assert_int_equal(v, 42);
}

static void parses_macs(void **state)
{
	static const uint8_t want[6] = {0x00, 0x50, 0x56, 0xa1, 0x99, 0x9e};
	static const char *const bad[] = {"", "00:50:56:a1:99", "00:50:56:a1:99:9",
		"0:50:56:a1:99:9e", "00:50:56:a1:99:9e ", "00:50:56:a1:99:9g", "00-50-56-a1-99-9e",
		"005056a1999e", "00:50:56:a1:99:9e:00", "0 :50:56:a1:99:9e", "00: 5:56:a1:99:9e",
		":::::::::::::::::"};
	uint8_t mac[6] = {0};
	char text[RD_MAC_TEXT];

	(void)state;
	assert_int_equal(rd_parse_mac("00:50:56:A1:99:9e", mac), 0);
	assert_memory_equal(mac, want, sizeof(want));
	assert_string_equal(rd_fmt_mac(mac, text), "00:50:56:a1:99:9e");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rd_parse_mac(bad[i], mac), -EINVAL);
	assert_memory_equal(mac, want, sizeof(want));
}

static void parses_addresses(void **state)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ",
		"a.b.c.d", "::g", ":", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "1.2.3.4/8",
		"01.2.3.4"};
	uint8_t addr[16];
	char text[RD_IP_TEXT];
	int family = -1;

	(void)state;
	assert_int_equal(rd_parse_ip("192.168.4.60", &family, addr), 0);
	assert_int_equal(family, AF_INET);
	assert_string_equal(rd_fmt_ip(family, addr, text), "192.168.4.60");
	assert_int_equal(addr[4], 0);
	assert_int_equal(rd_parse_ip("fe80::1", &family, addr), 0);
	assert_int_equal(family, AF_INET6);
	assert_string_equal(rd_fmt_ip(family, addr, text), "fe80::1");
	family = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rd_parse_ip(bad[i], &family, addr), -EINVAL);
	assert_int_equal(family, 42);
	assert_string_equal(rd_fmt_ip(42, addr, text), "-");
}

static void check_prefix(const char *in, const char *want)
{
	uint8_t addr[16], len;
	char text[RD_PREFIX_TEXT];
	int family;

	assert_int_equal(rd_parse_prefix(in, &family, addr, &len), 0);
	assert_string_equal(rd_fmt_prefix(family, addr, len, text), want);
}

static void parses_prefixes(void **state)
{
	static const char *const bad[] = {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/8/8", "10.0.0/8", "::/129", "any/0", "Any", "10.0.0.0/8 ",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/1"};
	uint8_t addr[16], len = 42;
	int family = 42;

	(void)state;
	check_prefix("10.0.0.0/8", "10.0.0.0/8");
	check_prefix("10.1.2.3/8", "10.0.0.0/8"); // host bits go
	check_prefix("10.1.2.255/25", "10.1.2.128/25");
	check_prefix("10.1.2.3", "10.1.2.3/32");
	check_prefix("0.0.0.0/0", "0.0.0.0/0");
	check_prefix("2001:db8:ffff::/33", "2001:db8:8000::/33");
	check_prefix("::1", "::1/128");
	check_prefix("any", "any");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(rd_parse_prefix(bad[i], &family, addr, &len) < 0);
	assert_int_equal(family, 42);
	assert_int_equal(len, 42);
}

static void parses_ranges(void **state)
{
	static const char *const bad[] = {"", "-", "1-", "-1", "2-1", "65536", "1-65536", "1-2-3",
		"1 - 2", "a-b", "123456789-1"};
	uint16_t lo = 42, hi = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(rd_parse_range(bad[i], &lo, &hi) < 0);
	assert_int_equal(lo, 42);
	assert_int_equal(hi, 42);
	assert_int_equal(rd_parse_range("80", &lo, &hi), 0);
	assert_true(lo == 80 && hi == 80);
	assert_int_equal(rd_parse_range("1000-2000", &lo, &hi), 0);
	assert_true(lo == 1000 && hi == 2000);
	assert_int_equal(rd_parse_range("any", &lo, &hi), 0);
	assert_true(lo == 0 && hi == 65535);
}

static void parses_hex(void **state)
{
	static const uint8_t want[] = {0x00, 0xff, 0xa0, 0xb1};
	uint8_t out[4];
	size_t len = sizeof(out);
	char text[9];

	(void)state;
	assert_int_equal(rd_parse_hex("00ff a0:B1\n", out, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(out, want, 4);
	assert_string_equal(rd_fmt_hex(out, 4, text, sizeof(text)), "00ffa0b1");
	assert_string_equal(rd_fmt_hex(out, 4, text, 8), "00ffa0"); // whole bytes only
	len = 3;
	assert_int_equal(rd_parse_hex("00ffa0b1", out, &len), -ENOSPC);
	assert_int_equal(len, 3);
	len = 4;
	assert_int_equal(rd_parse_hex("0", out, &len), -EINVAL);
	assert_int_equal(rd_parse_hex("0 0", out, &len), -EINVAL);
	assert_int_equal(rd_parse_hex("0x00", out, &len), -EINVAL);
	assert_int_equal(rd_parse_hex("", out, &len), 0);
	assert_int_equal(len, 0);
}

static void parses_durations(void **state)
{
	static const char *const bad[] = {"", "s", "1d", "1 s", "-1s", "1.5s", "1ss", "1S"};
	uint64_t ns = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rd_parse_duration(bad[i], &ns), -EINVAL);
	assert_int_equal(rd_parse_duration("99999999999999999999s", &ns), -ERANGE);
	assert_int_equal(rd_parse_duration("18446744073709551615h", &ns), -ERANGE);
	assert_int_equal(ns, 42);
	assert_int_equal(rd_parse_duration("250ms", &ns), 0);
	assert_int_equal(ns, 250000000);
	assert_int_equal(rd_parse_duration("30", &ns), 0);
	assert_int_equal(ns, 30000000000);
	assert_int_equal(rd_parse_duration("2m", &ns), 0);
	assert_int_equal(ns, 120000000000);
	assert_int_equal(rd_parse_duration("1h", &ns), 0);
	assert_int_equal(ns, 3600000000000);
	assert_int_equal(rd_parse_duration("5us", &ns), 0);
	assert_int_equal(ns, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_cuts),
		cmocka_unit_test(appends_within_bounds),
		cmocka_unit_test(parses_numbers),
		cmocka_unit_test(refuses_bad_numbers),
		cmocka_unit_test(parses_macs),
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(parses_ranges),
		cmocka_unit_test(parses_hex),
		cmocka_unit_test(parses_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
