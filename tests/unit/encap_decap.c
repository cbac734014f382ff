/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The decapsulator against frames that tshark decodes the same (one per encapsulation), and against what must not be
 * taken for a tunnel.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encap/decap.h"

#define ETH "020000000002020000000001"
#define SYN                                                                                              \
	"005056a1999e005056a1fcf308004500003c1234400040069234ac101f1aac101f19e0680050830fe93a00000000a0" \
	"02faf02e2a0000020405b40402080ab403878a0000000001030307"
#define TAGGED                                                                                           \
	"005056a1999e005056a1fcf38100a06408004500003c1234400040069234ac101f1aac101f19e0680050830fe93a00" \
	"000000a002faf02e2a0000020405b40402080ab403878a0000000001030307"
#define V4(len, proto)                 \
	ETH "08004500" len "000040004" \
	    "0" proto "0000c0000201c0000202"

struct bytes {
	uint8_t b[512];
	size_t len;
};

static struct bytes from_hex(const char *hex)
{
	struct bytes f = {.len = strlen(hex) / 2};

	for (size_t i = 0; i < f.len; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};

		f.b[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return f;
}

struct golden {
	const char *hex, *text;
	uint32_t inner_len;
};

static const struct golden goldens[] = {
	{V4("0062", "2f") "000088be" SYN, "erspan1", 74},
	{V4("006e", "2f") "100088be00000007"
			  "1000006400000a05" SYN,
		"erspan2 session=100 seq=7 index=2565", 74},
	{V4("0072", "2f") "100088be00000008"
			  "1064b86400000a05" TAGGED,
		"erspan2 session=100 seq=8 vlan=100 cos=5 index=2565", 78},
	{V4("006e", "2f") "100088be00000009"
			  "1064b3ff000fffff" SYN,
		"erspan2 session=1023 seq=9 vlan=100 cos=5 index=1048575", 74},
	{V4("0072", "2f") "100022eb0000000b"
			  "200000641ef614d2000082a0" SYN,
		"erspan3 session=100 seq=11 hwid=42 sgt=0 time=519443666 gra=0 dir=ingress", 74},
	{V4("007e", "2f") "100022eb0000000c"
			  "2064a064f1415687123483fb"
			  "0c000155003c6568" TAGGED,
		"erspan3 session=100 seq=12 vlan=100 cos=5 hwid=63 sgt=4660 time=4047591047 gra=1 "
		"dir=egress",
		78},
	{ETH "86dd60000000005a2f4020010db8000000000000000000000001"
	     "20010db8000000000000000000000002"
	     "100088be0000000e"
	     "1000006400000a05" SYN,
		"erspan2 session=100 seq=14 index=2565", 74},
	{V4("0066", "2f") "20006558deadbeef" SYN, "gre key=0xdeadbeef", 74},
	{V4("006a", "2f") "30006558deadbeef0000000f" SYN, "gre key=0xdeadbeef seq=15", 74},
	{V4("006e", "11") "c12312b5005a0000"
			  "0800000012345600" SYN,
		"vxlan vni=1193046", 74},
	{V4("0092", "11") "c12317c1007e0000"
			  "0900655801240000"
			  "ff01010217979cfe3d85cd15"
			  "ff0102020000001005010000"
			  "ff010302006400000000004a" SYN,
		"geneve vni=74752", 74},
	// A checksum word before the key, and a bare IP packet inside.
	{V4("0040", "2f") "a000080000000000deadbeef"
			  "4500002000000000400100000a0000010a000002"
			  "080000000000000000000000",
		"gre key=0xdeadbeef", 32},
};

static void goldens_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		struct bytes f = from_hex(goldens[i].hex);
		char text[RD_DECAP_TEXT];
		struct rd_decap d;

		assert_int_equal(rd_decap(f.b, f.len, f.len, &d), RD_DECAP_YES);
		assert_string_equal(rd_decap_text(&d, text, sizeof(text)), goldens[i].text);
		assert_int_equal(d.inner_len, goldens[i].inner_len);
		assert_int_equal(d.inner + d.inner_len, f.len);
	}
}

