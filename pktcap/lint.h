/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Looks for filters that cannot mean what was written: they compile, or fail with words that do not help, and match
 * nothing. Advice only. Main thread.
 */
#pragma once

#include <stddef.h>

#define PK_LINT_TEXT 1024

// Writes a line of advice for everything that looks wrong in a pcap-filter expression, with what to write instead; "" if
// nothing does. Returns buf.
const char *pk_lint_filter(const char *expr, char *buf, size_t size);
