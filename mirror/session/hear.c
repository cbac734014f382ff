/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What frames at the ports that copies leave by say of next hops (RFC 826, RFC 4861) and of collectors (RFC 792, RFC 4443). Anybody
 * on the wire can send them, guests in other VLANs included: an answer counts if it was asked for, is for us, and comes in the VLAN
 * that copies go out in; ICMP if it quotes a copy of ours. Control thread.
 */
#include <string.h>

#include "base/pkt.h"
#include "session/peer.h"
#include "session/state.h"

#define SECOND_NS UINT64_C(1000000000)
#define REFRESH_NS (30 * SECOND_NS)
#define ARP_LEN 28
#define ND_NA 136
#define ND_LEN 24
#define ECHO_REPLY 0
#define ECHO_REPLY6 129
#define ECHO_WINDOW 3 // so many of the last requests may be answered yet

struct news { // what a frame says
	uint16_t port;
	uint64_t now;
	const uint8_t *dmac; // whom it is for
	uint16_t vlan; // it came in; 0 = none
	int family;
	const uint8_t *to; // whom the IP packet, or the answer, is for
	const uint8_t *ip, *mac; // an answer; of an echo only who
	bool echo;
	uint16_t echo_id, echo_seq;
	const uint8_t *quoted; // IP header of a copy that was not taken
	uint32_t quoted_len;
};

// The head of a copy that this session sent to its collector i.
static bool is_copy(const struct rd_mirror *m, unsigned i, const struct news *n)
{
	const uint8_t *ip = n->quoted;
	bool v6 = n->family == AF_INET6;
	uint32_t head = v6 ? 40 : (ip[0] & 15u) * 4, len = v6 ? 16 : 4;
	const uint8_t *src = ip + (v6 ? 8 : 12);
	uint8_t proto = ip[v6 ? 6 : 9];

	if (proto != mirror_ip_proto(&m->spec) || memcmp(m->peer[i].src, src, len) != 0
		|| memcmp(m->spec.dest[i].addr, src + len, len) != 0)
		return false;
	return proto != RD_IPPROTO_UDP
		|| (n->quoted_len >= head + 4
			&& rd_be16(ip + head + 2) == mirror_udp_port(&m->spec));
}

static void tell_refused(
	const struct rd_mirror *m, unsigned i, struct rd_mirror_peer *p, const struct news *n)
{
	if (!is_copy(m, i, n))
		return;
	p->unreachable++;
	p->bad_ns[2] = p->bad_ns[1];
	p->bad_ns[1] = p->bad_ns[0];
	p->bad_ns[0] = n->now;
}

// Another MAC than the one that is known counts as an answer only: else it is a reason to ask.
static bool tell_answer(struct rd_mirror_peer *p, const struct news *n)
{
	bool same = p->has_mac && memcmp(p->mac, n->mac, 6) == 0;

	if (p->is_static || memcmp(p->hop, n->ip, n->family == AF_INET ? 4 : 16) != 0)
		return false;
	if (p->tries == 0) {
		if (!same && p->next_ns > n->now + SECOND_NS)
			p->next_ns = n->now + SECOND_NS;
		return false;
	}
	p->tries = 0;
	p->next_ns = n->now + REFRESH_NS;
	memcpy(p->mac, n->mac, 6);
	p->has_mac = true;
	return !same;
}

// Whether copies go there again is seen at the next tick.
static void tell_echo(
	const struct rd_mirror *m, unsigned i, struct rd_mirror_peer *p, const struct news *n)
{
	bool ours = m->spec.health == RD_MIRROR_HEALTH_ECHO && p->echoes != 0
		&& memcmp(m->spec.dest[i].addr, n->ip, n->family == AF_INET ? 4 : 16) == 0
		&& n->echo_id == p->echo_id;

	if (!ours || (uint16_t)(p->echo_seq - n->echo_seq) >= ECHO_WINDOW)
		return;
	p->alive = true;
	p->misses = 0;
	p->echo_answers++;
}

// true: copies have to go elsewhere. What is not for us, in the VLAN that copies go out in, says nothing.
static bool tell_peer(struct rd_mirror *m, unsigned i, const struct news *n)
{
	struct rd_mirror_peer *p = &m->peer[i];

	if (p->port != n->port || p->family != n->family || m->spec.outer_vlan != n->vlan
		|| memcmp(p->smac, n->dmac, 6) != 0
		|| memcmp(p->src, n->to, n->family == AF_INET ? 4 : 16) != 0)
		return false;
	if (n->mac != NULL)
		return tell_answer(p, n);
	if (n->echo) {
		tell_echo(m, i, p, n);
		return false;
	}
	tell_refused(m, i, p, n);
	return false;
}

