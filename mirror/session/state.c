/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of mirror sessions: looks at collectors, and tells the owner where copies go. Control thread.
 */
#include "session/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/engine.h"
#include "session/file.h"
#include "session/hw.h"
#include "session/peer.h"
#include "session/store.h"

RD_LOG_MODULE(mirror_state);

#define SECOND_NS UINT64_C(1000000000)

void mirror_state_turn(
	struct rd_mirror *m, enum rd_mirror_oper to, const char *sub, const char *why)
{
	bool same = m->oper == to && strcmp(m->sub, sub) == 0;

	(void)rd_str_copy(m->sub, sizeof(m->sub), sub);
	(void)rd_str_copy(m->why, sizeof(m->why), why);
	if (same)
		return;
	m->oper = (uint8_t)to;
	m->since_ns = rd_realtime_ns();
	mirror_journal(m, "reddotd", "%s%s%s%s%s", rd_mirror_oper_name(to), *sub != '\0' ? "." : "",
		sub, *why != '\0' ? ": " : "", why);
}

// --- what workers have to know ---

static int rerun(struct rd_mirror *m, struct rd_err *err)
{
	struct mirror_run *r = mirror_run_new(&m->spec, m->number, m->state);

	if (r == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	if (mirror_hw_apply(m, r, err) < 0 || mirror_engine_put(m->number, r, err) < 0) {
		mirror_run_free(r);
		return err->code;
	}
	m->run = r;
	return 0;
}

static unsigned collect(struct mirror_excludes *v, uint16_t *ports)
{
	unsigned nb = 0;

	v->nb = 0;
	v->udp = false;
	for (unsigned k = 0; k < RD_MIRROR_MAX; k++) {
		const struct rd_mirror *m = rd_mirror_at(k);

		for (unsigned i = 0; m != NULL && m->run != NULL && i < m->spec.nb_dests; i++) {
			const struct rd_mirror_peer *p = &m->peer[i];
			struct mirror_exclude *x = &v->v[v->nb++];
			unsigned at = 0;

			*x = (struct mirror_exclude){.family = (uint8_t)p->family,
				.proto = mirror_ip_proto(&m->spec),
				.dport = mirror_udp_port(&m->spec)};
			v->udp |= x->proto == IPPROTO_UDP;
			memcpy(x->src, p->src, 16);
			memcpy(x->dst, m->spec.dest[i].addr, 16);
			while (at < nb && ports[at] != p->port)
				at++;
			if (at == nb && p->port != RD_PORT_NONE)
				ports[nb++] = p->port;
		}
	}
	return nb;
}

void mirror_state_guard(void)
{
	struct mirror_excludes *v =
		calloc(1, sizeof(*v) + MIRROR_EXCLUDES * sizeof(struct mirror_exclude));
	uint16_t ports[MIRROR_EXCLUDES];
	struct rd_err err = {0};
	unsigned nb;

	if (v == NULL)
		return; // those that there are still hold
	nb = collect(v, ports);
	mirror_engine_exclude(v);
	if (nb == 0)
		mirror_listen_end();
	else if (mirror_listen(ports, nb, &err) < 0)
		rd_log_warn("nobody listens for answers: %s", err.what);
}

static int arm(struct rd_mirror *m, const struct mirror_numbers *numbers, struct rd_err *err)
{
	if (mirror_peers_place(m, err) < 0)
		return err->code;
	if (mirror_path_init() < 0)
		return rd_err_set(err, -ENOMEM, "no memory for copies of packets");
	(void)mirror_peers_tick(m, rd_monotonic_ns());
	if (mirror_tell_owner(m, numbers, err) < 0 || rerun(m, err) < 0)
		return err->code;
	mirror_state_guard();
	return 0;
}

static void forget_counts(struct rd_mirror *m)
{
	struct mirror_state *st = m->state;

	memset(st->counts, 0, sizeof(st->counts));
	memset(&st->owned, 0, sizeof(st->owned));
	st->stop = MIRROR_RUNS;
	st->triggered = 0;
	memset(st->again, 0, sizeof(st->again));
	st->loops[0] = st->counted = st->tat_pps = st->tat_bps = 0;
	m->failovers = 0;
	m->window.ns = 0;
	m->crowded = false;
}

// Whenever copies are to be made there is a file for them.
static int open_file(struct rd_mirror *m, struct rd_err *err)
{
	if (m->spec.encap != RD_MIRROR_FILE || m->file != NULL)
		return 0;
	m->file = mirror_file_open(m->spec.file, m->spec.name, err);
	if (m->file != NULL)
		return 0;
	mirror_state_end(m, RD_MIRROR_FAILED, "", err->what);
	return err->code;
}

int mirror_state_start(struct rd_mirror *m, struct rd_err *err)
{
	struct mirror_numbers n = {.from = {-1, -1, -1, -1}};
	struct mirror_file *file;

	if (m->run != NULL)
		mirror_state_end(m, RD_MIRROR_DOWN, "", "started again");
	if (open_file(m, err) < 0)
		return err->code;
	// By address, and the store knows them: collectors may stand in another order now.
	for (unsigned i = 0; i < m->spec.nb_dests; i++)
		n.seq[i] = mirror_store_seq(&m->spec, &m->spec.dest[i]);
	forget_counts(m);
	memset(m->peer, 0, sizeof(m->peer));
	m->gone_ns = 0;
	if (arm(m, &n, err) == 0) {
		mirror_store_note(m, false);
		return 0;
	}
	file = m->file;
	m->file = NULL;
	mirror_state_end(m, RD_MIRROR_FAILED, "", err->what);
	mirror_file_discard(file);
	return err->code;
}

// Collectors that stay keep their numbers and what is known of them.
static void keep(const struct rd_mirror *m, const struct rd_mirror_spec *old,
	struct mirror_numbers *n, struct rd_mirror_peer *peer)
{
	for (unsigned i = 0; i < m->spec.nb_dests; i++) {
		const struct rd_mirror_dest *d = &m->spec.dest[i];

		n->seq[i] = mirror_store_seq(&m->spec, d);
		n->from[i] = -1;
		for (unsigned k = 0; k < old->nb_dests; k++) {
			if (old->dest[k].family != d->family
				|| memcmp(old->dest[k].addr, d->addr, 16) != 0)
				continue;
			n->from[i] = (int8_t)k;
			peer[i] = m->peer[k];
		}
	}
}

int mirror_state_rebuild(struct rd_mirror *m, const struct rd_mirror_spec *old, struct rd_err *err)
{
	struct rd_mirror_peer peer[RD_MIRROR_DESTS] = {0}, before[RD_MIRROR_DESTS];
	struct mirror_numbers n = {.from = {-1, -1, -1, -1}};

	keep(m, old, &n, peer);
	memcpy(before, m->peer, sizeof(before));
	memcpy(m->peer, peer, sizeof(peer));
	if (arm(m, &n, err) == 0)
		return 0;
	memcpy(m->peer, before, sizeof(before));
	return err->code;
}

void mirror_state_end(struct rd_mirror *m, enum rd_mirror_oper to, const char *sub, const char *why)
{
	struct rd_err err = {0};

	mirror_hw_revoke(m);
	if (m->run != NULL && mirror_engine_put(m->number, NULL, &err) < 0)
		rd_log_err("session %s: %s", m->spec.name, err.what);
	if (m->run != NULL) {
		m->run = NULL;
		mirror_store_note(m, true);
		mirror_state_guard();
	}
	mirror_file_close(m->file);
	m->file = NULL;
	mirror_state_turn(m, to, sub, why);
}

// --- ten times a second ---

static void judge(struct rd_mirror *m)
{
	unsigned nb = mirror_nb_peers(&m->spec), up = 0, down = 0;
	char why[sizeof(m->why)];

	for (unsigned i = 0; i < nb; i++) {
		up += m->peer[i].state == RD_MIRROR_PEER_UP;
		down += m->peer[i].state == RD_MIRROR_PEER_DOWN;
	}
	if (m->oper == RD_MIRROR_SUSPENDED
		&& __atomic_load_n(&m->state->stop, __ATOMIC_RELAXED) != 0)
		return;
	if (up != 0)
		mirror_state_turn(
			m, RD_MIRROR_ACTIVE, mirror_hw_path(m), mirror_hw_why(m, why, sizeof(why)));
	else if (down == nb)
		mirror_state_turn(m, RD_MIRROR_SUSPENDED, "unreachable", m->peer[0].why);
	else
		mirror_state_turn(m, RD_MIRROR_RESOLVING, "", m->peer[0].why);
}

static void tick(struct rd_mirror *m, uint64_t now)
{
	bool news = m->news;
	struct rd_err err = {0};
	const char *why;

	m->news = false;
	if (m->run == NULL || !mirror_guard(m, now))
		return;
	if ((mirror_peers_tick(m, now) || news)
		&& (mirror_tell_owner(m, NULL, &err) < 0 || rerun(m, &err) < 0)) {
		mirror_state_end(m, RD_MIRROR_FAILED, "", err.what);
		return;
	}
	judge(m);
	mirror_store_note(m, false);
	mirror_file_flush(m->file);
	why = mirror_file_fault(m->file);
	if (why != NULL)
		mirror_state_end(m, RD_MIRROR_FAILED, "", why);
}

static void start_late(struct rd_mirror *m, uint64_t wall_s)
{
	struct rd_err err = {0};

	if (!m->admin_up || m->run != NULL || m->oper != RD_MIRROR_DOWN || m->spec.start_at == 0
		|| wall_s < m->spec.start_at)
		return;
	if (mirror_state_start(m, &err) < 0)
		return;
	m->end_ns =
		m->spec.lifetime_s != 0 ? rd_monotonic_ns() + m->spec.lifetime_s * SECOND_NS : 0;
}

static uint64_t looked_ns; // at cards

void rd_mirror_tick(void)
{
	uint64_t now = rd_monotonic_ns(), wall_s = rd_realtime_ns() / SECOND_NS;

	mirror_hear(now);
	if (now - looked_ns >= SECOND_NS) {
		looked_ns = now;
		mirror_hw_tick(now); // copies may be left to others than before
	}
	(void)mirror_file_drain();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		struct rd_mirror *m = rd_mirror_at(i);

		if (m == NULL)
			continue;
		start_late(m, wall_s);
		tick(m, now);
		if (m->oper == RD_MIRROR_EXPIRED && m->gone_ns != 0 && now >= m->gone_ns)
			rd_mirror_del(m, "reddotd");
	}
	mirror_store_save();
}

void rd_mirror_refresh(void)
{
	if (rd_mirror_nb() == 0)
		return;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		struct rd_mirror *m = rd_mirror_at(i);
		struct rd_err err = {0};
		struct mirror_run *r;

		if (m == NULL || (m->run == NULL && m->oper != RD_MIRROR_FAILED))
			continue;
		if (m->run == NULL) { // perhaps what it missed is there now
			if (m->admin_up)
				(void)mirror_state_start(m, &err);
			continue;
		}
		r = mirror_run_new(&m->spec, m->number, m->state);
		if (r != NULL && !mirror_run_same_sources(r, m->run))
			(void)rerun(m, &err);
		mirror_run_free(r);
		if (mirror_peers_place(m, &err) < 0 || mirror_tell_owner(m, NULL, &err) < 0)
			mirror_state_end(m, RD_MIRROR_FAILED, "", err.what);
	}
	mirror_state_guard();
}
