/* SPDX-License-Identifier: BSD-3-Clause
 *
 * base/pkt: Geneve: versions, options, cuts, and finding the inner frame.
 */
#include "base/pkt.h"

#include "api/stages.h"
#include "frames.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define INNER "005056a1999e 005056a12bc7 88b5 0000"
#define OPTION "0104 00 01 a1b2c3d4" // class 0104, type 0, one word

enum {
	GENEVE_OFF = 42
};

// UDP to 6081 with a right length around the hex.
static struct frame geneve_frame(const char *hex)
{
	struct frame f = frame_ipv4(RD_IPPROTO_UDP, "d903 17c1 0000 0000");

	frame_add(&f, hex);
	rd_put16(f.bytes + 16, (uint16_t)(f.len - 14));
	rd_put16(f.bytes + 38, (uint16_t)(f.len - 34));
	frame_csum(&f, 14);
	return f;
}

// Parses outer and tunnel header with `readable` bytes of the frame.
static int parse_tunnel(const struct frame *f, size_t readable, struct rd_geneve *g)
{
	uint8_t *copy = malloc(readable);
	struct rd_pkt p;
	int rc;

	assert_non_null(copy);
	memcpy(copy, f->bytes, readable);
	assert_int_equal(rd_pkt_parse(copy, readable, f->len, 0, &p), 0);
	assert_true(rd_pkt_is_geneve(&p, RD_GENEVE_PORT));
	rc = rd_pkt_geneve(copy, readable, &p, g);
	free(copy);
	return rc;
}

static int parse_hex(const char *hex, struct rd_geneve *g)
{
	struct frame f = geneve_frame(hex);

	return parse_tunnel(&f, f.len, g);
}

static void golden(void **state)
{
	struct frame f = geneve_frame("02 c0 6558 012400 00" OPTION INNER);
	struct rd_geneve g;

	(void)state;
	assert_int_equal(parse_tunnel(&f, f.len, &g), 0);
	assert_int_equal(g.vni, 74752);
	assert_int_equal(g.hdr_len, 16);
	assert_int_equal(g.opt_len, 8);
	assert_int_equal(g.protocol, RD_ETHERTYPE_TEB);
	assert_true(g.oam && g.critical && !g.unknown_critical);
	assert_int_equal(rd_pkt_inner(f.bytes, f.len, f.len, RD_GENEVE_PORT), GENEVE_OFF + 16);
	for (size_t n = GENEVE_OFF; n < GENEVE_OFF + 16; n++)
		assert_int_equal(parse_tunnel(&f, n, &g), RD_DROP_DECAP_TRUNC);
	for (size_t n = 0; n < GENEVE_OFF + 16 + RD_ETH_LEN; n++)
		assert_int_equal(rd_pkt_inner(f.bytes, n, f.len, RD_GENEVE_PORT), 0);
	assert_int_equal(
		rd_pkt_inner(f.bytes, GENEVE_OFF + 30, f.len, RD_GENEVE_PORT), GENEVE_OFF + 16);
}

static void bad_headers(void **state)
{
	struct rd_geneve g;

	(void)state;
	assert_int_equal(parse_hex("40 00 6558 000001 00" INNER, &g), RD_DROP_DECAP_VERSION);
	assert_int_equal(parse_hex("c0 00 6558 000001 00" INNER, &g), RD_DROP_DECAP_VERSION);
	assert_int_equal(parse_hex("00 00 0800 000001 00" INNER, &g), RD_DROP_DECAP_INNER_PROTO);
	assert_int_equal(parse_hex("00 00 6558 000001", &g), RD_DROP_DECAP_TRUNC);
	assert_int_equal(parse_hex("", &g), RD_DROP_DECAP_TRUNC);
	assert_int_equal(
		parse_hex("00 00 6558 000001 00", &g), 0); // empty, which is not ours to judge
}

static void bad_options(void **state)
{
	struct rd_geneve g;

	(void)state;
	assert_int_equal(parse_hex("03 00 6558 000001 00" OPTION, &g), RD_DROP_DECAP_OPT_LEN);
	assert_int_equal(parse_hex("3f 00 6558 000001 00" OPTION INNER, &g), RD_DROP_DECAP_OPT_LEN);
	// The option is longer than the options.
	assert_int_equal(parse_hex("01 00 6558 000001 00" OPTION INNER, &g), RD_DROP_DECAP_OPT_LEN);
	assert_int_equal(parse_hex("02 00 6558 000001 00 01040002 a1b2c3d4" INNER, &g),
		RD_DROP_DECAP_OPT_LEN);
	// Reserved bits of an option's length byte don't count.
	assert_int_equal(parse_hex("02 00 6558 000001 00 010400e1 a1b2c3d4" INNER, &g), 0);
}

static void critical_options(void **state)
{
	struct rd_geneve g;

	(void)state;
	assert_int_equal(parse_hex("03 40 6558 000001 00" OPTION "01048000" INNER, &g), 0);
	assert_true(g.critical && g.unknown_critical);
	assert_int_equal(parse_hex("03 00 6558 000001 00" OPTION "01047f00" INNER, &g), 0);
	assert_true(!g.critical && !g.unknown_critical);
}

static void udp_length_bounds_the_tunnel(void **state)
{
	struct frame f = geneve_frame("02 00 6558 000001 00" OPTION INNER);
	struct rd_geneve g;

	(void)state;
	rd_put16(f.bytes + 38, 8 + 15);
	assert_int_equal(parse_tunnel(&f, f.len, &g), RD_DROP_DECAP_OPT_LEN);
	rd_put16(f.bytes + 38, 8 + 7);
	assert_int_equal(parse_tunnel(&f, f.len, &g), RD_DROP_DECAP_TRUNC);
}

static void what_is_no_tunnel(void **state)
{
	struct frame f = geneve_frame("00 00 6558 000001 00" INNER), tcp;
	struct rd_pkt p;

	(void)state;
	assert_int_equal(rd_pkt_inner(f.bytes, f.len, f.len, 4789), 0);
	assert_int_equal(rd_pkt_inner(f.bytes, f.len, f.len, RD_GENEVE_PORT), GENEVE_OFF + 8);
	rd_put16(f.bytes + 20, 0x2000); // the first fragment still shows it
	frame_csum(&f, 14);
	assert_int_equal(rd_pkt_inner(f.bytes, f.len, f.len, RD_GENEVE_PORT), GENEVE_OFF + 8);
	rd_put16(f.bytes + 20, 0x0001); // a later one does not
	frame_csum(&f, 14);
	assert_int_equal(rd_pkt_inner(f.bytes, f.len, f.len, RD_GENEVE_PORT), 0);
	tcp = frame_ipv4(RD_IPPROTO_TCP, "d903 17c1 00000001 00000000 5002 faf0 0000 0000");
	assert_int_equal(frame_parse(&tcp, &p), 0);
	assert_false(rd_pkt_is_geneve(&p, RD_GENEVE_PORT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(critical_options),
		cmocka_unit_test(udp_length_bounds_the_tunnel),
		cmocka_unit_test(what_is_no_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
