/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files about drops share: which of them a request wants. Control thread.
 */
#pragma once

#include "control/ctl.h"

struct rd_drop_filter {
	uint16_t port; // RD_PORT_NONE = all
	uint16_t reason; // 0 = all
	uint8_t stage; // 0 = all
	int worker; // -1 = all
};

// Reads port, stage, reason and worker, all optional.
void rd_req_drop_filter(struct rd_request *req, struct rd_drop_filter *f);
bool rd_drop_wants(const struct rd_drop_filter *f, uint16_t port, unsigned stage, uint16_t reason);
