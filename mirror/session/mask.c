/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blots out payload in copies: zeroes, or random bytes, which tell nothing of what was there. Worker thread.
 */
#include "session/copy.h"

#include <string.h>

#define ARP_LEN 28u

static __thread uint64_t noise; // of this worker; xorshift64*

static uint64_t next_noise(void)
{
	if (noise == 0)
		noise = rd_tsc() | 1;
	noise ^= noise >> 12;
	noise ^= noise << 25;
	noise ^= noise >> 27;
	return noise * UINT64_C(0x2545f4914f6cdd1d);
}

static void blot(const struct mirror_run *r, uint8_t *p, uint32_t n)
{
	if (r->spec.mask == RD_MIRROR_MASK_ZERO) {
		memset(p, 0, n);
		return;
	}
	for (uint32_t i = 0; i < n; i += 8) {
		uint64_t h = next_noise();

		memcpy(p + i, &h, RTE_MIN(n - i, (uint32_t)sizeof(h)));
	}
}

// Where payload begins: behind the innermost L4 header, or L3 header of what has none that we know. Of what is not IP, or not
// understood, it is all that follows the MACs, the tags that were understood, and the type: what is not known is not shown.
static uint32_t payload_off(const struct mirror_view *v)
{
	const struct rd_pkt *p = mirror_view_last(v);

	if (p->flags & RD_PKT_L4)
		return p->payload_off;
	if (p->flags & RD_PKT_IPV4)
		return p->l3_off + 20u;
	if (p->flags & RD_PKT_IPV6)
		return p->l3_off + 40u;
	if (p->flags & RD_PKT_ARP)
		return p->l3_off + ARP_LEN;
	return RTE_MAX((uint32_t)p->l3_off, (uint32_t)p->l2_off + RD_ETH_LEN);
}

void mirror_mask(const struct mirror_run *r, const struct mirror_view *v, struct rte_mbuf *m)
{
	uint32_t from = payload_off(v) + r->spec.mask_after, at = 0;

	for (; m != NULL; at += m->data_len, m = m->next) {
		uint32_t skip = from > at ? RTE_MIN(from - at, (uint32_t)m->data_len) : 0;

		blot(r, rte_pktmbuf_mtod(m, uint8_t *) + skip, m->data_len - skip);
	}
}
