/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which mirror sessions the workers run: builds what they read, and swaps it between two packets. Control thread.
 */
#pragma once

#include "session/run.h"

// The session's run becomes `r` (NULL = it is taken away); the one before is freed. 0, or -errno with *err, and then the old one
// runs on and r is still the caller's.
int mirror_engine_put(unsigned number, struct mirror_run *r, struct rd_err *err);
// Outer headers of copies that no session may copy; takes v (malloc'ed).
void mirror_engine_exclude(struct mirror_excludes *v);
// A new run of the spec over the state, with its sources resolved. NULL: out of memory.
struct mirror_run *mirror_run_new(
	const struct rd_mirror_spec *s, unsigned number, struct mirror_state *st);
void mirror_run_free(struct mirror_run *r); // NULL is fine
// Whether the sources of a new run are those of the old one.
bool mirror_run_same_sources(const struct mirror_run *a, const struct mirror_run *b);
// Runs fn on the owner's thread between two turns.
void mirror_owner_call(void (*fn)(struct rd_worker *w, void *arg), void *arg);
void mirror_engine_fini(void); // all sessions are gone, the devices are closed
