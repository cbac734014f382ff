/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet parser's entry: Ethernet, VLAN tags and ARP, and the Internet checksum. Called by
 * workers, the filter and pktcap; pure. See pkt_ip.c, pkt_l4.c and pkt_geneve.c for the rest.
 */
#include "base/pkt.h"

#include "base/pkt_priv.h"

#define VLAN_TAG_LEN 4u
#define VLAN_TAGS_MAX 2u
#define ARP_FIXED_LEN 8u

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == RD_ETHERTYPE_VLAN || ethertype == RD_ETHERTYPE_QINQ;
}

static int parse_ether(const struct rd_pkt_view *v, size_t off, struct rd_pkt *p)
{
	if (!rd_pkt_readable(v, off, RD_ETH_LEN))
		return RD_PKT_E_TRUNC_L2;
	p->l2_off = (uint16_t)off;
	p->l3_off = (uint16_t)(off + RD_ETH_LEN);
	p->ethertype = rd_be16(v->bytes + off + 12);
	if (v->bytes[off] & 1)
		p->flags |= RD_PKT_MCAST;
	while (is_vlan(p->ethertype)) {
		const uint8_t *tag = v->bytes + p->l3_off;

		if (p->tags == VLAN_TAGS_MAX)
			return RD_PKT_E_VLAN_TAGS;
		if (!rd_pkt_readable(v, p->l3_off, VLAN_TAG_LEN))
			return RD_PKT_E_TRUNC_L2;
		if (p->tags++ == 0)
			p->vlan = rd_be16(tag) & 0xfff;
		p->ethertype = rd_be16(tag + 2);
		p->l3_off = (uint16_t)(p->l3_off + VLAN_TAG_LEN);
	}
	return 0;
}

// The whole message must be there, whatever address lengths it names (RFC 826).
static int parse_arp(const struct rd_pkt_view *v, struct rd_pkt *p)
{
	const uint8_t *arp = v->bytes + p->l3_off;
	size_t len = ARP_FIXED_LEN;

	p->flags |= RD_PKT_ARP;
	if (!rd_pkt_readable(v, p->l3_off, len))
		return RD_PKT_E_TRUNC_L3;
	len += 2u * arp[4] + 2u * arp[5];
	return rd_pkt_readable(v, p->l3_off, len) ? 0 : RD_PKT_E_TRUNC_L3;
}

int rd_pkt_parse(const uint8_t *view, size_t len, size_t wire_len, size_t off, struct rd_pkt *p)
{
	struct rd_pkt_view v = {.bytes = view};
	int rc;

	v.len = len < UINT16_MAX ? len : UINT16_MAX;
	v.wire_len = wire_len > len ? wire_len : len;
	*p = (struct rd_pkt){0};
	rc = parse_ether(&v, off, p);
	if (rc != 0)
		return rc;
	switch (p->ethertype) {
	case RD_ETHERTYPE_IPV4:
		return rd_pkt_parse_ipv4(&v, p);
	case RD_ETHERTYPE_IPV6:
		return rd_pkt_parse_ipv6(&v, p);
	case RD_ETHERTYPE_ARP:
		return parse_arp(&v, p);
	default:
		return 0; // anything else, 802.3 lengths included, is forwarded by its MAC only
	}
}

uint32_t rd_csum_add(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint64_t wide = sum;

	for (; len > 3;
		len -= 4, b += 4) // 2^16 is 1 in ones' complement: a word counts as its halves
		wide += rd_be32(b);
	if (len > 1)
		wide += rd_be16(b);
	if (len & 1)
		wide += (uint64_t)b[len - 1] << 8;
	while (wide >> 32 != 0)
		wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)wide;
}
