/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet parser's transport layer: TCP (RFC 9293), UDP (768), ICMP (792), ICMPv6 (4443). Called
 * by pkt_ip.c only; pure. A protocol that is not known here is no error: it just has no L4 fields.
 */
#include "base/pkt_priv.h"

#define TCP_MIN_LEN 20u
#define UDP_LEN 8u
#define ICMP_LEN 8u
#define ICMPV6_LEN 4u // the rest belongs to the message's body

static size_t header_len(const struct rd_pkt *p)
{
	bool v4 = (p->flags & RD_PKT_IPV4) != 0;

	switch (p->proto) {
	case RD_IPPROTO_TCP:
		return TCP_MIN_LEN;
	case RD_IPPROTO_UDP:
		return UDP_LEN;
	case RD_IPPROTO_ICMP:
		return v4 ? ICMP_LEN : 0;
	case RD_IPPROTO_ICMPV6:
		return v4 ? 0 : ICMPV6_LEN;
	default:
		return 0;
	}
}

static int parse_tcp(const struct rd_pkt_view *v, size_t off, size_t payload, struct rd_pkt *p)
{
	const uint8_t *tcp = v->bytes + off;
	size_t len = (tcp[12] >> 4) * 4u;

	if (len < TCP_MIN_LEN || len > payload)
		return RD_PKT_E_TCP_HDRLEN;
	if (!rd_pkt_readable(v, off, len))
		return RD_PKT_E_TRUNC_L4;
	p->tcp_flags = tcp[13];
	p->payload_off = (uint16_t)(off + len);
	return 0;
}

static int check_udp(
	const struct rd_pkt_view *v, size_t off, size_t payload, const struct rd_pkt *p)
{
	size_t len = rd_be16(v->bytes + off + 4);

	if (len < UDP_LEN)
		return RD_PKT_E_UDP_LEN;
	// The first fragment names the length of the whole datagram.
	if (len > payload && (p->flags & RD_PKT_FRAG) == 0)
		return RD_PKT_E_UDP_LEN;
	return 0;
}

static void note_ports(const uint8_t *l4, struct rd_pkt *p)
{
	if (p->proto == RD_IPPROTO_TCP || p->proto == RD_IPPROTO_UDP) {
		p->sport = rd_be16(l4);
		p->dport = rd_be16(l4 + 2);
	} else {
		p->sport = l4[0];
		p->dport = l4[1];
	}
}

int rd_pkt_parse_l4(const struct rd_pkt_view *v, size_t off, struct rd_pkt *p)
{
	size_t payload = p->l3_off + (size_t)p->l3_len - off; // of IP; off lies within the packet
	size_t need = header_len(p);
	int rc = 0;

	if (need == 0 || (p->flags & RD_PKT_FRAG_LATER) != 0)
		return 0;
	if (need > payload || !rd_pkt_readable(v, off, need))
		return RD_PKT_E_TRUNC_L4;
	p->payload_off = (uint16_t)(off + need);
	if (p->proto == RD_IPPROTO_TCP)
		rc = parse_tcp(v, off, payload, p);
	else if (p->proto == RD_IPPROTO_UDP)
		rc = check_udp(v, off, payload, p);
	if (rc != 0)
		return rc;
	note_ports(v->bytes + off, p);
	p->l4_off = (uint16_t)off;
	p->flags |= RD_PKT_L4;
	return 0;
}
