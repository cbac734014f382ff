/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See spoof.h. What a guest needs before it has an address passes: DHCP from 0.0.0.0, ARP probes, duplicate address detection from
 * ::, and the link-local address that belongs to its MAC. An established flow was checked when it began: a change of the
 * addresses makes the port's flows decide again.
 */
#include "nodes/spoof.h"

#include <string.h>
#include <sys/socket.h>

#include "base/pkt.h"

enum { // ICMPv6 types, RFC 4861
	ND_FIRST = 133, // router solicitation
	ND_SOLICIT = 135,
	ND_ADVERT = 136,
	ND_LAST = 137, // redirect
};
#define ND_TARGET 8 // bytes before the target's address
#define ARP_LEN 28

static bool is_zero(const uint8_t *addr, unsigned len)
{
	uint8_t any = 0;

	for (unsigned i = 0; i < len; i++)
		any |= addr[i];
	return any == 0;
}

static uint16_t udp_port(const struct rte_mbuf *m, const struct rd_meta *md, unsigned at)
{
	return rd_be16(rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l4_off + at));
}

static int check_ip4(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md)
{
	const uint8_t *src = rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l3_off + 12);

	if (rd_guard_has(&in->guard, AF_INET, src))
		return 0;
	return is_zero(src, 4) && md->proto == RD_IPPROTO_UDP && (md->pkt_flags & RD_PKT_L4)
			&& udp_port(m, md, 0) == 68 && udp_port(m, md, 2) == 67
		? 0
		: RD_DROP_VNIC_IP_SPOOF;
}

// A message about another protocol's addresses says nothing that a neighbour would believe.
static int check_arp(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md)
{
	static const uint8_t ip4_on_ethernet[6] = {0, 1, 8, 0, 6, 4};
	uint8_t buf[ARP_LEN];
	const uint8_t *arp = rte_pktmbuf_read(m, md->l3_off, ARP_LEN, buf);

	if (arp == NULL || memcmp(arp, ip4_on_ethernet, 6) != 0)
		return 0;
	if (memcmp(arp + 8, in->mac, 6) != 0)
		return RD_DROP_VNIC_IP_SPOOF;
	return is_zero(arp + 14, 4) || rd_guard_has(&in->guard, AF_INET, arp + 14)
		? 0
		: RD_DROP_VNIC_IP_SPOOF;
}

// The interface identifier that RFC 4291 makes of a MAC.
static bool is_own_link_local(const uint8_t mac[6], const uint8_t *addr)
{
	const uint8_t own[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff,
		0xfe, mac[3], mac[4], mac[5]};

	return memcmp(own, addr, 16) == 0;
}

static bool is_own6(const struct rd_port *in, const uint8_t *addr)
{
	return rd_guard_has(&in->guard, AF_INET6, addr) || is_own_link_local(in->mac, addr);
}

// Options fill the rest of the message, each a number of eight-byte units.
static bool options_valid(const struct rte_mbuf *m, uint32_t at, uint32_t end)
{
	while (at < end) {
		uint8_t buf[2];
		const uint8_t *o = at + 8 <= end ? rte_pktmbuf_read(m, at, 2, buf) : NULL;

		if (o == NULL || o[1] == 0)
			return false;
		at += o[1] * 8u;
	}
	return at == end;
}

// As receivers have to look at it (RFC 4861 section 7.1): who is believed without must not be fooled.
static int check_nd(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md,
	const uint8_t *ip)
{
	static const uint8_t fixed[] = {8, 16, 24, 24, 40}; // by type, from ND_FIRST on
	uint32_t end = md->l3_off + 40u + rd_be16(ip + 4);
	uint8_t buf[24];
	const uint8_t *h = rte_pktmbuf_read(m, md->l4_off, 4, buf);
	unsigned type = h != NULL ? h[0] : 0;

	if (type < ND_FIRST || type > ND_LAST)
		return 0;
	if (ip[7] != 255 || h[1] != 0 || md->l4_off + fixed[type - ND_FIRST] > end
		|| !options_valid(m, md->l4_off + fixed[type - ND_FIRST], end))
		return RD_DROP_ND_INVALID;
	if (type != ND_ADVERT)
		return 0;
	h = rte_pktmbuf_read(m, md->l4_off, 24, buf);
	return h != NULL && is_own6(in, h + ND_TARGET) ? 0 : RD_DROP_VNIC_IP_SPOOF;
}

static int check_ip6(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l3_off);
	bool icmp = md->proto == RD_IPPROTO_ICMPV6 && (md->pkt_flags & RD_PKT_L4);

	// Nobody answers to ::, which joins multicast groups and asks whether an address is free.
	if (!is_own6(in, ip + 8) && !(icmp && is_zero(ip + 8, 16)))
		return RD_DROP_VNIC_IP_SPOOF;
	return icmp ? check_nd(in, m, md, ip) : 0;
}

int rd_spoof_check(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md)
{
	if (md->pkt_flags & RD_PKT_IPV4)
		return check_ip4(in, m, md);
	if (md->pkt_flags & RD_PKT_IPV6)
		return check_ip6(in, m, md);
	return md->pkt_flags & RD_PKT_ARP ? check_arp(in, m, md) : 0;
}
