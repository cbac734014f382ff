/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The manifest of files that follow each other: one JSON object per line, written when a file is complete or given up.
 * Main thread.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct pk_manifest {
	int fd; // -1: none
	char path[4096 + 16];
};

struct pk_manifest_entry {
	const char *file;
	uint64_t number; // from 1
	uint64_t first_ns, last_ns; // times of its packets; 0 without any
	uint64_t packets, bytes;
	uint64_t lost; // records that the ring had no room for, in its time
	const char *why; // it was closed: "size", "time", "end", "error"
};

// FIRST.manifest, anew.
int pk_manifest_open(struct pk_manifest *m, const char *first, struct rd_err *err);
int pk_manifest_add(struct pk_manifest *m, const struct pk_manifest_entry *e, struct rd_err *err);
// That a file of ours is no more; why: "files" (-W), "total" (--max-total), "free" (--min-free).
int pk_manifest_removed(
	struct pk_manifest *m, const char *file, const char *why, struct rd_err *err);
void pk_manifest_close(struct pk_manifest *m);
