/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tells the owner where a session's copies go: which collectors live, what their heads look like, who is next. Control thread.
 */
#include <string.h>

#include "session/engine.h"
#include "session/peer.h"
#include "session/state.h"
#include "session/store.h"

struct update {
	struct mirror_state *state;
	struct mirror_dest dest[RD_MIRROR_DESTS];
	struct mirror_numbers numbers;
	unsigned nb, active;
};

// Numbers go on where they are: the owner may have given some since control looked.
static void apply(struct rd_worker *w, void *arg)
{
	const struct update *u = arg;
	struct mirror_state *st = u->state;
	uint32_t seq[RD_MIRROR_DESTS];

	(void)w;
	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++)
		seq[i] = st->dest[i].seq;
	for (unsigned i = 0; i < u->nb; i++) {
		st->dest[i] = u->dest[i];
		st->dest[i].seq =
			u->numbers.from[i] >= 0 ? seq[u->numbers.from[i]] : u->numbers.seq[i];
	}
	st->nb_dests = (uint8_t)u->nb;
	st->active = (uint8_t)u->active;
}

static bool is_up(const struct rd_mirror *m, unsigned i)
{
	return m->peer[i].state == RD_MIRROR_PEER_UP;
}

// The present one as long as it lives; else the one with the best priority. nb = none.
static unsigned choose(const struct rd_mirror *m)
{
	unsigned nb = mirror_nb_peers(&m->spec), best = nb;

	if (m->state->active < nb && m->state->nb_dests == nb && is_up(m, m->state->active))
		return m->state->active;
	for (unsigned i = 0; i < nb; i++)
		if (is_up(m, i)
			&& (best == nb || m->spec.dest[i].priority < m->spec.dest[best].priority))
			best = i;
	return best;
}

static void note_failover(struct rd_mirror *m, unsigned before, unsigned active, unsigned nb)
{
	if (m->spec.mode != RD_MIRROR_STANDBY || active >= nb || active == before)
		return;
	m->failovers++;
	mirror_journal(m, "reddotd", "copies go to collector %u of %u now", active + 1, nb);
}

int mirror_tell_owner(struct rd_mirror *m, const struct mirror_numbers *numbers, struct rd_err *err)
{
	struct update u = {.state = m->state, .nb = mirror_nb_peers(&m->spec)};
	uint32_t least = RD_MIRROR_SNAP_MAX, room;
	unsigned before = m->state->active;
	bool had = m->state->nb_dests != 0 && before < m->state->nb_dests;

	for (unsigned i = 0; i < u.nb; i++) {
		if (mirror_peer_dest(m, i, &u.dest[i], &room, err) < 0)
			return err->code;
		least = RTE_MIN(least, room);
		u.numbers.from[i] = (int8_t)i;
	}
	if (numbers != NULL)
		u.numbers = *numbers;
	u.active = choose(m);
	__atomic_store_n(&m->state->room, least, __ATOMIC_RELAXED);
	mirror_owner_call(apply, &u);
	if (had && numbers == NULL)
		note_failover(m, before, u.active, u.nb);
	return 0;
}
