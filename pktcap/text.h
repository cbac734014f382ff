/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text on standard output, in big pieces, with errors noticed. Shared by the outputs that print lines.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

// A line and its newline. 0, -EPIPE when nobody reads any more, or another negative errno with *err.
int pk_text_line(const char *line, size_t len, struct rd_err *err);
int pk_text_flush(struct rd_err *err);
// The same as members of struct pk_out_ops, for outputs that hold nothing back.
struct pk_out;
struct rd_capring_reader;
int pk_text_out_flush(struct pk_out *out, struct rd_err *err);
int pk_text_out_finish(
	struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err);
// "10:02:11.420123123", local time.
#define PK_TIME_TEXT 32
const char *pk_text_time(uint64_t ns, char buf[PK_TIME_TEXT]);
