/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See track.h.
 */
#include "nodes/track.h"

#include <string.h>

#include "base/pkt.h"
#include "tables/conn_quote.h"

static bool is_icmp(uint8_t proto)
{
	return proto == RD_IPPROTO_ICMP || proto == RD_IPPROTO_ICMPV6;
}

static bool is_echo(const struct rd_flow_key *k)
{
	if (k->dport != 0)
		return false;
	return k->proto == RD_IPPROTO_ICMP ? k->sport == 0 || k->sport == 8
					   : k->sport == 128 || k->sport == 129;
}

static bool is_ip6_extension(uint8_t proto)
{
	static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};

	return memchr(extensions, proto, sizeof(extensions)) != NULL;
}

// Without the first fragment nobody knows whose it is. Behind an IPv6 extension header anything may come.
static bool needs_head(uint8_t proto, uint8_t family)
{
	if (proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP || is_icmp(proto))
		return true;
	return family == 6 && is_ip6_extension(proto);
}

enum rd_track_kind rd_track_kind(const struct rd_meta *md, const struct rd_flow_key *k)
{
	uint8_t family = md->pkt_flags & RD_PKT_IPV6 ? 6 : 4;

	if ((md->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0 || (md->pkt_flags & RD_PKT_MCAST))
		return RD_TRACK_NONE;
	if ((md->pkt_flags & RD_PKT_FRAG_LATER) && needs_head(k->proto, family))
		return RD_TRACK_LATER;
	if (!is_icmp(k->proto))
		return RD_TRACK_CONN;
	// ICMP of the other family's number has no meaning; what is cut short has no header.
	if ((md->pkt_flags & RD_PKT_L4) == 0 || (k->proto == RD_IPPROTO_ICMPV6) != (family == 6))
		return RD_TRACK_NONE;
	if (is_echo(k))
		return RD_TRACK_CONN;
	return rd_conn_is_error(family, (uint8_t)k->sport) ? RD_TRACK_ERROR : RD_TRACK_NONE;
}

static uint32_t ip_len(const uint8_t *ip, uint8_t pkt_flags)
{
	return pkt_flags & RD_PKT_IPV4 ? rd_be16(ip + 2) : 40u + rd_be16(ip + 4);
}

struct rd_conn_l4 rd_track_l4(const struct rte_mbuf *m, const struct rd_meta *md)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len = ip_len(frame + md->l3_off, md->pkt_flags);
	uint32_t before, readable;

	if ((md->pkt_flags & RD_PKT_L4) == 0)
		return (struct rd_conn_l4){.len = len};
	before = md->l4_off - (uint32_t)md->l3_off;
	len = len > before ? len - before : 0;
	readable = m->data_len > md->l4_off ? m->data_len - (uint32_t)md->l4_off : 0;
	return (struct rd_conn_l4){
		.hdr = frame + md->l4_off,
		.len = len,
		.hdr_len = RTE_MIN(len, readable),
	};
}

struct rd_conn_key rd_track_key(const struct rd_flow_key *k, uint16_t zone, bool to_guest)
{
	struct rd_conn_key key = {
		.zone = zone,
		.to_guest = to_guest,
		.proto = k->proto,
		.family = k->ethertype == RD_ETHERTYPE_IPV6 ? 6 : 4,
	};

	memcpy(key.src, k->src, 16);
	memcpy(key.dst, k->dst, 16);
	if (is_icmp(k->proto)) {
		key.sport = key.dport = k->icmp_id;
	} else if (k->ft == RD_FT_L4) {
		key.sport = k->sport;
		key.dport = k->dport;
	}
	return key;
}

struct rd_flow_key rd_track_orig(
	const struct rd_conn_key *orig, const struct rd_flow_key *like, bool reply)
{
	struct rd_flow_key k = *like;

	k.proto = orig->proto;
	k.ft = orig->proto == RD_IPPROTO_TCP || orig->proto == RD_IPPROTO_UDP
			|| is_icmp(orig->proto)
		? RD_FT_L4
		: RD_FT_L3;
	memcpy(k.src, orig->src, 16);
	memcpy(k.dst, orig->dst, 16);
	k.sport = orig->sport;
	k.dport = orig->dport;
	if (is_icmp(orig->proto)) { // an echo request
		k.icmp_id = orig->sport;
		k.sport = orig->proto == RD_IPPROTO_ICMP ? 8 : 128;
		k.dport = 0;
	}
	if (reply) {
		memcpy(k.dmac, like->smac, 6);
		memcpy(k.smac, like->dmac, 6);
	}
	return k;
}
