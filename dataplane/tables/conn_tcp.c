/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP: what each kind of segment may do in each state of its two sides, and what it changes. Runs with the connection's lock.
 *
 * Three verdicts: it passes and counts; it passes and changes nothing (the receiver must see it to answer, and what it makes of it
 * is seen in the answer); it is refused.
 */
#include "tables/conn_priv.h"
#include "tables/conn_segment.h"

struct tcp {
	uint32_t i;
	struct rd_conn_line *c;
	struct conn_id *id;
	struct conn_tcp *more;
	enum rd_conn_dir s, r; // sender, receiver
	struct conn_segment g;
};

enum fit {
	FIT_IN,
	FIT_LATE,
	FIT_BEYOND
};

static inline bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static unsigned side(const struct tcp *t, enum rd_conn_dir d)
{
	return RD_CONN_GET(t->c->state) >> (d * 4) & 15;
}

static void set_side(const struct tcp *t, enum rd_conn_dir d, unsigned to)
{
	uint8_t state = RD_CONN_GET(t->c->state);

	conn_set_state(t->i, (uint8_t)((state & ~(15u << (d * 4))) | to << (d * 4)));
}

static enum rd_conn_state state_of(const struct tcp *t)
{
	return conn_state_of(RD_CONN_GET(t->c->state));
}

static bool is_opening(const struct tcp *t)
{
	return conn_is_half_open(RD_CONN_GET(t->c->state));
}

static bool is_liberal(const struct tcp *t)
{
	return (t->id->flags & CONN_LIBERAL) || !RD_CONN_GET(conn_table_.settings.strict);
}

// Both have offered a scale, or nobody scales.
static void agree_on_scale(const struct tcp *t)
{
	const uint8_t *offer = t->more->scale;
	bool scales = offer[0] != CONN_NO_SCALE && offer[1] != CONN_NO_SCALE;

	RD_CONN_SET(t->c->scale, scales ? (uint8_t)(offer[1] << 4 | offer[0]) : 0);
}

// The sender's first SYN that counts.
static void start_side(const struct tcp *t)
{
	if (t->s == RD_CONN_REPLY)
		t->id->flags |= CONN_ANSWERED;
	RD_CONN_SET(t->c->end[t->s], t->g.end);
	RD_CONN_SET(t->c->win[t->s], t->g.win != 0 ? t->g.win : 1);
	t->more->isn[t->s] = t->g.seq;
	t->more->scale[t->s] = t->g.scale;
	if (side(t, t->r) == SIDE_NONE)
		RD_CONN_SET(t->c->win[t->r], 0); // it has announced nothing
	else
		agree_on_scale(t);
	RD_CONN_SET(t->c->lim[t->r], t->g.end + RD_CONN_GET(t->c->win[t->r]));
	RD_CONN_SET(t->c->ack[t->r], t->g.seq);
}

static enum fit ack_fit(const struct tcp *t)
{
	uint32_t own = RD_CONN_GET(t->c->win[t->s]), sent = RD_CONN_GET(t->c->end[t->r]);
	uint32_t back = own > RD_CONN_ACK_BACK ? own : RD_CONN_ACK_BACK;

	if ((t->g.flags & SEG_ACK) == 0 || (t->g.kind == SEG_KIND_RST && t->g.ack == 0))
		return FIT_IN; // nothing to compare
	if (before(sent, t->g.ack))
		return FIT_BEYOND;
	return before(t->g.ack, sent - back) ? FIT_LATE : FIT_IN;
}

static enum fit window_fit(const struct tcp *t)
{
	uint32_t sent = RD_CONN_GET(t->c->end[t->s]), wide = RD_CONN_GET(t->c->win[t->r]);

	if (before(RD_CONN_GET(t->c->lim[t->r]), t->g.seq))
		return FIT_BEYOND;
	if (ack_fit(t) == FIT_BEYOND)
		return FIT_BEYOND;
	if (wide != 0 && before(t->g.end, sent - wide))
		return FIT_LATE;
	return ack_fit(t);
}

