/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A capture session from the client's side: start, merge the rings into the outputs, stop, drain. Main thread;
 * pk_session_interrupt() is for signal handlers.
 */
#pragma once

#include "births.h"
#include "decap.h"
#include "followed.h"
#include "merge.h"
#include "out.h"
#include "points.h"
#include "thinned.h"

#define PK_MAX_OUTS 2

struct pk_trigger;

enum pk_end { // why a session ended
	PK_END_COUNT, // -c
	PK_END_SIGNAL,
	PK_END_DAEMON, // it is gone
	PK_END_STOPPED, // somebody stopped the session there
	PK_END_LIMIT, // its duration or budget is used up
	PK_END_TRIGGER, // --stop-on, --after
	PK_END_LEFT, // our terminal is gone, the session stays for its lease
	PK_END_PIPE, // nobody reads our output any more
	PK_END_ERROR, // an output or a ring is broken
};

struct pk_session {
	const struct pk_opts *opts;
	struct rd_client *client;
	struct pk_ports *ports;
	const struct pk_points *points; // what was asked for
	struct pk_out *outs[PK_MAX_OUTS];
	unsigned nb_outs;
	struct rd_capring_reader *reader;
	struct pk_merge merge;
	json_int_t number; // the daemon's
	char name[64];
	enum pk_end end;
	uint64_t captured; // records given to the outputs
	uint64_t captured_at[RD_STAGE_MAX];
	uint64_t passed_over; // followed sessions: records of packets that were not asked for
	uint64_t ports_ns; // when the port list was fetched
	bool selective; // follows from chosen points: every stage is armed, and we choose
	bool extra_drops; // the stage drop is armed for the trigger only
	struct pk_trigger *trigger; // NULL = none
	struct pk_followed *followed; // ids seen at the points that were asked for; NULL = take all
	struct pk_sample *sample; // NULL = all walks
	uint64_t sampled_out; // records of walks that were not kept
	struct pk_birth *births; // NULL = nobody asks for the time since a packet's first record
	struct pk_decap decap; // --decap: the frame that was made last
	struct pk_thinned thinned; // --max-cost
	bool corrupt; // a ring was
	bool (*go_on)(
		void *arg); // asked between two batches: false ends the collecting; NULL = yes
	void *go_on_arg;
};

// Compiles the filter and starts the session, or takes the one to attach to. 0 or a negative errno with *err.
int pk_session_start(struct pk_session *s, struct rd_err *err);
// Captures until something ends it, then drains and finishes the outputs. s->end says why; 0 or a negative errno with
// *err if that is worth an error message.
int pk_session_run(struct pk_session *s, struct rd_err *err);
// Its halves: captures until something ends it and drains; then finishes the outputs (rc: what the first half returned).
// Between them the session can be started again with other points, into the same outputs.
int pk_session_collect(struct pk_session *s, struct rd_err *err);
int pk_session_end(struct pk_session *s, int rc, struct rd_err *err);
int pk_session_restart(struct pk_session *s, struct rd_err *err);
// What the loop and a replay are made of: gives a record to every output; whether -c is reached; ends the outputs
// (rc: the error so far, which stays the first).
int pk_session_put(struct pk_session *s, const struct rd_cap_rec *rec, struct rd_err *err);
// Whether the record is at a point that was asked for.
bool pk_session_asked(const struct pk_session *s, const struct rd_cap_rec *rec);
bool pk_session_enough(const struct pk_session *s);
int pk_session_flush(struct pk_session *s, struct rd_err *err);
int pk_session_finish(struct pk_session *s, int rc, struct rd_err *err);
void pk_session_free(struct pk_session *s);
void pk_session_interrupt(int sig);
bool pk_session_interrupted(void);

// Chatter on stderr, in summary.c.
void pk_warn_bypassed(const struct pk_session *s);
void pk_warn_points(const struct pk_session *s); // in warn.c
void pk_summary(const struct pk_session *s);
