/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text forms of what firewall rules are made of, and back. Control thread.
 */
#include "control/dfw_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/dfw_model.h"

static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{"any", 0},
	{"icmp", RD_IPPROTO_ICMP},
	{"tcp", RD_IPPROTO_TCP},
	{"udp", RD_IPPROTO_UDP},
	{"icmpv6", RD_IPPROTO_ICMPV6},
	{"gre", 47},
	{"esp", 50},
	{"sctp", 132},
};
#define NB_PROTOS (sizeof(protos) / sizeof(protos[0]))

const char *rd_dfw_proto_text(uint8_t proto, char buf[8])
{
	for (size_t i = 0; i < NB_PROTOS; i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	snprintf(buf, 8, "%u", proto);
	return buf;
}

int rd_dfw_proto_parse(const char *text, uint8_t *proto)
{
	uint32_t n;

	for (size_t i = 0; i < NB_PROTOS; i++) {
		if (strcmp(protos[i].name, text) == 0) {
			*proto = protos[i].proto;
			return 0;
		}
	}
	if (rd_parse_u32(text, 0, 255, &n) < 0)
		return -EINVAL;
	*proto = (uint8_t)n;
	return 0;
}

const char *rd_dfw_dir_text(unsigned dir)
{
	return dir == RD_DFW_IN ? "in" : dir == RD_DFW_OUT ? "out" : "inout";
}

const char *rd_dfw_action_text(unsigned action)
{
	static const char *const names[] = {"allow", "drop", "reject"};

	return action < sizeof(names) / sizeof(names[0]) ? names[action] : "?";
}

const char *rd_dfw_range_text(uint16_t lo, uint16_t hi, char buf[12])
{
	if (lo == 0 && hi == UINT16_MAX)
		return "any";
	snprintf(buf, 12, lo == hi ? "%u" : "%u-%u", lo, hi);
	return buf;
}

const char *rd_dfw_prefix_text(
	uint8_t family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT])
{
	return family == 0 ? "any" : rd_fmt_prefix(family, addr, len, buf);
}
