/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One flow entry as an item of flow.list. Control thread.
 */
#pragma once

#include <jansson.h>

#include "tables/flow.h"

uint8_t rd_flow_item_host(const struct rd_flow *f); // index of its host, 0 if its port is gone
json_t *rd_flow_item(const struct rd_worker *w, uint32_t id, const struct rd_flow *f);
