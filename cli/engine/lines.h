/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stream that cuts what commands print into records: a line, with the notes that belong to it. Pipes (pipe.h) and the
 * terminal (shell/screen.h) read from it. Memory is bounded: a longer record comes in pieces. One thread.
 *
 * A table marks its lines with a byte at their start, when somebody who knows the marks reads (rd_cli_marks()).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define RD_MARK_HEAD '\001' // a heading
#define RD_MARK_NOTE '\002' // belongs to the line above
#define RD_MARKS "\001\002"

#define RD_RECORD_MAX 65536u // bytes of one piece

enum rd_record_flags {
	RD_RECORD_HEAD = 1 << 0,
	RD_RECORD_REST = 1 << 1, // a further piece of the record before
};

// text is terminated, without the last newline; notes stand behind newlines in it, with their marks.
typedef void (*rd_record_fn)(void *arg, const char *text, size_t len, unsigned flags);

struct rd_lines { // set the first three; the rest is private
	rd_record_fn each;
	void *arg;
	bool closed; // each wants no more: writing fails from now on
	size_t len; // of what waits
	unsigned flags; // of it
	char text[RD_RECORD_MAX + 1];
};

// Closing the stream delivers the last record. NULL when out of memory.
FILE *rd_lines_open(struct rd_lines *l);
// Delivers what waits, though notes may still come.
void rd_lines_flush(struct rd_lines *l);