static bool tell(const struct news *n)
{
	bool changed = false;

	for (unsigned k = 0; k < RD_MIRROR_MAX; k++) {
		struct rd_mirror *m = rd_mirror_at(k);

		for (unsigned i = 0; m != NULL && i < m->spec.nb_dests; i++) {
			bool news = tell_peer(m, i, n);

			m->news |= news;
			changed |= news;
		}
	}
	return changed;
}

static bool is_unicast(const uint8_t *mac)
{
	return (mac[0] & 1) == 0 && (rd_be32(mac) != 0 || rd_be16(mac + 4) != 0);
}

static bool hear_arp(const uint8_t *arp, uint32_t len, struct news *n)
{
	static const uint8_t reply[8] = {0, 1, 8, 0, 6, 4, 0, 2};

	if (len < ARP_LEN || memcmp(arp, reply, sizeof(reply)) != 0 || !is_unicast(arp + 8))
		return false;
	n->family = AF_INET;
	n->mac = arp + 8;
	n->ip = arp + 14;
	n->to = arp + 24;
	return true;
}

// What is behind the ICMP header: the head of a packet of ours, from us.
static bool hear_unreachable(const uint8_t *ip, uint32_t len, struct news *n)
{
	if (n->family == AF_INET ? len < 20 || ip[0] >> 4 != 4 : len < 40 || ip[0] >> 4 != 6)
		return false;
	n->quoted = ip;
	n->quoted_len = len;
	return true;
}

static bool is_sum_right(const uint8_t *ip, const uint8_t *icmp, uint32_t len)
{
	uint32_t sum = rd_csum_add(len + RD_IPPROTO_ICMPV6, ip + 8, 32);

	return rd_csum_fold(rd_csum_add(sum, icmp, len)) == 0;
}

static bool hear_echo(const uint8_t *src, const uint8_t *icmp, struct news *n)
{
	n->echo = icmp[1] == 0;
	n->ip = src;
	n->echo_id = rd_be16(icmp + 4);
	n->echo_seq = rd_be16(icmp + 6);
	return n->echo;
}

// An advertisement: all of it is here, behind the IPv6 header, and it has not been routed.
static bool hear_icmp6(const uint8_t *ip, const uint8_t *icmp, uint32_t len, struct news *n)
{
	uint32_t whole = rd_be16(ip + 4);

	if (icmp[0] == ECHO_REPLY6)
		return len >= 8 && hear_echo(ip + 8, icmp, n);
	if (icmp[0] == 1)
		return len > 8 && hear_unreachable(icmp + 8, len - 8, n);
	if (icmp[0] != ND_NA || icmp[1] != 0 || ip[7] != 255 || icmp != ip + 40
		|| whole < ND_LEN + 8 || whole > len || icmp[ND_LEN] != 2 || icmp[ND_LEN + 1] != 1
		|| !is_unicast(icmp + ND_LEN + 2) || !is_sum_right(ip, icmp, whole))
		return false;
	n->ip = icmp + 8;
	n->mac = icmp + ND_LEN + 2;
	return true;
}

static bool hear_ip(const uint8_t *f, uint32_t len, const struct rd_pkt *p, struct news *n)
{
	uint32_t rest;

	if ((p->flags & RD_PKT_L4) == 0 || len < p->l4_off + 8u)
		return false;
	rest = len - p->l4_off;
	n->family = p->flags & RD_PKT_IPV6 ? AF_INET6 : AF_INET;
	n->to = f + p->l3_off + (n->family == AF_INET6 ? 24 : 16);
	if (p->proto == RD_IPPROTO_ICMP && n->family == AF_INET && f[p->l4_off] == 3)
		return hear_unreachable(f + p->l4_off + 8, rest - 8, n);
	if (p->proto == RD_IPPROTO_ICMP && n->family == AF_INET && f[p->l4_off] == ECHO_REPLY)
		return hear_echo(f + p->l3_off + 12, f + p->l4_off, n);
	if (p->proto == RD_IPPROTO_ICMPV6 && n->family == AF_INET6)
		return hear_icmp6(f + p->l3_off, f + p->l4_off, rest, n);
	return false;
}

static bool read_frame(const uint8_t *f, uint32_t len, struct news *n)
{
	struct rd_pkt p;

	(void)rd_pkt_parse(f, len, UINT16_MAX, 0, &p); // its end was cut off
	if (len < RD_ETH_LEN || p.tags > 1)
		return false;
	n->dmac = f;
	n->vlan = p.tags != 0 ? p.vlan : 0;
	if (p.ethertype == RD_ETHERTYPE_ARP)
		return len > p.l3_off && hear_arp(f + p.l3_off, len - p.l3_off, n);
	return hear_ip(f, len, &p, n);
}

bool mirror_hear_frame(const uint8_t *f, uint32_t len, uint16_t port, uint64_t now_ns)
{
	struct news n = {.port = port, .now = now_ns};

	return read_frame(f, len, &n) && tell(&n);
}
