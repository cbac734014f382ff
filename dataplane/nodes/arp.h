/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ARP messages for Ethernet and IPv4 (RFC 826), for the tunnel endpoint (punt.c) and the router. Pure: bytes in, bytes out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/pkt.h"

enum { // offsets
	RD_ARP_OP = 6,
	RD_ARP_SHA = 8,
	RD_ARP_SPA = 14,
	RD_ARP_THA = 18,
	RD_ARP_TPA = 24,
	RD_ARP_LEN = 28,
};
#define RD_ARP_REQUEST 1
#define RD_ARP_REPLY 2

static const uint8_t rd_arp_head[RD_ARP_OP] = {0, 1, 8, 0, 6, 4};

static inline bool rd_arp_is_ethernet_ipv4(const uint8_t *arp)
{
	return memcmp(arp, rd_arp_head, sizeof(rd_arp_head)) == 0;
}

// The request in the frame becomes the answer: ip is at mac.
static inline void rd_arp_answer(
	uint8_t *frame, uint8_t *arp, const uint8_t mac[6], const uint8_t ip[4])
{
	memcpy(arp + RD_ARP_THA, arp + RD_ARP_SHA,
		10); // sender's MAC and address become the target's
	memcpy(arp + RD_ARP_SHA, mac, 6);
	memcpy(arp + RD_ARP_SPA, ip, 4);
	rd_put16(arp + RD_ARP_OP, RD_ARP_REPLY);
	memcpy(frame, arp + RD_ARP_THA, 6);
	memcpy(frame + 6, mac, 6);
}

// Who is at addr? The broadcast frame of RD_ETH_LEN + RD_ARP_LEN bytes.
static inline void rd_arp_ask(
	uint8_t *frame, const uint8_t mac[6], const uint8_t source[4], const uint8_t addr[4])
{
	uint8_t *arp = frame + RD_ETH_LEN;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	rd_put16(frame + 12, RD_ETHERTYPE_ARP);
	memcpy(arp, rd_arp_head, sizeof(rd_arp_head));
	rd_put16(arp + RD_ARP_OP, RD_ARP_REQUEST);
	memcpy(arp + RD_ARP_SHA, mac, 6);
	memcpy(arp + RD_ARP_SPA, source, 4);
	memset(arp + RD_ARP_THA, 0, 6);
	memcpy(arp + RD_ARP_TPA, addr, 4);
}
