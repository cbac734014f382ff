/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capture session once it runs, see session.h. Main thread.
 */
#include "session.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "trigger.h"

#define IDLE_MS 1 // sleep when the rings are empty
#define IDLE_LONG_MS 10 // ... and have been for a while
#define IDLE_LONG_AFTER 1000 // empty rounds
#define STOP_WAIT_S 10 // for the daemon to confirm the end
#define BATCH 1024 // records between two looks at signals and outputs

static volatile sig_atomic_t interrupted;

void pk_session_interrupt(int sig)
{
	if (interrupted) // asked again: the next one ends us at once, should nobody take our output
		signal(sig, SIG_DFL);
	interrupted = sig;
}

bool pk_session_interrupted(void)
{
	return interrupted != 0;
}

bool pk_session_asked(const struct pk_session *s, const struct rd_cap_rec *rec)
{
	if (!pk_points_have(s->points, rec))
		return false;
	return rec->stage != RD_STAGE_DROP || pk_drops_wants(&s->opts->drops, rec->reason);
}

// Whether the record is of a packet that was asked for: it is at a chosen point, or its packet (or the one that it is
// a copy of) has been there.
static bool is_wanted(struct pk_session *s, const struct rd_cap_rec *rec)
{
	bool wanted;

	if (s->followed == NULL) {
		wanted = s->selective || !s->points->some || pk_session_asked(s, rec);
		s->passed_over += !wanted;
		return wanted;
	}
	wanted = pk_session_asked(s, rec) || pk_followed_has(s->followed, rec->packet_id)
		|| pk_followed_has(s->followed, rec->parent_id);
	if (wanted)
		pk_followed_add(s->followed, rec->packet_id);
	else
		s->passed_over++;
	return wanted;
}

static int offer(struct pk_session *s, const struct rd_cap_rec *rec, struct rd_err *err)
{
	bool shown = is_wanted(s, rec);

	if (s->trigger != NULL)
		return pk_trigger_offer(s->trigger, s, rec,
			shown && (!s->extra_drops || pk_session_asked(s, rec)), err);
	return shown ? pk_session_put(s, rec, err) : 0;
}

int pk_session_flush(struct pk_session *s, struct rd_err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < s->nb_outs && rc == 0; i++)
		rc = s->outs[i]->ops->flush(s->outs[i], err);
	return rc;
}

bool pk_session_enough(const struct pk_session *s)
{
	uint64_t n = s->captured;

	if (s->trigger != NULL && pk_trigger_done(s->trigger))
		return true;
	if (s->opts->count == 0)
		return false;
	for (unsigned i = 0; i < s->nb_outs && s->opts->trace; i++)
		n = s->outs[i]->walks;
	return n >= s->opts->count;
}

// Writes what the rings have, at most BATCH records. Their number, or a negative errno.
static int take_batch(struct pk_session *s, bool drain, struct rd_err *err)
{
	uint64_t now = rd_realtime_ns();
	int taken = 0, rc = 0, corrupt;

	while (taken < BATCH && rc == 0 && !pk_session_enough(s)) {
		const struct rd_cap_rec *rec = pk_merge_next(&s->merge, now, drain, &corrupt);

		s->corrupt |= corrupt != 0;
		if (rec == NULL)
			break;
		rc = offer(s, rec, err);
		pk_merge_pop(&s->merge);
		taken++;
	}
	return rc < 0 ? rc : taken;
}

// Sleeps until there may be something. false: the daemon is gone.
static bool wait_more(struct pk_session *s, int ms)
{
	struct pollfd p = {.fd = rd_client_fd(s->client), .events = POLLIN};

	// Between calls the daemon has nothing to say: readable means that it hung up.
	return poll(&p, 1, ms) <= 0 || p.revents == 0;
}

static int set_end(struct pk_session *s, int rc)
{
	s->end = rc == -EPIPE ? PK_END_PIPE : PK_END_ERROR;
	return rc == -EPIPE ? 0 : rc;
}

// Nothing came in this round. false: nothing will, s->end says why.
static bool idle_round(struct pk_session *s, unsigned idle)
{
	s->end = PK_END_DAEMON;
	return wait_more(s, idle > IDLE_LONG_AFTER ? IDLE_LONG_MS : IDLE_MS);
}

// Why there is nothing more to come, once all that came has been taken.
static enum pk_end end_of(enum rd_capring_end why)
{
	if (why == RD_CAPRING_END_DAEMON)
		return PK_END_DAEMON;
	return why == RD_CAPRING_END_STOPPED || why == RD_CAPRING_END_LEASE ? PK_END_STOPPED
									    : PK_END_LIMIT;
}

static enum pk_end end_of_enough(const struct pk_session *s)
{
	return s->trigger != NULL && pk_trigger_done(s->trigger) ? PK_END_TRIGGER : PK_END_COUNT;
}

