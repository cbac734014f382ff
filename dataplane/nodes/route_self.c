/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is for the router itself: ARP (RFC 826), neighbour discovery (RFC 4861, sections 7.2.3 to 7.2.5), ICMP echo (RFC 792, 4443).
 * Answers are made in place, of the same packet. Who asks is learned; who answers, if he was asked. Worker thread.
 */
#include "nodes/route.h"

#include <arpa/inet.h>
#include <string.h>

#include "nodes/arp.h"
#include "nodes/parse.h"
#include "tables/punt.h"

#define ND_TARGET 8
#define ND_OPTIONS 24
#define ND_OPT_SOURCE 1
#define ND_OPT_TARGET 2
#define ND_REPLY_LEN 32
#define ND_ROUTER 0x80u // of an advertisement's flags
#define ND_SOLICITED 0x40u
#define ND_OVERRIDE 0x20u
#define HOP_LIMIT 64

static bool is_nd(const struct rd_meta *md, const uint8_t *frame, uint8_t type)
{
	return md->proto == RD_IPPROTO_ICMPV6 && (md->pkt_flags & RD_PKT_L4) != 0
		&& (md->pkt_flags & RD_PKT_FRAG) == 0 && frame[md->l4_off] == type;
}

// Bytes of the ICMPv6 message that can be read; 0: less than all of it, or less than the fixed part.
static uint32_t nd_len(const struct rte_mbuf *m, const struct rd_meta *md, const uint8_t *frame)
{
	uint32_t end = md->l3_off + 40u + rd_be16(frame + md->l3_off + 4);

	return end > m->data_len || end < md->l4_off + (uint32_t)ND_OPTIONS ? 0 : end - md->l4_off;
}

bool rd_route_is_asked(const struct rd_rif *rif, const struct rte_mbuf *m, const struct rd_meta *md)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *arp = frame + md->l3_off;

	if (md->l3_off != RD_ETH_LEN) // a guest's own tag: not for us
		return false;
	if (md->pkt_flags & RD_PKT_ARP)
		return rd_arp_is_ethernet_ipv4(arp) && rd_be16(arp + RD_ARP_OP) == RD_ARP_REQUEST
			&& rd_rif_has_addr(rif, AF_INET, arp + RD_ARP_TPA);
	return is_nd(md, frame, RD_ND_SOLICIT) && nd_len(m, md, frame) != 0
		&& rd_rif_has_addr(rif, AF_INET6, frame + md->l4_off + ND_TARGET);
}

static bool may_answer(struct rd_worker *w)
{
	return w->dry != NULL
		|| rd_punt_take(w->id, RD_PUNT_ROUTER, rd_clock_ns(&w->clock, rd_tsc()));
}

static void learn(const struct rd_worker *w, const struct rd_rif *rif, uint8_t family,
	const uint8_t *addr, const uint8_t *mac, bool make)
{
	if (w->dry == NULL && rd_mac_is_unicast(mac) && memcmp(mac, rif->mac, 6) != 0)
		rd_neigh_learn(rif->idx, family, addr, mac, make, w->now_s);
}

static int heard(const struct rd_meta *md)
{
	return md->flags & RD_META_FROM_TUNNEL ? RD_ROUTE_DONE : RD_ROUTE_HEARD;
}

// Whether an address is in a subnet of the interface: others are nobody's neighbours.
static bool is_near(const struct rd_rif *rif, uint8_t family, const uint8_t *addr)
{
	struct rd_route r;

	return rd_route_lookup(rif->router, family, addr, &r) && r.kind == RD_ROUTE_CONNECTED
		&& r.path[0].rif == rif->idx;
}

