/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions come, change and go; see session.h. state.c says what becomes of them. Control thread.
 */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/cap.h"
#include "session/engine.h"
#include "session/field.h"
#include "session/file.h"
#include "session/hw.h"
#include "session/peer.h"
#include "session/state.h"
#include "session/store.h"
#include "tables/port.h"

RD_LOG_MODULE(mirror_session);

#define SECOND_NS UINT64_C(1000000000)

static struct rd_mirror *mirrors[RD_MIRROR_MAX];

struct rd_mirror *rd_mirror_at(unsigned number)
{
	return number < RD_MIRROR_MAX ? mirrors[number] : NULL;
}

unsigned rd_mirror_nb(void)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		nb += mirrors[i] != NULL;
	return nb;
}

struct rd_mirror *rd_mirror_find(const char *name)
{
	uint64_t id = 0;

	(void)rd_parse_u64(name, 1, 1023, &id);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (mirrors[i] != NULL
			&& (strcmp(mirrors[i]->spec.name, name) == 0
				|| (id != 0 && mirrors[i]->spec.id == id)))
			return mirrors[i];
	return NULL;
}

struct mirror_file *rd_mirror_file_of(unsigned number)
{
	return mirrors[number] != NULL ? mirrors[number]->file : NULL;
}

static bool id_is_taken(uint16_t id, const struct rd_mirror *but)
{
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (mirrors[i] != NULL && mirrors[i] != but && mirrors[i]->spec.id == id)
			return true;
	return false;
}

static int choose_id(struct rd_mirror_spec *s, const struct rd_mirror *old, struct rd_err *err)
{
	if (s->id == 0)
		for (s->id = 1; id_is_taken(s->id, old); s->id++)
			;
	if (!id_is_taken(s->id, old))
		return 0;
	rd_err_set(err, -EEXIST, "id %u (0x%x) is another session's", s->id, s->id);
	rd_err_where(err, "id");
	rd_err_hint(err, "show mirror; without id the lowest free one is taken");
	return -EEXIST;
}

// What tells sessions apart at a collector must differ.
static int check_ids(
	const struct rd_mirror_spec *s, const struct rd_mirror *old, struct rd_err *err)
{
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *o = mirrors[i];

		if (o == NULL || o == old || o->spec.encap != s->encap
			|| (s->encap != RD_ENCAP_ERSPAN2 && s->encap != RD_ENCAP_ERSPAN3)
			|| rd_mirror_erspan_id(&o->spec) != rd_mirror_erspan_id(s))
			continue;
		for (unsigned k = 0; k < o->spec.nb_dests * (unsigned)s->nb_dests; k++) {
			const struct rd_mirror_dest *a = &o->spec.dest[k / s->nb_dests];
			const struct rd_mirror_dest *b = &s->dest[k % s->nb_dests];

			if (a->family != b->family || memcmp(a->addr, b->addr, 16) != 0)
				continue;
			rd_err_set(err, -EEXIST,
				"session %s sends erspan-id %u to this collector already",
				o->spec.name, rd_mirror_erspan_id(s));
			rd_err_where(err, "erspan-id");
			rd_err_hint(err, "another erspan-id");
			return -EEXIST;
		}
	}
	return 0;
}

static int check_sources(const struct rd_mirror_spec *s, struct rd_err *err)
{
	for (unsigned i = 0; i < s->nb_sources; i++) {
		struct rd_err why = {0};

		if (s->source[i].from != RD_MIRROR_SRC_PORT
			|| rd_port_find(s->source[i].name, &why) != NULL)
			continue;
		rd_err_set(err, why.code, "%s", why.what);
		rd_err_where(err, "source");
		rd_err_hint(err, "%s", why.hint);
		return err->code;
	}
	return 0;
}

// Everything that can be said before it runs.
static int check(
	struct rd_mirror_spec *s, const struct rd_mirror *old, char *warn, struct rd_err *err)
{
	if (rd_mirror_spec_check(s, warn, err) < 0 || choose_id(s, old, err) < 0
		|| check_ids(s, old, err) < 0)
		return err->code;
	if (!rd_mirror_given(s, "persist"))
		s->persist = s->lifetime_s == 0;
	return check_sources(s, err);
}

static int free_number(struct rd_err *err)
{
	for (int i = 0; i < RD_MIRROR_MAX; i++)
		if (mirrors[i] == NULL)
			return i;
	rd_err_set(err, -EBUSY, "there are %d mirror sessions", RD_MIRROR_MAX);
	rd_err_hint(err, "show mirror, then mirror session del NAME");
	return -EBUSY;
}

int rd_mirror_add(const struct rd_mirror_spec *spec, bool up, const char *who,
	struct rd_mirror **out, struct rd_err *err)
{
	struct rd_mirror *m = calloc(1, sizeof(*m));
	int number = free_number(err);

	if (m == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	if (m == NULL || number < 0)
		goto fail;
	m->spec = *spec;
	if (rd_mirror_find(spec->name) != NULL) {
		rd_err_set(err, -EEXIST, "there is a mirror session %s already", spec->name);
		rd_err_hint(err, "another name, or: mirror session set %s ..", spec->name);
		goto fail;
	}
	if (check(&m->spec, NULL, m->warn, err) < 0)
		goto fail;
	m->number = (unsigned)number;
	m->since_ns = rd_realtime_ns();
	m->state = calloc(1, sizeof(*m->state));
	if (m->state == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		goto fail;
	}
	mirrors[number] = m;
	*out = m;
	mirror_journal(m, who, "added");
	if (up && rd_mirror_start(m, who, err) < 0) {
		rd_mirror_del(m, who);
		return err->code;
	}
	mirror_store_save();
	return 0;
fail:
	free(m);
	return err->code;
}

int rd_mirror_change(
	struct rd_mirror *m, const struct rd_mirror_spec *spec, const char *who, struct rd_err *err)
{
	struct rd_mirror_spec fresh = *spec, old = m->spec;
	char warn[RD_MIRROR_WARN] = "";

