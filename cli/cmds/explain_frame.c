/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes from what is said of it: Ethernet, one tag, IPv4 or IPv6, TCP, UDP, ICMP, ARP; a Geneve packet around it.
 * RFC 791, 8200, 9293, 768, 792, 4443, 826, 8926. Pure.
 */
#include "cmds/explain.h"

#include "base/pkt.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#define GENEVE_LEN 8
#define OUTER_LEN (RD_ETH_LEN + 20 + 8 + GENEVE_LEN)

struct frame {
	uint8_t *b;
	size_t size, len;
};

static uint8_t *add(struct frame *f, size_t n)
{
	uint8_t *p = f->b + f->len;

	assert(n <= f->size - f->len); // what can be said of a packet fits; see rd_frame_build()
	memset(p, 0, n);
	f->len += n;
	return p;
}

static void put_ether(struct frame *f, const uint8_t dmac[6], const uint8_t smac[6], uint16_t vlan,
	uint16_t ethertype)
{
	uint8_t *p = add(f, RD_ETH_LEN);

	memcpy(p, dmac, 6);
	memcpy(p + 6, smac, 6);
	rd_put16(p + 12, vlan != 0 ? RD_ETHERTYPE_VLAN : ethertype);
	if (vlan == 0)
		return;
	p = add(f, 4);
	rd_put16(p, vlan);
	rd_put16(p + 2, ethertype);
}

static void put_ip4(struct frame *f, const struct rd_words *w, uint8_t proto, size_t payload)
{
	uint8_t *p = add(f, 20);

	p[0] = 0x45;
	p[1] = w->tos;
	rd_put16(p + 2, (uint16_t)(20 + payload));
	rd_put16(p + 6, 0x4000);
	p[8] = w->ttl;
	p[9] = proto;
	memcpy(p + 12, w->from.addr, 4);
	memcpy(p + 16, w->to.addr, 4);
	rd_put16(p + 10, rd_csum_fold(rd_csum_add(0, p, 20)));
}

static void put_ip6(struct frame *f, const struct rd_words *w, uint8_t proto, size_t payload)
{
	uint8_t *p = add(f, 40);

	rd_put32(p, 6u << 28 | (uint32_t)w->tos << 20);
	rd_put16(p + 4, (uint16_t)payload);
	p[6] = proto;
	p[7] = w->ttl;
	memcpy(p + 8, w->from.addr, 16);
	memcpy(p + 24, w->to.addr, 16);
}

static void put_l4(uint8_t *p, const struct rd_words *w, size_t len)
{
	switch (w->kind) {
	case RD_WORDS_TCP:
		rd_put32(p + 4, 1);
		rd_put32(p + 8, w->tcp_flags & 0x10 ? 1 : 0);
		p[12] = 5 << 4;
		p[13] = w->tcp_flags;
		rd_put16(p + 14, 64240);
		break;
	case RD_WORDS_UDP:
		rd_put16(p + 4, (uint16_t)len);
		break;
	case RD_WORDS_ICMP:
		p[0] = w->type;
		p[1] = w->code;
		rd_put16(p + 4, w->id);
		rd_put16(p + 6, 1);
		return;
	default:
		return;
	}
	rd_put16(p, w->from.port);
	rd_put16(p + 2, w->to.port);
}

static void put_checksum(uint8_t *l4, size_t len, const struct rd_words *w, uint8_t proto)
{
	size_t addr_len = w->from.family == AF_INET ? 4 : 16;
	uint32_t sum = 0;
	size_t at = w->kind == RD_WORDS_TCP ? 16 : w->kind == RD_WORDS_UDP ? 6 : 2;
	uint16_t folded;

	if (w->kind == RD_WORDS_IP)
		return;
	if (proto != RD_IPPROTO_ICMP) {
		sum = proto + (uint32_t)len;
		sum = rd_csum_add(sum, w->from.addr, addr_len);
		sum = rd_csum_add(sum, w->to.addr, addr_len);
	}
	folded = rd_csum_fold(rd_csum_add(sum, l4, len));
	rd_put16(l4 + at, folded != 0 || w->kind != RD_WORDS_UDP ? folded : 0xffff);
}