static int arp(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *a = frame + md->l3_off, own[4];
	uint16_t op = rd_be16(a + RD_ARP_OP);

	if (!rd_arp_is_ethernet_ipv4(a) || !rd_mac_is_unicast(a + RD_ARP_SHA))
		return -RD_DROP_ARP_INVALID;
	if (rd_rif_has_addr(rif, AF_INET, a + RD_ARP_SPA)
		&& memcmp(a + RD_ARP_SHA, rif->mac, 6) != 0)
		return -RD_DROP_ARP_SPOOF;
	if (op == RD_ARP_REPLY) {
		learn(w, rif, AF_INET, a + RD_ARP_SPA, a + RD_ARP_SHA, false);
		return heard(md);
	}
	if (op != RD_ARP_REQUEST || !rd_rif_has_addr(rif, AF_INET, a + RD_ARP_TPA))
		return -RD_DROP_PUNT_UNHANDLED;
	if (!may_answer(w))
		return -RD_DROP_PUNT_RATE;
	learn(w, rif, AF_INET, a + RD_ARP_SPA, a + RD_ARP_SHA,
		is_near(rif, AF_INET, a + RD_ARP_SPA));
	memcpy(own, a + RD_ARP_TPA, 4);
	rd_arp_answer(frame, a, rif->mac, own);
	md->pkt_flags &= (uint8_t)~RD_PKT_MCAST;
	return RD_ROUTE_ANSWER;
}

// RFC 4861, section 7.1: what no receiver may believe. len: of the message, 0 if it is short.
static bool is_nd_valid(const uint8_t *ip, const uint8_t *nd, uint32_t len)
{
	return len != 0 && ip[7] == 255 && nd[1] == 0 && nd[ND_TARGET] != 0xff
		&& rd_csum_fold(
			   rd_csum_add(rd_csum_add(RD_IPPROTO_ICMPV6 + len, ip + 8, 32), nd, len))
		== 0;
}

// The MAC of an option, or NULL.
static const uint8_t *nd_option(const uint8_t *nd, uint32_t len, uint8_t type)
{
	for (uint32_t at = ND_OPTIONS; at + 8 <= len; at += nd[at + 1] * 8u) {
		if (nd[at + 1] == 0)
			return NULL;
		if (nd[at] == type)
			return nd + at + 2;
	}
	return NULL;
}

// The solicitation becomes an advertisement of the same length or a longer one, if there is room.
static int advertise(
	struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif, const uint8_t *asker)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, none[16];
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *ip = frame + md->l3_off, *nd;
	bool anonymous = memcmp(ip + 8, none, 16) == 0;
	uint32_t len = md->l3_off + 40u + ND_REPLY_LEN;

	if (m->nb_segs != 1
		|| (len > m->pkt_len
			&& rte_pktmbuf_append(m, (uint16_t)(len - m->pkt_len)) == NULL))
		return -RD_DROP_PUNT_MALFORMED;
	(void)rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - len));
	md->l4_off = md->l3_off + 40; // extension headers, if there were any, are gone
	nd = frame + md->l4_off;
	memcpy(ip + 24, anonymous ? all_nodes : ip + 8, 16);
	memcpy(ip + 8, asker, 16); // what was asked for
	rd_put16(ip + 4, ND_REPLY_LEN);
	ip[6] = RD_IPPROTO_ICMPV6;
	memset(nd, 0, ND_REPLY_LEN);
	nd[0] = RD_ND_ADVERT;
	nd[4] = (uint8_t)(ND_ROUTER | ND_OVERRIDE | (anonymous ? 0 : ND_SOLICITED));
	memcpy(nd + ND_TARGET, ip + 8, 16);
	nd[ND_OPTIONS] = ND_OPT_TARGET;
	nd[ND_OPTIONS + 1] = 1;
	memcpy(nd + ND_OPTIONS + 2, rif->mac, 6);
	rd_put16(nd + 2,
		rd_csum_fold(rd_csum_add(rd_csum_add(RD_IPPROTO_ICMPV6 + ND_REPLY_LEN, ip + 8, 32),
			nd, ND_REPLY_LEN)));
	if (anonymous)
		memcpy(frame, (uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, 6);
	else
		memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, rif->mac, 6);
	md->pkt_flags = (uint8_t)((md->pkt_flags & ~(RD_PKT_MCAST | RD_PKT_PADDED))
		| (anonymous ? RD_PKT_MCAST : 0));
	return RD_ROUTE_ANSWER;
}

static int solicited(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *ip = frame + md->l3_off;
	const uint8_t *nd = frame + md->l4_off, *mac;
	uint32_t len = nd_len(m, md, frame);
	uint8_t target[16];

	if (!is_nd_valid(ip, nd, len))
		return -RD_DROP_ND_INVALID;
	if (!rd_rif_has_addr(rif, AF_INET6, nd + ND_TARGET))
		return -RD_DROP_PUNT_UNHANDLED;
	if (!may_answer(w))
		return -RD_DROP_PUNT_RATE;
	mac = nd_option(nd, len, ND_OPT_SOURCE);
	if (mac != NULL)
		learn(w, rif, AF_INET6, ip + 8, mac, is_near(rif, AF_INET6, ip + 8));
	memcpy(target, nd + ND_TARGET, 16);
	return advertise(m, md, rif, target);
}