	if (check(&fresh, m, warn, err) < 0)
		return err->code;
	if (m->file != NULL && (fresh.encap != RD_MIRROR_FILE || strcmp(fresh.file, old.file) != 0))
		return rd_err_set(err, -EBUSY, "the session is writing a file: stop it first");
	m->spec = fresh;
	if (m->run != NULL && mirror_state_rebuild(m, &old, err) < 0) {
		m->spec = old;
		return err->code;
	}
	memcpy(m->warn, warn, sizeof(warn));
	if (m->run != NULL && old.lifetime_s != fresh.lifetime_s)
		m->end_ns = fresh.lifetime_s != 0 ? rd_monotonic_ns() + fresh.lifetime_s * SECOND_NS
						  : 0;
	mirror_journal(m, who, "changed");
	mirror_store_save();
	return 0;
}

int rd_mirror_start(struct rd_mirror *m, const char *who, struct rd_err *err)
{
	if (m->admin_up && m->oper != RD_MIRROR_EXPIRED && m->oper != RD_MIRROR_SUSPENDED
		&& m->oper != RD_MIRROR_FAILED)
		return 0;
	if (m->spec.start_at > rd_realtime_ns() / SECOND_NS) {
		m->admin_up = true;
		mirror_state_end(m, RD_MIRROR_DOWN, "", "it is not yet time");
		return 0;
	}
	if (mirror_state_start(m, err) < 0)
		return err->code;
	m->admin_up = true;
	m->end_ns =
		m->spec.lifetime_s != 0 ? rd_monotonic_ns() + m->spec.lifetime_s * SECOND_NS : 0;
	mirror_journal(m, who, "started");
	rd_mirror_tick();
	mirror_store_save();
	return 0;
}

void rd_mirror_stop(struct rd_mirror *m, const char *who)
{
	if (!m->admin_up)
		return;
	m->admin_up = false;
	mirror_state_end(m, RD_MIRROR_DOWN, "", "stopped");
	mirror_journal(m, who, "stopped");
	mirror_store_save();
}

void rd_mirror_del(struct rd_mirror *m, const char *who)
{
	if (who != NULL)
		mirror_journal(m, who, "removed");
	mirror_state_end(m, RD_MIRROR_DOWN, "", "removed");
	mirror_hw_revoke(m); // one that was only explained
	mirrors[m->number] = NULL;
	free(m->state);
	free(m);
	mirror_state_guard();
	if (who != NULL)
		mirror_store_save();
}

void rd_mirror_open_state(const char *path)
{
	uint64_t pps, bps;
	uint32_t copies;

	mirror_store_open(path);
	mirror_store_limit_load(&pps, &bps, &copies);
	rd_mirror_cap_copies_set(copies);
	rd_mirror_cap_set(pps, bps);
}

static bool is_taken(uint16_t id)
{
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (mirrors[i] != NULL && mirrors[i]->spec.id == id)
			return true;
	return false;
}

static bool restore(const struct rd_mirror_spec *was, bool up)
{
	struct rd_mirror_spec spec = *was;
	struct rd_mirror *m;
	struct rd_err err = {0};

	if (is_taken(spec.id)) // by one that was made while this one could not be
		spec.id = 0;
	if (rd_mirror_find(spec.name) != NULL || rd_mirror_add(&spec, up, "restart", &m, &err) == 0)
		return true;
	rd_log_warn("session %s is not there again, and remembered for the next start: %s",
		spec.name, err.what);
	return false;
}

void rd_mirror_restore(void)
{
	mirror_store_each(restore);
}

void rd_mirror_end_all(void)
{
	mirror_store_save(); // as they are, those that persist running
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (mirrors[i] != NULL)
			mirror_state_end(mirrors[i], RD_MIRROR_DOWN, "", "the daemon ends");
	mirror_listen_end();
}

void rd_mirror_fini(void)
{
	mirror_store_close();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		if (mirrors[i] != NULL)
			free(mirrors[i]->state);
		free(mirrors[i]);
		mirrors[i] = NULL;
	}
	mirror_hw_fini();
	mirror_engine_fini();
}

void rd_mirror_sum(const struct rd_mirror *m, struct mirror_counts *sum)
{
	uint64_t *to = (uint64_t *)sum;

	memset(sum, 0, sizeof(*sum));
	for (unsigned w = 0; w < rd_nb_workers; w++) {
		const struct mirror_counts *n = &m->state->counts[w];
		const uint64_t *from = (const uint64_t *)n;
		uint64_t first = sum->first_ns, last = sum->last_ns;

		for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
		sum->first_ns = first == 0 || (n->first_ns != 0 && n->first_ns < first)
			? n->first_ns
			: first;
		sum->last_ns = RTE_MAX(last, n->last_ns);
	}
}

uint32_t rd_mirror_room(const struct rd_mirror *m)
{
	return __atomic_load_n(&m->state->room, __ATOMIC_RELAXED);
}

uint64_t rd_mirror_left_s(const struct rd_mirror *m)
{
	uint64_t now = rd_monotonic_ns();

	if (m->end_ns == 0)
		return UINT64_MAX;
	return m->end_ns > now ? (m->end_ns - now + SECOND_NS - 1) / SECOND_NS : 0;
}
