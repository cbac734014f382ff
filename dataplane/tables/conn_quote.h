/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet that an ICMP error quotes (RFC 792, 4443): which connection does it speak of? Pure; everything in it is hostile.
 */
#pragma once

#include "tables/conn.h"

// Whether an ICMP (family 4) or ICMPv6 (6) message of this type is an error, and so quotes a packet.
bool rd_conn_is_error(uint8_t family, uint8_t type);
// The key of the quoted packet, in the direction in which that packet went; l4 is the ICMP message, of which hdr_len bytes are
// readable. The zone is the caller's. 0, or a positive enum rd_drop_reason: DFW_SHORT (the quote ends before the ports), DFW_BAD_OFFSET
// (a header length is impossible), DFW_STATE_MISMATCH (not IP, or of a later fragment, or itself an ICMP error).
int rd_conn_quoted(const struct rd_conn_l4 *l4, uint8_t family, struct rd_conn_key *k);
