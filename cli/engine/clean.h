/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text from anywhere on its way to a terminal. Names, packets and files are hostile: nothing of them may move the cursor,
 * change colours or the direction of writing. Used by the shell's screen and the walk. One thread; setlocale() comes first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RD_CLEAN_MAX 8 // bytes that one character becomes, with a NUL

// Takes one character off *s (never beyond end, which is above *s) and writes what may be shown for it: itself, or \xNN for
// one of its bytes. Returns the columns that it takes.
unsigned rd_clean_next(const char **s, const char *end, char out[RD_CLEAN_MAX]);
// Whether a text may be shown as it is.
bool rd_is_clean(const char *s);
// rd_clean_next() for a whole text: at most `columns` of it, terminated. Returns the columns used.
unsigned rd_clean(const char *s, size_t len, unsigned columns, char *out, size_t size);
