/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn as a filter: reads IPv4 packets from standard input (two bytes of length, then the packet), writes a line for each:
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

static struct rd_conn_key key_of(const struct rd_conn_l4 *l4)
{
	struct rd_conn_key k = {.zone = 1, .proto = packet[9], .family = 4};

	memcpy(k.src, packet + 12, 4);
	memcpy(k.dst, packet + 16, 4);
	if (has_ports(k.proto) && l4->hdr_len >= 4) {
		k.sport = rd_be16(l4->hdr);
		k.dport = rd_be16(l4->hdr + 2);
	}
	if (k.proto == RD_IPPROTO_ICMP && l4->hdr_len >= 6)
		k.sport = k.dport = rd_be16(l4->hdr + 4);
	return k;
}

static int judge_error(const struct rd_conn_l4 *l4)
{
	struct rd_conn_found f;
	struct rd_conn_key k;
	int rc = rd_conn_quoted(l4, 4, &k);

	k.zone = 1;
	if (rc != 0)
		return rc;
	if (memcmp(k.src, packet + 16, 4) != 0 || !rd_conn_find_related(&k, &f))
		return RD_DROP_DFW_STATE_MISMATCH;
	return 0;
}

static int judge(uint32_t len)
{
	struct rd_conn_l4 l4 = {.hdr = packet + 20, .len = len - 20, .hdr_len = len - 20};
	struct rd_conn_key k = key_of(&l4);
	struct rd_conn_found f;
	int rc = RD_CONN_GONE;

	if (k.proto == RD_IPPROTO_ICMP && rd_conn_is_error(4, packet[20]))
		return judge_error(&l4);
	if (rd_conn_find(&k, &f))
		rc = rd_conn_packet(f.ref, f.dir, k.proto, &l4, len, 1);
	if (rc == RD_CONN_GONE)
		rc = rd_conn_create(0, &k, NULL, &l4, 1, &f);
	return rc;
}

static bool read_packet(uint32_t *len)
{
	uint8_t head[2];

	if (fread(head, 2, 1, stdin) != 1)
		return false;
	*len = rd_be16(head);
	return *len >= 28 && fread(packet, *len, 1, stdin) == 1;
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
