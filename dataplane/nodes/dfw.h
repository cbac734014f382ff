/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What dfw_out and dfw_in share: the verdict of one port's firewall for a packet, memoised in its
 * flow's entry.
 */
#pragma once

#include "core/stage.h"
#include "tables/dfw.h"

// Sets md->rule_id and counts the rule. 0, or a positive enum rd_drop_reason (DFW_*). dir is
// RD_DFW_IN or RD_DFW_OUT.
int rd_dfw_stage(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, enum rd_dfw_dir dir);
