/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The router of both worlds: how it begins, how it changes, and packets that meet it. See semantics_route.h.
 */
#include "semantics_route.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "tables/router.h"

static uint16_t router;
static unsigned nb_names;

static uint8_t family_of(uint8_t kind)
{
	return kind == SEM_IP4 ? AF_INET : AF_INET6;
}

static void set_near(unsigned rif, unsigned near)
{
	uint8_t *mac = sem_rif[rif].near[near], addr[16];

	sem_mac(mac, sem_rnd(16));
	for (unsigned v6 = 0; v6 < 2; v6++) {
		uint8_t kind = v6 ? SEM_IP6 : SEM_IP4;

		sem_near_addr(rif, kind, near + 1, addr);
		assert_int_equal(
			rd_neigh_add(sem_rif[rif].idx, family_of(kind), addr, mac, NULL), 0);
	}
}

static void add_rif(unsigned rif, uint16_t segment)
{
	struct rd_rif_opts o = {.segment = segment, .mtu = RD_RIF_MTU_MAX, .nb_addrs = 2};
	char name[16];

	o.addr[0].family = AF_INET;
	o.addr[0].len = 24;
	sem_near_addr(rif, SEM_IP4, 254, o.addr[0].addr);
	o.addr[1].family = AF_INET6;
	o.addr[1].len = 48;
	sem_near_addr(rif, SEM_IP6, 254, o.addr[1].addr);
	snprintf(name, sizeof(name), "i%u", nb_names++);
	assert_int_equal(rd_rif_add(name, router, &o, NULL), 0);
	sem_rif[rif] = (struct sem_rif){.idx = rd_rif_of_segment(segment)->idx, .segment = segment};
	sem_put(segment, sem_router_mac, RD_FDB_ROUTER, false, 0);
	for (unsigned n = 0; n < SEM_NEAR; n++)
		set_near(rif, n);
}

static void some_ways(struct sem_route *r)
{
	unsigned nb = sem_chance(30) ? 0 : 1 + sem_rnd(SEM_WAYS);

	r->nb_ways = 0;
	for (unsigned i = 0; i < nb; i++) {
		unsigned rif = sem_rnd(SEM_RIFS);

		if (sem_rif[rif].idx == 0)
			continue;
		r->way[r->nb_ways].rif = (uint8_t)rif;
		r->way[r->nb_ways++].near = (uint8_t)(2 * i + sem_rnd(2)); // no two alike
	}
}

static void add_route(struct sem_route *r)
{
	struct rd_route t = {.router = router,
		.family = family_of(r->kind),
		.len = r->len,
		.kind = r->nb_ways != 0 ? RD_ROUTE_VIA : RD_ROUTE_BLACKHOLE,
		.nb_paths = r->nb_ways};

	memcpy(t.addr, r->addr, 16);
	for (unsigned i = 0; i < r->nb_ways; i++)
		sem_near_addr(r->way[i].rif, r->kind, r->way[i].near + 1u, t.path[i].addr);
	r->used = rd_route_add(&t, NULL) == 0; // it may be there already
}

static void del_route(struct sem_route *r)
{
	assert_int_equal(rd_route_del(router, family_of(r->kind), r->addr, r->len, NULL), 0);
	r->used = false;
}

static void default_route(unsigned n)
{
	struct sem_route *r = &sem_routes[n];

	if (r->used)
		del_route(r);
	*r = (struct sem_route){.kind = n == 0 ? SEM_IP4 : SEM_IP6};
	some_ways(r);
	add_route(r);
	assert_true(r->used);
}

void sem_router_build(void)
{
	struct rd_err err = {0};
	unsigned nb = 0;

	memset(sem_rif, 0, sizeof(sem_rif));
	memset(sem_routes, 0, sizeof(sem_routes));
	if (sem_chance(40)) // no router at all
		return;
	assert_int_equal(rd_router_add("r", sem.tep.host, sem_router_mac, &err), 0);
	router = rd_router_find("arm/r", &err)->idx;
	for (unsigned i = 0; i < SEM_SEGS && nb < SEM_RIFS; i++)
		if (sem.seg[i].idx != 0 && sem.seg[i].host == sem.tep.host && sem_chance(85))
			add_rif(nb++, sem.seg[i].idx);
	default_route(0);
	default_route(1);
}

