/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes base/pkt. Input: one byte of options, one byte of offset, then the view.
 *   options  bits 0-5: how much more was on the wire than is readable (times 8);
 *            bit 7: IPv4 header checksums are mended first, or random bytes would hardly ever pass them
 */
#include "base/pkt.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum {
	MEND_CSUM = 0x80,
	REASON_MAX = 255
};

static void mend_csum(uint8_t *view, size_t len, size_t l3)
{
	uint8_t *ip = view + l3;
	size_t hdr_len;

	if (l3 + 20 > len)
		return;
	hdr_len = (ip[0] & 15u) * 4;
	if (hdr_len < 20 || hdr_len > len - l3)
		return;
	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, hdr_len)));
}

static int parse(
	uint8_t *view, size_t len, size_t wire_len, size_t off, uint8_t options, struct rd_pkt *p)
{
	int rc = rd_pkt_parse(view, len, wire_len, off, p);

	if ((options & MEND_CSUM) == 0 || (p->flags & RD_PKT_IPV4) == 0)
		return rc;
	mend_csum(view, len, p->l3_off);
	return rd_pkt_parse(view, len, wire_len, off, p);
}

static void check_ip(const struct rd_pkt *p, size_t len, size_t wire_len)
{
	size_t end = p->l3_off + (size_t)p->l3_len;

	FUZZ_CHECK(p->l3_off + (p->flags & RD_PKT_IPV4 ? 20u : 40u) <= len);
	FUZZ_CHECK(end <= wire_len);
	FUZZ_CHECK(((p->flags & RD_PKT_PADDED) != 0) == (end < wire_len));
	FUZZ_CHECK((p->flags & RD_PKT_FRAG_LATER) == 0 || (p->flags & RD_PKT_FRAG) != 0);
	FUZZ_CHECK((p->flags & RD_PKT_FRAG_LATER) == 0 || (p->flags & RD_PKT_L4) == 0);
	if (p->flags & RD_PKT_L4) {
		FUZZ_CHECK(p->l4_off >= p->l3_off + 20);
		FUZZ_CHECK(p->payload_off > p->l4_off && p->payload_off <= end);
		FUZZ_CHECK(p->payload_off <= len);
	}
}

static void check_parsed(const struct rd_pkt *p, size_t off, size_t len, size_t wire_len)
{
	FUZZ_CHECK(p->l2_off == off);
	FUZZ_CHECK(p->tags <= 2 && p->vlan < 4096);
	FUZZ_CHECK(p->l3_off == off + RD_ETH_LEN + 4u * p->tags && p->l3_off <= len);
	FUZZ_CHECK((p->flags & RD_PKT_IPV4) == 0 || p->ethertype == RD_ETHERTYPE_IPV4);
	FUZZ_CHECK((p->flags & RD_PKT_IPV6) == 0 || p->ethertype == RD_ETHERTYPE_IPV6);
	if (p->flags & (RD_PKT_IPV4 | RD_PKT_IPV6))
		check_ip(p, len, wire_len);
	else
		FUZZ_CHECK((p->flags & (RD_PKT_L4 | RD_PKT_FRAG)) == 0);
}

static void check_tunnel(const uint8_t *view, size_t len, size_t wire_len, const struct rd_pkt *p)
{
	struct rd_geneve g;
	size_t inner = rd_pkt_inner(view, len, wire_len, p->dport);
	int rc = rd_pkt_geneve(view, len, p, &g);

	FUZZ_CHECK(rc >= 0 && rc <= REASON_MAX);
	if (rc == 0) {
		FUZZ_CHECK(g.hdr_len == 8 + g.opt_len && g.vni < 1u << 24);
		FUZZ_CHECK((size_t)p->payload_off + g.hdr_len <= len);
	}
	if (p->l2_off != 0)
		return;
	FUZZ_CHECK(inner == 0 || (rc == 0 && inner == (size_t)p->payload_off + g.hdr_len));
	FUZZ_CHECK(inner == 0 || inner + RD_ETH_LEN <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size - 2, off, wire_len;
	struct rd_pkt p;
	uint8_t *view;
	int rc;

	if (size < 2 || (view = malloc(len > 0 ? len : 1)) == NULL)
		return 0;
	memcpy(view, data + 2, len);
	wire_len = len + (data[0] & 0x3fu) * 8;
	off = data[1];
	for (int depth = 0; depth < 4; depth++) { // a frame in a frame in a frame
		rc = parse(view, len, wire_len, off, data[0], &p);
		FUZZ_CHECK(rc >= 0 && rc <= REASON_MAX);
		if (rc != 0)
			break;
		check_parsed(&p, off, len, wire_len);
		if (!rd_pkt_is_geneve(&p, p.dport))
			break;
		check_tunnel(view, len, wire_len, &p);
		struct rd_geneve g;

		if (rd_pkt_geneve(view, len, &p, &g) != 0)
			break;
		off = (size_t)p.payload_off + g.hdr_len;
	}
	free(view);
	return 0;
}
