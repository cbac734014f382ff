/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rows of what other commands print, so that the report shows exactly what a person would see. Used by report.c.
 */
#pragma once

#include "engine/cli.h"

// Runs a command line with its output kept. The text is the caller's to free; NULL with *err.
char *rd_rows_run(struct rd_cli *cli, const char *line, struct rd_err *err);
// Row number n (0 = first line after the header) of a table's text. Not terminated: *len bytes. NULL if there is none.
const char *rd_rows_nth(const char *text, unsigned n, int *len);
// The row whose first word is this one.
const char *rd_rows_by_word(const char *text, const char *word, int *len);
