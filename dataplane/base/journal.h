/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines as entries of systemd's journal, in its native protocol: one datagram of NAME=value lines. For log.c.
 */
#pragma once

#include <stddef.h>

#include "base/log.h"

// 0, or negative when there is no journal, or it does not take it. text has no newline. Thread-safe, never waits.
int rd_journal_write(int level, const char *module, const char *text, size_t len,
	const struct rd_log_tags *tags);
