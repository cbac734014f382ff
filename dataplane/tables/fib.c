/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What workers look up of a router's routes: ranges of addresses, each with its longest prefix, sorted, so that a lookup is a
 * binary search, the same for both families. Control makes them anew, one router and family at a time; a route more is cut into a copy, and one less
 * gives its ranges of a copy to the prefix around it. Control thread, but for
 * rd_route_lookup().
 */
#include "tables/tables.h"

#include <stdlib.h>

#include "tables/retire.h"
#include "tables/router_priv.h"

struct range {
	uint8_t first[16]; // it ends where the next one begins
	const struct rd_route *route; // NULL = none
};
struct fib { // of one router and family; immutable
	unsigned nb;
	struct rd_route *connected; // owned
	struct range range[];
};

static struct fib *fibs[RD_ROUTER_MAX][2]; // atomic pointers; IPv4, IPv6

void rd_addr_edge(uint8_t *addr, uint8_t family, uint8_t len, bool ones)
{
	unsigned bytes = rd_addr_bits(family) / 8;

	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = i * 8 >= len ? 0 : len - i * 8;
		uint8_t mask = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);

		addr[i] = (uint8_t)(ones && i < bytes ? addr[i] | mask : addr[i] & ~mask);
	}
}

int rd_route_order(const struct rd_route *a, const struct rd_route *b)
{
	int d = (int)a->router - b->router;

	if (d == 0)
		d = (int)a->family - b->family;
	if (d == 0)
		d = memcmp(a->addr, b->addr, 16);
	return d != 0 ? d : (int)a->len - b->len;
}

struct rd_fib_of {
	uint16_t router;
	uint8_t family;
	struct rd_route *const *route; // static ones, of all routers, in order
	unsigned nb;
};

struct making {
	struct fib *f;
	unsigned nb_open; // prefixes that the present address is in, the longest last
	const struct rd_route *open[129];
	uint8_t last[129][16]; // their last addresses
};

static void begin_range(struct making *mk, const uint8_t first[16], const struct rd_route *r)
{
	struct fib *f = mk->f;

	if (f->nb == 0 || memcmp(f->range[f->nb - 1].first, first, 16) != 0)
		f->nb++;
	memcpy(f->range[f->nb - 1].first, first, 16);
	f->range[f->nb - 1].route = r;
}

// To the next address. false: that was the last one.
static bool step(uint8_t addr[16], uint8_t family)
{
	int i = (int)rd_addr_bits(family) / 8 - 1;

	while (i >= 0 && ++addr[i] == 0)
		i--;
	return i >= 0;
}

// The innermost prefix ends: what is around it goes on, if anything is behind it.
static void close_one(struct making *mk, uint8_t family)
{
	uint8_t next[16];

	memcpy(next, mk->last[--mk->nb_open], 16);
	if (step(next, family))
		begin_range(mk, next, mk->nb_open != 0 ? mk->open[mk->nb_open - 1] : NULL);
}

static void add_prefix(struct making *mk, const struct rd_route *r)
{
	while (mk->nb_open != 0 && memcmp(mk->last[mk->nb_open - 1], r->addr, 16) < 0)
		close_one(mk, r->family);
	begin_range(mk, r->addr, r);
	if (mk->nb_open != 0 && mk->open[mk->nb_open - 1]->len == r->len) // the same once more
		mk->nb_open--;
	mk->open[mk->nb_open] = r;
	memcpy(mk->last[mk->nb_open], r->addr, 16);
	rd_addr_edge(mk->last[mk->nb_open++], r->family, r->len, true);
}

static int in_order(const void *a, const void *b)
{
	return rd_route_order(a, b);
}

static void free_fib(void *p)
{
	struct fib *f = p;

	free(f->connected);
	free(f);
}