static uint32_t window_of(const struct tcp *t)
{
	return t->g.win << ((t->g.flags & SEG_SYN) ? 0
						   : RD_CONN_GET(t->c->scale) >> (t->s * 4) & 15);
}

static void note_window(const struct tcp *t)
{
	struct rd_conn_line *c = t->c;
	uint32_t win = window_of(t);

	rd_conn_raise(&c->end[t->s], RD_CONN_GET(c->end[t->s]), t->g.end);
	if (win > RD_CONN_GET(c->win[t->s]))
		RD_CONN_SET(c->win[t->s], win);
	if ((t->g.flags & SEG_ACK) == 0)
		return;
	rd_conn_raise(&c->ack[t->s], RD_CONN_GET(c->ack[t->s]), t->g.ack);
	rd_conn_raise(&c->lim[t->s], RD_CONN_GET(c->lim[t->s]), t->g.ack + (win != 0 ? win : 1));
}

// Picked up and out of step: what the packet says is the truth from now on.
static void adopt(const struct tcp *t)
{
	struct rd_conn_line *c = t->c;
	uint32_t win = window_of(t);

	RD_CONN_SET(c->end[t->s], t->g.end);
	rd_conn_raise(&c->lim[t->r], RD_CONN_GET(c->lim[t->r]), t->g.end);
	RD_CONN_SET(c->ack[t->s], t->g.ack);
	RD_CONN_SET(c->lim[t->s], t->g.ack + (win != 0 ? win : 1));
	if (before(RD_CONN_GET(c->end[t->r]), t->g.ack))
		RD_CONN_SET(c->end[t->r], t->g.ack);
	if (win > RD_CONN_GET(c->win[t->s]))
		RD_CONN_SET(c->win[t->s], win);
}

static void note_ack(const struct tcp *t)
{
	unsigned peer = side(t, t->r);

	if (peer == SIDE_SYN && before(t->more->isn[t->r], t->g.ack))
		set_side(t, t->r, SIDE_OPEN);
	else if (peer == SIDE_FIN && !before(t->g.ack, t->more->fin[t->r]))
		set_side(t, t->r, SIDE_DONE);
}

static void note_fin(const struct tcp *t)
{
	unsigned own = side(t, t->s);

	if (own == SIDE_RESET || own == SIDE_DONE)
		return;
	t->more->fin[t->s] = t->g.end;
	set_side(t, t->s, SIDE_FIN);
}

// ACK and FIN, with data or without.
static int data(const struct tcp *t)
{
	bool is_known = (t->id->flags & CONN_ANSWERED) != 0;
	enum fit fit;

	if (!is_known || RD_CONN_GET(t->c->state) == (SIDE_SYN | SIDE_SYN << 4)) {
		// A server that still has an older connection answers a SYN like that, and the client resets it.
		bool is_challenge = t->s == RD_CONN_REPLY && t->g.kind == SEG_KIND_ACK;

		return is_challenge ? 0 : RD_DROP_DFW_STATE_MISMATCH;
	}
	fit = window_fit(t);
	if (fit == FIT_BEYOND && !is_liberal(t))
		return RD_DROP_DFW_STATE_MISMATCH;
	if (fit == FIT_BEYOND && (t->id->flags & CONN_LIBERAL))
		adopt(t);
	else if (fit != FIT_IN)
		return 0;
	else
		note_window(t);
	note_ack(t);
	if (t->g.kind == SEG_KIND_FIN)
		note_fin(t);
	return 0;
}

