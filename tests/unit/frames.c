/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See frames.h. Used by the base_pkt tests.
 */
#include "frames.h"

#include "base/str.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

void frame_add(struct frame *f, const char *hex)
{
	size_t len = sizeof(f->bytes) - f->len;

	assert_int_equal(rd_parse_hex(hex, f->bytes + f->len, &len), 0);
	f->len += len;
}

struct frame frame_hex(const char *hex)
{
	struct frame f = {0};

	frame_add(&f, hex);
	return f;
}

struct frame frame_eth(uint16_t ethertype, const char *hex)
{
	struct frame f = frame_hex("005056a1999e 005056a12bc7 0000");

	rd_put16(f.bytes + 12, ethertype);
	frame_add(&f, hex);
	return f;
}

void frame_csum(struct frame *f, size_t l3)
{
	uint8_t *ip = f->bytes + l3;

	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, (ip[0] & 15u) * 4)));
}

struct frame frame_ipv4(uint8_t proto, const char *hex)
{
	struct frame f =
		frame_eth(RD_ETHERTYPE_IPV4, "4500 0000 0001 0000 40 00 0000 ac101f1a ac101f19");

	frame_add(&f, hex);
	f.bytes[23] = proto;
	rd_put16(f.bytes + 16, (uint16_t)(f.len - 14));
	frame_csum(&f, 14);
	return f;
}

struct frame frame_ipv6(uint8_t next, const char *hex)
{
	struct frame f = frame_eth(RD_ETHERTYPE_IPV6,
		"60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002");

	frame_add(&f, hex);
	f.bytes[20] = next;
	rd_put16(f.bytes + 18, (uint16_t)(f.len - 54));
	return f;
}

int frame_parse_cut(const struct frame *f, size_t readable, size_t wire_len, struct rd_pkt *p)
{
	uint8_t *copy = malloc(readable > 0 ? readable : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, f->bytes, readable);
	rc = rd_pkt_parse(copy, readable, wire_len, 0, p);
	free(copy);
	return rc;
}

int frame_parse(const struct frame *f, struct rd_pkt *p)
{
	return frame_parse_cut(f, f->len, f->len, p);
}

void frame_expect_cut(const struct frame *f, size_t from, size_t to, int reason)
{
	struct rd_pkt p;

	for (size_t n = from; n < to; n++)
		assert_int_equal(frame_parse_cut(f, n, f->len, &p), reason);
}
