/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP of the reference: what a segment may do, told by who has sent and acknowledged what. Like nf_conntrack but for
 * the differences that tests/conntrack/differences.py explains. See semantics_state.h.
 */
#include "semantics_state.h"

#define MISMATCH RD_DROP_DFW_STATE_MISMATCH

struct sem_segment sem_segment(const struct sem_pkt *k)
{
	struct sem_segment g = {
		.kind = SEM_BAD, .has_ack = (k->flags & 16) != 0, .seq = k->seq, .ack = k->ack};

	switch (k->flags & ~0x28u) { // PSH and URG change nothing
	case 2:
		g.kind = SEM_SYN;
		break;
	case 18:
		g.kind = SEM_SYNACK;
		break;
	case 16:
		g.kind = SEM_ACK;
		break;
	case 17:
		g.kind = SEM_FIN;
		break;
	case 4:
	case 20:
		g.kind = SEM_RST;
		break;
	default:
		break;
	}
	g.end = g.seq + k->payload + (k->flags & 1) + (k->flags >> 1 & 1);
	return g;
}

static bool is_over(const struct sem_tcp *t)
{
	return t->reset || (t->fin_acked[0] && t->fin_acked[1]);
}

bool sem_tcp_half_open(const struct sem_tcp *t)
{
	return !t->reset && !t->fin[0] && !t->fin[1] && !(t->open[0] && t->open[1]);
}

enum rd_conn_state sem_tcp_state(const struct sem_tcp *t)
{
	if (t->reset)
		return RD_CONN_CLOSED;
	if (t->fin_acked[0] && t->fin_acked[1])
		return RD_CONN_TIME_WAIT;
	if (t->fin[0] && t->fin[1])
		return RD_CONN_CLOSING;
	if (t->fin[0] || t->fin[1])
		return RD_CONN_FIN_WAIT;
	if (!t->began[1])
		return RD_CONN_SYN_SENT;
	return t->open[0] && t->open[1] ? RD_CONN_ESTABLISHED : RD_CONN_SYN_RECV;
}

static bool forgiving(const struct sem_tcp *t)
{
	return t->picked_up || !sem.conn.strict;
}

static void raise(uint32_t *to, uint32_t n)
{
	if (n > *to)
		*to = n;
}

static bool acks_unsent(const struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	return g->has_ack && !(g->kind == SEM_RST && g->ack == 0) && g->ack > t->sent[!from];
}

// The first SYN of a side, or a longer one.
static void begin_side(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	t->began[from] = true;
	t->isn[from] = t->acked[!from] = g->seq;
	t->sent[from] = g->end;
}

static int on_syn(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	if (is_over(t))
		return SEM_GONE;
	assert_true(t->began[from]); // the traffic has no simultaneous open
	if (!t->open[from] && !t->fin[from]) {
		if (g->end > t->sent[from])
			begin_side(t, from, g);
		return 0;
	}
	if (from == 1)
		return MISMATCH;
	// The server knows whether it is old, or answers with a challenge.
	t->syn_again = true;
	t->again_seq = g->seq;
	t->again_end = g->end;
	return 0;
}

// The server has taken the SYN that came again.
static void start_over(struct sem_tcp *t)
{
	struct sem_segment syn = {.seq = t->again_seq, .end = t->again_end};

	*t = (struct sem_tcp){0};
	begin_side(t, 0, &syn);
}

static int on_synack(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	bool unsent;

	if (from == 1 && t->syn_again && g->ack == t->again_end)
		start_over(t);
	if (from == 0)
		return MISMATCH;
	if (!sem_tcp_half_open(t) || t->open[0])
		return 0; // once more
	unsent = acks_unsent(t, from, g);
	if (unsent && !forgiving(t))
		return MISMATCH;
	begin_side(t, from, g);
	if (!unsent)
		raise(&t->acked[from], g->ack);
	t->open[0] = true;
	return 0;
}

static void on_acknowledgement(struct sem_tcp *t, unsigned of, uint32_t ack)
{
	if (t->reset)
		return;
	if (t->fin[of])
		t->fin_acked[of] |= ack >= t->fin_end[of];
	else if (ack > t->isn[of])
		t->open[of] = true;
}

static int on_data(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	bool unsent = acks_unsent(t, from, g);

	if (!t->began[1]) // an older connection of the server challenges the SYN
		return from == 1 && g->kind == SEM_ACK ? 0 : MISMATCH;
	if (unsent && !forgiving(t))
		return MISMATCH;
	if (unsent && !t->picked_up)
		return 0; // the receiver will answer
	if (unsent) { // nobody has seen its beginning: now it is known
		t->sent[from] = g->end;
		t->acked[from] = g->ack;
		raise(&t->sent[!from], g->ack);
	} else {
		raise(&t->sent[from], g->end);
		raise(&t->acked[from], g->ack);
	}
	on_acknowledgement(t, !from, g->ack);
	if (g->kind == SEM_FIN && !t->reset && !t->fin_acked[from]) {
		t->fin[from] = true;
		t->fin_end[from] = g->end;
	}
	return 0;
}

static int on_rst(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	bool refuses = g->has_ack && g->ack > t->isn[!from] && !acks_unsent(t, from, g);

	if (!t->began[1]) {
		if (from == 1 && !refuses)
			return MISMATCH;
		t->reset |= from == 1 || g->seq == t->sent[0];
		return 0;
	}
	if (g->seq < t->acked[!from] || (acks_unsent(t, from, g) && !forgiving(t)))
		return MISMATCH;
	if (!acks_unsent(t, from, g))
		t->reset |= g->seq == t->acked[!from] || g->seq == t->sent[from];
	return 0;
}

int sem_tcp_first(struct sem_tcp *t, const struct sem_segment *g)
{
	if (g->kind == SEM_SYN) {
		begin_side(t, 0, g);
		return 0;
	}
	if (g->kind != SEM_ACK || sem.conn.strict)
		return MISMATCH;
	*t = (struct sem_tcp){.picked_up = true,
		.began = {true, true},
		.open = {true, true},
		.sent = {g->end, g->ack},
		.acked = {g->ack, g->seq}};
	return 0;
}

int sem_tcp_next(struct sem_tcp *t, unsigned from, const struct sem_segment *g)
{
	switch (g->kind) {
	case SEM_SYN:
		return on_syn(t, from, g);
	case SEM_SYNACK:
		return on_synack(t, from, g);
	case SEM_RST:
		return on_rst(t, from, g);
	case SEM_BAD:
		return MISMATCH;
	default:
		return on_data(t, from, g);
	}
}
