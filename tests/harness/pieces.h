/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A file in memory that is read in pieces, as a pipe gives it: for tests of what reads capture files (unit, fuzz).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct pieces {
	const uint8_t *data;
	size_t len, off;
	size_t piece; // at most so much at once
};

// An rd_pcapng_read_fn; arg is a struct pieces.
static inline ssize_t pieces_read(void *arg, void *buf, size_t len)
{
	struct pieces *in = arg;
	size_t n = in->len - in->off;

	n = n < len ? n : len;
	n = n < in->piece ? n : in->piece;
	if (n > 0)
		memcpy(buf, in->data + in->off, n);
	in->off += n;
	return (ssize_t)n;
}
