/* SPDX-License-Identifier: BSD-3-Clause
 *
 * punt: frames for the switch's own endpoint. ARP requests and ICMP echo requests are answered in
 * place, by the same packet; ARP answers teach the tunnel its next hop. Comes from classify, goes
 * to vmk_rx. RFC 826, 792.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/stage.h"
#include "nodes/arp.h"
#include "nodes/parse.h"
#include "tables/port.h"
#include "tables/punt.h"
#include "tables/tunnel.h"

#define PUNT_NEXT(X) X(DROP, drop) X(VMK_RX, vmk_rx)
RD_STAGE_EDGES(PUNT_NEXT);

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO 8
#define ICMP_LEN 8

static void learn(const struct rd_worker *w, const struct rd_tep *tep, const uint8_t *arp)
{
	const struct rd_tunnel *t = rd_tunnel_by_remote(tep->idx, arp + RD_ARP_SPA);

	if (t != NULL && w->dry == NULL)
		rd_tunnel_learn_mac(t, arp + RD_ARP_SHA);
}

// The answer enters at the endpoint's vmk port if there is one, and leaves by the uplink that the
// request came by.
static uint16_t answer(struct rd_meta *md, const struct rd_tep *tep)
{
	md->out_port = md->in_port;
	if (tep->port != RD_PORT_NONE)
		md->in_port = tep->port;
	rd_meta_new_form(md);
	return NEXT_VMK_RX;
}

static uint16_t punt_arp(
	const struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, uint8_t host)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *arp = frame + md->l3_off;
	const struct rd_tep *tep = rd_tep_by_ip(host, arp + RD_ARP_TPA);
	uint16_t op = rd_be16(arp + RD_ARP_OP);

	if (!rd_arp_is_ethernet_ipv4(arp) || !rd_mac_is_unicast(arp + RD_ARP_SHA))
		return rd_drop(md, RD_DROP_ARP_INVALID);
	if (tep == NULL || (op != RD_ARP_REQUEST && op != RD_ARP_REPLY))
		return rd_drop(md, RD_DROP_PUNT_UNHANDLED);
	if (memcmp(arp + RD_ARP_SPA, tep->ip, 4) == 0)
		return rd_drop(md, RD_DROP_ARP_SPOOF);
	learn(w, tep, arp);
	if (op == RD_ARP_REPLY) {
		rte_pktmbuf_free(m);
		return RD_CONSUMED;
	}
	rd_arp_answer(frame, arp, tep->mac, tep->ip);
	md->pkt_flags &= (uint8_t)~RD_PKT_MCAST;
	return answer(md, tep);
}

// RFC 1122, 3.2.2.6: never to a broadcast or multicast address.
static bool is_unicast_ip(const uint8_t ip[4])
{
	return ip[0] != 0 && ip[0] < 224;
}

static uint16_t punt_echo(struct rte_mbuf *m, struct rd_meta *md, const struct rd_tep *tep)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *ip = frame + md->l3_off;
	uint8_t *icmp = frame + md->l4_off;
	uint32_t ihl = (uint32_t)(md->l4_off - md->l3_off), len = rd_be16(ip + 2) - ihl;

	if (icmp[0] != ICMP_ECHO)
		return rd_drop(md, RD_DROP_PUNT_UNHANDLED);
	if (len < ICMP_LEN || icmp[1] != 0 || !is_unicast_ip(ip + 12))
		return rd_drop(md, RD_DROP_PUNT_MALFORMED);
	if (rd_node_csum(m, md->l4_off, len, 0) != 0)
		return rd_drop(md, RD_DROP_PARSE_L4_CSUM);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, tep->mac, 6);
	memcpy(ip + 16, ip + 12, 4);
	memcpy(ip + 12, tep->ip, 4);
	ip[8] = tep->ttl;
	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, ihl)));
	icmp[0] = ICMP_ECHO_REPLY;
	// RFC 1624: the sum without the type's word (0x0800), which is now 0.
	rd_put16(icmp + 2, rd_csum_fold((uint16_t)~rd_be16(icmp + 2) + (uint16_t)~0x0800u));
	return answer(md, tep);
}

static uint16_t punt_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *in = rd_port_at(md->in_port);
	const struct rd_tep *tep;

	if (in == NULL)
		return rd_drop(md, RD_DROP_RX_PORT_DOWN);
	if (w->dry == NULL && !rd_punt_take(w->id, RD_PUNT_TEP, rd_clock_ns(&w->clock, rd_tsc())))
		return rd_drop(md, RD_DROP_PUNT_RATE);
	if (md->pkt_flags & RD_PKT_ARP)
		return punt_arp(w, m, md, in->host);
	tep = rd_tep_by_ip(in->host, rte_pktmbuf_mtod_offset(m, uint8_t *, md->l3_off + 16));
	if (tep == NULL || (md->pkt_flags & RD_PKT_L4) == 0 || (md->pkt_flags & RD_PKT_FRAG))
		return rd_drop(md, RD_DROP_PUNT_UNHANDLED);
	if (md->proto == RD_IPPROTO_UDP)
		return rd_drop(md, RD_DROP_DECAP_PORT_UNKNOWN);
	if (md->proto != RD_IPPROTO_ICMP)
		return rd_drop(md, RD_DROP_PUNT_UNHANDLED);
	return punt_echo(m, md, tep);
}

RD_STAGE_REGISTER(PUNT, punt, punt_one, RD_SIDE_OUT); // the endpoint's vmk port
