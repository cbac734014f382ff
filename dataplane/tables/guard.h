/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a guest may send from its port, besides what its firewall says: the addresses that are its own, and how much in a second.
 * The settings are a part of the port's record. What was taken of a limit is common to all workers: atomic, and only
 * ports that have a limit touch it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_GUARD_ADDRS 16

struct rd_guard_addr {
	uint8_t family; // AF_INET, AF_INET6
	uint8_t len; // of the prefix
	uint8_t addr[16];
};

struct rd_guard {
	uint8_t nb_addrs; // 0 = any
	struct rd_guard_addr addr[RD_GUARD_ADDRS];
	uint32_t max_packets, max_flows; // in a second; 0 = no limit
	uint64_t max_bytes;
};

struct rd_worker;

static inline bool rd_guard_limits(const struct rd_guard *g)
{
	return g->max_packets != 0 || g->max_bytes != 0;
}

// The time that limits go by: one for all packets of a walk, so whoever was refused stays refused in it.
uint64_t rd_guard_now(struct rd_worker *w);
// Worker: whether the port may send this packet, which is counted then; and the other way round, when it was not sent.
// At most a tenth of a second's worth at once, but at least 16 packets and 20,000 bytes.
bool rd_guard_take(const struct rd_guard *g, uint16_t port, uint32_t len, uint64_t now);
void rd_guard_return(const struct rd_guard *g, uint16_t port, uint32_t len);
// Worker: whether the port may begin another flow.
bool rd_guard_flow(const struct rd_guard *g, uint16_t port, uint64_t now);
// Control: what rd_guard_take() and rd_guard_flow() would say now; nothing is counted.
bool rd_guard_could_take(const struct rd_guard *g, uint16_t port, uint32_t len, uint64_t now);
bool rd_guard_could_flow(const struct rd_guard *g, uint16_t port, uint64_t now);
// Control: the port is gone, the next one of its index has spent nothing.
void rd_guard_forget(uint16_t port);
// Any thread: whether an address is the port's (family AF_INET or AF_INET6).
bool rd_guard_has(const struct rd_guard *g, uint8_t family, const uint8_t *addr);