// Connected routes of a router and family; how many.
static unsigned connected(uint16_t router, uint8_t family, struct rd_route *out)
{
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		for (unsigned n = 0; rif != NULL && rif->router == router && n < rif->nb_addrs;
			n++) {
			const struct rd_rif_addr *a = &rif->addr[n];
			struct rd_route *r = &out[nb];

			if (a->family != family)
				continue;
			nb++;
			*r = (struct rd_route){.router = router,
				.family = family,
				.len = a->len,
				.kind = RD_ROUTE_CONNECTED,
				.nb_paths = 1,
				.path[0].rif = rif->idx};
			memcpy(r->addr, a->addr, 16);
			rd_addr_edge(r->addr, family, a->len, false);
		}
	}
	qsort(out, nb, sizeof(out[0]), in_order);
	return nb;
}

// In order, as both lists are. Of the same prefix a connected one comes last, and so counts.
static unsigned gather(
	const struct rd_fib_of *of, struct rd_route *own, const struct rd_route **all)
{
	unsigned nb_own = connected(of->router, of->family, own), nb = 0, o = 0;

	for (unsigned i = 0; i < of->nb; i++) {
		const struct rd_route *r = of->route[i];

		if (r->router != of->router || r->family != of->family)
			continue;
		while (o < nb_own && rd_route_order(&own[o], r) < 0)
			all[nb++] = &own[o++];
		all[nb++] = r;
	}
	while (o < nb_own)
		all[nb++] = &own[o++];
	return nb;
}

static struct fib *make(const struct rd_fib_of *of)
{
	unsigned max_own = RD_RIF_ADDRS * rd_rif_bound(), max = max_own + of->nb;
	const struct rd_route **all = calloc(max, sizeof(all[0]));
	struct rd_route *own = calloc(max_own, sizeof(own[0]));
	struct fib *f = calloc(1, sizeof(*f) + 2 * max * sizeof(f->range[0]));
	struct making mk = {.f = f};
	unsigned nb;

	if (all == NULL || own == NULL || f == NULL) {
		free(all);
		free(own);
		free(f);
		return NULL;
	}
	f->connected = own;
	nb = gather(of, own, all);
	for (unsigned i = 0; i < nb; i++)
		add_prefix(&mk, all[i]);
	while (mk.nb_open != 0)
		close_one(&mk, of->family);
	free(all);
	return f;
}

static void publish(const struct rd_fib_of *of, struct fib *f)
{
	struct fib **at = &fibs[of->router][of->family == AF_INET6], *old = *at;

	__atomic_store_n(at, f, __ATOMIC_RELEASE);
	rd_retire(old, free_fib);
}

int rd_fib_make(uint16_t router, struct rd_route *const *route, unsigned nb)
{
	const struct rd_fib_of four = {router, AF_INET, route, nb},
			       six = {router, AF_INET6, route, nb};
	struct fib *a = make(&four), *b = make(&six);

	if (a == NULL || b == NULL) {
		if (a != NULL)
			free_fib(a);
		if (b != NULL)
			free_fib(b);
		return -ENOMEM;
	}
	publish(&four, a);
	publish(&six, b);
	return 0;
}

static unsigned nb_connected(const struct fib *f)
{
	unsigned nb = 0;

	while (f->connected[nb].kind != 0)
		nb++;
	return nb;
}

// A route of one table, as the copy has it: connected ones are copied, too.
static const struct rd_route *of_copy(
	const struct fib *old, const struct fib *f, const struct rd_route *r)
{
	uintptr_t at = (uintptr_t)r - (uintptr_t)old->connected;

	return at < nb_connected(old) * sizeof(*r) ? &f->connected[at / sizeof(*r)] : r;
}

// With room for two ranges more.
static struct fib *copy(const struct fib *old)
{
	size_t ranges = old->nb * sizeof(old->range[0]),
	       own = nb_connected(old) * sizeof(struct rd_route);
	struct fib *f = malloc(sizeof(*f) + ranges + 2 * sizeof(f->range[0]));
	struct rd_route *connected = malloc(own + sizeof(*connected)); // and the end