static int advertised(struct rd_worker *w, const struct rte_mbuf *m, const struct rd_meta *md,
	const struct rd_rif *rif)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *nd = frame + md->l4_off, *mac;
	uint32_t len = nd_len(m, md, frame);

	if (!is_nd_valid(frame + md->l3_off, nd, len))
		return -RD_DROP_ND_INVALID;
	if (rd_rif_has_addr(rif, AF_INET6, nd + ND_TARGET))
		return -RD_DROP_ARP_SPOOF;
	mac = nd_option(nd, len, ND_OPT_TARGET);
	learn(w, rif, AF_INET6, nd + ND_TARGET, mac != NULL ? mac : frame + 6, false);
	return heard(md);
}

static void turn_round(struct rte_mbuf *m, const struct rd_meta *md, const struct rd_rif *rif)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *ip = frame + md->l3_off, addr[16];
	bool v4 = md->pkt_flags & RD_PKT_IPV4;
	unsigned len = v4 ? 4 : 16, at = v4 ? 12 : 8;

	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, rif->mac, 6);
	memcpy(addr, ip + at, len);
	memcpy(ip + at, ip + at + len, len);
	memcpy(ip + at + len, addr, len);
	ip[v4 ? 8 : 7] = HOP_LIMIT;
	if (!v4)
		return;
	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, (ip[0] & 15u) * 4)));
}

static int echo(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *icmp = frame + md->l4_off;
	const uint8_t *ip = frame + md->l3_off;
	bool v4 = md->pkt_flags & RD_PKT_IPV4;
	uint8_t request = v4 ? 8 : 128, reply = v4 ? 0 : 129;
	uint32_t end = md->l3_off + (v4 ? rd_be16(ip + 2) : 40u + rd_be16(ip + 4)), sum;

	if ((md->pkt_flags & RD_PKT_L4) == 0 || (md->pkt_flags & RD_PKT_FRAG) != 0
		|| md->proto != (v4 ? RD_IPPROTO_ICMP : RD_IPPROTO_ICMPV6) || icmp[0] != request)
		return -RD_DROP_PUNT_UNHANDLED;
	if (end < md->l4_off + 8u || end > m->pkt_len || icmp[1] != 0)
		return -RD_DROP_PUNT_MALFORMED;
	sum = v4 ? 0 : rd_csum_add(RD_IPPROTO_ICMPV6 + end - md->l4_off, ip + 8, 32);
	if (rd_node_csum(m, md->l4_off, end - md->l4_off, sum) != 0)
		return -RD_DROP_PARSE_L4_CSUM;
	if (!may_answer(w))
		return -RD_DROP_PUNT_RATE;
	turn_round(m, md, rif);
	icmp[0] = reply;
	// RFC 1624: the sum without the old type's word, with the new one's. The addresses have only changed places.
	rd_put16(icmp + 2,
		rd_csum_fold((uint16_t)~rd_be16(icmp + 2) + (uint16_t) ~(request << 8)
			+ (uint32_t)(reply << 8)));
	return RD_ROUTE_ANSWER;
}

int rd_route_self(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *ip = frame + md->l3_off;
	bool v4 = md->pkt_flags & RD_PKT_IPV4;

	if (md->l3_off != RD_ETH_LEN)
		return -RD_DROP_L3_NOT_IP;
	if (md->pkt_flags & RD_PKT_ARP)
		return arp(w, m, md, rif);
	if ((md->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0)
		return -RD_DROP_L3_NOT_IP;
	if (is_nd(md, frame, RD_ND_SOLICIT))
		return solicited(w, m, md, rif);
	if (is_nd(md, frame, RD_ND_ADVERT))
		return advertised(w, m, md, rif);
	if (rd_router_has_addr(rif->router, v4 ? AF_INET : AF_INET6, ip + (v4 ? 16 : 24)))
		return echo(w, m, md, rif);
	return RD_ROUTE_OTHER;
}
