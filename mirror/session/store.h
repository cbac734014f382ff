/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What outlives the daemon: the last sequence number to each collector, and the sessions that are to be there again. One JSON
 * document, replaced as a whole. And the journal of what was changed by whom. Control thread.
 */
#pragma once

#include <jansson.h>

#include "session/session.h"

// Where the document is; NULL or "" = nowhere, nothing outlives. Reads it if it is there.
void mirror_store_open(const char *path);
void mirror_store_close(void);
const char *mirror_store_path(void); // "" = nowhere
// The number that a session's first copy to a collector has: after the last that may have been used; seq-start
// if there was none.
uint32_t mirror_store_seq(const struct rd_mirror_spec *s, const struct rd_mirror_dest *d);
// Takes note of the session's numbers; exact: it sends no more.
void mirror_store_note(const struct rd_mirror *m, bool exact);
void mirror_store_save(void); // if something has changed
// What all sessions together may send (cap.h) outlives the daemon, too. load: 0 if there is none.
void mirror_store_limit(uint64_t pps, uint64_t bps, uint32_t copies);
void mirror_store_limit_load(uint64_t *pps, uint64_t *bps, uint32_t *copies);
// Calls each() with the specs of the sessions that the document has, and whether they ran. One that each() says is not there again
// stays in the document.
typedef bool (*mirror_store_each_fn)(const struct rd_mirror_spec *s, bool up);
void mirror_store_each(mirror_store_each_fn each);

#define RD_MIRROR_JOURNAL 256 // entries that are kept
struct rd_mirror_event {
	uint64_t ns; // since 1970
	char session[RD_MIRROR_NAME_LEN], who[64], what[160];
};
void mirror_journal(const struct rd_mirror *m, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
// The i-th, 0 = the oldest that is kept; NULL behind the last.
const struct rd_mirror_event *rd_mirror_event(unsigned i);
