/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies for pcapng files: the owner may not write files, so they wait in a ring for control.
 */
#pragma once

#include "session/run.h"

int mirror_file_init(void); // 0 or -ENOMEM. Control, as all but mirror_file_put().
void mirror_file_fini(void);
void mirror_file_put(struct rte_mbuf *m); // worker 0; the mbuf is taken
unsigned mirror_file_drain(void); // writes what waits; how many that were

struct mirror_file;
void mirror_file_flush(struct mirror_file *f); // NULL is fine
// Makes the file, which must not be there. NULL with *err.
struct mirror_file *mirror_file_open(const char *path, const char *session, struct rd_err *err);
void mirror_file_close(struct mirror_file *f); // NULL is fine; what waits must be drained
void mirror_file_discard(
	struct mirror_file *f); // ... and the file goes, too: its session did not start
const char *mirror_file_fault(
	const struct mirror_file *f); // why nothing can be written any more; NULL: it can
