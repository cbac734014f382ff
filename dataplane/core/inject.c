/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames from control into the graph, as if a port's device had received them. Control thread.
 */
#include <errno.h>
#include <string.h>

#include "core/graph.h"
#include "core/idle.h"
#include "core/stage.h"
#include "tables/port.h"

#define FRAME_MAX 65535

static uint64_t next_id; // of injected packets; the worker byte of their ids is 0xff

struct rte_mbuf *rd_frame_to_mbuf(const uint8_t *frame, size_t len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(rd_pool());

	for (struct rte_mbuf *seg = head; seg != NULL;) {
		uint16_t n = (uint16_t)RTE_MIN(len, (size_t)rte_pktmbuf_tailroom(seg));

		memcpy(rte_pktmbuf_mtod(seg, uint8_t *), frame, n);
		seg->data_len = n;
		seg->pkt_len = n; // rte_pktmbuf_chain() adds it to the head's
		frame += n;
		len -= n;
		if (seg != head && rte_pktmbuf_chain(head, seg) != 0) {
			rte_pktmbuf_free(seg);
			break;
		}
		if (len == 0)
			return head;
		seg = rte_pktmbuf_alloc(rd_pool());
	}
	rte_pktmbuf_free(head);
	return NULL;
}

int rd_inject(uint16_t port_idx, const uint8_t *frame, size_t len, uint64_t *packet_id)
{
	const struct rd_port *p = port_idx < RD_PORT_MAX ? rd_port_at(port_idx) : NULL;
	struct rd_worker *w = rd_workers[0]; // one order for all injected frames

	if (p == NULL || rd_poll_edge(p->type) < 0)
		return -EINVAL;
	if (len == 0 || len > FRAME_MAX)
		return -EMSGSIZE;
	struct rte_mbuf *m = rd_frame_to_mbuf(frame, len);

	if (m == NULL)
		return -ENOBUFS;
	struct rd_meta *md = rd_meta(m);

	*md = (struct rd_meta){
		.packet_id = (w->id_base & ~(UINT64_C(0xff) << 40)) | UINT64_C(0xff) << 40
			| (++next_id & ((UINT64_C(1) << 40) - 1)),
		.in_port = port_idx,
		.flags = RD_META_INJECTED,
	};
	if (packet_id != NULL)
		*packet_id = md->packet_id;
	if (rte_ring_enqueue(w->inject, m) == 0) {
		rd_idle_poke(w);
		return 0;
	}
	rte_pktmbuf_free(m);
	return -EAGAIN;
}
