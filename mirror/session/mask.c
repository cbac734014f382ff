/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blots out payload in copies: zeroes, or bytes that hide what was there but are the same for the same. Worker thread.
 */
#include "session/copy.h"

#include <string.h>

static void blot(const struct mirror_run *r, uint8_t *p, uint32_t n, uint64_t at)
{
	uint64_t key = (uint64_t)(uintptr_t)r->state; // the session's own, as long as it lives

	if (r->spec.mask == RD_MIRROR_MASK_ZERO) {
		memset(p, 0, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t h = (key ^ p[i] ^ (at + i) << 8) * UINT64_C(0x9e3779b97f4a7c15);

		p[i] = (uint8_t)(h >> 56);
	}
}

// Where payload begins: behind the innermost L4 header, or L3 header of what has none that we know.
static uint32_t payload_off(const struct mirror_view *v)
{
	const struct rd_pkt *p = mirror_view_last(v);

	if (p->flags & RD_PKT_L4)
		return p->payload_off;
	if (p->flags & RD_PKT_IPV4)
		return p->l3_off + 20u;
	return p->flags & RD_PKT_IPV6 ? p->l3_off + 40u : UINT32_MAX;
}

void mirror_mask(const struct mirror_run *r, const struct mirror_view *v, struct rte_mbuf *m)
{
	uint32_t from = payload_off(v), at = 0;

	if (from == UINT32_MAX)
		return;
	from += r->spec.mask_after;
	for (; m != NULL; at += m->data_len, m = m->next) {
		uint32_t skip = from > at ? RTE_MIN(from - at, (uint32_t)m->data_len) : 0;

		blot(r, rte_pktmbuf_mtod(m, uint8_t *) + skip, m->data_len - skip,
			at + skip - from);
	}
}
