/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See conn_quote.h. Worker thread.
 */
#include "tables/conn_quote.h"

#include "api/stages.h"

#include <string.h>

#define ICMP_LEN 8
#define PORTS_LEN 8 // RFC 792 promises that much of the transport header
#define EXT_MAX 8

struct quote {
	const uint8_t *p;
	uint32_t left;
	uint8_t proto;
};

bool rd_conn_is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static int advance(struct quote *q, uint32_t len)
{
	if (len > q->left)
		return RD_DROP_DFW_SHORT;
	q->p += len;
	q->left -= len;
	return 0;
}

static int quoted_ipv4(struct quote *q, struct rd_conn_key *k)
{
	uint32_t hdr_len;

	if (q->left < 20)
		return RD_DROP_DFW_SHORT;
	hdr_len = (q->p[0] & 15) * 4u;
	if (hdr_len < 20)
		return RD_DROP_DFW_BAD_OFFSET;
	if (q->p[0] >> 4 != 4 || (rd_be16(q->p + 6) & 0x1fff) != 0)
		return RD_DROP_DFW_STATE_MISMATCH;
	memcpy(k->src, q->p + 12, 4);
	memcpy(k->dst, q->p + 16, 4);
	q->proto = q->p[9];
	return advance(q, hdr_len);
}

static bool is_extension(uint8_t proto)
{
	return proto == 0 || proto == 43 || proto == 44
		|| proto == 60; // hop-by-hop, routing, fragment, destination
}

static int skip_extensions(struct quote *q)
{
	for (unsigned n = 0; is_extension(q->proto); n++) {
		uint8_t kind = q->proto;

		if (q->left < 8)
			return RD_DROP_DFW_SHORT;
		if (n == EXT_MAX)
			return RD_DROP_DFW_BAD_OFFSET;
		if (kind == 44 && (rd_be16(q->p + 2) & 0xfff8) != 0)
			return RD_DROP_DFW_STATE_MISMATCH;
		q->proto = q->p[0];
		if (advance(q, kind == 44 ? 8 : (q->p[1] + 1u) * 8) != 0)
			return RD_DROP_DFW_SHORT;
	}
	return 0;
}

static int quoted_ipv6(struct quote *q, struct rd_conn_key *k)
{
	if (q->left < 40)
		return RD_DROP_DFW_SHORT;
	if (q->p[0] >> 4 != 6)
		return RD_DROP_DFW_STATE_MISMATCH;
	memcpy(k->src, q->p + 8, 16);
	memcpy(k->dst, q->p + 24, 16);
	q->proto = q->p[6];
	(void)advance(q, 40);
	return skip_extensions(q);
}

static bool is_echo(uint8_t family, uint8_t type)
{
	return family == 6 ? type == 128 || type == 129 : type == 0 || type == 8;
}

static int quoted_l4(const struct quote *q, struct rd_conn_key *k)
{
	k->proto = q->proto;
	if (q->proto != RD_IPPROTO_TCP && q->proto != RD_IPPROTO_UDP && q->proto != RD_IPPROTO_ICMP
		&& q->proto != RD_IPPROTO_ICMPV6)
		return 0;
	if (q->left < PORTS_LEN)
		return RD_DROP_DFW_SHORT;
	if (q->proto == RD_IPPROTO_TCP || q->proto == RD_IPPROTO_UDP) {
		k->sport = rd_be16(q->p);
		k->dport = rd_be16(q->p + 2);
		return 0;
	}
	if (!is_echo(k->family, q->p[0]))
		return RD_DROP_DFW_STATE_MISMATCH;
	k->sport = k->dport = rd_be16(q->p + 4);
	return 0;
}

int rd_conn_quoted(const struct rd_conn_l4 *l4, uint8_t family, struct rd_conn_key *k)
{
	uint32_t len = l4->hdr_len < l4->len ? l4->hdr_len : l4->len;
	struct quote q = {.p = l4->hdr, .left = len};
	int rc = advance(&q, ICMP_LEN);

	memset(k, 0, sizeof(*k));
	k->family = family;
	if (rc == 0)
		rc = family == 6 ? quoted_ipv6(&q, k) : quoted_ipv4(&q, k);
	return rc != 0 ? rc : quoted_l4(&q, k);
}
