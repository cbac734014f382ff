/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a packet's sender is told. Of a rejected one: TCP gets a RST (RFC 9293 3.10.7.1), everything else ICMP "communication
 * administratively prohibited" (RFC 1812 5.2.7.1, RFC 4443 3.1), both as if the destination had sent it. Of one that a router
 * can't forward: an ICMP error of the router's. Pure: bytes in, bytes out.
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

struct rd_icmp_error { // of IPv4 or IPv6, as the packet is
	uint8_t type, code;
	uint32_t rest; // the word behind the checksum: an MTU
	const uint8_t *src; // the router's address, 4 or 16 bytes
};

// Writes the frame of the answer, untagged, into out (RD_REJECT_MAX bytes). Its length; 0 when nobody must be told: it is a RST, ICMP that is
// no echo request, a fragment, to or from no single host (RFC 1122 3.2.2).
uint32_t rd_reject_build(const struct rd_reject_in *in, uint8_t *out);
// Likewise the error, to the frame's sender from the MAC that the frame was sent to. 0: it is an ICMP error itself, a fragment but the first, to
// or from no single host (RFC 1812 4.3.2.7, RFC 4443 2.4 (e)).
uint32_t rd_icmp_error_build(
	const struct rd_reject_in *in, const struct rd_icmp_error *e, uint8_t *out);