// An address to which a route may lead: near ones, and those of a network elsewhere.
static void some_target(uint8_t kind, uint8_t addr[16])
{
	bool v4 = kind == SEM_IP4;

	sem_near_addr(sem_chance(70) ? sem_rnd(SEM_RIFS) : 89, kind, 1 + sem_rnd(SEM_NEAR), addr);
	if (addr[v4 ? 1 : 5] == 99 && sem_chance(50))
		addr[v4 ? 2 : 8] = 0x80;
}

static void change_route(char *text, size_t size)
{
	struct sem_route *r = &sem_routes[2 + sem_rnd(SEM_ROUTES - 2)];
	unsigned bits;

	if (r->used) {
		del_route(r);
		snprintf(text, size, "a route /%u goes", r->len);
		return;
	}
	*r = (struct sem_route){.kind = sem_chance(50) ? SEM_IP4 : SEM_IP6};
	bits = r->kind == SEM_IP4 ? 32 : 128;
	some_target(r->kind, r->addr);
	r->len = (uint8_t)(bits - sem_rnd(bits - 7));
	for (unsigned n = r->len; n < bits; n++)
		r->addr[n / 8] &= (uint8_t) ~(0x80u >> n % 8);
	some_ways(r);
	add_route(r);
	snprintf(
		text, size, "a route /%u with %u next hops, taken %d", r->len, r->nb_ways, r->used);
}

static bool is_way(unsigned rif)
{
	for (unsigned i = 0; i < SEM_ROUTES; i++)
		for (unsigned n = 0; sem_routes[i].used && n < sem_routes[i].nb_ways; n++)
			if (sem_routes[i].way[n].rif == rif)
				return true;
	return false;
}

static void change_rif(unsigned rif, char *text, size_t size)
{
	struct sem_rif *i = &sem_rif[rif];
	const struct sem_seg *s = &sem.seg[sem_rnd(SEM_SEGS)];
	bool held = is_way(rif);

	if (i->idx == 0) {
		if (s->idx == 0 || s->host != sem.tep.host || sem_rif_of(s->idx) != NULL)
			return;
		add_rif(rif, s->idx);
		snprintf(text, size, "router interface %u in segment %u", i->idx, s->idx);
		return;
	}
	snprintf(text, size, "router interface %u goes: %s", i->idx, held ? "refused" : "yes");
	assert_int_equal(rd_rif_del(i->idx, NULL), held ? -EBUSY : 0);
	if (held)
		return;
	sem_forget(i->segment, sem_router_mac);
	i->idx = 0;
}

void sem_change_router(char *text, size_t size)
{
	unsigned what = sem_rnd(10), rif = sem_rnd(SEM_RIFS);

	if (!sem_routes[0].used) {
		snprintf(text, size, "no router");
	} else if (what < 5) {
		change_route(text, size);
	} else if (what < 6) {
		default_route(sem_rnd(2));
		snprintf(text, size, "other default routes");
	} else if (what < 9 && sem_rif[rif].idx != 0) {
		set_near(rif, sem_rnd(SEM_NEAR));
		snprintf(text, size, "a neighbour at interface %u", sem_rif[rif].idx);
	} else {
		change_rif(rif, text, size);
	}
}

void sem_route_aim(struct sem_pkt *k, uint16_t segment)
{
	const struct sem_rif *from = sem_rif_of(segment);

	if (from == NULL || (k->kind != SEM_IP4 && k->kind != SEM_IP6))
		return;
	memcpy(k->dmac, sem_router_mac, 6);
	sem_near_addr((unsigned)(from - sem_rif), k->kind, 1 + sem_rnd(SEM_NEAR), k->src);
	some_target(k->kind, k->dst);
}
