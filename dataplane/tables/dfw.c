/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Matching of firewall rules. Workers.
 */
#include "tables/dfw.h"

#include "api/stages.h"
#include "base/pkt.h"
#include "tables/dfw_acl.h"
#include "tables/dfw_compile.h"

#include <string.h>
#include <sys/socket.h>

static bool prefix_match(const uint8_t *addr, const uint8_t *prefix, unsigned len)
{
	unsigned bytes = len / 8, bits = len % 8;

	if (memcmp(addr, prefix, bytes) != 0)
		return false;
	return bits == 0 || ((addr[bytes] ^ prefix[bytes]) >> (8 - bits)) == 0;
}

static bool port_match(const struct rd_dfw_term *t, const struct rd_flow_key *k)
{
	if (!t->l4)
		return true;
	return k->ft == RD_FT_L4 && k->sport >= t->sport_lo && k->sport <= t->sport_hi
		&& k->dport >= t->dport_lo && k->dport <= t->dport_hi;
}

static bool term_match(const struct rd_dfw_term *t, enum rd_dfw_dir dir, unsigned family,
	const struct rd_flow_key *k)
{
	return (t->dir & dir) != 0 && (t->family == 0 || t->family == family)
		&& (t->proto == 0 || t->proto == k->proto)
		&& prefix_match(k->src, t->src, t->src_len)
		&& prefix_match(k->dst, t->dst, t->dst_len) && port_match(t, k);
}

struct rd_dfw_verdict rd_dfw_match_l2(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	for (uint32_t i = 0; i < d->nb_l2; i++) {
		const struct rd_dfw_term *t = &d->l2[i];

		if ((t->dir & dir) != 0 && (t->sport_lo == 0 || t->sport_lo == k->ethertype)
			&& prefix_match(k->smac, t->src, t->src_len)
			&& prefix_match(k->dmac, t->dst, t->dst_len))
			return d->verdict[t->rule];
	}
	return (struct rd_dfw_verdict){.action = RD_DFW_ALLOW};
}

static struct rd_dfw_verdict match_flat(
	const struct rd_dfw *d, enum rd_dfw_dir dir, unsigned family, const struct rd_flow_key *k)
{
	for (uint32_t i = 0; i < d->nb_flat; i++)
		if (term_match(&d->flat[i], dir, family, k))
			return d->verdict[d->flat[i].rule];
	return d->dflt;
}

struct rd_dfw_verdict rd_dfw_match(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	unsigned family = k->ethertype == RD_ETHERTYPE_IPV4 ? AF_INET : AF_INET6;
	struct rd_dfw_verdict l2 = {.action = RD_DFW_ALLOW};
	uint32_t found;

	if (d->nb_l2 != 0)
		l2 = rd_dfw_match_l2(d, dir, k);
	if (l2.action != RD_DFW_ALLOW
		|| (k->ethertype != RD_ETHERTYPE_IPV4 && k->ethertype != RD_ETHERTYPE_IPV6))
		return l2;
	if (d->acl[0] == NULL && d->acl[1] == NULL)
		return match_flat(d, dir, family, k);
	found = rd_dfw_acl_match(d, dir, k);
	return found == 0 ? d->dflt : d->verdict[found - 1];
}
