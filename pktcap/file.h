/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A capture file that always ends with a whole block: blocks are collected and written together; when a write fails
 * (disk full) the file is cut back to the last whole block. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "pack.h"
#include "pcapng/write.h"

// How long the block at the start of `bytes` is, and whether it holds a packet. The bytes are ours.
typedef size_t (*pk_block_fn)(const uint8_t *bytes, bool *packet);

struct pk_file {
	struct rd_pcapng_buf buf; // whole blocks, not yet written
	const char *path; // "-" = stdout
	pk_block_fn block;
	int fd;
	bool live; // standard output: someone is watching
	bool each; // -U: a write for each packet
	bool broken; // nothing can be written any more
	off_t good; // bytes of whole blocks (packed: of whole frames) in the file
	uint64_t packets; // packets in the file
	uint64_t watched_ns; // monotonic; when pk_file_watch() looked last
	bool strayed; // it said so
	uint64_t queued; // packets in buf
	struct pk_pack *pack; // NULL = the bytes as they are
};

int pk_file_open(struct pk_file *f, const char *path, pk_block_fn block, struct rd_err *err);
// Packs all that is written from now on. 0 or -ENOMEM with *err.
int pk_file_pack(struct pk_file *f, struct rd_err *err);
// Call after each block was added to buf: writes when enough is there. 0 or a negative errno; -EPIPE: the reader
// of a pipe is gone.
int pk_file_added(struct pk_file *f, struct rd_err *err);
static inline int pk_file_added_packet(struct pk_file *f, struct rd_err *err)
{
	f->queued++;
	return pk_file_added(f, err);
}
int pk_file_flush(struct pk_file *f, struct rd_err *err);
// Flushes and closes. 0 or a negative errno.
int pk_file_close(struct pk_file *f, struct rd_err *err);
void pk_file_free(struct pk_file *f);
// Bytes of whole blocks in the file, and of those that wait to be written.
static inline uint64_t pk_file_len(const struct pk_file *f)
{
	return (uint64_t)f->good + f->buf.len;
}
// Says so, once, when the file's name is gone or another file's: what is written is not found there any more. At most once
// a second.
void pk_file_watch(struct pk_file *f);
