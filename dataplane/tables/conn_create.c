/* SPDX-License-Identifier: BSD-3-Clause
 *
 * New connections, and packets that are not plain: they change the state, or must be refused. Worker thread.
 */
#include "tables/conn_priv.h"

#include <string.h>

static bool is_icmp(uint8_t proto)
{
	return proto == RD_IPPROTO_ICMP || proto == RD_IPPROTO_ICMPV6;
}

// Of an echo only: others make no connection.
static bool icmp_fits(uint8_t proto, enum rd_conn_dir dir, const struct rd_conn_l4 *l4)
{
	static const uint8_t v4[2] = {8, 0}, v6[2] = {128, 129};

	return l4->hdr[0] == (proto == RD_IPPROTO_ICMP ? v4 : v6)[dir] && l4->hdr[1] == 0;
}

static int icmp_packet(uint8_t proto, enum rd_conn_dir dir, const struct rd_conn_l4 *l4)
{
	if (l4->hdr_len < 8 || l4->len < 8)
		return RD_DROP_DFW_SHORT;
	return icmp_fits(proto, dir, l4) ? 0 : RD_DROP_DFW_STATE_MISMATCH;
}

// UDP and others: a reply makes a stream of it. With the connection's lock.
static void plain_packet(uint32_t i, enum rd_conn_dir dir)
{
	uint8_t state = RD_CONN_GET(rd_conn_fast_.line[i].state);

	if (dir == RD_CONN_REPLY && state != 0)
		conn_set_state(i, state | RD_CONN_SETTLED);
}

int conn_changed(uint32_t i, enum rd_conn_dir dir, uint8_t proto, const struct rd_conn_l4 *l4)
{
	if (proto == RD_IPPROTO_TCP)
		return conn_tcp_packet(i, dir, l4);
	if (is_icmp(proto) && RD_CONN_GET(rd_conn_fast_.line[i].state) == PLAIN_ICMP)
		return icmp_packet(proto, dir, l4);
	plain_packet(i, dir);
	return 0;
}

static bool was_reset(uint8_t before, uint32_t i)
{
	return conn_state_of(before) != RD_CONN_CLOSED
		&& conn_state_of(RD_CONN_GET(rd_conn_fast_.line[i].state)) == RD_CONN_CLOSED;
}

int rd_conn_packet_slow(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto,
	const struct rd_conn_l4 *l4, uint32_t pkt_len, uint32_t now_s)
{
	uint32_t i = conn_index(ref);
	struct conn_count *shared = &conn_table_.count[RD_WORKER_MAX];
	struct conn_id *id = &conn_table_.id[i];
	int rc = RD_CONN_GONE;
	uint8_t before;

	conn_lock(&id->lock);
	before = RD_CONN_GET(rd_conn_fast_.line[i].state);
	if (!conn_is(ref) || before == 0) {
		conn_unlock(&id->lock);
		return RD_CONN_GONE;
	}
	rc = conn_changed(i, dir, proto, l4);
	if (rc == 0)
		rd_conn_count(&rd_conn_fast_.line[i], dir, pkt_len, now_s);
	if (was_reset(before, i))
		conn_add(&shared->reset);
	conn_unlock(&id->lock);
	if (rc == RD_CONN_GONE && conn_remove(ref)) // a new one with the same addresses
		conn_add(&shared->expired);
	if (rc == RD_DROP_DFW_STATE_MISMATCH)
		conn_add(&shared->mismatch);
	return rc;
}

void rd_conn_extend(rd_conn_ref ref, enum rd_conn_dir dir, uint32_t end)
{
	struct rd_conn_line *c = rd_conn_line(ref);

	if (conn_is(ref))
		rd_conn_raise(&c->end[dir], RD_CONN_GET(c->end[dir]), end);
}

int conn_first_packet(
	uint32_t i, const struct rd_conn_key *k, const struct rd_conn_l4 *l4, uint8_t *state)
{
	int rc = 0;

	if (k->proto == RD_IPPROTO_TCP) {
		rc = conn_tcp_first(l4, i);
		*state = conn_table_.id[i].flags & CONN_LIBERAL ? SIDE_OPEN | SIDE_OPEN << 4
								: SIDE_SYN;
	} else if (is_icmp(k->proto)) {
		rc = icmp_packet(k->proto, RD_CONN_ORIG, l4);
		*state = PLAIN_ICMP;
	} else {
		*state = k->proto == RD_IPPROTO_UDP ? PLAIN_UDP_NEW : PLAIN_OTHER_NEW;
	}
	return rc;
}

