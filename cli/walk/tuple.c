/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Addresses and ports of a walk, see tuple.h.
 */
#include "walk/tuple.h"

#include "base/pkt.h"

#include <netinet/in.h>
#include <string.h>

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void take_tcp(const uint8_t *bytes, const struct rd_pkt *p, struct rd_wk_tuple *t)
{
	uint32_t end = p->l3_off + p->l3_len;

	t->seq = be32(bytes + p->l4_off + 4); // the parser has seen the whole header
	t->tcp_flags = p->tcp_flags;
	t->payload = end > p->payload_off ? end - p->payload_off : 0;
}

void rd_wk_tuple(const struct rd_wk *w, struct rd_wk_tuple *t)
{
	const struct rd_wk_hop *h = w->n > 0 ? &w->hop[0] : NULL;
	uint32_t wire_len = h == NULL ? 0 : h->len > h->caplen ? h->len : h->caplen;
	struct rd_pkt p = {0};
	size_t inner;
	bool four;

	memset(t, 0, sizeof(*t));
	if (h == NULL || h->caplen == 0)
		return;
	inner = rd_pkt_inner(h->bytes, h->caplen, wire_len, RD_GENEVE_PORT);
	if (rd_pkt_parse(h->bytes, h->caplen, wire_len, inner, &p) != 0
		|| !(p.flags & (RD_PKT_IPV4 | RD_PKT_IPV6)))
		return;
	four = p.flags & RD_PKT_IPV4;
	t->is_ip = true;
	t->proto = p.proto;
	rd_fmt_ip(four ? AF_INET : AF_INET6, h->bytes + p.l3_off + (four ? 12 : 8), t->src);
	rd_fmt_ip(four ? AF_INET : AF_INET6, h->bytes + p.l3_off + (four ? 16 : 24), t->dst);
	t->ports = (p.flags & RD_PKT_L4) && (p.proto == IPPROTO_TCP || p.proto == IPPROTO_UDP);
	t->sport = t->ports ? p.sport : 0;
	t->dport = t->ports ? p.dport : 0;
	if (t->ports && p.proto == IPPROTO_TCP)
		take_tcp(h->bytes, &p, t);
}

static uint32_t hash_end(const char *address, uint16_t port)
{
	uint32_t hash = 2166136261u ^ port;

	for (; *address != '\0'; address++)
		hash = (hash ^ (unsigned char)*address) * 16777619u;
	return hash;
}

uint32_t rd_wk_conn(const struct rd_wk_tuple *t)
{
	uint32_t hash = hash_end(t->src, t->sport) + hash_end(t->dst, t->dport) + t->proto;

	return t->is_ip ? hash | 1 : 0;
}

bool rd_wk_same_way(const struct rd_wk_tuple *a, const struct rd_wk_tuple *b, bool turned)
{
	return a->is_ip && b->is_ip && a->proto == b->proto
		&& a->sport == (turned ? b->dport : b->sport)
		&& a->dport == (turned ? b->sport : b->dport)
		&& strcmp(a->src, turned ? b->dst : b->src) == 0
		&& strcmp(a->dst, turned ? b->src : b->dst) == 0;
}

void rd_wk_segment(const struct rd_wk_tuple *t, char *buf, size_t size)
{
	static const char letters[] = "FSRP.U";
	char flags[8] = "";
	size_t n = 0;

	buf[0] = '\0';
	if (!t->ports || t->proto != IPPROTO_TCP)
		return;
	for (unsigned i = 0; i < 6; i++)
		if (t->tcp_flags & 1u << i)
			flags[n++] = letters[i];
	flags[n] = '\0';
	if (t->payload > 0)
		snprintf(buf, size, "[%s] seq %u len %u", flags, t->seq, t->payload);
	else
		snprintf(buf, size, "[%s] seq %u", flags, t->seq);
}
