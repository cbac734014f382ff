/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bytes of a packet into a record. Worker thread, inlined.
 */
#pragma once

#include <string.h>
#include <rte_mbuf.h>

#define RD_TAP_CALL 256 // bytes from which on the C library's wider registers are worth a call

// Most are of a snaplen of 64. In steps of a fixed size, the last of which may go over what is there already: no call.
static inline void rd_tap_copy_row(uint8_t *dst, const uint8_t *src, uint32_t n)
{
	uint32_t i = 0;

	if (n >= RD_TAP_CALL) {
		memcpy(dst, src, n);
		return;
	}
	if (unlikely(n < 16)) {
		for (; i < n; i++)
			dst[i] = src[i];
		return;
	}
	for (; i + 64 <= n; i += 64)
		memcpy(dst + i, src + i, 64);
	for (; i + 16 <= n; i += 16)
		memcpy(dst + i, src + i, 16);
	if (i < n)
		memcpy(dst + n - 16, src + n - 16, 16);
}

// The first `len` bytes of the frame that begins `off` bytes behind the packet's present start: before it (off < 0) where
// headers were taken off, behind it where they were put on.
static inline void rd_tap_copy(uint8_t *dst, const struct rte_mbuf *m, int32_t off, uint32_t len)
{
	uint32_t n = RTE_MIN(len, (uint32_t)((int32_t)m->data_len - off));

	rd_tap_copy_row(dst, rte_pktmbuf_mtod(m, const uint8_t *) + off, n);
	for (m = n < len ? m->next : NULL; unlikely(m != NULL && n < len); m = m->next) {
		uint32_t more = RTE_MIN(len - n, (uint32_t)m->data_len);

		rd_tap_copy_row(dst + n, rte_pktmbuf_mtod(m, const uint8_t *), more);
		n += more;
	}
}
