/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --compress zstd: each batch of whole blocks becomes one zstd frame (RFC 8878), and a table of the frames ends the file, in
 * zstd's seekable format. So a reader may start at any frame, and what was written before a crash or a full disk can be
 * unpacked: only the table is missing then. Main thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pk_pack;
struct pk_pack *pk_pack_new(struct rd_err *err); // NULL with *err
void pk_pack_free(struct pk_pack *p); // NULL is fine

// The bytes as one frame: *out and *out_len are good until the next call. 0 or a negative errno.
int pk_pack_frame(
	struct pk_pack *p, const void *bytes, size_t len, const uint8_t **out, size_t *out_len);
// The table of all frames so far: the file's end.
int pk_pack_table(struct pk_pack *p, const uint8_t **out, size_t *out_len);
