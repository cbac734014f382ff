/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Neighbours of routers' interfaces (RFC 826, 4861). Workers learn them: what is known of one is a word that they read and replace
 * without a lock; new slots are filled under a lock that workers only try. See tables/router.h for addresses.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RD_NEIGH_MAX 16384

enum rd_neigh_state {
	RD_NEIGH_INCOMPLETE = 1, // asked for
	RD_NEIGH_REACHABLE,
	RD_NEIGH_STALE, // not heard of for RD_NEIGH_REACHABLE_S: used, and asked for when it is
	RD_NEIGH_FAILED, // did not answer RD_NEIGH_ASKS questions; asked again all the same
};
#define RD_NEIGH_REACHABLE_S 30 // RFC 4861, section 10
#define RD_NEIGH_ASKS 3
#define RD_NEIGH_FORGET_S 600 // of one that nobody uses

struct rd_neigh {
	uint16_t rif;
	uint8_t family, state; // enum rd_neigh_state
	bool fixed; // static
	uint8_t mac[6]; // unless rd_neigh_has_mac() says no
	uint8_t addr[16];
	uint32_t age_s; // since it was heard of; 0 of static ones
	uint32_t asked; // questions without an answer
};
static inline bool rd_neigh_has_mac(const struct rd_neigh *n)
{
	return n->state == RD_NEIGH_REACHABLE || n->state == RD_NEIGH_STALE;
}
const char *rd_neigh_state_name(enum rd_neigh_state state); // "reachable"

// Control.
int rd_neigh_add(uint16_t rif, uint8_t family, const uint8_t addr[16], const uint8_t mac[6],
	struct rd_err *err); // static; takes the place of a learned one
int rd_neigh_del(uint16_t rif, uint8_t family, const uint8_t addr[16], struct rd_err *err);
unsigned rd_neigh_flush(uint16_t rif); // learned ones; 0 = of all interfaces; returns how many
int rd_neigh_each(int (*fn)(void *arg, const struct rd_neigh *n), void *arg);
void rd_neigh_age(uint32_t now_s); // once a second

// Worker. The slot of a neighbour, made if there is none and `make`; -ENOENT: there is none, -ENOSPC: no room, -EBUSY: another writer is
// at it just now.
int rd_neigh_find(uint16_t rif, uint8_t family, const uint8_t *addr, bool make, uint32_t now_s);
// What slot idx says; false: it is free.
bool rd_neigh_at(uint16_t idx, struct rd_neigh *n);
// It is used now. Whether this packet has to ask for it: at most one in a second does.
bool rd_neigh_use(uint16_t idx, uint32_t now_s);
// It has been heard of: its MAC. make: even if nobody asked for it.
void rd_neigh_learn(uint16_t rif, uint8_t family, const uint8_t *addr, const uint8_t mac[6],
	bool make, uint32_t now_s);
