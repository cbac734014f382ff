/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The functional probe: whether a card that took a rule with a copy in it copies, too. One frame is sent out of the port, under a rule that
 * leads it and its copy back to us, so that neither a guest nor the wire sees it; both must come, once. A second one has bytes put before its
 * copy. The rule is for a source address that is drawn for this probe, so that nobody else's packet can meet it, and the frame is for a group
 * address that no bridge passes on, should the card not heed the rule. Control thread; some milliseconds at most.
 */
#pragma once

#include "session/flow_cap.h"

// Fills in cap->loop, by what is in cap so far.
void rd_flow_loop_try(const struct rd_flow_dev *dev, struct rd_flow_cap *cap);
// It was not tried for a reason that may have passed.
bool rd_flow_loop_again(const struct rd_flow_cap *cap);
