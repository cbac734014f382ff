/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's way through a router. See semantics_route.h, and docs/design/dataplane.md.
 */
#include "semantics_route.h"

#include <string.h>

#include "tables/router.h"

struct sem_rif sem_rif[SEM_RIFS];
struct sem_route sem_routes[SEM_ROUTES];
const uint8_t sem_router_mac[6] = RD_ROUTER_MAC;

struct sem_rif *sem_rif_of(uint16_t segment)
{
	for (unsigned i = 0; i < SEM_RIFS; i++)
		if (sem_rif[i].idx != 0 && sem_rif[i].segment == segment)
			return &sem_rif[i];
	return NULL;
}

void sem_near_addr(unsigned rif, uint8_t kind, unsigned last, uint8_t addr[16])
{
	memset(addr, 0, 16);
	addr[0] = kind == SEM_IP4 ? 10 : 0xfd;
	addr[kind == SEM_IP4 ? 1 : 5] = (uint8_t)(10 + rif);
	addr[kind == SEM_IP4 ? 3 : 15] = (uint8_t)last;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned len)
{
	for (unsigned n = 0; n < len; n++)
		if (((a[n / 8] ^ b[n / 8]) >> (7 - n % 8)) & 1)
			return false;
	return true;
}

int sem_near(const uint8_t *addr, uint8_t kind, unsigned *rif)
{
	for (*rif = 0; *rif < SEM_RIFS; ++*rif)
		for (unsigned n = 0; sem_rif[*rif].idx != 0 && n < SEM_NEAR; n++) {
			uint8_t a[16];

			sem_near_addr(*rif, kind, n + 1, a);
			if (same_bits(a, addr, kind == SEM_IP4 ? 32 : 128))
				return (int)n;
		}
	return -1;
}

// The longest of the static ones; a connected one is longer only if it is.
static const struct sem_route *longest(const struct sem_pkt *k)
{
	const struct sem_route *best = NULL;
	unsigned connected = k->kind == SEM_IP4 ? 24 : 48, rif;

	for (unsigned i = 0; i < SEM_ROUTES; i++) {
		const struct sem_route *r = &sem_routes[i];

		if (r->used && r->kind == k->kind && same_bits(r->addr, k->dst, r->len)
			&& (best == NULL || r->len > best->len))
			best = r;
	}
	assert_non_null(best); // the default
	return sem_near(k->dst, k->kind, &rif) >= 0 && best->len < connected ? NULL : best;
}

static void to_neighbour(struct sem_walk *w, const struct sem_rif *out, unsigned near)
{
	uint8_t *ip = w->f.b + 14;

	w->res->back |= memcmp(out->near[near], w->k.smac, 6) == 0;
	memcpy(w->f.b, out->near[near], 6);
	memcpy(w->f.b + 6, sem_router_mac, 6);
	memcpy(w->k.dmac, out->near[near], 6);
	memcpy(w->k.smac, sem_router_mac, 6);
	if (w->k.kind == SEM_IP4) {
		ip[8]--;
		sem_ip_sum(ip);
	} else {
		ip[7]--;
	}
	w->seg = sem_seg(out->segment);
	w->from_tunnel = 0;
	w->routed = true;
	w->res->routed++;
	sem_bridge(w);
}

// A datagram's fragments go one way, with ports or without.
static uint32_t way_hash(const struct sem_walk *w)
{
	struct sem_pkt k = w->k;

	if (k.frag == SEM_WHOLE)
		return w->hash;
	k.frag = SEM_LATER;
	return sem_hash(&k);
}

static void forward(struct sem_walk *w)
{
	const struct sem_route *r = longest(&w->k);
	unsigned rif, way;
	int near;

	if (r == NULL) {
		near = sem_near(w->k.dst, w->k.kind, &rif);
		to_neighbour(w, &sem_rif[rif], (unsigned)near);
	} else if (r->nb_ways == 0) {
		sem_drop(w, RD_DROP_L3_DISCARD);
	} else {
		way = way_hash(w) % r->nb_ways;
		to_neighbour(w, &sem_rif[r->way[way].rif], r->way[way].near);
	}
}

void sem_route(struct sem_walk *w)
{
	uint16_t reason;
	bool solicits = w->k.kind == SEM_IP6 && w->k.proto == 58 && w->k.sport == 135
		&& w->k.frag == SEM_WHOLE;

	if (w->from_tunnel == 0 && !w->routed && !sem_allowed(w->in, RD_DFW_OUT, &w->k, &reason)) {
		w->res->dfw_out++;
		sem_drop(w, reason);
	} else if (w->k.tags != 0 || w->k.kind == SEM_OTHER) {
		sem_drop(w, RD_DROP_L3_NOT_IP);
	} else if (w->k.kind == SEM_ARP) { // for an address that it has not
		sem_drop(w, RD_DROP_PUNT_UNHANDLED);
	} else if (solicits) { // hop limit 64
		sem_drop(w, RD_DROP_ND_INVALID);
	} else {
		forward(w);
	}
}
