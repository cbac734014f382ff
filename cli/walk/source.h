/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where walks come from: a file or pipe that pktcap --json wrote, or a pktcap that we start: live, or to read a capture file. So
 * every point, filter and format is pktcap's. One thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "api/msg.h"
#include "walk/store.h"

struct rd_source {
	int fd; // for poll(); -1 at the end
	int says; // pktcap's standard error, -1 if none
	pid_t pid; // of pktcap, 0 if none
	struct rd_msg_reader reader;
};

// path NULL: live, with filter (may be NULL); else a file, - for standard input. 0 or a negative errno.
int rd_source_open(struct rd_source *s, const char *path, const char *filter, struct rd_err *err);
// Takes what is there, at most about a hundred KiB of it. 1: go on, 0: the end, or a negative errno.
int rd_source_read(struct rd_source *s, struct rd_store *store, struct rd_err *err);
void rd_source_close(struct rd_source *s); // ends pktcap
