/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --drop [REASON,...]: captures at the drop stage, of these reasons. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/stages.h"
#include "base/err.h"

struct pk_drops {
	bool given;
	bool some; // only those in the mask
	uint64_t mask[RD_DROP_MAX / 64];
};

// Whether a word can only be a list of reasons: then it is the option's value.
bool pk_drops_is_list(const char *s);
// The option was given, with reasons or without (NULL). Names end in * for all that begin so.
int pk_drops_add(struct pk_drops *d, const char *arg, struct rd_err *err);
bool pk_drops_wants(const struct pk_drops *d, unsigned reason);
