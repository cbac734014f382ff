/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a stage did to a frame's bytes: an edit script of pieces that stayed, came, went or changed. Headers that were put in
 * front or taken off, and tags, are found by the parser; anything else by the common beginning and end. Pure. Main thread.
 */
#pragma once

#include "decode/walk_diff.h"

enum pk_edit_kind {
	PK_EDIT_SAME,
	PK_EDIT_ADDED, // only after
	PK_EDIT_REMOVED, // only before
	PK_EDIT_CHANGED, // the same number of bytes in both
};

struct pk_edit {
	enum pk_edit_kind kind;
	uint32_t before, after; // offsets
	uint32_t len;
};

#define PK_EDITS_MAX 64 // more changed places than this become one

struct pk_edits {
	struct pk_edit list[PK_EDITS_MAX];
	unsigned count;
	uint32_t added, removed, changed; // bytes
};

// Only bytes that both records have are compared; what was added or removed counts as far as it was captured.
void pk_walk_edits(
	const struct pk_frame *before, const struct pk_frame *after, struct pk_edits *out);
