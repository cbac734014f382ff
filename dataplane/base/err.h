/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The error convention: inside, functions return 0 or a negative errno. What a person sees is an
 * rd_err: what happened, where, and what to try. Filled by control handlers, the CLI engine and the
 * client library; travels in every error answer of the protocol.
 */
#pragma once

#include <errno.h>
#include <stddef.h>

struct rd_err {
	int code; // negative errno, 0 = no error
	char what[256]; // "no port is named vmnic9"
	char where[192]; // "demo.rd:12: port set vmnic9 up" or a parameter's name; may be empty
	char hint[192]; // what to try: "show port"; may be empty
};

// Fills err (NULL is fine) and returns code, so that one can write: return rd_err_set(err, -ENOENT,
// ...). The first text is kept when err already holds an error.
int rd_err_set(struct rd_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
// Adds the place or the advice; do nothing when already filled.
void rd_err_where(struct rd_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rd_err_hint(struct rd_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// One line for a terminal: "what (where); try: hint". Returns buf.
const char *rd_err_text(const struct rd_err *err, char *buf, size_t len);
// "ENOENT" for -ENOENT, as the protocol writes codes; and back (0 if unknown).
const char *rd_err_name(int code);
int rd_err_code(const char *name);
