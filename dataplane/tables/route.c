/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes as control adds, deletes and lists them. Control thread.
 */
#include "tables/tables.h"

#include <stdlib.h>

#include "tables/retire.h"
#include "tables/router_priv.h"

static struct rd_route **statics; // in the order of rd_route_order()
static unsigned nb_statics, cap_statics;

// Of the router's interfaces, the one in whose subnet the address is, but not its own.
static uint16_t rif_to(uint16_t router, uint8_t family, const uint8_t *addr)
{
	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		for (unsigned n = 0; rif != NULL && rif->router == router && n < rif->nb_addrs; n++)
			if (rif->addr[n].family == family
				&& rd_addr_is_in(addr, rif->addr[n].addr, rif->addr[n].len))
				return rd_rif_has_addr(rif, family, addr) ? 0 : rif->idx;
	}
	return 0;
}

static int check_paths(const struct rd_route *r, struct rd_err *err)
{
	for (unsigned i = 0; i < r->nb_paths; i++)
		if (rif_to(r->router, r->family, r->path[i].addr) != r->path[i].rif)
			return rd_err_set(err, -ENETUNREACH,
				"next hop %u of a static route would be in none of the router's subnets",
				i + 1);
	return 0;
}

int rd_route_rebuild(uint16_t router, struct rd_err *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < nb_statics; i++)
		if (statics[i]->router == router)
			rc = check_paths(statics[i], err);
	if (rc < 0)
		return rc;
	return rd_fib_make(router, statics, nb_statics) < 0
		? rd_err_set(err, -ENOMEM, "no memory for the routes")
		: 0;
}

