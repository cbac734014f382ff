/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet parser's tunnel layer: Geneve (RFC 8926). Called by tunnel_decap, the filter and
 * pktcap; pure.
 */
#include "base/pkt.h"

#include "base/pkt_priv.h"

#define GENEVE_LEN 8u
#define OPTION_LEN 4u
#define OPTION_CRITICAL 0x80u

bool rd_pkt_is_geneve(const struct rd_pkt *p, uint16_t geneve_port)
{
	return (p->flags & RD_PKT_L4) != 0 && p->proto == RD_IPPROTO_UDP && p->dport == geneve_port;
}

// Where the tunnel packet ends by its own headers: the shorter of IP and UDP, which may lie beyond
// the view.
static size_t datagram_end(const uint8_t *view, const struct rd_pkt *p)
{
	size_t ip_end = p->l3_off + (size_t)p->l3_len;
	size_t udp_end = p->l4_off + (size_t)rd_be16(view + p->l4_off + 4);

	return ip_end < udp_end ? ip_end : udp_end;
}

static int check_options(const uint8_t *opt, size_t len, struct rd_geneve *g)
{
	while (len > 0) {
		size_t opt_len;

		if (len < OPTION_LEN)
			return RD_PKT_E_GENEVE_OPT_LEN;
		opt_len = OPTION_LEN + (opt[3] & 0x1fu) * 4;
		if (opt_len > len)
			return RD_PKT_E_GENEVE_OPT_LEN;
		if (opt[2] & OPTION_CRITICAL)
			g->unknown_critical = true;
		opt += opt_len;
		len -= opt_len;
	}
	return 0;
}

int rd_pkt_geneve(const uint8_t *view, size_t len, const struct rd_pkt *p, struct rd_geneve *g)
{
	size_t off = p->payload_off, end = datagram_end(view, p);
	const uint8_t *h = view + off;
	int rc;

	*g = (struct rd_geneve){0};
	if (off + GENEVE_LEN > end || off + GENEVE_LEN > len)
		return RD_PKT_E_GENEVE_TRUNC;
	if (h[0] >> 6 != 0)
		return RD_PKT_E_GENEVE_VERSION;
	g->opt_len = (uint16_t)((h[0] & 0x3fu) * 4);
	g->hdr_len = (uint16_t)(GENEVE_LEN + g->opt_len);
	g->oam = (h[1] & 0x80) != 0;
	g->critical = (h[1] & 0x40) != 0;
	g->protocol = rd_be16(h + 2);
	g->vni = rd_be32(h + 4) >> 8;
	if (off + g->hdr_len > end)
		return RD_PKT_E_GENEVE_OPT_LEN;
	if (off + g->hdr_len > len)
		return RD_PKT_E_GENEVE_TRUNC;
	rc = check_options(h + GENEVE_LEN, g->opt_len, g);
	if (rc != 0)
		return rc;
	return g->protocol == RD_ETHERTYPE_TEB ? 0 : RD_PKT_E_GENEVE_INNER_PROTO;
}

size_t rd_pkt_inner(const uint8_t *view, size_t len, size_t wire_len, uint16_t geneve_port)
{
	struct rd_geneve g;
	struct rd_pkt p;
	size_t inner;

	if (rd_pkt_parse(view, len, wire_len, 0, &p) != 0 || !rd_pkt_is_geneve(&p, geneve_port))
		return 0;
	if (rd_pkt_geneve(view, len, &p, &g) != 0)
		return 0;
	inner = (size_t)p.payload_off + g.hdr_len;
	return inner + RD_ETH_LEN <= len ? inner : 0;
}
