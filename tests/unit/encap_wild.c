/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The decapsulator on headers in every combination that is allowed, seen in the wild, or refused: GRE's flags, ERSPAN's versions and
 * Ethertypes, options of IP, tags, fragments.
 */
#include "unit.h"

#include "encap/decap.h"
#include "encap_golden.h"

#define ETH "020000000002020000000001"
#define V4(len, proto) ETH "08004500" len "0000400040" proto "0000c0000201c0000202"

struct combination {
	const char *hex;
	enum rd_decap_kind kind; // 0: no tunnel
	enum rd_decap_fault fault;
	uint32_t inner_len;
	bool odd;
};

// GRE's flags before ERSPAN and plain frames, versions, Ethertypes that do not fit them, options of IP, tags.
static const struct combination combinations[] = {
	{V4("0066", "2f") "200088bedeadbeef" SYN, RD_DECAP_ERSPAN1, 0, 74, false}, // K
	{V4("0066", "2f") "800088be00000000" SYN, RD_DECAP_ERSPAN1, 0, 74, false}, // C
	{V4("0072", "2f") "300088bedeadbeef00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false}, // K S
	{V4("0072", "2f") "900088be0000000000000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false}, // C S
	{V4("0076", "2f") "b00088be00000000deadbeef00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false}, // C K S
	{V4("007a", "2f") "b00022eb00000000deadbeef00000007"
			  "200000641ef614d2000082a0" SYN,
		RD_DECAP_ERSPAN3, 0, 74, false},
	{V4("006e", "2f") "000022eb"
			  "200000641ef614d2000082a0" SYN,
		RD_DECAP_ERSPAN3, 0, 74, false}, // III without S
	{V4("006e", "2f") "500088be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_GRE, RD_DECAP_F_GRE_ROUTING, 0, false}, // R S
	{V4("006e", "2f") "180088be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_GRE, RD_DECAP_F_GRE_ROUTING, 0, false}, // s S
	{V4("006e", "2f") "140088be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_GRE, RD_DECAP_F_GRE_ROUTING, 0, false}, // bit 5
	{V4("006e", "2f") "13f888be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false}, // bits to ignore
	{V4("006e", "2f") "100188be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_NONE, 0, 0, false}, // version 1: PPTP's
	{V4("0072", "2f") "100088be0000000b"
			  "200000641ef614d2000082a0" SYN,
		RD_DECAP_ERSPAN3, 0, 74, true}, // III as II
	{V4("006e", "2f") "100022eb00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, true}, // II as III
	{V4("006e", "2f") "100088be00000007"
			  "3000006400000a05" SYN,
		RD_DECAP_ERSPAN2, RD_DECAP_F_ERSPAN_VERSION, 0, false},
	{V4("006e", "2f") "100022eb00000007"
			  "0000006400000a05" SYN,
		RD_DECAP_ERSPAN3, RD_DECAP_F_ERSPAN_VERSION, 0, false},
	{V4("006e", "2f") "100088be00000007"
			  "0000006400000a05" SYN,
		RD_DECAP_ERSPAN2, RD_DECAP_F_ERSPAN_VERSION, 0, false},
	// IP options, a tag, two tags.
	{ETH "08004600007200004000402f0000c0000201c0000202"
	     "01010100"
	     "100088be00000007"
	     "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false},
	{ETH "81000007"
	     "08004500006e00004000402f0000c0000201c0000202"
	     "100088be00000007"
	     "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false},
	{ETH "88a8000781000008"
	     "08004500006e00004000402f0000c0000201c0000202"
	     "100088be00000007"
	     "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, 0, 74, false},
	// Fragments: the first has the tunnel's header, later ones anything. UDP's later ones can't be told.
	{ETH "08004500006e00002000402f0000c0000201c0000202"
	     "100088be00000007"
	     "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, RD_DECAP_F_FRAGMENT, 0, false},
	{ETH "08004500006e00000010402f0000c0000201c0000202"
	     "abcdabcdabcdabcd"
	     "abcdabcdabcdabcd" SYN,
		RD_DECAP_GRE, RD_DECAP_F_FRAGMENT, 0, false},
	{ETH "08004500006e0000001040110000c0000201c0000202"
	     "abcdabcdabcdabcd"
	     "abcdabcdabcdabcd" SYN,
		RD_DECAP_NONE, 0, 0, false},
	// Open vSwitch's snaplen: the outer packet is cut, its header says otherwise.
	{V4("05ca", "2f") "100088be00000007"
			  "1000006400000a05" SYN,
		RD_DECAP_ERSPAN2, RD_DECAP_F_OUTER_LEN, 0, false},
	// Inner frames that are too short to be one, and a runt.
	{V4("0028", "2f") "100088be00000007"
			  "1000006400000a05"
			  "01020304",
		RD_DECAP_ERSPAN2, RD_DECAP_F_INNER_ROOM, 0, false},
	{V4("0036", "2f") "100022eb00000007"
			  "20000864000000000000"
			  "8000"
			  "0050"
			  "56a1999e005056a1fcf30806",
		RD_DECAP_ERSPAN3, 0, 14, false},
};

static void combinations_of_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(combinations) / sizeof(combinations[0]); i++) {
		const struct combination *want = &combinations[i];
		struct bytes f = from_hex(want->hex);
		struct rd_decap d;
		enum rd_decap_result rc = rd_decap(f.b, f.len, f.len, &d);
		uint32_t inner_len = rc == RD_DECAP_YES ? d.inner_len : 0;

		assert_int_equal(rc == RD_DECAP_BAD, want->fault != RD_DECAP_FINE);
		if (d.kind != want->kind || d.fault != want->fault || inner_len != want->inner_len
			|| d.odd_type != want->odd)
			fail_msg("row %zu: %s %s %u %u", i, rd_decap_name(d.kind),
				rd_decap_fault_name(d.fault), inner_len, d.odd_type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(combinations_of_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
