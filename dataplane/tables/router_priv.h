/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What router.c, rif.c, route.c and neigh.c need from each other. Control thread.
 */
#pragma once

#include <arpa/inet.h>
#include <string.h>

#include "tables/router.h"

extern const struct rd_kind rd_kind_router, rd_kind_rif;

static inline unsigned rd_addr_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}
// Whether the first bits are the same.
static inline bool rd_addr_is_in(const uint8_t *a, const uint8_t *net, uint8_t bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, net, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ net[whole]) >> (8 - rest)) == 0;
}
// Sets the bits behind len: to 0, or to 1 up to the family's length.
void rd_addr_edge(uint8_t *addr, uint8_t family, uint8_t len, bool ones);

// route.c: what workers look up of this router, made anew from its static routes and its interfaces' addresses; the commit is the
// caller's. 0, or -ENOMEM, -ENETUNREACH with *err: a next hop would be in no subnet.
int rd_route_rebuild(uint16_t router, struct rd_err *err);
bool rd_route_uses(uint16_t rif); // a static route's next hop is reached by it
bool rd_route_of(uint16_t router); // it has static routes
void rd_route_fini(void);
// By router, family, address, length: as memcmp.
int rd_route_order(const struct rd_route *a, const struct rd_route *b);
// fib.c: of these static routes, those of the router, and its connected ones. 0 or -ENOMEM, and then nothing has changed.
int rd_fib_make(uint16_t router, struct rd_route *const *route, unsigned nb);
// One more, which no other is for the same prefix as and which stays where it is. Likewise.
int rd_fib_add(const struct rd_route *r);
// One less; around is the longest other prefix that it is in, static or of rd_fib_connected(), NULL if there is none. Likewise.
int rd_fib_del(const struct rd_route *r, const struct rd_route *around);
const struct rd_route *rd_fib_connected(
	uint16_t router, uint8_t family); // in order; kind 0 ends it
void rd_fib_fini(void);
// neigh.c: those of an interface that are in none of its subnets; all if it is gone.
void rd_neigh_forget(uint16_t rif);
void rd_neigh_fini(void);
void rd_rif_fini(void);
