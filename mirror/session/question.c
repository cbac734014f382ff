/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Questions to next hops and collectors of mirror sessions: for a MAC (ARP, RFC 826; neighbour discovery, RFC 4861), and whether a host
 * lives (ICMP echo, RFC 792, 4443). Control thread; the owner sends them.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/graph.h"
#include "session/copy.h"
#include "session/engine.h"
#include "session/peer.h"

#define ARP_LEN 28
#define ND_NS 135
#define ND_LEN 24
#define ECHO_REQUEST 8
#define ECHO_REQUEST6 128
#define ECHO_LEN 16

static void put_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src, uint16_t tci, uint16_t type,
	uint32_t *len)
{
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	*len = RD_ETH_LEN;
	if (tci != 0) {
		rd_put16(p + 12, RD_ETHERTYPE_VLAN);
		rd_put16(p + 14, tci);
		*len += 4;
	}
	rd_put16(p + *len - 2, type);
}

static uint32_t put_arp(uint8_t *frame, const struct rd_mirror_peer *p, uint16_t tci)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint32_t at;

	put_eth(frame, all, p->smac, tci, RD_ETHERTYPE_ARP, &at);
	memset(frame + at, 0, ARP_LEN);
	memcpy(frame + at, request, sizeof(request));
	memcpy(frame + at + 8, p->smac, 6);
	memcpy(frame + at + 14, p->src, 4);
	memcpy(frame + at + 24, p->hop, 4);
	return at + ARP_LEN;
}

static uint32_t put_solicitation(uint8_t *frame, const struct rd_mirror_peer *p, uint16_t tci)
{
	uint8_t mac[6] = {0x33, 0x33, 0xff, p->hop[13], p->hop[14], p->hop[15]};
	uint8_t group[16] = {0xff, 0x02, [11] = 1, [12] = 0xff, p->hop[13], p->hop[14], p->hop[15]};
	uint32_t at, len = ND_LEN + 8, sum;
	uint8_t *ip, *nd;

	put_eth(frame, mac, p->smac, tci, RD_ETHERTYPE_IPV6, &at);
	ip = frame + at;
	nd = ip + 40;
	memset(ip, 0, 40 + len);
	ip[0] = 0x60;
	rd_put16(ip + 4, (uint16_t)len);
	ip[6] = RD_IPPROTO_ICMPV6;
	ip[7] = 255;
	memcpy(ip + 8, p->src, 16);
	memcpy(ip + 24, group, 16);
	nd[0] = ND_NS;
	memcpy(nd + 8, p->hop, 16);
	nd[ND_LEN] = 1; // source link-layer address
	nd[ND_LEN + 1] = 1;
	memcpy(nd + ND_LEN + 2, p->smac, 6);
	sum = rd_csum_add(len + RD_IPPROTO_ICMPV6, ip + 8, 32);
	rd_put16(nd + 2, rd_csum_fold(rd_csum_add(sum, nd, len)));
	return at + 40 + len;
}

// One's own message with a number, to be sent back as it is.
static void put_echo(uint8_t *icmp, bool v6, const struct rd_mirror_peer *p)
{
	memset(icmp, 0, ECHO_LEN);
	icmp[0] = v6 ? ECHO_REQUEST6 : ECHO_REQUEST;
	rd_put16(icmp + 4, p->echo_id);
	rd_put16(icmp + 6, p->echo_seq);
}

static uint32_t put_echo4(
	uint8_t *frame, const struct rd_mirror_peer *p, const uint8_t *dst, uint16_t tci)
{
	uint32_t at;
	uint8_t *ip;

	put_eth(frame, p->mac, p->smac, tci, RD_ETHERTYPE_IPV4, &at);
	ip = frame + at;
	memset(ip, 0, 20);
	ip[0] = 0x45;
	rd_put16(ip + 2, 20 + ECHO_LEN);
	rd_put16(ip + 6, 0x4000); // not in fragments
	ip[8] = 64;
	ip[9] = RD_IPPROTO_ICMP;
	memcpy(ip + 12, p->src, 4);
	memcpy(ip + 16, dst, 4);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
	put_echo(ip + 20, false, p);
	rd_put16(ip + 22, rd_csum_fold(rd_csum_add(0, ip + 20, ECHO_LEN)));
	return at + 20 + ECHO_LEN;
}

static uint32_t put_echo6(
	uint8_t *frame, const struct rd_mirror_peer *p, const uint8_t *dst, uint16_t tci)
{
	uint32_t at, sum;
	uint8_t *ip;

	put_eth(frame, p->mac, p->smac, tci, RD_ETHERTYPE_IPV6, &at);
	ip = frame + at;
	memset(ip, 0, 40);
	ip[0] = 0x60;
	rd_put16(ip + 4, ECHO_LEN);
	ip[6] = RD_IPPROTO_ICMPV6;
	ip[7] = 64;
	memcpy(ip + 8, p->src, 16);
	memcpy(ip + 24, dst, 16);
	put_echo(ip + 40, true, p);
	sum = rd_csum_add(ECHO_LEN + RD_IPPROTO_ICMPV6, ip + 8, 32);
	rd_put16(ip + 42, rd_csum_fold(rd_csum_add(sum, ip + 40, ECHO_LEN)));
	return at + 40 + ECHO_LEN;
}

// On the owner. Control could be stopped in the midst of putting it into the ring, where all workers would wait for it.
static void send_question(struct rd_worker *w, void *arg)
{
	struct rte_mbuf *m = arg;

	mirror_send(w, &m, 1);
}

// A buffer for a question that leaves by the peer's port; NULL: there is none.
static struct rte_mbuf *begin(const struct rd_mirror_peer *p)
{
	struct rte_mbuf *m = mirror_pool() != NULL ? rte_pktmbuf_alloc(mirror_pool()) : NULL;
	struct mirror_copy *c;

	if (m == NULL)
		return NULL;
	c = rte_mbuf_to_priv(m);
	*c = (struct mirror_copy){.md = {.out_port = p->port, .flags = RD_META_MIRROR}};
	return m;
}

static void send_off(struct rte_mbuf *m, uint32_t len)
{
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
	mirror_owner_call(send_question, m);
}

int mirror_ask(const struct rd_mirror_peer *p, uint16_t tci)
{
	struct rte_mbuf *m = begin(p);
	uint8_t *frame;

	if (m == NULL)
		return -ENOBUFS;
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	send_off(
		m, p->family == AF_INET ? put_arp(frame, p, tci) : put_solicitation(frame, p, tci));
	return 0;
}

int mirror_ask_echo(const struct rd_mirror_peer *p, const uint8_t *dst, uint16_t tci)
{
	struct rte_mbuf *m = begin(p);
	uint8_t *frame;

	if (m == NULL)
		return -ENOBUFS;
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	send_off(m,
		p->family == AF_INET ? put_echo4(frame, p, dst, tci)
				     : put_echo6(frame, p, dst, tci));
	return 0;
}
