/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of our own: see say.h.
 */
#include "nodes/say.h"

#include "core/packet_id.h"
#include "nodes/parse.h"
#include "nodes/path.h"

struct rte_mbuf *rd_node_say(
	struct rd_worker *w, const struct rd_meta *because, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *m = w->copies < RD_COPIES_MAX ? rd_frame_to_mbuf(bytes, len) : NULL;
	struct rd_flow_key k;
	struct rd_meta *md;
	struct rd_pkt p;

	if (m == NULL)
		return NULL;
	w->copies++;
	md = rd_meta(m);
	*md = (struct rd_meta){.packet_id = rd_packet_id_next(w),
		.parent_id = because->packet_id,
		.in_port = because->in_port,
		.stage = because->stage,
		.hop = because->hop,
		.links = because->links,
		.held = because->held};
	(void)rd_node_parse(m, md, &p); // it is ours, and right
	rd_key_fill(m, md, &k);
	md->hash = rd_flow_l4_hash(&k);
	return m;
}
