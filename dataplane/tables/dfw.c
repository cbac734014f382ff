/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Matching of firewall rules, and their counters. Workers.
 */
#include "tables/dfw_priv.h"

#include "api/stages.h"
#include "base/pkt.h"

#include <string.h>
#include <sys/socket.h>

static bool prefix_match(const uint8_t *addr, const uint8_t *prefix, unsigned len)
{
	unsigned bytes = len / 8, bits = len % 8;

	if (memcmp(addr, prefix, bytes) != 0)
		return false;
	return bits == 0 || ((addr[bytes] ^ prefix[bytes]) >> (8 - bits)) == 0;
}

static bool address_match(unsigned rule_family, unsigned family, const uint8_t *addr,
	const uint8_t *prefix, unsigned len)
{
	if (rule_family == 0)
		return true;
	return rule_family == family && prefix_match(addr, prefix, len);
}

static bool port_match(const struct rd_dfw_rule *r, const struct rd_flow_key *k)
{
	if (r->sport_lo == 0 && r->sport_hi == UINT16_MAX && r->dport_lo == 0
		&& r->dport_hi == UINT16_MAX)
		return true;
	if (k->ft != RD_FT_L4 || (k->proto != RD_IPPROTO_TCP && k->proto != RD_IPPROTO_UDP))
		return false;
	return k->sport >= r->sport_lo && k->sport <= r->sport_hi && k->dport >= r->dport_lo
		&& k->dport <= r->dport_hi;
}

static bool rule_match(const struct rd_dfw_rule *r, enum rd_dfw_dir dir, unsigned family,
	const struct rd_flow_key *k)
{
	return (r->dir & dir) != 0 && (r->proto == 0 || r->proto == k->proto)
		&& address_match(r->src_family, family, k->src, r->src, r->src_len)
		&& address_match(r->dst_family, family, k->dst, r->dst, r->dst_len)
		&& port_match(r, k);
}

struct rd_dfw_verdict rd_dfw_match(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	unsigned family = k->ethertype == RD_ETHERTYPE_IPV4 ? AF_INET : AF_INET6;

	if (k->ethertype != RD_ETHERTYPE_IPV4 && k->ethertype != RD_ETHERTYPE_IPV6)
		return (struct rd_dfw_verdict){.allow = true};
	for (uint32_t i = 0; i < d->nb; i++) {
		const struct rd_dfw_rule *r = &d->rule[i];

		if (rule_match(r, dir, family, k))
			return (struct rd_dfw_verdict){.allow = r->allow,
				.rule_id = r->id,
				.reason = r->allow ? RD_DROP_NONE : RD_DROP_DFW_RULE_DENY};
	}
	return (struct rd_dfw_verdict){.allow = d->default_allow,
		.reason = d->default_allow ? RD_DROP_NONE : RD_DROP_DFW_DEFAULT_DENY};
}

void rd_dfw_hit(const struct rd_dfw *d, unsigned worker, uint32_t rule_id)
{
	uint64_t *count = &d->hits[(size_t)worker * d->stride + dfw_index(d, rule_id)];

	// Only this worker writes it; control reads it at any time.
	__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
}
