/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DSCP and ECN through a tunnel. Outwards both are copied to the outer header (RFC 2983; RFC 6040
 * normal mode); inwards the outer DSCP is forgotten and the outer ECN merged (RFC 6040). Used by
 * tunnel_encap and tunnel_decap. Worker thread.
 */
#pragma once

#include <stdint.h>

#include "core/meta.h"

// The TOS or traffic class byte of the present form; 0 if it is not IP.
uint8_t rd_tos_get(const uint8_t *frame, const struct rd_meta *md);

// Takes over what routers have marked in the outer header (its TOS byte) into the inner packet,
// which is the present form. 0, or RD_DROP_DECAP_ECN.
int rd_tos_merge(uint8_t *frame, const struct rd_meta *md, uint8_t outer);
