/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the five RX stages share: counting a received frame and the checks that need no parsing.
 */
#pragma once

#include "core/stage.h"

// Counts the frame on md->in_port and checks port, length and source MAC. 0 or enum rd_drop_reason
// (RX_*).
enum rd_drop_reason rd_rx_check(struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md);
// Longest frame that the port's switch takes.
struct rd_port;
uint32_t rd_rx_frame_max(const struct rd_port *p);
// One more frame received at this port.
void rd_rx_count(struct rd_worker *w, uint16_t port, const struct rte_mbuf *m);
