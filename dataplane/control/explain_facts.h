/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a stage decided for a packet of a walk that only asks (core/dry.h), in words. Control thread.
 */
#pragma once

#include "control/ctl.h"
#include "core/dry.h"

// An array of texts about hop i. NULL when out of memory.
json_t *rd_facts(const struct rd_dry *d, unsigned i);
// Words for what rd_dry_run() or rd_probe_run() returned; ret.
int rd_ctl_walk_failed(struct rd_request *req, int ret);
// The next hop of the same packet; NULL = that was its last one.
const struct rd_dry_hop *rd_facts_next(const struct rd_dry *d, unsigned i);