void conn_clear(uint32_t i, const struct rd_conn_key *k, uint32_t now_s)
{
	struct rd_conn_line *c = &rd_conn_fast_.line[i];
	struct conn_id *id = &conn_table_.id[i];

	for (unsigned d = 0; d < 2; d++) {
		RD_CONN_SET(c->bytes[d], 0);
		RD_CONN_SET(c->packets[d], 0);
	}
	RD_CONN_SET(c->last_s, now_s);
	RD_CONN_SET(c->scale, 0);
	id->key = *k;
	RD_CONN_SET(id->hash, conn_hash(k));
	RD_CONN_SET(id->rule_id, 0);
	RD_CONN_SET(id->policy, 0);
	RD_CONN_SET(id->rule_slot, 0);
	id->flags = 0;
	id->created_s = now_s;
}

int conn_zone_refuses(const struct rd_conn_key *k, const struct rd_conn_limits *l, uint32_t nb,
	uint32_t half_open)
{
	if (l == NULL)
		return 0;
	if (l->max != 0 && nb > l->max)
		return RD_DROP_DFW_STATE_LIMIT;
	return l->max_half_open != 0 && k->proto == RD_IPPROTO_TCP && half_open >= l->max_half_open
		? RD_DROP_DFW_SYN_FLOOD
		: 0;
}

// Room in the zone, or the reason why not. Taken at once, so that two workers can't both have the last place.
static int enter_zone(
	struct conn_count *count, const struct rd_conn_key *k, const struct rd_conn_limits *l)
{
	struct conn_zone *z = conn_zone_of(k);
	uint32_t nb = __atomic_add_fetch(&z->nb, 1, __ATOMIC_RELAXED);
	int rc = conn_zone_refuses(k, l, nb, RD_CONN_GET(z->half_open));

	if (rc == 0)
		return 0;
	__atomic_fetch_sub(&z->nb, 1, __ATOMIC_RELAXED);
	conn_add(rc == RD_DROP_DFW_STATE_LIMIT ? &count->limit : &count->flood);
	return rc;
}

// Another worker was faster: this is one more packet of its connection.
static int join(const struct rd_conn_key *k, const struct rd_conn_l4 *l4, uint32_t now_s,
	const struct rd_conn_found *out)
{
	int rc = rd_conn_packet(out->ref, out->dir, k->proto, l4, 0, now_s);

	return rc == RD_CONN_GONE ? RD_DROP_DFW_STATE_MISMATCH : rc;
}

static int create_in(uint32_t i, const struct rd_conn_key *k, const struct rd_conn_l4 *l4,
	uint32_t now_s, struct rd_conn_found *out)
{
	uint8_t state;
	int rc;

	conn_clear(i, k, now_s);
	rc = conn_first_packet(i, k, l4, &state);
	if (rc == 0 && conn_publish(i, state, out))
		return 0;
	conn_give(i);
	__atomic_fetch_sub(&conn_zone_of(k)->nb, 1, __ATOMIC_RELAXED);
	return rc != 0 ? rc : join(k, l4, now_s, out);
}

int rd_conn_create(unsigned worker, const struct rd_conn_key *k,
	const struct rd_conn_limits *limits, const struct rd_conn_l4 *l4, uint32_t now_s,
	struct rd_conn_found *out)
{
	struct conn_count *count = conn_count_of(worker);
	int rc =
		conn_table_.capacity != 0 ? enter_zone(count, k, limits) : RD_DROP_DFW_STATE_MEMORY;
	uint32_t i;

	if (rc != 0)
		return rc;
	i = conn_take();
	if (i == 0) {
		__atomic_fetch_sub(&conn_zone_of(k)->nb, 1, __ATOMIC_RELAXED);
		conn_add(&count->memory);
		return RD_DROP_DFW_STATE_MEMORY;
	}
	rc = create_in(i, k, l4, now_s, out);
	if (rc == 0)
		conn_add(&count->created);
	if (rc == RD_DROP_DFW_STATE_MISMATCH)
		conn_add(&count->mismatch);
	return rc;
}
