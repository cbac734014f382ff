/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a guest sends under an address of its own. Used by port_in, for ports that have addresses. Worker thread.
 */
#pragma once

#include "core/meta.h"
#include "tables/port.h"

// The sender of an IP packet, of an ARP message, of a neighbour message, and whom the latter advertises. 0, or enum rd_drop_reason:
// VNIC_IP_SPOOF, ND_INVALID.
int rd_spoof_check(const struct rd_port *in, const struct rte_mbuf *m, const struct rd_meta *md);
