/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Connections that end by themselves (aging, each worker its share), and the walks of control over all of them: list, flush.
 */
#include "tables/conn_priv.h"

#include "base/clock.h"

#include <string.h>

#define SWEEP_NS UINT64_C(4000000000) // a worker's whole share
#define STEP_MAX 256 // looked at in one call

struct sweep { // of one worker, its thread only
	uint64_t last_ns;
	uint64_t owed; // slots * ns that are still to be seen
	uint32_t pos;
} __rte_cache_aligned;

static struct sweep sweeps[RD_WORKER_MAX];

// Idle longer than its state allows. Coarse seconds of two threads may differ by a step.
static bool is_expired(uint32_t i, uint32_t now_s)
{
	const struct rd_conn_line *c = &rd_conn_fast_.line[i];
	enum rd_conn_state state = conn_state_of(RD_CONN_GET(c->state));
	uint32_t last_s = RD_CONN_GET(c->last_s);

	return state != RD_CONN_NONE && now_s > last_s
		&& now_s - last_s >= RD_CONN_GET(conn_table_.settings.timeout_s[state]);
}

static void look_at(unsigned worker, uint32_t i, uint32_t now_s)
{
	rd_conn_ref ref = conn_ref(i);

	if (is_expired(i, now_s) && conn_remove(ref))
		conn_add(&conn_count_of(worker)->expired);
}

// How many slots are due, from the time that has passed; what a step can't do is not forgotten, up to one sweep.
static uint32_t due(struct sweep *s, uint32_t share, uint64_t now_ns)
{
	uint64_t elapsed = s->last_ns != 0 && now_ns > s->last_ns ? now_ns - s->last_ns : 0;
	uint64_t nb;

	s->last_ns = now_ns;
	s->owed += RTE_MIN(elapsed, SWEEP_NS) * share;
	s->owed = RTE_MIN(s->owed, SWEEP_NS * share);
	nb = RTE_MIN(s->owed / SWEEP_NS, (uint64_t)STEP_MAX);
	s->owed -= nb * SWEEP_NS;
	return (uint32_t)nb;
}

void rd_conn_age(unsigned worker, unsigned nb_workers, uint64_t now_ns)
{
	uint32_t used = __atomic_load_n(&conn_table_.bound, __ATOMIC_ACQUIRE);
	struct sweep *s = &sweeps[worker % RD_WORKER_MAX];
	uint32_t lo, hi, nb, now_s;

	if (used <= 1 || nb_workers == 0 || worker >= nb_workers)
		return;
	lo = 1 + (uint32_t)((uint64_t)(used - 1) * worker / nb_workers);
	hi = 1 + (uint32_t)((uint64_t)(used - 1) * (worker + 1) / nb_workers);
	nb = due(s, hi - lo, now_ns);
	now_s = rd_coarse_s();
	for (; nb > 0; nb--) {
		if (s->pos < lo || s->pos >= hi)
			s->pos = lo;
		look_at(worker, s->pos++, now_s);
	}
}

static const char *tcp_side_name(unsigned side)
{
	static const char *const names[16] = {
		[SIDE_NONE] = "CLOSED",
		[SIDE_SYN] = "SYN_SENT",
		[SIDE_OPEN] = "ESTABLISHED",
		[SIDE_FIN] = "CLOSING",
		[SIDE_RESET] = "TIME_WAIT",
		[SIDE_DONE] = "FIN_WAIT_2",
	};

	return names[side] != NULL ? names[side] : "?";
}

static void name_sides(uint8_t state, struct rd_conn_info *info)
{
	bool is_settled = (state & RD_CONN_SETTLED) != 0;

	if ((state & 0x80) == 0) {
		info->orig_state = tcp_side_name(state & 15);
		info->reply_state = tcp_side_name(state >> 4);
		return;
	}
	info->orig_state = is_settled ? "MULTIPLE" : "SINGLE";
	info->reply_state = is_settled ? "MULTIPLE" : "NO_TRAFFIC";
}

static void count_info(const struct rd_conn_line *c, struct rd_conn_info *info)
{
	for (unsigned d = 0; d < 2; d++) {
		uint64_t bytes = RD_CONN_GET(c->bytes[d]);

		info->packets[d] = (bytes >> 56) << 32 | RD_CONN_GET(c->packets[d]);
		info->bytes[d] = bytes & UINT64_MAX >> 8;
	}
}

// With the connection's lock.
static void inform(uint32_t i, uint8_t state, struct rd_conn_info *info)
{
	const struct rd_conn_line *c = &rd_conn_fast_.line[i];
	const struct conn_id *id = &conn_table_.id[i];
	uint32_t now_s = rd_coarse_s(), last_s = RD_CONN_GET(c->last_s), timeout_s;

	memset(info, 0, sizeof(*info));
	info->orig = id->key;
	info->state = conn_state_of(state);
	info->rule_id = RD_CONN_GET(id->rule_id);
	info->age_s = now_s > id->created_s ? now_s - id->created_s : 0;
	info->idle_s = now_s > last_s ? now_s - last_s : 0;
	timeout_s = RD_CONN_GET(conn_table_.settings.timeout_s[info->state]);
	info->expires_s = timeout_s > info->idle_s ? timeout_s - info->idle_s : 0;
	name_sides(state, info);
	count_info(c, info);
}

static bool info_of(uint32_t i, struct rd_conn_info *info, rd_conn_ref *ref)
{
	struct conn_id *id = &conn_table_.id[i];
	uint8_t state;

	if (RD_CONN_GET(rd_conn_fast_.line[i].state) == 0)
		return false; // most slots: no lock for them
	conn_lock(&id->lock);
	state = __atomic_load_n(&rd_conn_fast_.line[i].state, __ATOMIC_ACQUIRE);
	*ref = conn_ref(i);
	if (state != 0)
		inform(i, state, info);
	conn_unlock(&id->lock);
	return state != 0;
}

int rd_conn_some(uint32_t *at, uint32_t look, uint16_t zone,
	int (*fn)(void *arg, const struct rd_conn_info *i), void *arg)
{
	uint32_t used = __atomic_load_n(&conn_table_.bound, __ATOMIC_ACQUIRE);
	int rc = 0;

	for (; *at < used && look > 0 && rc == 0; look--) {
		uint32_t i = (*at)++; // nothing is at 0
		struct rd_conn_info info;
		rd_conn_ref ref;

		if (i != 0 && info_of(i, &info, &ref) && (zone == 0 || info.orig.zone == zone))
			rc = fn(arg, &info);
	}
	if (*at >= used)
		*at = UINT32_MAX;
	return rc;
}

int rd_conn_each(uint16_t zone, int (*fn)(void *arg, const struct rd_conn_info *i), void *arg)
{
	uint32_t at = 0;

	return rd_conn_some(&at, UINT32_MAX, zone, fn, arg);
}

unsigned rd_conn_flush(uint16_t zone)
{
	uint32_t used = __atomic_load_n(&conn_table_.bound, __ATOMIC_ACQUIRE);
	unsigned nb = 0;

	for (uint32_t i = 1; i < used; i++) {
		struct rd_conn_info info;
		rd_conn_ref ref;

		if (info_of(i, &info, &ref) && (zone == 0 || info.orig.zone == zone))
			nb += conn_remove(ref);
	}
	return nb;
}
