/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Merges the rings of a session by time. Each ring is in order by itself; of several, the oldest head comes
 * next once no other ring can still bring an older one: when every ring has a head, or when the head is older
 * than the window (a worker needs microseconds from the time stamp to the ring). Main thread.
 */
#pragma once

#include "api/capring.h"

struct pk_merge {
	struct rd_capring_reader *reader;
	uint64_t window_ns;
	uint64_t skew_ns; // how far the records' clock was seen ahead of ours
	uint64_t
		stuck_since; // monotonic; when the current head was first held back, 0 if it is not
	uint32_t ring; // of the record that pk_merge_next gave
};

void pk_merge_init(struct pk_merge *m, struct rd_capring_reader *reader, uint64_t window_ns);
// The next record, NULL if none may come yet. now_ns: CLOCK_REALTIME; drain: nothing more will be written, so do not
// wait. *err: -EBADMSG when a ring is corrupt (its rest is lost; the others go on), else 0.
const struct rd_cap_rec *pk_merge_next(struct pk_merge *m, uint64_t now_ns, bool drain, int *err);
void pk_merge_pop(struct pk_merge *m); // the record that pk_merge_next gave
