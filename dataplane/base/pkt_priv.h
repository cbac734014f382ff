/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The parts of the packet parser (pkt*.c) share this. base may not include api, so the numbers of
 * the drop reasons stand here a second time; api/stages.c asserts that both agree.
 */
#pragma once

#include "base/pkt.h"

enum rd_pkt_error { // drops.def
	RD_PKT_E_TRUNC_L2 = 60,
	RD_PKT_E_TRUNC_L3 = 61,
	RD_PKT_E_TRUNC_L4 = 62,
	RD_PKT_E_VLAN_TAGS = 63,
	RD_PKT_E_IP_VERSION = 64,
	RD_PKT_E_IP_HDRLEN = 65,
	RD_PKT_E_IP_LEN = 66,
	RD_PKT_E_IP_CSUM = 67,
	RD_PKT_E_IP6_EXTHDR = 68,
	RD_PKT_E_TCP_HDRLEN = 69,
	RD_PKT_E_UDP_LEN = 70,
	RD_PKT_E_GENEVE_TRUNC = 81,
	RD_PKT_E_GENEVE_VERSION = 82,
	RD_PKT_E_GENEVE_OPT_LEN = 83,
	RD_PKT_E_GENEVE_INNER_PROTO = 85,
};

struct rd_pkt_view {
	const uint8_t *bytes;
	size_t len; // readable; at most UINT16_MAX, so that every offset fits struct rd_pkt
	size_t wire_len; // true length, >= len
};

static inline bool rd_pkt_readable(const struct rd_pkt_view *v, size_t off, size_t n)
{
	return off <= v->len && n <= v->len - off;
}

// Both expect p->l3_off; 0 or an rd_pkt_error.
int rd_pkt_parse_ipv4(const struct rd_pkt_view *v, struct rd_pkt *p);
int rd_pkt_parse_ipv6(const struct rd_pkt_view *v, struct rd_pkt *p);
// Expects proto, flags, l3_off and l3_len; the L4 header starts at off.
int rd_pkt_parse_l4(const struct rd_pkt_view *v, size_t off, struct rd_pkt *p);