static size_t l4_len(const struct rd_words *w)
{
	return w->kind == RD_WORDS_TCP ? 20 : w->kind == RD_WORDS_IP ? 0 : 8;
}

static uint8_t proto_of(const struct rd_words *w)
{
	switch (w->kind) {
	case RD_WORDS_TCP:
		return RD_IPPROTO_TCP;
	case RD_WORDS_UDP:
		return RD_IPPROTO_UDP;
	case RD_WORDS_ICMP:
		return w->from.family == AF_INET ? RD_IPPROTO_ICMP : RD_IPPROTO_ICMPV6;
	default:
		return w->proto;
	}
}

static void put_arp(struct frame *f, const struct rd_words *w)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t *p = add(f, 28);

	memcpy(p, head, sizeof(head));
	memcpy(p + 8, w->from.mac, 6);
	memcpy(p + 14, w->from.addr, 4);
	memcpy(p + 24, w->to.addr, 4);
}

// So many bytes follow the headers up to the size that is wanted.
static int payload(const struct rd_words *w, size_t headers, size_t *n, struct rd_err *err)
{
	*n = w->size == 0 ? 0 : w->size - headers;
	if (w->size == 0 || w->size >= headers)
		return 0;
	rd_err_set(err, -EINVAL, "its headers alone have %zu bytes", headers);
	rd_err_hint(err, "size %zu or more", headers);
	return -EINVAL;
}

static int put_ip(struct frame *f, const struct rd_words *w, struct rd_err *err)
{
	bool v4 = w->from.family == AF_INET;
	size_t l4 = l4_len(w), rest, len;
	uint8_t *p;
	int ret = payload(w, f->len + (v4 ? 20 : 40) + l4, &rest, err);

	if (ret < 0)
		return ret;
	len = l4 + rest;
	if (v4)
		put_ip4(f, w, proto_of(w), len);
	else
		put_ip6(f, w, proto_of(w), len);
	p = add(f, len);
	put_l4(p, w, len);
	put_checksum(p, len, w, proto_of(w));
	return 0;
}

// Before the inner frame, whose length is known.
static void put_outer(struct frame *f, const struct rd_words *w, size_t inner)
{
	struct rd_words outer = {.from = w->outer_from, .to = w->outer_to, .ttl = 64};
	size_t udp = 8 + GENEVE_LEN + inner;
	uint8_t *p;

	put_ether(f, w->outer_to.mac, w->outer_from.mac, 0, RD_ETHERTYPE_IPV4);
	put_ip4(f, &outer, RD_IPPROTO_UDP, udp);
	p = add(f, 8 + GENEVE_LEN);
	rd_put16(p, w->outer_from.port);
	rd_put16(p + 2, w->outer_to.port);
	rd_put16(p + 4, (uint16_t)udp);
	rd_put16(p + 10, RD_ETHERTYPE_TEB);
	rd_put32(p + 12, w->vni << 8);
}

static uint16_t ethertype_of(const struct rd_words *w)
{
	if (w->kind == RD_WORDS_ARP)
		return RD_ETHERTYPE_ARP;
	return w->from.family == AF_INET ? RD_ETHERTYPE_IPV4 : RD_ETHERTYPE_IPV6;
}

int rd_words_frame(
	const struct rd_words *w, uint8_t *frame, size_t size, size_t *len, struct rd_err *err)
{
	size_t before = w->has_vni ? OUTER_LEN : 0;
	struct frame f = {.b = frame + before, .size = size - before};
	struct frame o = {.b = frame, .size = before};
	size_t rest;
	int ret = 0;

	put_ether(&f, w->to.mac, w->from.mac, w->vlan, ethertype_of(w));
	if (w->kind == RD_WORDS_ARP) {
		put_arp(&f, w);
		ret = payload(w, f.len, &rest, err);
		if (ret == 0)
			(void)add(&f, rest);
	} else {
		ret = put_ip(&f, w, err);
	}
	if (ret == 0 && w->has_vni)
		put_outer(&o, w, f.len);
	*len = before + f.len;
	return ret;
}
