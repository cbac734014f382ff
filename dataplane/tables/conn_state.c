/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the state byte of a connection means: states of the whole, names, settings. Any thread.
 */
#include "tables/conn_priv.h"

#include <string.h>

static const char *const state_names[RD_CONN_STATE_COUNT] = {
	[RD_CONN_NONE] = "NONE",
	[RD_CONN_SYN_SENT] = "SYN_SENT",
	[RD_CONN_SYN_RECV] = "SYN_RECV",
	[RD_CONN_ESTABLISHED] = "ESTABLISHED",
	[RD_CONN_FIN_WAIT] = "FIN_WAIT",
	[RD_CONN_CLOSING] = "CLOSING",
	[RD_CONN_TIME_WAIT] = "TIME_WAIT",
	[RD_CONN_CLOSED] = "CLOSED",
	[RD_CONN_UDP_NEW] = "UDP_NEW",
	[RD_CONN_UDP_STREAM] = "UDP_STREAM",
	[RD_CONN_ICMP] = "ICMP",
	[RD_CONN_OTHER_NEW] = "OTHER_NEW",
	[RD_CONN_OTHER_STREAM] = "OTHER_STREAM",
};

const char *rd_conn_state_name(enum rd_conn_state s)
{
	return s < RD_CONN_STATE_COUNT ? state_names[s] : "?";
}

static enum rd_conn_state plain_state(uint8_t state)
{
	switch (state) {
	case PLAIN_UDP_NEW:
		return RD_CONN_UDP_NEW;
	case PLAIN_UDP_STREAM:
		return RD_CONN_UDP_STREAM;
	case PLAIN_ICMP:
		return RD_CONN_ICMP;
	case PLAIN_OTHER_NEW:
		return RD_CONN_OTHER_NEW;
	default:
		return RD_CONN_OTHER_STREAM;
	}
}

static bool has_closed(unsigned side)
{
	return side == SIDE_FIN || side == SIDE_DONE;
}

static enum rd_conn_state tcp_state(unsigned orig, unsigned reply)
{
	if (orig == SIDE_RESET)
		return RD_CONN_CLOSED;
	if (orig == SIDE_DONE && reply == SIDE_DONE)
		return RD_CONN_TIME_WAIT;
	if (has_closed(orig) && has_closed(reply))
		return RD_CONN_CLOSING;
	if (has_closed(orig) || has_closed(reply))
		return RD_CONN_FIN_WAIT;
	if (reply == SIDE_NONE)
		return RD_CONN_SYN_SENT;
	return orig == SIDE_OPEN && reply == SIDE_OPEN ? RD_CONN_ESTABLISHED : RD_CONN_SYN_RECV;
}

enum rd_conn_state conn_state_of(uint8_t state)
{
	if (state == 0)
		return RD_CONN_NONE;
	return state & 0x80 ? plain_state(state) : tcp_state(state & 15, state >> 4);
}

bool conn_is_half_open(uint8_t state)
{
	enum rd_conn_state s = conn_state_of(state);

	return s == RD_CONN_SYN_SENT || s == RD_CONN_SYN_RECV;
}

void conn_set_state(uint32_t i, uint8_t state)
{
	uint8_t old = RD_CONN_GET(rd_conn_fast_.line[i].state);
	uint32_t *half_open = &conn_zone_of(&conn_table_.id[i].key)->half_open;

	if (conn_is_half_open(old) && !conn_is_half_open(state))
		__atomic_fetch_sub(half_open, 1, __ATOMIC_RELAXED);
	if (!conn_is_half_open(old) && conn_is_half_open(state))
		__atomic_fetch_add(half_open, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&rd_conn_fast_.line[i].state, state, __ATOMIC_RELEASE);
}

void rd_conn_settings_get(struct rd_conn_settings *s)
{
	for (unsigned i = 0; i < RD_CONN_STATE_COUNT; i++)
		s->timeout_s[i] = RD_CONN_GET(conn_table_.settings.timeout_s[i]);
	s->strict = RD_CONN_GET(conn_table_.settings.strict);
}

void rd_conn_settings_set(const struct rd_conn_settings *s)
{
	for (unsigned i = 0; i < RD_CONN_STATE_COUNT; i++)
		RD_CONN_SET(conn_table_.settings.timeout_s[i], s->timeout_s[i]);
	RD_CONN_SET(conn_table_.settings.strict, s->strict);
}

uint32_t rd_conn_zone_count(uint16_t zone, uint32_t *half_open)
{
	const struct conn_zone *z = &conn_table_.zone[zone % RD_PORT_MAX];

	*half_open = RD_CONN_GET(z->half_open);
	return RD_CONN_GET(z->nb);
}

static void add_counts(struct rd_conn_stats *s, const struct conn_count *c)
{
	s->created += RD_CONN_GET(c->created);
	s->expired += RD_CONN_GET(c->expired);
	s->killed += RD_CONN_GET(c->killed);
	s->reset += RD_CONN_GET(c->reset);
	s->limit += RD_CONN_GET(c->limit);
	s->flood += RD_CONN_GET(c->flood);
	s->memory += RD_CONN_GET(c->memory);
	s->mismatch += RD_CONN_GET(c->mismatch);
}

void rd_conn_stats(struct rd_conn_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->capacity = conn_table_.capacity;
	for (unsigned i = 0; i < RD_PORT_MAX; i++) {
		s->entries += RD_CONN_GET(conn_table_.zone[i].nb);
		s->half_open += RD_CONN_GET(conn_table_.zone[i].half_open);
	}
	for (unsigned i = 0; i < CONN_STATS; i++)
		add_counts(s, &conn_table_.count[i]);
}
