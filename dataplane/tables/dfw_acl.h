/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a large set as tries of rte_acl. Built by control, searched by workers.
 */
#pragma once

#include "tables/dfw.h"

// Worker: position + 1 of the first rule of d->acl that matches, 0 if none does.
uint32_t rd_dfw_acl_match(const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k);
