/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See conn_segment.h. Worker thread.
 */
#include "tables/conn_segment.h"

#include "api/stages.h"

#define TCP_LEN 20
#define SCALE_MAX 14 // RFC 7323 2.3
#define NO_SCALE 0xff
#define OPT_END 0
#define OPT_NOP 1
#define OPT_SCALE 3

static uint8_t kind_of(uint8_t flags)
{
	switch (flags & ~(SEG_PSH | SEG_URG)) {
	case SEG_SYN:
		return SEG_KIND_SYN;
	case SEG_SYN | SEG_ACK:
		return flags & SEG_URG ? SEG_KIND_BAD : SEG_KIND_SYNACK;
	case SEG_FIN | SEG_ACK:
		return SEG_KIND_FIN;
	case SEG_ACK:
		return SEG_KIND_ACK;
	case SEG_RST:
	case SEG_RST | SEG_ACK:
		return flags & SEG_URG ? SEG_KIND_BAD : SEG_KIND_RST;
	default:
		return SEG_KIND_BAD; // null, SYN with FIN or RST, data without ACK, ...
	}
}

// The window scale of a SYN's options: len bytes, all hostile.
static uint8_t scale_of(const uint8_t *opt, uint32_t len)
{
	uint32_t i = 0;

	while (i < len && opt[i] != OPT_END) {
		if (opt[i] == OPT_NOP) {
			i++;
			continue;
		}
		if (len - i < 2 || opt[i + 1] < 2 || opt[i + 1] > len - i)
			break;
		if (opt[i] == OPT_SCALE && opt[i + 1] == 3)
			return opt[i + 2] < SCALE_MAX ? opt[i + 2] : SCALE_MAX;
		i += opt[i + 1];
	}
	return NO_SCALE;
}

int conn_segment_read(const struct rd_conn_l4 *l4, struct conn_segment *g)
{
	const uint8_t *h = l4->hdr;
	uint32_t off, readable;

	if (l4->hdr_len < TCP_LEN || l4->len < TCP_LEN)
		return RD_DROP_DFW_SHORT;
	off = (h[12] >> 4) * 4u;
	if (off < TCP_LEN || off > l4->len)
		return RD_DROP_DFW_BAD_OFFSET;
	g->flags = h[13] & 0x3f;
	g->kind = kind_of(g->flags);
	if (g->kind == SEG_KIND_BAD)
		return RD_DROP_DFW_STATE_MISMATCH;
	g->seq = rd_be32(h + 4);
	g->ack = rd_be32(h + 8);
	g->win = rd_be16(h + 14);
	g->end = g->seq + (l4->len - off) + !!(g->flags & SEG_SYN) + !!(g->flags & SEG_FIN);
	readable = off < l4->hdr_len ? off : l4->hdr_len;
	g->scale = g->flags & SEG_SYN ? scale_of(h + TCP_LEN, readable - TCP_LEN) : NO_SCALE;
	return 0;
}
