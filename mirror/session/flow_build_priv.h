/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between flow_build.c (actions) and flow_items.c (pattern).
 */
#pragma once

#include "session/flow_build.h"

void rd_flow_build_items(const struct rd_flow_where *where, const struct rd_flow_form *form,
	const struct rd_flow_match *match, struct rd_flow_built *b);

// Where the rules of a recipe live.
static inline enum rd_flow_domain rd_flow_domain_of(unsigned recipe)
{
	return recipe == RD_RECIPE_FULL || recipe == RD_RECIPE_PORT ? RD_FLOW_TRANSFER
								    : RD_FLOW_INGRESS;
}
