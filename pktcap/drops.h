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

// The option was given: arg is its value (--drop=LIST) or NULL; then the next argument is taken if it can only be a list of
// reasons. Names end in * for all that begin so. *next is optind.
int pk_drops_add(struct pk_drops *d, const char *arg, char **argv, int *next, struct rd_err *err);
bool pk_drops_wants(const struct pk_drops *d, unsigned reason);
