/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn_quote and tables/frag: the packet that an ICMP error quotes, and what is remembered of a first fragment.
 */
#include "unit.h"

#include "api/stages.h"
#include "tables/conn_quote.h"
#include "tables/frag.h"

#include <stdlib.h>
#include <string.h>

// Exactly as many bytes as may be read, so that the sanitizer sees one too many.
static int quoted(const uint8_t *bytes, uint32_t len, uint8_t family, struct rd_conn_key *k)
{
	uint8_t *copy = malloc(len + 1);
	struct rd_conn_l4 l4 = {.hdr = copy + 1, .len = len, .hdr_len = len};
	int rc;

	assert_non_null(copy);
	memcpy(copy + 1, bytes, len);
	rc = rd_conn_quoted(&l4, family, k);
	free(copy);
	return rc;
}

static void reads_ipv4(void **state)
{
	uint8_t m[8 + 20 + 8] = {3, 1, 0, 0, 0, 0, 0, 0, 0x45};
	struct rd_conn_key k;

	(void)state;
	m[8 + 9] = RD_IPPROTO_TCP;
	memcpy(m + 8 + 12, (uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2, 0x10, 0, 0, 80}, 12);
	assert_int_equal(quoted(m, sizeof(m), 4, &k), 0);
	assert_int_equal(k.sport, 0x1000);
	assert_int_equal(k.dport, 80);
	assert_int_equal(k.src[3], 1);
	assert_int_equal(k.dst[3], 2);
	for (uint32_t len = 0; len < sizeof(m); len++)
		assert_int_equal(quoted(m, len, 4, &k), RD_DROP_DFW_SHORT);
	m[8] = 0x46; // options, and then too little
	assert_int_equal(quoted(m, sizeof(m), 4, &k), RD_DROP_DFW_SHORT);
	m[8] = 0x44;
	assert_int_equal(quoted(m, sizeof(m), 4, &k), RD_DROP_DFW_BAD_OFFSET);
	m[8] = 0x65;
	assert_int_equal(quoted(m, sizeof(m), 4, &k), RD_DROP_DFW_STATE_MISMATCH);
	m[8] = 0x45;
	m[8 + 7] = 1; // of a later fragment
	assert_int_equal(quoted(m, sizeof(m), 4, &k), RD_DROP_DFW_STATE_MISMATCH);
	m[8 + 7] = 0;
	m[8 + 9] = RD_IPPROTO_ICMP;
	m[8 + 20] = 3; // an error about an error
	assert_int_equal(quoted(m, sizeof(m), 4, &k), RD_DROP_DFW_STATE_MISMATCH);
	m[8 + 20] = 8;
	m[8 + 25] = 7;
	assert_int_equal(quoted(m, sizeof(m), 4, &k), 0);
	assert_int_equal(k.sport, 7);
	m[8 + 9] = 47;
	assert_int_equal(quoted(m, 28, 4, &k), 0);
	assert_int_equal(k.sport, 0);
}

static void reads_ipv6(void **state)
{
	uint8_t m[8 + 40 + 8 * 9 + 8] = {1, 1, 0, 0, 0, 0, 0, 0, 0x60};
	struct rd_conn_key k;

	(void)state;
	m[8 + 6] = RD_IPPROTO_UDP;
	m[8 + 8] = 0xfd;
	m[8 + 24] = 0xfe;
	m[8 + 43] = 53;
	assert_int_equal(quoted(m, 56, 6, &k), 0);
	assert_int_equal(k.src[0], 0xfd);
	assert_int_equal(k.dst[0], 0xfe);
	assert_int_equal(k.dport, 53);
	for (uint32_t len = 0; len < 56; len++)
		assert_int_equal(quoted(m, len, 6, &k), RD_DROP_DFW_SHORT);
	m[8 + 6] = 60; // destination options: eight of them, then UDP
	memset(m + 48, 0, sizeof(m) - 48);
	for (unsigned i = 0; i < 7; i++)
		m[48 + 8 * i] = 60;
	m[48 + 56] = RD_IPPROTO_UDP;
	assert_int_equal(quoted(m, sizeof(m), 6, &k), 0);
	m[48 + 56] = 60;
	assert_int_equal(quoted(m, sizeof(m), 6, &k), RD_DROP_DFW_BAD_OFFSET);
	m[49] = 255; // longer than the quote
	assert_int_equal(quoted(m, sizeof(m), 6, &k), RD_DROP_DFW_SHORT);
	m[8 + 6] = 44;
	m[49] = 0;
	m[51] = 8; // a later fragment
	assert_int_equal(quoted(m, sizeof(m), 6, &k), RD_DROP_DFW_STATE_MISMATCH);
}

static void knows_errors(void **state)
{
	(void)state;
	assert_true(rd_conn_is_error(4, 3) && rd_conn_is_error(4, 11) && rd_conn_is_error(6, 2));
	assert_false(rd_conn_is_error(4, 8) || rd_conn_is_error(4, 0) || rd_conn_is_error(6, 135));
}

static void remembers_heads(void **state)
{
	struct rd_frag_key k = {.id = 7, .zone = 1, .proto = 17}, other = k;
	struct rd_frag_verdict v = {.rule_id = 9}, got;

	(void)state;
	rd_frag_clear();
	assert_false(rd_frag_get(&k, 100, &got));
	rd_frag_put(&k, &v, 100);
	assert_true(rd_frag_get(&k, 129, &got));
	assert_int_equal(got.rule_id, 9);
	assert_false(rd_frag_get(&k, 130, &got));
	other.zone = 2;
	assert_false(rd_frag_get(&other, 100, &got));
	v.rule_id = 10;
	rd_frag_put(&k, &v, 131);
	assert_true(rd_frag_get(&k, 131, &got));
	assert_int_equal(got.rule_id, 10);
	for (uint32_t id = 100; id < 100000; id++) { // bounded: the old ones go
		other.id = id;
		rd_frag_put(&other, &v, 132);
	}
	assert_false(rd_frag_get(&k, 132, &got));
	assert_true(rd_frag_get(&other, 132, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ipv4),
		cmocka_unit_test(reads_ipv6),
		cmocka_unit_test(knows_errors),
		cmocka_unit_test(remembers_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