// A SYN on a connection that is not new: its receiver answers with a challenge ACK, or knows better than we do.
static int syn_unfit(const struct tcp *t)
{
	if (t->s == RD_CONN_REPLY) {
		bool is_again = (t->id->flags & CONN_BOTH_OPEN) != 0
			&& t->more->isn[RD_CONN_REPLY] == t->g.seq;

		return is_again ? 0 : RD_DROP_DFW_STATE_MISMATCH;
	}
	t->id->flags |= CONN_SYN_SEEN;
	t->more->syn_seq = t->g.seq;
	t->more->syn_end = t->g.end;
	t->more->syn_win = (uint16_t)t->g.win;
	t->more->syn_scale = t->g.scale;
	return 0;
}

static int syn(const struct tcp *t)
{
	enum rd_conn_state state = state_of(t);

	if (state == RD_CONN_TIME_WAIT || state == RD_CONN_CLOSED)
		return RD_CONN_GONE;
	if (side(t, t->s) == SIDE_NONE) { // and the other side has sent a SYN
		start_side(t);
		t->id->flags |= CONN_BOTH_OPEN;
		set_side(t, t->s, SIDE_SYN);
		return 0;
	}
	if (side(t, t->s) == SIDE_SYN && side(t, t->r) <= SIDE_SYN) {
		if (before(RD_CONN_GET(t->c->end[t->s]), t->g.end)) // it has started anew
			start_side(t);
		return 0;
	}
	return syn_unfit(t);
}

// The server takes a SYN that we thought unfit: both are in step, so we follow them.
static void follow_new_syn(struct tcp *t)
{
	struct conn_segment answer = t->g;

	t->id->flags &= (uint8_t) ~(CONN_SYN_SEEN | CONN_LIBERAL | CONN_BOTH_OPEN | CONN_ANSWERED);
	RD_CONN_SET(t->c->scale, 0);
	conn_set_state(t->i, SIDE_SYN);
	t->g = (struct conn_segment){
		.seq = t->more->syn_seq,
		.end = t->more->syn_end,
		.win = t->more->syn_win,
		.scale = t->more->syn_scale,
		.flags = SEG_SYN,
	};
	t->s = RD_CONN_ORIG;
	t->r = RD_CONN_REPLY;
	start_side(t);
	t->g = answer;
	t->s = RD_CONN_REPLY;
	t->r = RD_CONN_ORIG;
}

// A SYN/ACK that opens: from the server, or from both when they open at the same time.
static int synack_opens(const struct tcp *t)
{
	enum fit fit = side(t, t->s) == SIDE_NONE ? ack_fit(t) : window_fit(t);

	if (fit == FIT_BEYOND && !is_liberal(t))
		return RD_DROP_DFW_STATE_MISMATCH;
	if (fit == FIT_LATE)
		return 0;
	if (side(t, t->s) == SIDE_NONE || before(RD_CONN_GET(t->c->end[t->s]), t->g.end))
		start_side(t);
	if (fit == FIT_IN)
		note_window(t);
	if (side(t, t->s) == SIDE_NONE)
		set_side(t, t->s, SIDE_SYN);
	if (side(t, t->r) == SIDE_SYN)
		set_side(t, t->r, SIDE_OPEN);
	return 0;
}

static int synack(struct tcp *t)
{
	bool may_open = t->s == RD_CONN_REPLY || side(t, RD_CONN_REPLY) == SIDE_SYN;

	if ((t->id->flags & CONN_SYN_SEEN) && t->s == RD_CONN_REPLY && t->g.ack == t->more->syn_end)
		follow_new_syn(t);
	if (!is_opening(t) && t->s == RD_CONN_ORIG && (t->id->flags & CONN_BOTH_OPEN) == 0)
		return RD_DROP_DFW_STATE_MISMATCH;
	if (!is_opening(t) || (t->s == RD_CONN_REPLY && side(t, t->r) == SIDE_OPEN))
		return 0; // once more: the ACK was lost
	return may_open ? synack_opens(t) : RD_DROP_DFW_STATE_MISMATCH;
}

static void reset(const struct tcp *t)
{
	conn_set_state(t->i, SIDE_RESET | SIDE_RESET << 4);
}

