/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packet ids, and the metadata of a packet that enters. Worker thread.
 */
#pragma once

#include "core/worker.h"

// For nb packets at once: the first one's, the others count up.
static inline uint64_t rd_packet_id_take(struct rd_worker *w, uint16_t nb)
{
	uint64_t first = w->id_next;

	w->id_next += nb;
	return first;
}
static inline uint64_t rd_packet_id_of(const struct rd_worker *w, uint64_t number)
{
	return w->id_base | (number & ((UINT64_C(1) << 40) - 1));
}
static inline uint64_t rd_packet_id_next(struct rd_worker *w)
{
	return rd_packet_id_of(w, rd_packet_id_take(w, 1));
}
// Fresh metadata of a packet that enters at `port`.
static inline struct rd_meta *rd_meta_init(struct rd_worker *w, struct rte_mbuf *m, uint16_t port)
{
	struct rd_meta *md = rd_meta(m);

	*md = (struct rd_meta){.packet_id = rd_packet_id_next(w), .in_port = port};
	return md;
}
