/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn as a filter: reads IP packets from standard input (two bytes of length, then the packet), writes a line for each:
 * "pass" or the reason. Every first packet is allowed by the rules. compare.py feeds it.
 *
 *	driver strict|loose
 */
#include "api/stages.h"
#include "core/rcu.h"
#include "tables/conn_quote.h"

#include <stdio.h>
#include <string.h>

static uint8_t packet[65536];

static struct layout { // of the packet's IP header, which has no options or extensions
	uint8_t family;
	unsigned proto, src, dst, addr_len, len; // offsets, and lengths
} ip;

// One thread: nobody has to be waited for.
uint64_t rd_rcu_start(void)
{
	return 0;
}

bool rd_rcu_passed(uint64_t token)
{
	return token == 0;
}

static bool has_ports(uint8_t proto)
{
	return proto == RD_IPPROTO_TCP || proto == RD_IPPROTO_UDP;
}

static bool is_icmp(uint8_t proto)
{
	return proto == (ip.family == 4 ? RD_IPPROTO_ICMP : RD_IPPROTO_ICMPV6);
}

static struct rd_conn_key key_of(const struct rd_conn_l4 *l4)
{
	struct rd_conn_key k = {.zone = 1, .proto = packet[ip.proto], .family = ip.family};

	memcpy(k.src, packet + ip.src, ip.addr_len);
	memcpy(k.dst, packet + ip.dst, ip.addr_len);
	k.to_guest = memcmp(k.src, k.dst, sizeof(k.src)) < 0; // one of the two is the guest
	if (has_ports(k.proto) && l4->hdr_len >= 4) {
		k.sport = rd_be16(l4->hdr);
		k.dport = rd_be16(l4->hdr + 2);
	}
	if (is_icmp(k.proto) && l4->hdr_len >= 6)
		k.sport = k.dport = rd_be16(l4->hdr + 4);
	return k;
}

static int judge_error(const struct rd_conn_l4 *l4)
{
	struct rd_conn_found f;
	struct rd_conn_key k;
	int rc = rd_conn_quoted(l4, ip.family, &k);

	k.zone = 1;
	k.to_guest = memcmp(k.src, k.dst, sizeof(k.src)) < 0;
	if (rc != 0)
		return rc;
	if (memcmp(k.src, packet + ip.dst, ip.addr_len) != 0 || !rd_conn_find_related(&k, &f))
		return RD_DROP_DFW_STATE_MISMATCH;
	return 0;
}

static int judge(uint32_t len)
{
	struct rd_conn_l4 l4 = {
		.hdr = packet + ip.len, .len = len - ip.len, .hdr_len = len - ip.len};
	struct rd_conn_key k = key_of(&l4);
	struct rd_conn_found f;
	int rc = RD_CONN_GONE;

	if (is_icmp(k.proto) && rd_conn_is_error(ip.family, l4.hdr[0]))
		return judge_error(&l4);
	if (rd_conn_find(&k, &f))
		rc = rd_conn_packet(f.ref, f.dir, k.proto, &l4, len, 1);
	if (rc == RD_CONN_GONE)
		rc = rd_conn_create(0, &k, NULL, &l4, 1, &f);
	return rc;
}

static bool read_packet(uint32_t *len)
{
	static const struct layout v4 = {4, 9, 12, 16, 4, 20}, v6 = {6, 6, 8, 24, 16, 40};
	uint8_t head[2];

	if (fread(head, 2, 1, stdin) != 1)
		return false;
	*len = rd_be16(head);
	if (*len < 28 || fread(packet, *len, 1, stdin) != 1)
		return false;
	ip = packet[0] >> 4 == 6 ? v6 : v4;
	return *len >= ip.len + 8;
}

int main(int argc, char **argv)
{
	struct rd_conn_settings settings;
	uint32_t len;

	if (argc != 2 || rd_conn_init(1 << 18) != 0)
		return 2;
	rd_conn_settings_get(&settings);
	settings.strict = strcmp(argv[1], "strict") == 0;
	rd_conn_settings_set(&settings);
	while (read_packet(&len)) {
		int rc = judge(len);

		puts(rc == 0 ? "pass" : rd_drop_by_id((unsigned)rc)->name);
	}
	rd_conn_fini();
	return 0;
}
