/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The answer to a rejected packet: TCP gets a RST (RFC 9293 3.10.7.1), everything else ICMP "communication administratively prohibited"
 * (RFC 1812 5.2.7.1, RFC 4443 3.1), both as if the destination had sent it. Pure: bytes in, bytes out.
 */
#pragma once

#include <stdint.h>

#define RD_REJECT_MAX (14 + 1280) // RFC 4443 2.4 (c)

struct rd_reject_in {
	const uint8_t
		*frame; // untagged or tagged Ethernet, readable up to len; its headers were checked
	uint32_t len;
	uint8_t l3_off, l4_off; // l4_off = 0: no transport header
	uint8_t proto;
	uint8_t pkt_flags; // enum rd_pkt_flags
};

// Writes the frame of the answer, untagged, into out (RD_REJECT_MAX bytes). Its length; 0 when nobody must be told: it is a RST, ICMP that is
// no echo request, a fragment, to or from no single host (RFC 1122 3.2.2).
uint32_t rd_reject_build(const struct rd_reject_in *in, uint8_t *out);
