/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What connection tracking reads of a TCP header. Pure.
 */
#pragma once

#include "tables/conn_packet.h"

enum conn_segment_flags {
	SEG_FIN = 1 << 0,
	SEG_SYN = 1 << 1,
	SEG_RST = 1 << 2,
	SEG_PSH = 1 << 3,
	SEG_ACK = 1 << 4,
	SEG_URG = 1 << 5,
};

enum conn_segment_kind {
	SEG_KIND_BAD, // no sound combination of flags
	SEG_KIND_SYN,
	SEG_KIND_SYNACK,
	SEG_KIND_FIN,
	SEG_KIND_ACK,
	SEG_KIND_RST,
};

struct conn_segment {
	uint32_t seq, ack;
	uint32_t end; // seq + data + SYN + FIN
	uint32_t win; // not scaled
	uint8_t flags; // enum conn_segment_flags
	uint8_t kind; // enum conn_segment_kind
	uint8_t scale; // that a SYN offers, 0xff = none
};

// 0, or a positive enum rd_drop_reason: DFW_SHORT, DFW_BAD_OFFSET, DFW_STATE_MISMATCH (flags).
int conn_segment_read(const struct rd_conn_l4 *l4, struct conn_segment *g);
