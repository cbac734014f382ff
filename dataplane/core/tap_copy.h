/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bytes of a packet into a record. Worker thread, inlined.
 */
#pragma once

#include <rte_mbuf.h>
#include <rte_memcpy.h>

// The first `len` bytes of the frame that begins `off` bytes behind the packet's present start: before it (off < 0) where
// headers were taken off, behind it where they were put on.
static inline void rd_tap_copy(uint8_t *dst, const struct rte_mbuf *m, int32_t off, uint32_t len)
{
	uint32_t n = RTE_MIN(len, (uint32_t)((int32_t)m->data_len - off));

	rte_memcpy(dst, rte_pktmbuf_mtod(m, const uint8_t *) + off, n);
	for (m = m->next; unlikely(m != NULL && n < len); m = m->next) {
		uint32_t more = RTE_MIN(len - n, (uint32_t)m->data_len);

		rte_memcpy(dst + n, rte_pktmbuf_mtod(m, const uint8_t *), more);
		n += more;
	}
}
