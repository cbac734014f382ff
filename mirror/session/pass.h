/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cards' functions with what the dataplane adds to rte_flow: which devices of a card we receive from, and a frame that is sent out of one
 * while others are listened at (session/flow_loop.h). Control thread.
 */
#pragma once

#include "session/flow_ops.h"

const struct rd_flow_ops *mirror_card_ops(void);

// What one such frame takes, step by step; for the table above and its test.
int mirror_pass_begin(uint16_t ethdev, const struct rd_flow_pass *what); // 0: it is sent, or -errno
unsigned mirror_pass_heard(struct rd_flow_heard *heard); // so far; more than are kept, maybe
void mirror_pass_end(void);
