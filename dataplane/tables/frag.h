/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fragments at a firewall: the first one has the ports and is judged; what was decided is kept here for those that follow. One small
 * table for all workers, because a NIC that spreads by ports sends them to different ones. Only where a vNIC has a stateful
 * firewall.
 *
 * Bounded: 4,096 heads; a full bucket forgets its oldest. Memory: 96 bytes per head.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tables/conn.h"

#define RD_FRAG_TIMEOUT_S 30

struct rd_frag_key { // RFC 791, 8200: what makes two fragments parts of one packet
	uint8_t src[16], dst[16];
	uint32_t id;
	uint16_t zone; // port index of the vNIC
	uint8_t proto;
	uint8_t dir; // enum rd_dfw_dir
};

struct rd_frag_verdict {
	uint32_t rule_id;
	rd_conn_ref ref; // TCP: to tell the connection how long the packet is; 0 = none
	uint32_t seq; // of the first byte after the TCP header
	uint16_t reason; // enum rd_drop_reason; 0 = passes
	uint16_t slot; // of the rule
	uint8_t conn_dir; // enum rd_conn_dir
	uint8_t hdr_len; // of the TCP header
};

// Worker thread.
void rd_frag_put(const struct rd_frag_key *k, const struct rd_frag_verdict *v, uint32_t now_s);
bool rd_frag_get(const struct rd_frag_key *k, uint32_t now_s, struct rd_frag_verdict *v);
// Control thread, no worker running: forgets all.
void rd_frag_clear(void);
