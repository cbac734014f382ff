/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The part of tables/conn.h that every packet of an established connection runs: no lock, one cache line. What is not
 * plain (flags, a new state, a segment outside the window) goes to rd_conn_packet_slow(). Worker thread. The limits of a
 * segment (van Rooij 2001): it starts at or below what the peer has announced; it ends at or above what the peer may still
 * want; it acknowledges nothing that was not sent, nor something long past.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/pkt.h"

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

int rd_conn_packet_slow(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, uint32_t pkt_len, uint32_t now_s);

#define RD_CONN_GET(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define RD_CONN_SET(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELAXED)

static inline struct rd_conn_line *rd_conn_line(rd_conn_ref ref)
{
	return &rd_conn_fast_.line[ref & rd_conn_fast_.mask];
}

static inline void rd_conn_prefetch(rd_conn_ref ref)
{
	__builtin_prefetch(rd_conn_line(ref), 1, 3);
}

// One more packet that passes: by rd_conn_packet(); after rd_conn_create() by the caller.
static inline void rd_conn_count(
	struct rd_conn_line *c, enum rd_conn_dir dir, uint32_t pkt_len, uint32_t now_s)
{
	uint32_t packets = RD_CONN_GET(c->packets[dir]) + 1;
	uint64_t bytes = RD_CONN_GET(c->bytes[dir]) + pkt_len;

	bytes += (uint64_t)(packets == 0) << 56;
	RD_CONN_SET(c->packets[dir], packets);
	RD_CONN_SET(c->bytes[dir], bytes);
	if (RD_CONN_GET(c->last_s) != now_s)
		RD_CONN_SET(c->last_s, now_s);
}

static inline void rd_conn_raise(uint32_t *p, uint32_t old, uint32_t to) // sequence numbers
{
	if ((int32_t)(to - old) > 0)
		RD_CONN_SET(*p, to);
}

// A segment of settled TCP inside the window: updates it. false: look closer.
static inline bool rd_conn_tcp_plain(
	struct rd_conn_line *c, enum rd_conn_dir dir, const struct rd_conn_l4 *l4)
{
	const uint8_t *h = l4->hdr;
	const unsigned peer = dir ^ 1;
	uint32_t off, seq, ack, win, end, sent, heard, own, wide, back;

	if (l4->hdr_len < 20 || !RD_CONN_SETTLED_TCP(RD_CONN_GET(c->state)))
		return false;
	off = (h[12] >> 4) * 4u;
	if ((h[13] & 0x17) != 0x10 || off < 20 || off > l4->len) // ACK without SYN, FIN, RST
		return false;
	seq = rd_be32(h + 4);
	ack = rd_be32(h + 8);
	win = (uint32_t)rd_be16(h + 14) << (RD_CONN_GET(c->scale) >> (dir * 4) & 15);
	end = seq + (l4->len - off);
	sent = RD_CONN_GET(c->end[dir]);
	heard = RD_CONN_GET(c->end[peer]);
	own = RD_CONN_GET(c->win[dir]);
	wide = RD_CONN_GET(c->win[peer]);
	back = own > RD_CONN_ACK_BACK ? own : RD_CONN_ACK_BACK;
	if ((int32_t)((RD_CONN_GET(c->lim[peer]) - seq) | (end - sent + wide) | (heard - ack)
		    | (ack - heard + back))
		< 0)
		return false;
	rd_conn_raise(&c->end[dir], sent, end);
	rd_conn_raise(&c->ack[dir], RD_CONN_GET(c->ack[dir]), ack);
	rd_conn_raise(&c->lim[dir], RD_CONN_GET(c->lim[dir]), ack + (win != 0 ? win : 1));
	if (win > own)
		RD_CONN_SET(c->win[dir], win);
	return true;
}
static inline bool rd_conn_plain(
	struct rd_conn_line *c, enum rd_conn_dir dir, uint8_t proto, const struct rd_conn_l4 *l4)
{
	uint8_t state = RD_CONN_GET(c->state);

	if (proto == 6)
		return rd_conn_tcp_plain(c, dir, l4);
	return (state & RD_CONN_SETTLED) != 0
		|| (dir == RD_CONN_ORIG && state != RD_CONN_ICMP_STATE);
}

// An established packet. 0: passes. > 0: enum rd_drop_reason (DFW_STATE_MISMATCH, DFW_BAD_OFFSET, ...). RD_CONN_GONE.
static inline int rd_conn_packet(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, uint32_t pkt_len, uint32_t now_s)
{
	struct rd_conn_line *c = rd_conn_line(ref);

	if (__builtin_expect(RD_CONN_GET(c->inc) != ref >> rd_conn_fast_.shift, 0))
		return RD_CONN_GONE;
	if (__builtin_expect(!rd_conn_plain(c, dir, proto, l4), 0))
		return rd_conn_packet_slow(ref, dir, proto, l4, pkt_len, now_s);
	rd_conn_count(c, dir, pkt_len, now_s);
	return 0;
}
