/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files on a copy's way share: copy.c, mask.c, owner.c. Worker thread.
 */
#pragma once

#include "api/stages.h"
#include "session/field.h"
#include "session/match.h"

#define MIRROR_GRE 47 // of IP
#define MIRROR_HEADROOM RTE_ALIGN_CEIL(RD_ENCAP_MAX + 16, 64) // before a copy's first byte

void mirror_flush(struct rd_worker *w); // what the worker has copied goes to the owner
// Blots out the payload of a copy as the session wants it.
void mirror_mask(const struct mirror_run *r, const struct mirror_view *v, struct rte_mbuf *m);

// own.c: a copy of ours, of whatever session: not to be copied.
bool mirror_is_excluded(const struct mirror_excludes *e, const struct mirror_view *v);
// false: it is not, and that can be seen without parsing it.
static inline bool mirror_may_be_own(const struct mirror_excludes *e, const struct mirror_view *v)
{
	uint8_t proto;

	if (e == NULL || e->nb == 0)
		return false;
	if (v->has_inner || v->len < RD_ETH_LEN + 20u)
		return true;
	switch (mirror_view_type(v)) {
	case RD_ETHERTYPE_IPV4:
		proto = v->bytes[RD_ETH_LEN + 9];
		return proto == MIRROR_GRE || (proto == RD_IPPROTO_UDP && e->udp);
	case RD_ETHERTYPE_IPV6: // an extension header may hide any
		proto = v->bytes[RD_ETH_LEN + 6];
		return proto != RD_IPPROTO_TCP && (proto != RD_IPPROTO_UDP || e->udp);
	default:
		return true;
	}
}
// ... and it shows that this session's copies come back from the network.
bool mirror_is_loop(const struct mirror_run *r, const struct mirror_view *v);

// Out of the switch port; else into it.
static inline bool rd_mirror_is_egress(unsigned stage)
{
	return stage == RD_STAGE_UPLINK_TX || stage == RD_STAGE_MUX_TX || stage == RD_STAGE_VNIC_TX
		|| stage == RD_STAGE_UPT_TX || stage == RD_STAGE_PORT_OUT;
}
