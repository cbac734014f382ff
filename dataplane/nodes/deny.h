/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a port does not want of a flood. Used by flood and port_out, for packets without a flow only. Worker thread.
 */
#pragma once

#include "base/pkt.h"
#include "tables/segment.h"

// The class (RD_DENY_*) of a flooded frame.
static inline uint8_t rd_deny_class(const uint8_t dmac[6])
{
	if ((dmac[0] & 1) == 0)
		return RD_DENY_UNKNOWN;
	return rd_be32(dmac) == UINT32_MAX && rd_be16(dmac + 4) == UINT16_MAX ? RD_DENY_BCAST
									      : RD_DENY_MCAST;
}

// Whether a frame on its way to the port was flooded there rather than found in the fdb.
static inline bool rd_deny_flooded(uint16_t segment, const uint8_t dmac[6])
{
	struct rd_fdb_entry e;

	return (dmac[0] & 1) || !rd_fdb_lookup(segment, dmac, &e);
}
