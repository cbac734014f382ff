/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of our own because of a packet: what reject and route tell its sender, whom route asks. Worker thread.
 */
#pragma once

#include "core/meta.h"
#include "core/worker.h"

// The frame, parsed, with a hash and an id of its own and `because` as its parent; it has the port, the stage, the mirrors' links of that
// packet and no segment. NULL: no buffer, or the walk has made too many already (RD_COPIES_MAX).
struct rte_mbuf *rd_node_say(
	struct rd_worker *w, const struct rd_meta *because, const uint8_t *bytes, uint32_t len);
