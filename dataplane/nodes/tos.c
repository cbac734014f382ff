/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See tos.h.
 */
#include "nodes/tos.h"

#include "api/stages.h"
#include "base/pkt.h"

enum { // RFC 3168
	NOT_ECT,
	ECT_1,
	ECT_0,
	CE,
};

uint8_t rd_tos_get(const uint8_t *frame, const struct rd_meta *md)
{
	const uint8_t *ip = frame + md->l3_off;

	if (md->pkt_flags & RD_PKT_IPV4)
		return ip[1];
	return md->pkt_flags & RD_PKT_IPV6 ? (uint8_t)(rd_be16(ip) >> 4) : 0;
}

static void set_ecn(uint8_t *ip, const struct rd_meta *md, uint8_t ecn)
{
	uint16_t word = rd_be16(ip), sum;

	if (md->pkt_flags & RD_PKT_IPV6) {
		rd_put16(ip, (uint16_t)((word & ~0x30u) | (unsigned)ecn << 4));
		return;
	}
	rd_put16(ip, (uint16_t)((word & ~3u) | ecn));
	sum = rd_be16(ip + 10); // RFC 1624, equation 3
	rd_put16(ip + 10, rd_csum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~word + rd_be16(ip)));
}

// RFC 6040, figure 4.
int rd_tos_merge(uint8_t *frame, const struct rd_meta *md, uint8_t outer)
{
	uint8_t inner = rd_tos_get(frame, md) & CE;

	outer &= CE;
	if ((md->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0 || inner == CE)
		return 0;
	if (outer == CE && inner == NOT_ECT)
		return RD_DROP_DECAP_ECN;
	if (outer == CE || (outer == ECT_1 && inner == ECT_0))
		set_ecn(frame + md->l3_off, md, outer);
	return 0;
}