static int loop(struct pk_session *s, struct rd_err *err)
{
	enum rd_capring_end ended;
	unsigned idle = 0;
	int rc;

	for (;;) {
		pk_thinned_look(&s->thinned, s->opts, s->reader);
		ended = rd_capring_ended(s->reader); // before: all that was captured is seen then
		rc = take_batch(s, ended != RD_CAPRING_RUNS, err);
		if (rc >= 0 && rc < BATCH && pk_session_flush(s, err) < 0)
			rc = err->code ? err->code : -EPIPE;
		if (rc < 0)
			return set_end(s, rc);
		s->end = pk_session_enough(s) ? end_of_enough(s) : PK_END_SIGNAL;
		if (pk_session_enough(s) || interrupted
			|| (s->go_on != NULL && !s->go_on(s->go_on_arg)))
			return 0;
		if (rc == 0 && ended != RD_CAPRING_RUNS) {
			s->end = end_of(ended);
			return 0;
		}
		idle = rc > 0 ? 0 : idle + 1;
		if (rc == 0 && !idle_round(s, idle))
			return 0;
	}
}

// The daemon confirms when no worker writes any more; then the rings are emptied.
static int stop_and_drain(struct pk_session *s, struct rd_err *err)
{
	struct rd_err ignored = {0};
	int rc = 0;

	if (s->end == PK_END_SIGNAL && interrupted == SIGHUP && s->opts->session.keep_s != 0) {
		s->end = PK_END_LEFT; // what the rings hold is for whoever attaches
		return 0;
	}
	rd_client_patience(s->client, STOP_WAIT_S);
	if (s->end != PK_END_DAEMON && s->end != PK_END_STOPPED
		&& rd_client_call(s->client, "capture.stop",
			   json_pack("{s:I}", "session", s->number), NULL, NULL, NULL, &ignored)
			< 0
		&& s->end != PK_END_PIPE)
		s->end = s->end == PK_END_ERROR ? PK_END_ERROR : PK_END_DAEMON;
	while (s->end != PK_END_PIPE && s->end != PK_END_ERROR) {
		rc = take_batch(s, true, err);
		if (rc <= 0)
			break;
	}
	return rc < 0 ? set_end(s, rc) : 0;
}

int pk_session_finish(struct pk_session *s, int rc, struct rd_err *err)
{
	if (rc == -EPIPE) { // the reader of our output left: it has what it wanted
		s->end = PK_END_PIPE;
		rc = 0;
	}
	for (unsigned i = 0; i < s->nb_outs; i++) {
		int one = s->outs[i]->ops->finish(s->outs[i], s->reader, err);

		if (one < 0 && one != -EPIPE)
			s->end = PK_END_ERROR;
		rc = rc == 0 && one != -EPIPE ? one : rc;
	}
	return rc;
}

static void say_end(const struct pk_session *s)
{
	if (s->end == PK_END_LIMIT)
		fprintf(stderr, "pktcap: the daemon ended session %s: its %s %s\n", s->name,
			rd_capring_end_name(rd_capring_ended(s->reader)),
			rd_capring_ended(s->reader) == RD_CAPRING_END_DURATION
				? "is over"
				: "budget is used up");
	else if (s->end == PK_END_LEFT)
		fprintf(stderr,
			"pktcap: session %s goes on without this terminal for %llu s: "
			"pktcap --attach %s\n",
			s->name, (unsigned long long)s->opts->session.keep_s, s->name);
}

int pk_session_collect(struct pk_session *s, struct rd_err *err)
{
	int rc = loop(s, err);
	int more = stop_and_drain(s, err);

	return rc == 0 ? more : rc;
}

int pk_session_end(struct pk_session *s, int rc, struct rd_err *err)
{
	rc = pk_session_finish(s, rc, err);
	if (rc == 0 && s->end == PK_END_DAEMON) {
		rc = rd_err_set(err, -ECONNRESET,
			"the daemon is gone; what it had captured until then was kept");
		rd_err_hint(err, "its log, then: reddotd -f FILE");
	}
	if (rc == 0 && s->end == PK_END_STOPPED)
		rc = rd_err_set(err, -ECANCELED, "somebody stopped this capture at the daemon");
	say_end(s);
	if (rc == 0 && s->corrupt)
		rc = rd_err_set(err, -EBADMSG, "a capture ring is corrupt: its rest was lost");
	return rc;
}

int pk_session_run(struct pk_session *s, struct rd_err *err)
{
	return pk_session_end(s, pk_session_collect(s, err), err);
}

int pk_session_restart(struct pk_session *s, struct rd_err *err)
{
	rd_capring_close(s->reader);
	s->reader = NULL;
	free(s->followed);
	s->followed = NULL;
	pk_trigger_free(s->trigger);
	s->trigger = NULL;
	return pk_session_start(s, err);
}

void pk_session_free(struct pk_session *s)
{
	for (unsigned i = 0; i < s->nb_outs; i++)
		s->outs[i]->ops->free(s->outs[i]);
	rd_capring_close(s->reader);
	free(s->followed);
	pk_trigger_free(s->trigger);
	free(s->births);
	pk_sample_free(s->sample);
	pk_decap_free(&s->decap);
	memset(s, 0, sizeof(*s));
}
