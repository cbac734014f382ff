/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet parser's network layer: IPv4 (RFC 791) and IPv6 with extension headers (RFC 8200,
 * 4302). Called by pkt.c only; pure.
 */
#include "base/pkt_priv.h"

#define IPV4_MIN_LEN 20u
#define IPV4_MF 0x2000u
#define IPV4_OFFSET 0x1fffu
#define IPV6_LEN 40u
#define IPV6_MAX_EXT 8u

enum { // IPv6 extension headers by protocol number
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTH = 51,
	EXT_DEST_OPTS = 60,
	EXT_MOBILITY = 135,
	EXT_HIP = 139,
	EXT_SHIM6 = 140,
};

static void note_padding(const struct rd_pkt_view *v, struct rd_pkt *p)
{
	if (p->l3_off + (size_t)p->l3_len < v->wire_len)
		p->flags |= RD_PKT_PADDED;
}

static void note_fragment(struct rd_pkt *p, bool more, bool later)
{
	if (more || later)
		p->flags |= RD_PKT_FRAG;
	if (later)
		p->flags |= RD_PKT_FRAG_LATER;
}

int rd_pkt_parse_ipv4(const struct rd_pkt_view *v, struct rd_pkt *p)
{
	const uint8_t *ip = v->bytes + p->l3_off;
	size_t hdr_len;
	uint16_t frag;

	if (!rd_pkt_readable(v, p->l3_off, IPV4_MIN_LEN))
		return RD_PKT_E_TRUNC_L3;
	if (ip[0] >> 4 != 4)
		return RD_PKT_E_IP_VERSION;
	p->flags |= RD_PKT_IPV4;
	hdr_len = (ip[0] & 0xfu) * 4;
	if (hdr_len < IPV4_MIN_LEN)
		return RD_PKT_E_IP_HDRLEN;
	p->l3_len = rd_be16(ip + 2);
	if (p->l3_len < hdr_len || p->l3_len > v->wire_len - p->l3_off)
		return RD_PKT_E_IP_LEN;
	if (!rd_pkt_readable(v, p->l3_off, hdr_len))
		return RD_PKT_E_TRUNC_L3;
	if (rd_csum_fold(rd_csum_add(0, ip, hdr_len)) != 0)
		return RD_PKT_E_IP_CSUM;
	frag = rd_be16(ip + 6);
	note_fragment(p, (frag & IPV4_MF) != 0, (frag & IPV4_OFFSET) != 0);
	note_padding(v, p);
	p->proto = ip[9];
	return rd_pkt_parse_l4(v, p->l3_off + hdr_len, p);
}

static bool is_extension(uint8_t proto)
{
	switch (proto) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_AUTH:
	case EXT_DEST_OPTS:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return true;
	default:
		return false; // ESP, too: what follows it is encrypted
	}
}

// Length of the extension header; 0 if it is malformed.
static size_t extension_len(uint8_t kind, const uint8_t *ext)
{
	if (kind == EXT_FRAGMENT)
		return 8;
	if (kind == EXT_AUTH)
		return ext[1] > 0 ? (ext[1] + 2u) * 4 : 0; // 12 bytes are fixed
	return (ext[1] + 1u) * 8;
}

// Steps over one extension header at *off and puts what follows it into p->proto.
static int skip_extension(const struct rd_pkt_view *v, size_t *off, struct rd_pkt *p)
{
	const size_t end = p->l3_off + (size_t)p->l3_len;
	const uint8_t *ext = v->bytes + *off;
	size_t len;

	if (8 > end - *off)
		return RD_PKT_E_IP6_EXTHDR;
	if (!rd_pkt_readable(v, *off, 8))
		return RD_PKT_E_TRUNC_L3;
	len = extension_len(p->proto, ext);
	if (len == 0 || len > end - *off)
		return RD_PKT_E_IP6_EXTHDR;
	if (!rd_pkt_readable(v, *off, len))
		return RD_PKT_E_TRUNC_L3;
	if (p->proto == EXT_FRAGMENT)
		note_fragment(p, (ext[3] & 1) != 0, (rd_be16(ext + 2) & 0xfff8) != 0);
	p->proto = ext[0];
	*off += len;
	return 0;
}

static int walk_extensions(const struct rd_pkt_view *v, size_t *off, struct rd_pkt *p)
{
	unsigned count = 0;
	int rc = 0;

	while (rc == 0 && is_extension(p->proto) && (p->flags & RD_PKT_FRAG_LATER) == 0) {
		if (count == IPV6_MAX_EXT || (p->proto == EXT_HOP_BY_HOP && count > 0))
			return RD_PKT_E_IP6_EXTHDR;
		count++;
		rc = skip_extension(v, off, p);
	}
	return rc;
}

int rd_pkt_parse_ipv6(const struct rd_pkt_view *v, struct rd_pkt *p)
{
	const uint8_t *ip = v->bytes + p->l3_off;
	size_t off = p->l3_off + IPV6_LEN;
	int rc;

	if (!rd_pkt_readable(v, p->l3_off, IPV6_LEN))
		return RD_PKT_E_TRUNC_L3;
	if (ip[0] >> 4 != 6)
		return RD_PKT_E_IP_VERSION;
	p->flags |= RD_PKT_IPV6;
	p->l3_len = IPV6_LEN + rd_be16(ip + 4);
	if (p->l3_len > v->wire_len - p->l3_off)
		return RD_PKT_E_IP_LEN;
	note_padding(v, p);
	p->proto = ip[6];
	rc = walk_extensions(v, &off, p);
	return rc != 0 ? rc : rd_pkt_parse_l4(v, off, p);
}
