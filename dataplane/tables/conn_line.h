/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What packets read and write of a connection (tables/conn_packet.h), and how a reference finds it.
 */
#pragma once

#include <stdint.h>

// The index in the lower bits (16, or more for tables above 65536), incarnation of the slot in the others. 0 = none
typedef uint32_t rd_conn_ref;
#define RD_CONN_GONE (-1) // the connection that the reference meant has ended: find it again

enum rd_conn_dir {
	RD_CONN_ORIG, // as the first packet
	RD_CONN_REPLY,
};

struct rd_conn_l4 { // what tracking reads of a packet
	const uint8_t *hdr; // L4 header, contiguous: TCP with its options, ICMP 8 bytes
	uint32_t len; // bytes of the IP payload (from hdr on, may reach beyond what is contiguous)
	uint32_t hdr_len; // contiguous bytes at hdr
};

// What packets read and write; indexes are the sender's direction. All members are relaxed atomics.
struct rd_conn_line {
	uint64_t bytes[2]; // 56 bits; above them bits 32 to 39 of the packets
	uint32_t packets[2];
	uint32_t end[2]; // highest sequence number sent, + 1
	uint32_t lim[2]; // highest ack + window: the peer may not begin a segment above it
	uint32_t win[2]; // largest window
	uint32_t ack[2]; // highest acknowledgement
	uint32_t last_s;
	uint16_t inc; // incarnation; changes when the connection ends
	uint8_t state; // enum conn_side in both halves, or enum conn_plain; 0 = free
	uint8_t scale; // window scales, a nibble each
};
_Static_assert(sizeof(struct rd_conn_line) == 64, "one cache line per packet");

#define RD_CONN_SETTLED_TCP(s) \
	(((s)&0x33) == 0x22) // both SYNs acknowledged, no FIN waits for its own
#define RD_CONN_SETTLED 0x40 // no TCP, and both directions have been seen
#define RD_CONN_ICMP_STATE 0x82
#define RD_CONN_ACK_BACK 66000 // how far back an acknowledgement may be, at least

struct rd_conn_fast {
	struct rd_conn_line *line;
	uint32_t mask;
	uint32_t shift;
};
extern struct rd_conn_fast rd_conn_fast_;

#define RD_CONN_GET(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define RD_CONN_SET(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELAXED)

static inline struct rd_conn_line *rd_conn_line(rd_conn_ref ref)
{
	return &rd_conn_fast_.line[ref & rd_conn_fast_.mask];
}