	if (f == NULL || connected == NULL) {
		free(f);
		free(connected);
		return NULL;
	}
	*f = (struct fib){.nb = old->nb, .connected = connected};
	memcpy(connected, old->connected, own + sizeof(*connected));
	memcpy(f->range, old->range, ranges);
	for (unsigned i = 0; i < f->nb; i++) {
		uintptr_t at = (uintptr_t)f->range[i].route - (uintptr_t)old->connected;

		if (at < own)
			f->range[i].route = &connected[at / sizeof(*connected)];
	}
	return f;
}

// The first range that begins behind an address.
static unsigned behind(const struct fib *f, const uint8_t *addr, unsigned bytes)
{
	unsigned low = 0, high = f->nb;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (memcmp(f->range[mid].first, addr, bytes) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

// From here on it is a range of its own. Its place.
static unsigned cut(struct fib *f, const uint8_t addr[16])
{
	unsigned at = behind(f, addr, 16);

	if (at > 0 && memcmp(f->range[at - 1].first, addr, 16) == 0)
		return at - 1;
	memmove(&f->range[at + 1], &f->range[at], (f->nb++ - at) * sizeof(f->range[0]));
	memcpy(f->range[at].first, addr, 16);
	f->range[at].route = at > 0 ? f->range[at - 1].route : NULL;
	return at;
}

int rd_fib_add(const struct rd_route *r)
{
	const struct rd_fib_of of = {r->router, r->family, NULL, 0};
	const struct fib *old = fibs[r->router][r->family == AF_INET6];
	struct fib *f = old != NULL ? copy(old) : make(&of);
	unsigned from, to;
	uint8_t end[16];

	if (f == NULL)
		return -ENOMEM;
	from = cut(f, r->addr);
	memcpy(end, r->addr, 16);
	rd_addr_edge(end, r->family, r->len, true);
	to = step(end, r->family) ? cut(f, end) : f->nb;
	for (unsigned i = from; i < to; i++)
		if (f->range[i].route == NULL || f->range[i].route->len < r->len)
			f->range[i].route = r;
	publish(&of, f);
	return 0;
}

// Ranges that lead to the same as the one before are part of it.
static void merge(struct fib *f)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < f->nb; i++)
		if (f->range[i].route != (nb > 0 ? f->range[nb - 1].route : NULL))
			f->range[nb++] = f->range[i];
	f->nb = nb;
}

int rd_fib_del(const struct rd_route *r, const struct rd_route *around)
{
	const struct rd_fib_of of = {r->router, r->family, NULL, 0};
	const struct fib *old = fibs[r->router][r->family == AF_INET6];
	struct fib *f = copy(old);
	const struct rd_route *heir;

	if (f == NULL)
		return -ENOMEM;
	heir = around != NULL ? of_copy(old, f, around) : NULL;
	for (unsigned i = 0; i < f->nb; i++)
		if (f->range[i].route == r)
			f->range[i].route = heir;
	merge(f);
	publish(&of, f);
	return 0;
}

const struct rd_route *rd_fib_connected(uint16_t router, uint8_t family)
{
	static const struct rd_route none;
	const struct fib *f = fibs[router][family == AF_INET6];

	return f != NULL ? f->connected : &none;
}

void rd_fib_fini(void)
{
	for (unsigned i = 0; i < RD_ROUTER_MAX; i++)
		for (unsigned k = 0; k < 2; k++) {
			if (fibs[i][k] != NULL)
				free_fib(fibs[i][k]);
			fibs[i][k] = NULL;
		}
}

bool rd_route_lookup(uint16_t router, uint8_t family, const uint8_t *addr, struct rd_route *found)
{
	const struct fib *f = router < RD_ROUTER_MAX
		? __atomic_load_n(&fibs[router][family == AF_INET6], __ATOMIC_ACQUIRE)
		: NULL;
	unsigned at = f != NULL ? behind(f, addr, rd_addr_bits(family) / 8) : 0;

	if (at == 0 || f->range[at - 1].route == NULL)
		return false;
	*found = *f->range[at - 1].route;
	return true;
}