static int check_route(struct rd_route *r, struct rd_err *err)
{
	if (rd_router_at(r->router) == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router");
	if ((r->family != AF_INET && r->family != AF_INET6) || r->len > rd_addr_bits(r->family))
		return rd_err_set(err, -EINVAL, "a prefix is of IPv4 or IPv6");
	rd_addr_edge(r->addr, r->family, r->len, false);
	if (r->kind != RD_ROUTE_VIA) {
		r->nb_paths = 0;
		return 0;
	}
	if (r->nb_paths == 0 || r->nb_paths > RD_ROUTE_PATHS)
		return rd_err_set(err, -EINVAL, "a route has 1 to %d next hops", RD_ROUTE_PATHS);
	for (unsigned i = 0; i < r->nb_paths; i++) {
		r->path[i].rif = rif_to(r->router, r->family, r->path[i].addr);
		if (r->path[i].rif == 0)
			return rd_err_set(err, -ENETUNREACH,
				"next hop %u is in none of the router's subnets, or is the router itself",
				i + 1);
		for (unsigned j = 0; j < i; j++)
			if (memcmp(r->path[i].addr, r->path[j].addr, 16) == 0)
				return rd_err_set(
					err, -EINVAL, "next hop %u is given twice", i + 1);
	}
	return 0;
}

// Where it is, or would be: the first that is not before it.
static unsigned place_of(const struct rd_route *r)
{
	unsigned low = 0, high = nb_statics;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (rd_route_order(statics[mid], r) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_there(unsigned at, const struct rd_route *r)
{
	return at < nb_statics && rd_route_order(statics[at], r) == 0;
}

static bool is_connected(const struct rd_route *r)
{
	for (const struct rd_route *c = rd_fib_connected(r->router, r->family); c->kind != 0; c++)
		if (rd_route_order(c, r) == 0)
			return true;
	return false;
}

// The longest prefix that this one is in, NULL if there is none. Of the same prefix a connected one counts.
static const struct rd_route *around(const struct rd_route *r)
{
	const struct rd_route *own = NULL;
	struct rd_route key = *r;

	for (const struct rd_route *c = rd_fib_connected(r->router, r->family); c->kind != 0; c++)
		if (c->len < r->len && rd_addr_is_in(r->addr, c->addr, c->len)
			&& (own == NULL || c->len > own->len))
			own = c;
	while (key.len > 0 && (own == NULL || key.len - 1 > own->len)) {
		unsigned at;

		rd_addr_edge(key.addr, key.family, --key.len, false);
		at = place_of(&key);
		if (is_there(at, &key))
			return statics[at];
	}
	return own;
}

static bool has_room(void)
{
	unsigned cap = cap_statics == 0 ? 64 : cap_statics * 2;
	struct rd_route **more;

	if (nb_statics < cap_statics)
		return true;
	more = realloc(statics, cap * sizeof(*more));
	if (more == NULL)
		return false;
	statics = more;
	cap_statics = cap;
	return true;
}

static void take_out(unsigned at)
{
	memmove(&statics[at], &statics[at + 1], (--nb_statics - at) * sizeof(statics[0]));
}

int rd_route_add(const struct rd_route *given, struct rd_err *err)
{
	struct rd_route r = *given, *kept;
	unsigned at;
	int rc = check_route(&r, err);

	if (rc < 0)
		return rc;
	at = place_of(&r);
	if (is_there(at, &r) || is_connected(&r))
		return rd_err_set(err, -EEXIST, "the router has a route to this prefix already");
	if (nb_statics == RD_ROUTE_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d routes", RD_ROUTE_MAX);
	kept = malloc(sizeof(*kept));
	if (kept == NULL || !has_room()) {
		free(kept);
		return rd_err_set(err, -ENOMEM, "no memory for a route");
	}
	*kept = r;
	if (rd_fib_add(kept) < 0) {
		free(kept);
		return rd_err_set(err, -ENOMEM, "no memory for the routes");
	}
	memmove(&statics[at + 1], &statics[at], (nb_statics++ - at) * sizeof(statics[0]));
	statics[at] = kept;
	rd_commit();
	return 0;
}

int rd_route_del(
	uint16_t router, uint8_t family, const uint8_t addr[16], uint8_t len, struct rd_err *err)
{
	struct rd_route r = {.router = router, .family = family, .len = len}, *gone;
	unsigned at;

	memcpy(r.addr, addr, 16);
	at = place_of(&r);
	if (!is_there(at, &r))
		return rd_err_set(err, -ENOENT, "the router has no static route to this prefix");
	gone = statics[at];
	if (rd_fib_del(gone, around(gone)) < 0)
		return rd_err_set(err, -ENOMEM, "no memory for the routes");
	take_out(at);
	rd_retire(gone, free);
	rd_commit();
	return 0;
}

bool rd_route_uses(uint16_t rif)
{
	for (unsigned i = 0; i < nb_statics; i++)
		for (unsigned p = 0; p < statics[i]->nb_paths; p++)
			if (statics[i]->path[p].rif == rif)
				return true;
	return false;
}

bool rd_route_of(uint16_t router)
{
	for (unsigned i = 0; i < nb_statics; i++)
		if (statics[i]->router == router)
			return true;
	return false;
}

static int each_of(
	uint16_t router, uint8_t family, int (*fn)(void *arg, const struct rd_route *r), void *arg)
{
	const struct rd_route *own = rd_fib_connected(router, family);
	struct rd_route first = {.router = router, .family = family};
	unsigned at = place_of(&first);
	int rc = 0;

	while (rc == 0) {
		const struct rd_route *next = at < nb_statics ? statics[at] : NULL;

		if (next != NULL && (next->router != router || next->family != family))
			next = NULL;
		if (own->kind == 0 && next == NULL)
			break;
		if (own->kind != 0 && (next == NULL || rd_route_order(own, next) <= 0)) {
			rc = fn(arg, own++);
		} else {
			rc = fn(arg, next);
			at++;
		}
	}
	return rc;
}

int rd_route_each(int (*fn)(void *arg, const struct rd_route *r), void *arg)
{
	int rc = 0;

	for (unsigned i = 1; rc == 0 && i < rd_router_bound(); i++) {
		rc = each_of((uint16_t)i, AF_INET, fn, arg);
		if (rc == 0)
			rc = each_of((uint16_t)i, AF_INET6, fn, arg);
	}
	return rc;
}

void rd_route_fini(void)
{
	rd_fib_fini();
	for (unsigned i = 0; i < nb_statics; i++)
		free(statics[i]);
	free(statics);
	statics = NULL;
	nb_statics = cap_statics = 0;
}
