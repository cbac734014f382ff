/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port_in: into the switch port: which segment does the frame belong to, and may the port send it: its MAC, its
 * addresses, how much.
 * Comes from classify with parsed headers, goes to flow_lookup. A VLAN segment's tag ends here:
 * inside the switch frames are untagged.
 */
#include <string.h>

#include "base/pkt.h"
#include "core/stage.h"
#include "nodes/spoof.h"
#include "tables/segment.h"

#define PORT_IN_NEXT(X) X(DROP, drop) X(FLOW_LOOKUP, flow_lookup)
RD_STAGE_EDGES(PORT_IN_NEXT);

#define TAG_LEN 4

// Takes off the outermost tag: the MAC addresses move up.
static void strip_tag(struct rte_mbuf *m, struct rd_meta *md)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(frame + TAG_LEN, frame, 12);
	rte_pktmbuf_adj(m, TAG_LEN);
	md->l3_off -= TAG_LEN;
	if (md->pkt_flags & RD_PKT_L4)
		md->l4_off -= TAG_LEN;
	rd_meta_new_form(md);
}

static int uplink_in(struct rte_mbuf *m, struct rd_meta *md, const struct rd_port *in)
{
	const struct rd_segment *seg = rd_segment_by_vlan(in->sw, md->vlan);

	if (seg == NULL)
		return RD_DROP_PORT_VLAN_UNKNOWN;
	md->segment = seg->idx;
	if (md->l3_off > RD_ETH_LEN)
		strip_tag(m, md);
	return 0;
}

static bool within(struct rd_worker *w, const struct rd_port *in, uint32_t len)
{
	uint64_t now = rd_guard_now(w);

	return w->dry == NULL ? rd_guard_take(&in->guard, in->idx, len, now)
			      : rd_guard_could_take(&in->guard, in->idx, len, now);
}

// Limits come last: what is not sent costs nothing.
static int guard(struct rd_worker *w, const struct rte_mbuf *m, const struct rd_meta *md,
	const struct rd_port *in)
{
	if (in->spoof_check && in->guard.nb_addrs != 0) {
		int reason = rd_spoof_check(in, m, md);

		if (reason != 0)
			return reason;
	}
	return !rd_guard_limits(&in->guard) || within(w, in, m->pkt_len) ? 0 : RD_DROP_VNIC_RATE;
}

static int access_in(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, const struct rd_port *in)
{
	const struct rd_segment *seg;

	if (md->l3_off > RD_ETH_LEN)
		return RD_DROP_PORT_VLAN_GUEST;
	if (in->spoof_check && memcmp(rte_pktmbuf_mtod(m, const uint8_t *) + 6, in->mac, 6) != 0)
		return RD_DROP_PORT_MAC_SPOOF;
	seg = in->segment != 0 ? rd_segment_at(in->segment) : NULL;
	if (seg == NULL)
		return RD_DROP_PORT_NO_SEGMENT;
	md->segment = seg->idx;
	md->vni = seg->vni;
	return guard(w, m, md, in);
}

static uint16_t port_in_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *in = rd_port_at(md->in_port);
	int reason;

	if (in == NULL)
		return rd_drop(md, RD_DROP_RX_PORT_DOWN);
	reason = in->type == RD_PORT_UPLINK ? uplink_in(m, md, in) : access_in(w, m, md, in);
	return reason != 0 ? rd_drop(md, (enum rd_drop_reason)reason) : NEXT_FLOW_LOOKUP;
}

RD_STAGE_REGISTER(PORT_IN, port_in, port_in_one, RD_SIDE_IN);
