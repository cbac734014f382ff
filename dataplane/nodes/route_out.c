/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a router says of its own: ARP requests (RFC 826), neighbour solicitations (RFC 4861, section 4.3), ICMP errors (RFC 792, 1191,
 * 4443). Worker thread.
 */
#include "nodes/route.h"

#include <arpa/inet.h>
#include <string.h>

#include "nodes/arp.h"
#include "nodes/reject_build.h"
#include "nodes/say.h"
#include "tables/punt.h"

#define ARP_FRAME (RD_ETH_LEN + RD_ARP_LEN)
#define NS_LEN 32 // with the option of our MAC
#define NS_FRAME (RD_ETH_LEN + 40 + NS_LEN)

void rd_route_leave(struct rd_meta *md, uint16_t segment)
{
	const struct rd_segment *seg = rd_segment_at(segment);

	md->segment = segment;
	md->vni = seg != NULL ? seg->vni : 0;
	md->vlan = 0;
	md->flow = NULL;
	md->out_port = RD_PORT_NONE;
	md->tunnel = 0;
	md->to_router = 0;
	md->routed = md->routed < RD_ROUTED_MAX ? md->routed + 1u : RD_ROUTED_MAX;
	md->flags &= (uint8_t) ~(RD_META_FROM_TUNNEL | RD_META_HIT | RD_META_MISS);
	rd_meta_new_form(md);
}

// To the solicited-node multicast address (RFC 4291, section 2.7.1).
static uint32_t solicitation(
	const struct rd_rif *rif, const uint8_t *source, const uint8_t *addr, uint8_t *out)
{
	static const uint8_t group[13] = {0xff, 2, [11] = 1, [12] = 0xff};
	uint8_t *ip = out + RD_ETH_LEN, *ns = ip + 40;

	memcpy(out, (uint8_t[]){0x33, 0x33, 0xff, addr[13], addr[14], addr[15]}, 6);
	memcpy(out + 6, rif->mac, 6);
	rd_put16(out + 12, RD_ETHERTYPE_IPV6);
	memcpy(ip, (uint8_t[]){0x60, 0, 0, 0, 0, NS_LEN, RD_IPPROTO_ICMPV6, 255}, 8);
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, group, 13);
	memcpy(ip + 37, addr + 13, 3);
	memset(ns, 0, NS_LEN);
	ns[0] = RD_ND_SOLICIT;
	memcpy(ns + 8, addr, 16);
	ns[24] = 1; // source link-layer address
	ns[25] = 1; // in units of 8 bytes
	memcpy(ns + 26, rif->mac, 6);
	rd_put16(ns + 2,
		rd_csum_fold(rd_csum_add(
			rd_csum_add(RD_IPPROTO_ICMPV6 + NS_LEN, ip + 8, 32), ns, NS_LEN)));
	return NS_FRAME;
}

// Ready for l2_lookup, into the interface's segment. NULL: withheld, and counted so.
static struct rte_mbuf *say(struct rd_worker *w, const struct rd_meta *md, const struct rd_rif *rif,
	const uint8_t *bytes, uint32_t len)
{
	bool may = w->dry != NULL
		|| rd_punt_take(w->id, RD_PUNT_SAID, rd_clock_ns(&w->clock, rd_tsc()));
	struct rte_mbuf *m = may ? rd_node_say(w, md, bytes, len) : NULL;

	if (m != NULL)
		rd_route_leave(rd_meta(m), rif->segment);
	if (w->dry == NULL)
		rd_rif_count_said(w->id, rif->idx, m != NULL);
	return m;
}

struct rte_mbuf *rd_route_ask(struct rd_worker *w, const struct rd_meta *md,
	const struct rd_rif *rif, uint8_t family, const uint8_t *addr)
{
	const uint8_t *source = rd_rif_source(rif, family, addr);
	uint8_t bytes[NS_FRAME];
	uint32_t len = ARP_FRAME;

	if (source == NULL)
		return NULL;
	if (family == AF_INET)
		rd_arp_ask(bytes, rif->mac, source, addr);
	else
		len = solicitation(rif, source, addr, bytes);
	return say(w, md, rif, bytes, len);
}

// Type and code. type 0: the sender is not told.
static struct rd_icmp_error error_of(enum rd_drop_reason reason, bool v4, uint16_t mtu)
{
	switch (reason) {
	case RD_DROP_L3_TTL:
		return (struct rd_icmp_error){.type = v4 ? 11 : 3};
	case RD_DROP_L3_NO_ROUTE:
	case RD_DROP_L3_UNREACHABLE:
		return (struct rd_icmp_error){.type = v4 ? 3 : 1};
	case RD_DROP_L3_NEIGH_FAILED:
		return (struct rd_icmp_error){.type = v4 ? 3 : 1, .code = v4 ? 1 : 3};
	case RD_DROP_L3_MTU:
		return (struct rd_icmp_error){.type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = mtu};
	default:
		return (struct rd_icmp_error){0};
	}
}

struct rte_mbuf *rd_route_tell(struct rd_worker *w, struct rte_mbuf *m, const struct rd_rif *rif,
	enum rd_drop_reason reason, uint16_t mtu)
{
	const struct rd_meta *md = rd_meta(m);
	bool v4 = md->pkt_flags & RD_PKT_IPV4;
	const struct rd_reject_in in = {.frame = rte_pktmbuf_mtod(m, const uint8_t *),
		.len = m->data_len,
		.l3_off = md->l3_off,
		.l4_off = md->pkt_flags & RD_PKT_L4 ? md->l4_off : 0,
		.proto = md->proto,
		.pkt_flags = md->pkt_flags};
	struct rd_icmp_error e = error_of(reason, v4, mtu);
	uint8_t bytes[RD_REJECT_MAX];
	uint32_t len;

	if (e.type == 0)
		return NULL;
	e.src = rd_rif_source(rif, v4 ? AF_INET : AF_INET6, in.frame + md->l3_off + (v4 ? 12 : 8));
	if (e.src == NULL)
		return NULL;
	len = rd_icmp_error_build(&in, &e, bytes);
	return len != 0 ? say(w, md, rif, bytes, len) : NULL;
}