// The same behind a tag of the outer frame, and with bytes behind the outer packet (padding, an FCS).
static void outer_tag_and_trailer(void **state)
{
	struct bytes f = from_hex(ETH "8100000708004500006e0000400040"
				      "2f0000c0000201c0000202"
				      "100088be00000007"
				      "1000006400000a05" SYN "01020304");
	struct rd_decap d;

	(void)state;
	assert_int_equal(rd_decap(f.b, f.len, f.len, &d), RD_DECAP_YES);
	assert_int_equal(d.ip_off, 18);
	assert_int_equal(d.inner_len, 74);
	assert_int_equal(d.inner + 74 + 4, f.len);
}

// Every prefix of every golden frame: short views are refused or give an inner frame that begins inside.
static void cut_views(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		struct bytes f = from_hex(goldens[i].hex);

		for (size_t len = 0; len < f.len; len++) {
			uint8_t *view = malloc(len + 1); // exact but for a byte, for ASan
			struct rd_decap d;

			assert_non_null(view);
			memcpy(view, f.b, len);
			if (rd_decap(view, len, f.len, &d) == RD_DECAP_YES)
				assert_true(d.inner + 14 <= len);
			else
				assert_true(len < f.len - goldens[i].inner_len + 20);
			free(view);
		}
	}
}

struct refused {
	const char *hex, *why; // NULL: no tunnel at all
};

static const struct refused refused[] = {
	{ETH "0806"
	     "0001080006040001",
		NULL},
	{V4("0062", "06") "000088be" SYN, NULL},
	{V4("0062", "2f") "0001880b" SYN, NULL}, // PPTP
	{V4("0062", "2f") "00000806" SYN, NULL}, // neither Ethernet nor IP
	{V4("006e", "11") "c1230035005a0000"
			  "0800000012345600" SYN,
		NULL}, // DNS's port
	{V4("0062", "2f") "40006558" SYN, "GRE with routing"},
	{V4("0062", "2f") "08006558" SYN, "GRE with routing"}, // strict source route
	{V4("006e", "2f") "100088be00000007"
			  "3000006400000a05" SYN,
		"ERSPAN of an unknown version"},
	{V4("006e", "11") "c12312b5005a0000"
			  "0000000012345600" SYN,
		"VXLAN without a VNI"},
	{V4("006e", "11") "c12317c1005a0000"
			  "4000655801240000" SYN,
		"Geneve of an unknown version"},
	{V4("006e", "11") "c12317c1005a0000"
			  "0000654201240000" SYN,
		"Geneve carries neither Ethernet nor IP"},
	{V4("006e", "11") "c12317c1015a0000"
			  "0000655801240000" SYN,
		"UDP's length is impossible"},
	// What Open vSwitch's truncation makes: the outer header is longer than the frame.
	{V4("0562", "2f") "100088be00000007"
			  "1000006400000a05" SYN,
		"shorter than its outer IP header says"},
	{ETH "080045000062000020004"
	     "02f0000c0000201c0000202"
	     "000088be" SYN,
		"a fragment"},
	{V4("0028", "2f") "100088be00000007"
			  "1011223300000000"
			  "01020304",
		"no room for an inner frame"},
};

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct bytes f = from_hex(refused[i].hex);
		struct rd_decap d;
		enum rd_decap_result rc = rd_decap(f.b, f.len, f.len, &d);

		assert_int_equal(rc, refused[i].why == NULL ? RD_DECAP_NO : RD_DECAP_BAD);
		if (refused[i].why != NULL)
			assert_string_equal(rd_decap_fault_words(d.fault), refused[i].why);
	}
}

// Truncated at the sender (T): the outer packet is whole, so the inner frame is what came.
static void truncated_by_the_sender(void **state)
{
	struct bytes f = from_hex(
		V4("0044", "2f") "100088be0000000a"
				 "1000046400000a05"
				 "005056a1999e005056a1fcf308004500003c1234400040069234ac10");
	struct rd_decap d;

	(void)state;
	f.len = 14 + 0x44;
	assert_int_equal(rd_decap(f.b, f.len, f.len, &d), RD_DECAP_YES);
	assert_true(d.erspan.truncated);
	assert_int_equal(d.inner_len, 0x44 - 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens_are_found),
		cmocka_unit_test(outer_tag_and_trailer),
		cmocka_unit_test(cut_views),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(truncated_by_the_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
