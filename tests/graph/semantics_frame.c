/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's own byte work: frames from their description, tags, checksums, outer headers. Written from the RFCs and
 * docs/design, not from the stages. See semantics.h.
 */
#include "semantics.h"

#include <string.h>

enum {
	TCP = 6,
	UDP = 17,
	ICMP = 1,
	ICMP6 = 58,
};

static void put2(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

uint16_t sem_sum(const uint8_t *b, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)b[i] << 8 : b[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void sem_ip_sum(uint8_t *ip)
{
	put2(ip + 10, 0);
	put2(ip + 10, sem_sum(ip, 20, 0));
}

static void put4(uint8_t *p, uint32_t v)
{
	put2(p, v >> 16);
	put2(p + 2, v & 0xffff);
}

static void tcp_build(const struct sem_pkt *k, uint8_t *b)
{
	put4(b + 4, k->seq);
	put4(b + 8, k->ack);
	b[12] = 0x50;
	b[13] = k->flags;
	put2(b + 14, 65535);
	memset(b + 16, 0, 4);
}

// What an ICMP error quotes, as much as there is room for.
static void quote_build(const struct sem_pkt *k, uint8_t *b)
{
	const struct sem_quote *q = &k->quote;
	bool v4 = k->kind == SEM_IP4;
	uint8_t ip[48] = {v4 ? 0x45 : 0x60}, *l4 = ip + (v4 ? 20 : 40);
	unsigned len = v4 ? 28 : 48;

	ip[v4 ? 9 : 6] = q->proto;
	memcpy(ip + (v4 ? 12 : 8), q->src, v4 ? 4 : 16);
	memcpy(ip + (v4 ? 16 : 24), q->dst, v4 ? 4 : 16);
	put2(l4, q->sport);
	put2(l4 + 2, q->dport);
	if (q->proto == ICMP || q->proto == ICMP6) {
		put2(l4, v4 ? 0x0800 : 0x8000);
		put2(l4 + 4, q->sport);
	}
	memcpy(b, ip, k->payload < len ? k->payload : len);
}

static unsigned l4_build(const struct sem_pkt *k, uint8_t *b)
{
	unsigned hdr = 0;

	if (k->frag == SEM_LATER) {
		memset(b, 0x5a, k->payload);
		return k->payload;
	}
	put2(b, k->sport);
	put2(b + 2, k->dport);
	if (k->proto == TCP) {
		tcp_build(k, b);
		hdr = 20;
	} else if (k->proto == UDP) {
		put2(b + 4, 8u + k->payload);
		put2(b + 6, 0);
		hdr = 8;
	} else if (k->proto == ICMP || k->proto == ICMP6) {
		memset(b, 0, 8);
		b[0] = (uint8_t)k->sport;
		b[1] = (uint8_t)k->dport;
		put2(b + 4, k->icmp_id);
		hdr = 8;
	}
	for (unsigned i = 0; i < k->payload; i++)
		b[hdr + i] = (uint8_t)(i * 11 + k->tos);
	if (sem_is_error(k))
		quote_build(k, b + hdr);
	return hdr + k->payload;
}

static unsigned ip4_build(const struct sem_pkt *k, uint8_t *b, const struct sem_frame *inner)
{
	unsigned len = 0;

	memset(b, 0, 20);
	if (inner == NULL) {
		len = l4_build(k, b + 20);
	} else { // UDP and Geneve
		len = 16 + inner->len;
		put2(b + 20, k->sport);
		put2(b + 22, k->dport);
		put2(b + 24, len);
		memset(b + 26, 0, 10);
		put2(b + 30, 0x6558);
		b[32] = (uint8_t)(k->vni >> 16);
		put2(b + 33, (uint16_t)k->vni);
		b[35] = 0;
		memcpy(b + 36, inner->b, inner->len);
	}
	b[0] = 0x45;
	b[1] = k->tos;
	put2(b + 2, 20 + len);
	put2(b + 4, 0x1234);
	put2(b + 6, k->frag == SEM_FIRST ? 0x2000 : k->frag == SEM_LATER ? 0x0010 : 0);
	b[8] = 64;
	b[9] = k->proto;
	memcpy(b + 12, k->src, 4);
	memcpy(b + 16, k->dst, 4);
	sem_ip_sum(b);
	b[11] ^= k->bad_sum;
	return 20 + len;
}

static unsigned ip6_build(const struct sem_pkt *k, uint8_t *b)
{
	unsigned ext = k->frag != SEM_WHOLE ? 8 : 0, len;

	memset(b, 0, 48);
	b[0] = (uint8_t)(0x60 | k->tos >> 4);
	b[1] = (uint8_t)(k->tos << 4);
	b[6] = ext != 0 ? 44 : k->proto;
	b[7] = 64;
	memcpy(b + 8, k->src, 16);
	memcpy(b + 24, k->dst, 16);
	if (ext != 0) {
		b[40] = k->proto;
		put2(b + 42, k->frag == SEM_FIRST ? 1 : 0x0080);
	}
	len = ext + l4_build(k, b + 40 + ext);
	put2(b + 4, len);
	return 40 + len;
}

static unsigned arp_build(const struct sem_pkt *k, uint8_t *b)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	memcpy(b, head, 8);
	memcpy(b + 8, k->smac, 6);
	memcpy(b + 14, k->src, 4);
	memset(b + 18, 0, 6);
	memcpy(b + 24, k->dst, 4);
	return 28;
}

static unsigned payload_build(const struct sem_pkt *k, uint8_t *b, const struct sem_frame *inner)
{
	switch (k->kind) {
	case SEM_IP4:
		return ip4_build(k, b, inner);
	case SEM_IP6:
		return ip6_build(k, b);
	case SEM_ARP:
		return arp_build(k, b);
	default:
		memset(b, 0x33, k->payload);
		return k->payload;
	}
}

void sem_build(const struct sem_pkt *k, struct sem_frame *f)
{
	static const uint16_t types[] = {
		[SEM_IP4] = 0x0800, [SEM_IP6] = 0x86dd, [SEM_ARP] = 0x0806, [SEM_OTHER] = 0x88b5};
	struct sem_frame inner;
	uint8_t *b = f->b + 12;

	if (k->inner != NULL)
		sem_build(k->inner, &inner);
	memcpy(f->b, k->dmac, 6);
	memcpy(f->b + 6, k->smac, 6);
	for (unsigned i = 0; i < k->tags; i++, b += 4) {
		put2(b, i + 1 < k->tags ? 0x88a8 : 0x8100);
		put2(b + 2, k->vlan[i]);
	}
	put2(b, types[k->kind]);
	b += 2;
	b += payload_build(k, b, k->inner != NULL ? &inner : NULL);
	f->len = (uint32_t)(b - f->b);
}

void sem_untag(struct sem_frame *f)
{
	memmove(f->b + 12, f->b + 16, f->len - 16);
	f->len -= 4;
}

void sem_tag(struct sem_frame *f, uint16_t vlan)
{
	memmove(f->b + 16, f->b + 12, f->len - 12);
	put2(f->b + 12, 0x8100);
	put2(f->b + 14, vlan);
	f->len += 4;
}

static bool has_l4(const struct sem_pkt *k)
{
	if (k->frag == SEM_LATER)
		return false;
	return k->proto == TCP || k->proto == UDP || (k->proto == ICMP && k->kind == SEM_IP4)
		|| (k->proto == ICMP6 && k->kind == SEM_IP6);
}

uint32_t sem_hash(const struct sem_pkt *k)
{
	uint8_t words[40] = {0};
	uint32_t h = 0x52444f54;

	if (k->kind == SEM_IP4 || k->kind == SEM_IP6) {
		memcpy(words, k->src, k->kind == SEM_IP4 ? 4 : 16);
		memcpy(words + 16, k->dst, k->kind == SEM_IP4 ? 4 : 16);
		words[39] = k->proto;
		if (has_l4(k)) {
			put2(words + 32, k->sport);
			put2(words + 34, k->dport);
		}
	} else {
		memcpy(words, k->smac, 4);
		memcpy(words + 6, k->smac + 4, 2);
		memcpy(words + 16, k->dmac, 4);
		memcpy(words + 22, k->dmac + 4, 2);
	}
	for (unsigned i = 0; i < 40; i += 4) {
		h ^= (uint32_t)words[i] << 24 | (uint32_t)words[i + 1] << 16
			| (uint32_t)words[i + 2] << 8 | words[i + 3];
		h *= 0x9e3779b1u;
		h ^= h >> 15;
	}
	return h != 0 ? h : 1;
}

// RFC 8926; the IP id is 0 (the comparison leaves it out where fragments are allowed).
void sem_encap(
	struct sem_frame *f, const struct sem_tunnel *t, uint32_t vni, uint32_t hash, uint8_t tos)
{
	unsigned hdr = 14 + 20 + 8 + 8 + sem.tep.opt_len, udp_len = hdr - 34 + f->len;
	uint8_t *ip = f->b + 14, *udp = ip + 20;

	memmove(f->b + hdr, f->b, f->len);
	f->len += hdr;
	memset(f->b, 0, hdr);
	memcpy(f->b, t->mac, 6);
	memcpy(f->b + 6, sem.tep.mac, 6);
	put2(f->b + 12, 0x0800);
	ip[0] = 0x45;
	ip[1] = tos;
	put2(ip + 2, 20 + udp_len);
	ip[6] = sem.tep.df ? 0x40 : 0;
	ip[8] = sem.tep.ttl;
	ip[9] = UDP;
	memcpy(ip + 12, sem.tep.ip, 4);
	memcpy(ip + 16, t->remote, 4);
	sem_ip_sum(ip);
	put2(udp, 0xc000 | ((hash ^ sem.tep.seed) * 0x9e3779b1u) >> 18);
	put2(udp + 2, sem.tep.dport);
	put2(udp + 4, udp_len);
	udp[8] = (uint8_t)(sem.tep.opt_len / 4);
	udp[9] = sem.tep.opt_len != 0 && (sem.tep.opt[2] & 0x80) ? 0x40 : 0;
	put2(udp + 10, 0x6558);
	udp[12] = (uint8_t)(vni >> 16);
	put2(udp + 13, (uint16_t)vni);
	memcpy(udp + 16, sem.tep.opt, sem.tep.opt_len);
	if (sem.tep.csum) {
		uint16_t sum = sem_sum(ip + 12, 8 + udp_len, UDP + udp_len);

		put2(udp + 6, sum != 0 ? sum : 0xffff);
	}
}
