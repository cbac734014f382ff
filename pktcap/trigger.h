/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Triggers: a capture that begins to write, or ends, when a packet is dropped for a reason or matches a filter.
 *
 *	--start-on S               from S on
 *	--start-on S --before N    and the N records before it
 *	--stop-on T                up to T; --after M: and M records more
 *	--stop-on T --before N     the last N before T, for nothing is written until then
 *	--start-on S --after M     S and M records more
 *
 * The filters look at captured records, so at what the session's own filter lets through. Main thread.
 */
#pragma once

#include "base/err.h"
#include "bounds.h"
#include "session.h"

struct pk_trigger;

// A value of --start-on or --stop-on: drop reasons, "drop" for any, or a filter. 0 or -EINVAL.
int pk_condition_parse(struct pk_condition *c, const char *text, struct rd_err *err);
// NULL with *err: a wrong filter, or no memory.
struct pk_trigger *pk_trigger_new(const struct pk_trigger_opts *o, struct rd_err *err);
void pk_trigger_free(struct pk_trigger *t); // NULL is fine
// Whether it has to see drops, whatever is captured.
bool pk_trigger_needs_drops(const struct pk_trigger_opts *o);
// A record of the session: held back, written or passed over. shown: it may be written; the others only trigger.
int pk_trigger_offer(struct pk_trigger *t, struct pk_session *s, const struct rd_cap_rec *rec,
	bool shown, struct rd_err *err);
bool pk_trigger_done(const struct pk_trigger *t); // the capture ends
// At the end: what has not happened, on stderr.
void pk_trigger_summary(const struct pk_trigger *t);
