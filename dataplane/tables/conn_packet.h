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
#include "tables/conn_line.h"

int rd_conn_packet_slow(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, uint32_t pkt_len, uint32_t now_s);

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

struct rd_conn_seg { // of a TCP segment
	uint32_t end, ack, win;
};

// Whether it is a segment of settled TCP inside the window. false: look closer.
static inline bool rd_conn_tcp_fits(const struct rd_conn_line *c, enum rd_conn_dir dir,
	const struct rd_conn_l4 *l4, struct rd_conn_seg *s)
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
	*s = (struct rd_conn_seg){.end = end, .ack = ack, .win = win};
	return true;
}

static inline void rd_conn_tcp_take(
	struct rd_conn_line *c, enum rd_conn_dir dir, const struct rd_conn_seg *s)
{
	rd_conn_raise(&c->end[dir], RD_CONN_GET(c->end[dir]), s->end);
	rd_conn_raise(&c->ack[dir], RD_CONN_GET(c->ack[dir]), s->ack);
	rd_conn_raise(&c->lim[dir], RD_CONN_GET(c->lim[dir]), s->ack + (s->win != 0 ? s->win : 1));
	if (s->win > RD_CONN_GET(c->win[dir]))
		RD_CONN_SET(c->win[dir], s->win);
}

// Whether it is an established packet that changes no state: then rd_conn_take() is all that is left. Changes nothing.
static inline bool rd_conn_fits(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, struct rd_conn_seg *s)
{
	const struct rd_conn_line *c = rd_conn_line(ref);
	uint8_t state = RD_CONN_GET(c->state);

	if (__builtin_expect(RD_CONN_GET(c->inc) != ref >> rd_conn_fast_.shift, 0))
		return false;
	if (proto == 6)
		return rd_conn_tcp_fits(c, dir, l4, s);
	return (state & RD_CONN_SETTLED) != 0
		|| (dir == RD_CONN_ORIG && state != RD_CONN_ICMP_STATE);
}

static inline void rd_conn_take(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_seg *s, uint32_t pkt_len, uint32_t now_s)
{
	struct rd_conn_line *c = rd_conn_line(ref);

	if (proto == 6)
		rd_conn_tcp_take(c, dir, s);
	rd_conn_count(c, dir, pkt_len, now_s);
}

// An established packet. 0: passes. > 0: enum rd_drop_reason (DFW_STATE_MISMATCH, DFW_BAD_OFFSET, ...). RD_CONN_GONE.
static inline int rd_conn_packet(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, uint32_t pkt_len, uint32_t now_s)
{
	struct rd_conn_seg s;

	if (__builtin_expect(!rd_conn_fits(ref, dir, proto, l4, &s), 0))
		return rd_conn_packet_slow(ref, dir, proto, l4, pkt_len, now_s);
	rd_conn_take(ref, dir, proto, &s, pkt_len, now_s);
	return 0;
}
