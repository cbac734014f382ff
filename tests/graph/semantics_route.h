/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's router: one, with interfaces in some segments of the endpoint's host. Everything is a list that is searched from
 * the front. Neighbours are static, and there is always a default route of each family, so the router never speaks itself:
 * what it says is for tests/graph/route.c. See semantics.h.
 *
 * Interface n has 10.(10+n).0.254/24 and fd00:0:10+n::fe/48; its neighbours are the addresses ending in 1 to SEM_NEAR there.
 */
#pragma once

#include "semantics_walk.h"

#define SEM_RIFS 4
#define SEM_ROUTES 14 // the first two are the default routes
#define SEM_NEAR 6
#define SEM_WAYS 3

struct sem_rif {
	uint16_t idx; // 0 = none
	uint16_t segment;
	uint8_t near[SEM_NEAR][6]; // MACs of the neighbours
};
struct sem_route {
	bool used;
	uint8_t kind; // enum sem_kind
	uint8_t addr[16], len;
	uint8_t nb_ways; // 0 = blackhole
	struct {
		uint8_t rif, near;
	} way[SEM_WAYS];
};
extern struct sem_rif sem_rif[SEM_RIFS];
extern struct sem_route sem_routes[SEM_ROUTES];
extern const uint8_t sem_router_mac[6];

struct sem_rif *sem_rif_of(uint16_t segment); // NULL: none
void sem_near_addr(unsigned rif, uint8_t kind, unsigned last, uint8_t addr[16]);
// Whose neighbour it is: which, or -1.
int sem_near(const uint8_t *addr, uint8_t kind, unsigned *rif);
void sem_route(struct sem_walk *w); // its destination is the router's MAC

// semantics_route_change.c
void sem_router_build(void);
void sem_change_router(char *text, size_t size);
// The packet's addresses become such as a router has to do with, of a sender in this segment.
void sem_route_aim(struct sem_pkt *k, uint16_t segment);
