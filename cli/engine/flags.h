/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --watch and --rate, which stand at the end of show commands. Inside of the engine; one thread.
 */
#pragma once

#include "engine/tree.h"

struct rd_flags {
	unsigned watch_ms, rate_ms; // 0: not given
};

// Whether the command may have any.
bool rd_flags_fit(const struct rd_tokens *command);
// Takes them off the command's end. 0 or -EINVAL with *err.
int rd_flags_take(
	struct rd_cli *cli, struct rd_tokens *command, struct rd_flags *out, struct rd_err *err);
// Those that begin with the prefix. counters: the command has some.
void rd_flags_offer(bool counters, const char *prefix, rd_cli_candidate_fn each, void *arg);