// While the server has not answered. RFC 9293 3.10.7.3: only a RST that acknowledges the SYN is for it.
static int reset_opening(const struct tcp *t)
{
	if (t->s == RD_CONN_ORIG) { // the answer to a challenge, or an end before it has begun
		if (t->g.seq == RD_CONN_GET(t->c->end[t->s]))
			reset(t);
		return 0;
	}
	if ((t->g.flags & SEG_ACK) == 0 || !before(t->more->isn[t->r], t->g.ack)
		|| ack_fit(t) != FIT_IN)
		return RD_DROP_DFW_STATE_MISMATCH;
	reset(t);
	return 0;
}

// RFC 5961 3.2: exactly what the receiver expects resets; inside the window it makes the receiver ask.
static int rst(const struct tcp *t)
{
	uint32_t expected = RD_CONN_GET(t->c->ack[t->r]);
	enum fit fit;

	if ((t->id->flags & CONN_ANSWERED) == 0)
		return reset_opening(t);
	if (before(t->g.seq, expected))
		return RD_DROP_DFW_STATE_MISMATCH;
	fit = window_fit(t);
	if (fit == FIT_BEYOND && !is_liberal(t))
		return RD_DROP_DFW_STATE_MISMATCH;
	if (fit == FIT_IN && (t->g.seq == expected || t->g.seq == RD_CONN_GET(t->c->end[t->s])))
		reset(t);
	return 0;
}

int conn_tcp_packet(uint32_t i, enum rd_conn_dir dir, const struct rd_conn_l4 *l4)
{
	struct tcp t = {
		.i = i,
		.c = &rd_conn_fast_.line[i],
		.id = &conn_table_.id[i],
		.more = &conn_table_.tcp[i],
		.s = dir,
		.r = (enum rd_conn_dir)(dir ^ 1),
	};
	int rc = conn_segment_read(l4, &t.g);

	if (rc != 0)
		return rc;
	switch (t.g.kind) {
	case SEG_KIND_SYN:
		return syn(&t);
	case SEG_KIND_SYNACK:
		return synack(&t);
	case SEG_KIND_RST:
		return rst(&t);
	default:
		return data(&t);
	}
}

// In the middle: the first packet is all we know, and a peer whose window nobody has seen.
static void pick_up(const struct tcp *t)
{
	struct rd_conn_line *c = t->c;

	t->id->flags |= CONN_LIBERAL | CONN_ANSWERED;
	RD_CONN_SET(c->scale, 14 << 4 | 14); // nobody knows: the widest
	for (unsigned d = 0; d < 2; d++) {
		RD_CONN_SET(c->end[d], d == RD_CONN_ORIG ? t->g.end : t->g.ack);
		RD_CONN_SET(c->ack[d], d == RD_CONN_ORIG ? t->g.ack : t->g.seq);
		RD_CONN_SET(c->win[d], window_of(t));
		RD_CONN_SET(c->lim[d], RD_CONN_GET(c->ack[d]) + (65535u << 14));
		t->more->isn[d] = RD_CONN_GET(c->end[d]) - 1;
	}
}

int conn_tcp_first(const struct rd_conn_l4 *l4, uint32_t i)
{
	struct tcp t = {
		.i = i,
		.c = &rd_conn_fast_.line[i],
		.id = &conn_table_.id[i],
		.more = &conn_table_.tcp[i],
		.s = RD_CONN_ORIG,
		.r = RD_CONN_REPLY,
	};
	int rc = conn_segment_read(l4, &t.g);

	if (rc != 0)
		return rc;
	t.more->scale[0] = t.more->scale[1] = CONN_NO_SCALE;
	if (t.g.kind == SEG_KIND_SYN) {
		start_side(&t); // the slot's state is 0: no side has sent anything
		return 0;
	}
	if (t.g.kind != SEG_KIND_ACK || RD_CONN_GET(conn_table_.settings.strict))
		return RD_DROP_DFW_STATE_MISMATCH;
	pick_up(&t);
	return 0;
}
