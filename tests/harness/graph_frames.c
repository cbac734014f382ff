/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See graph_frames.h.
 */
#include "graph_frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

unsigned gr_pcap(const char *path, struct gf_frame *frames, unsigned max)
{
	const char *root = getenv("RD_PCAPS");
	char name[1024];
	uint8_t head[24];
	unsigned nb = 0;
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", root != NULL ? root : "pcaps", path);
	f = fopen(name, "rb");
	if (f == NULL || fread(head, 24, 1, f) != 1 || le32(head) != 0xa1b2c3d4)
		fail_msg("%s is no pcap file", name);
	while (nb < max && fread(head, 16, 1, f) == 1) {
		struct gf_frame *fr = &frames[nb];

		fr->len = le32(head + 8);
		if (fr->len > GF_BYTES)
			fail_msg("a frame of %u bytes in %s", fr->len, name);
		assert_int_equal(fread(fr->bytes, 1, fr->len, f), fr->len);
		nb++;
	}
	fclose(f);
	return nb;
}

struct gf_frame gr_pcap_one(const char *path)
{
	struct gf_frame f;

	assert_int_equal(gr_pcap(path, &f, 1), 1);
	return f;
}

static void put_mac(uint8_t *p, const char *mac)
{
	assert_int_equal(rd_parse_mac(mac, p), 0);
}

static void put_ip(uint8_t *p, const char *ip)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(rd_parse_ip(ip, &family, addr), 0);
	memcpy(p, addr, 4);
}

static size_t put_eth(uint8_t *f, struct gr_l2 l2, uint16_t ethertype)
{
	size_t off = 12;

	put_mac(f, l2.dst);
	put_mac(f + 6, l2.src);
	if (l2.vlan != 0) {
		rd_put16(f + 12, RD_ETHERTYPE_VLAN);
		rd_put16(f + 14, l2.vlan);
		off = 16;
	}
	rd_put16(f + off, ethertype);
	return off + 2;
}

static void put_ipv4(uint8_t *ip, uint8_t proto, const char *src, const char *dst, size_t len)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	rd_put16(ip + 2, (uint16_t)(20 + len));
	ip[8] = 64;
	ip[9] = proto;
	put_ip(ip + 12, src);
	put_ip(ip + 16, dst);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
}

static void put_l4_sum(uint8_t *ip, size_t sum_off, size_t len)
{
	uint32_t sum = rd_csum_add(ip[9] + (uint32_t)len, ip + 12, 8);

	rd_put16(ip + 20 + sum_off, 0);
	rd_put16(ip + 20 + sum_off, rd_csum_fold(rd_csum_add(sum, ip + 20, len)));
}

struct gf_frame gr_udp(
	struct gr_l2 l2, const char *src, const char *dst, uint16_t ports[2], size_t len)
{
	struct gf_frame f = {0};
	size_t off = put_eth(f.bytes, l2, RD_ETHERTYPE_IPV4);
	uint8_t *ip = f.bytes + off;

	assert_true(off + 28 + len <= GF_BYTES);
	put_ipv4(ip, RD_IPPROTO_UDP, src, dst, 8 + len);
	rd_put16(ip + 20, ports[0]);
	rd_put16(ip + 22, ports[1]);
	rd_put16(ip + 24, (uint16_t)(8 + len));
	for (size_t i = 0; i < len; i++)
		ip[28 + i] = (uint8_t)(i * 7);
	put_l4_sum(ip, 6, 8 + len);
	f.len = (uint32_t)(off + 28 + len);
	return f;
}

struct gf_frame gr_tcp(
	struct gr_l2 l2, const char *src, const char *dst, uint16_t ports[2], size_t len)
{
	struct gf_frame f = {0};
	size_t off = put_eth(f.bytes, l2, RD_ETHERTYPE_IPV4);
	uint8_t *ip = f.bytes + off;

	assert_true(off + 40 + len <= GF_BYTES);
	put_ipv4(ip, RD_IPPROTO_TCP, src, dst, 20 + len);
	rd_put16(ip + 20, ports[0]);
	rd_put16(ip + 22, ports[1]);
	ip[32] = 0x50;
	ip[33] = 0x02;
	put_l4_sum(ip, 16, 20 + len);
	f.len = (uint32_t)(off + 40 + len);
	return f;
}

struct gf_frame gr_arp(
	const char *dst_mac, const char *sha, const char *spa, const char *tpa, uint16_t op)
{
	struct gf_frame f = {.len = 60};
	uint8_t *arp =
		f.bytes + put_eth(f.bytes, (struct gr_l2){dst_mac, sha, 0}, RD_ETHERTYPE_ARP);

	rd_put16(arp, 1);
	rd_put16(arp + 2, RD_ETHERTYPE_IPV4);
	arp[4] = 6;
	arp[5] = 4;
	rd_put16(arp + 6, op);
	put_mac(arp + 8, sha);
	put_ip(arp + 14, spa);
	put_ip(arp + 24, tpa);
	return f;
}

struct gf_frame gr_echo(struct gr_l2 l2, const char *src, const char *dst, size_t len)
{
	struct gf_frame f = {0};
	size_t off = put_eth(f.bytes, l2, RD_ETHERTYPE_IPV4);
	uint8_t *icmp = f.bytes + off + 20;

	put_ipv4(f.bytes + off, RD_IPPROTO_ICMP, src, dst, 8 + len);
	icmp[0] = 8;
	rd_put16(icmp + 4, 0x1234);
	rd_put16(icmp + 6, 1);
	for (size_t i = 0; i < len; i++)
		icmp[8 + i] = (uint8_t)i;
	rd_put16(icmp + 2, rd_csum_fold(rd_csum_add(0, icmp, 8 + len)));
	f.len = (uint32_t)(off + 28 + len);
	return f;
}

struct gf_frame gr_geneve(const struct gf_frame *inner, uint32_t vni)
{
	struct gf_frame f = {0};
	size_t len = 8 + 16 + inner->len; // UDP, Geneve with 8 bytes of options
	size_t off = put_eth(f.bytes, (struct gr_l2){GR_TEP, GR_REMOTE_TEP, 0}, RD_ETHERTYPE_IPV4);
	uint8_t *udp = f.bytes + off + 20;

	assert_true(off + 20 + len <= GF_BYTES);
	put_ipv4(f.bytes + off, RD_IPPROTO_UDP, "192.168.4.57", "192.168.4.60", len);
	rd_put16(udp, 50000);
	rd_put16(udp + 2, RD_GENEVE_PORT);
	rd_put16(udp + 4, (uint16_t)len);
	udp[8] = 2;
	rd_put16(udp + 10, RD_ETHERTYPE_TEB);
	rd_put32(udp + 12, vni << 8);
	rd_put16(udp + 16, 0x0104);
	udp[19] = 1;
	memcpy(udp + 24, inner->bytes, inner->len);
	f.len = (uint32_t)(off + 20 + len);
	return f;
}
