/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bytes of a capture file, whatever it is packed with: gzip (RFC 1952, several members) and zstd (RFC 8878, several
 * frames) are told by their first bytes and unpacked on the way; everything else passes as it is. Memory is bounded:
 * 64 KiB of input, and a zstd window of at most 128 MiB. One thread per stream.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

// Gives up to len bytes: their number, 0 at the end, or a negative errno.
typedef ssize_t (*rd_stream_fn)(void *arg, void *buf, size_t len);

#define RD_STREAM_CUT (-ENODATA) // the packed data ends before its end
#define RD_STREAM_DAMAGED (-EILSEQ) // it can't be unpacked

struct rd_stream;
struct rd_stream *rd_stream_new(rd_stream_fn fn, void *arg); // NULL and errno
void rd_stream_free(struct rd_stream *s); // NULL is fine

// As rd_stream_fn, with a struct rd_stream: unpacked bytes, 0 at the end, RD_STREAM_CUT, RD_STREAM_DAMAGED (what could be
// unpacked was given before), -ENOMEM, or what fn returned.
ssize_t rd_stream_read(void *stream, void *buf, size_t len);
