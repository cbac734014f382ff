/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What rules with `log` decided. Workers write records into a ring of their own, at most so many in a second; control takes them
 * out once a second and makes text of them. What did not fit is counted.
 */
#pragma once

#include "tables/dfw.h"

struct rd_dfw_log_rec {
	uint64_t ns; // real time
	uint32_t rule_id;
	uint16_t port; // the firewall's
	uint16_t len; // of the IP packet, as far as 16 bits go
	uint16_t sport, dport; // ICMP: type, code
	uint8_t dir, action, proto;
	uint8_t family; // 4 or 6; 0 = no IP
	uint8_t tcp_flags;
	uint8_t pad[3];
	uint8_t src[16], dst[16]; // no IP: the MACs
};
_Static_assert(sizeof(struct rd_dfw_log_rec) == 64, "a record is one cache line");

// Worker.
void rd_dfw_log_put(struct rd_worker *w, const struct rd_dfw_log_rec *rec);
// Control: the oldest record of any worker; false when there is none.
bool rd_dfw_log_take(struct rd_dfw_log_rec *rec);
uint64_t rd_dfw_log_lost(void);
