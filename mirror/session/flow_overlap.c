/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether two rules of a card can meet in one packet. Says yes when in doubt. Pure.
 */
#include <string.h>

#include "session/flow_match.h"

static bool bits_clash(
	const uint8_t *a, const uint8_t *am, const uint8_t *b, const uint8_t *bm, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (((a[i] ^ b[i]) & am[i] & bm[i]) != 0)
			return true;
	return false;
}

static bool clash(uint32_t a, uint32_t am, uint32_t b, uint32_t bm)
{
	return ((a ^ b) & am & bm) != 0;
}

static bool prefix_clash(const uint8_t *a, uint8_t alen, const uint8_t *b, uint8_t blen)
{
	unsigned bits = alen < blen ? alen : blen;

	for (unsigned i = 0; i < bits; i++)
		if (((a[i / 8] ^ b[i / 8]) & (0x80u >> i % 8)) != 0)
			return true;
	return false;
}

static bool ip_clash(const struct rd_flow_layer *a, const struct rd_flow_layer *b)
{
	if (a->family != 0 && b->family != 0 && a->family != b->family)
		return true;
	if (a->family == 0 || b->family == 0)
		return false;
	return prefix_clash(a->src, a->src_len, b->src, b->src_len)
		|| prefix_clash(a->dst, a->dst_len, b->dst, b->dst_len)
		|| clash(a->dscp, a->dscp_mask, b->dscp, b->dscp_mask);
}

static bool layers_clash(const struct rd_flow_layer *a, const struct rd_flow_layer *b)
{
	return bits_clash(a->smac, a->smac_mask, b->smac, b->smac_mask, 6)
		|| bits_clash(a->dmac, a->dmac_mask, b->dmac, b->dmac_mask, 6)
		|| clash(a->vlan, a->vlan_mask, b->vlan, b->vlan_mask) || ip_clash(a, b)
		|| clash(a->proto, a->proto_mask, b->proto, b->proto_mask)
		|| clash(a->sport, a->sport_mask, b->sport, b->sport_mask)
		|| clash(a->dport, a->dport_mask, b->dport, b->dport_mask)
		|| clash(a->tcp_flags, a->tcp_flags_mask, b->tcp_flags, b->tcp_flags_mask);
}

bool rd_flow_overlap(const struct rd_flow_match *a, const struct rd_flow_match *b)
{
	if (layers_clash(&a->outer, &b->outer))
		return false;
	if (!a->geneve || !b->geneve)
		return true;
	return !clash(a->vni, a->vni_mask, b->vni, b->vni_mask)
		&& !layers_clash(&a->inner, &b->inner);
}

static bool same_layer(const struct rd_flow_layer *a, const struct rd_flow_layer *b)
{
	return memcmp(a, b, sizeof(*a)) == 0; // made from zeroed memory, padding included
}

bool rd_flow_same(const struct rd_flow_match *a, const struct rd_flow_match *b)
{
	return a->deny == b->deny && a->geneve == b->geneve && a->vni == b->vni
		&& a->vni_mask == b->vni_mask && a->udp_port == b->udp_port
		&& same_layer(&a->outer, &b->outer) && same_layer(&a->inner, &b->inner);
}
