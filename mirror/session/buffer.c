/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of copies: a chain of buffers out of their own pool, and the bytes in it. Worker thread.
 */
#include "session/run.h"

#include <string.h>
#include <rte_mbuf.h>

#include "core/tap_copy.h"
#include "session/copy.h"

struct rte_mbuf *mirror_buffers(uint32_t len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(mirror_pool()), *m = head;

	if (head == NULL)
		return NULL;
	head->data_off = MIRROR_HEADROOM;
	head->data_len = (uint16_t)RTE_MIN(len, (uint32_t)MIRROR_ROOM);
	head->pkt_len = len;
	for (len -= head->data_len; unlikely(len != 0); len -= m->data_len) {
		m->next = rte_pktmbuf_alloc(mirror_pool());
		if (m->next == NULL) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		m = m->next;
		m->data_off = 0;
		m->data_len = (uint16_t)RTE_MIN(len, (uint32_t)(MIRROR_HEADROOM + MIRROR_ROOM));
		head->nb_segs++;
	}
	return head;
}

void mirror_fill(struct rte_mbuf *m, const struct rd_tap_seen *seen)
{
	int32_t off = seen->off;

	for (; m != NULL; m = m->next) {
		const struct rte_mbuf *from = seen->m;
		int32_t at = off;

		// Where this part begins: in the first segment unless the frame has several.
		while (at >= (int32_t)from->data_len && from->next != NULL) {
			at -= from->data_len;
			from = from->next;
		}
		rd_tap_copy(rte_pktmbuf_mtod(m, uint8_t *), from, at, m->data_len);
		off += m->data_len;
	}
}

struct rte_mbuf *mirror_twin(const struct rte_mbuf *m)
{
	struct rte_mbuf *twin = rte_pktmbuf_alloc(mirror_pool()), *to = twin;

	for (const struct rte_mbuf *from = m; twin != NULL; from = from->next) {
		to->data_off = from->data_off;
		to->data_len = from->data_len;
		memcpy(rte_pktmbuf_mtod(to, void *), rte_pktmbuf_mtod(from, const void *),
			from->data_len);
		if (from->next == NULL)
			break;
		to->next = rte_pktmbuf_alloc(mirror_pool());
		if (to->next == NULL) {
			rte_pktmbuf_free(twin);
			return NULL;
		}
		to = to->next;
	}
	if (twin == NULL)
		return NULL;
	twin->pkt_len = m->pkt_len;
	twin->nb_segs = m->nb_segs;
	memcpy(rte_mbuf_to_priv(twin), rte_mbuf_to_priv((struct rte_mbuf *)(uintptr_t)m),
		sizeof(struct mirror_copy));
	return twin;
}
