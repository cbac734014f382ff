/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routers' interfaces, what they count, and their addresses. Control thread, but for what router.h says workers call.
 */
#include "tables/tables.h"

#include <stdlib.h>

#include "base/str.h"
#include "tables/retire.h"
#include "tables/router_priv.h"
#include "tables/tunnel_priv.h"

#define MTU4_MIN 68 // RFC 791
#define MTU6_MIN 1280 // RFC 8200

static struct rd_rif *rifs[RD_RIF_MAX]; // atomic pointers; index 0 is never used
static uint16_t of_segment[RD_SEGMENT_MAX]; // atomic
static unsigned bound = 1;
static struct rd_rif_counts *counts[RD_WORKER_IDS]; // [RD_RIF_MAX]

const struct rd_rif *rd_rif_at(uint16_t idx)
{
	return idx < RD_RIF_MAX ? __atomic_load_n(&rifs[idx], __ATOMIC_ACQUIRE) : NULL;
}

const struct rd_rif *rd_rif_of_segment(uint16_t segment)
{
	uint16_t idx = __atomic_load_n(&of_segment[segment % RD_SEGMENT_MAX], __ATOMIC_ACQUIRE);

	return idx == 0 ? NULL : rd_rif_at(idx);
}

unsigned rd_rif_bound(void)
{
	return bound;
}

static bool rif_named(unsigned idx, struct rd_named *out)
{
	const struct rd_rif *i = rd_rif_at((uint16_t)idx);

	if (i != NULL)
		*out = (struct rd_named){.host = i->host, .name = i->name};
	return i != NULL;
}

const struct rd_kind rd_kind_rif = {"router interface", rif_named, rd_rif_bound};

const struct rd_rif *rd_rif_find(const char *name, struct rd_err *err)
{
	int idx = rd_name_resolve(&rd_kind_rif, name, err);

	return idx < 0 ? NULL : rifs[idx];
}

uint16_t rd_rif_mtu(const struct rd_rif *i)
{
	const struct rd_segment *s = rd_segment_at(i->segment);
	const struct rd_switch *sw = s != NULL ? rd_switch_at(s->sw) : NULL;

	if (i->mtu != 0)
		return i->mtu;
	if (s != NULL && s->mtu != 0)
		return s->mtu;
	return sw != NULL ? sw->mtu : RD_RIF_MTU_MAX;
}

const uint8_t *rd_rif_source(const struct rd_rif *i, uint8_t family, const uint8_t *dst)
{
	const uint8_t *first = NULL;

	for (unsigned n = 0; n < i->nb_addrs; n++) {
		const struct rd_rif_addr *a = &i->addr[n];

		if (a->family != family)
			continue;
		if (rd_addr_is_in(dst, a->addr, a->len))
			return a->addr;
		first = first != NULL ? first : a->addr;
	}
	return first;
}

bool rd_rif_has_addr(const struct rd_rif *i, uint8_t family, const uint8_t *addr)
{
	for (unsigned n = 0; n < i->nb_addrs; n++)
		if (i->addr[n].family == family
			&& memcmp(i->addr[n].addr, addr, rd_addr_bits(family) / 8) == 0)
			return true;
	return false;
}

bool rd_router_has_addr(uint16_t router, uint8_t family, const uint8_t *addr)
{
	unsigned end = __atomic_load_n(&bound, __ATOMIC_ACQUIRE);

	for (unsigned i = 1; i < end; i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		if (rif != NULL && rif->router == router && rd_rif_has_addr(rif, family, addr))
			return true;
	}
	return false;
}

// --- what they count ---

static int counts_alloc(void)
{
	size_t size = RD_RIF_MAX * sizeof(struct rd_rif_counts);

	for (unsigned w = 0; w < RD_WORKER_IDS; w++) {
		if (counts[w] != NULL)
			continue;
		counts[w] = aligned_alloc(64, size);
		if (counts[w] == NULL)
			return -ENOMEM;
		memset(counts[w], 0, size);
	}
	return 0;
}

void rd_rif_count(unsigned worker, uint16_t in, uint16_t out, uint32_t len)
{
	struct rd_rif_counts *c = counts[worker];

	c[in].rx_packets++;
	c[in].rx_bytes += len;
	c[out].tx_packets++;
	c[out].tx_bytes += len;
}

void rd_rif_count_said(unsigned worker, uint16_t idx, bool said)
{
	struct rd_rif_counts *c = &counts[worker][idx];

	if (said)
		c->said++;
	else
		c->withheld++;
}

void rd_rif_counts(uint16_t idx, struct rd_rif_counts *sum)
{
	*sum = (struct rd_rif_counts){0};
	for (unsigned w = 0; w < RD_WORKER_MAX; w++) {
		const struct rd_rif_counts *c = counts[w];

		if (c == NULL || idx >= RD_RIF_MAX)
			continue;
		sum->rx_packets += __atomic_load_n(&c[idx].rx_packets, __ATOMIC_RELAXED);
		sum->rx_bytes += __atomic_load_n(&c[idx].rx_bytes, __ATOMIC_RELAXED);
		sum->tx_packets += __atomic_load_n(&c[idx].tx_packets, __ATOMIC_RELAXED);
		sum->tx_bytes += __atomic_load_n(&c[idx].tx_bytes, __ATOMIC_RELAXED);
		sum->said += __atomic_load_n(&c[idx].said, __ATOMIC_RELAXED);
		sum->withheld += __atomic_load_n(&c[idx].withheld, __ATOMIC_RELAXED);
	}
}

// --- what is refused ---

static int check_addr(const struct rd_rif_addr *a, struct rd_err *err)
{
	static const uint8_t none[16];

	if (a->family != AF_INET && a->family != AF_INET6)
		return rd_err_set(err, -EINVAL, "an address is IPv4 or IPv6");
	if (a->len == 0 || a->len > rd_addr_bits(a->family))
		return rd_err_set(err, -ERANGE, "a prefix length of %u: 1 to %u", a->len,
			rd_addr_bits(a->family));
	if (a->family == AF_INET ? !rd_ip4_is_unicast(a->addr)
				 : a->addr[0] == 0xff || memcmp(a->addr, none, 16) == 0)
		return rd_err_set(err, -EINVAL, "an interface needs unicast addresses");
	return 0;
}

// Two interfaces of a router in one subnet: nobody could say by which a packet leaves.
static int check_overlap(
	uint16_t router, uint16_t self, const struct rd_rif_addr *a, struct rd_err *err)
{
	for (unsigned i = 1; i < bound; i++) {
		const struct rd_rif *o = rd_rif_at((uint16_t)i);

		for (unsigned n = 0; o != NULL && n < o->nb_addrs; n++) {
			const struct rd_rif_addr *b = &o->addr[n];

			if (o->idx == self || o->router != router || a->family != b->family)
				continue;
			if (rd_addr_is_in(a->addr, b->addr, a->len < b->len ? a->len : b->len))
				return rd_err_set(err, -EEXIST,
					"interface %s has a subnet that overlaps", o->name);
		}
	}
	return 0;
}

static int check_opts(
	uint16_t router, uint16_t self, const struct rd_rif_opts *o, struct rd_err *err)
{
	bool six = false;
	int rc = 0;

	if (o->nb_addrs == 0 || o->nb_addrs > RD_RIF_ADDRS)
		return rd_err_set(err, -EINVAL, "an interface has 1 to %d addresses", RD_RIF_ADDRS);
	for (unsigned n = 0; rc == 0 && n < o->nb_addrs; n++) {
		six |= o->addr[n].family == AF_INET6;
		rc = check_addr(&o->addr[n], err);
		if (rc == 0)
			rc = check_overlap(router, self, &o->addr[n], err);
	}
	if (rc < 0)
		return rc;
	if (o->mtu != 0 && (o->mtu < (six ? MTU6_MIN : MTU4_MIN) || o->mtu > RD_RIF_MTU_MAX))
		return rd_err_set(err, -ERANGE, "an MTU of %u: %d to %d", o->mtu,
			six ? MTU6_MIN : MTU4_MIN, RD_RIF_MTU_MAX);
	return 0;
}

static int check_new(const char *name, const struct rd_router *r, const struct rd_rif_opts *o,
	struct rd_err *err)
{
	const struct rd_segment *s = rd_segment_at(o->segment);
	struct rd_fdb_entry e;
	int rc = rd_name_check("router interface", name, err);

	if (rc < 0)
		return rc;
	if (s == NULL || s->host != r->host)
		return rd_err_set(
			err, -EINVAL, "the segment is of another host than router %s", r->name);
	if (rd_name_lookup(&rd_kind_rif, r->host, name) != 0)
		return rd_err_set(err, -EEXIST, "router interface %s/%s exists already",
			rd_host_name(r->host), name);
	if (of_segment[o->segment] != 0)
		return rd_err_set(err, -EEXIST, "segment %s has the router interface %s", s->name,
			rifs[of_segment[o->segment]]->name);
	if (rd_fdb_lookup(o->segment, r->mac, &e) && e.kind != RD_FDB_LEARNED)
		return rd_err_set(
			err, -EEXIST, "the router's MAC is a station of segment %s", s->name);
	return check_opts(r->idx, 0, o, err);
}

// --- changes ---

static void take_opts(struct rd_rif *i, const struct rd_rif_opts *o)
{
	i->mtu = o->mtu;
	i->nb_addrs = o->nb_addrs;
	memcpy(i->addr, o->addr, sizeof(i->addr));
}

static struct rd_rif *rif_new(
	const char *name, const struct rd_router *r, const struct rd_rif_opts *o)
{
	struct rd_rif *i = calloc(1, sizeof(*i));

	if (i == NULL)
		return NULL;
	i->host = r->host;
	i->router = r->idx;
	i->segment = o->segment;
	memcpy(i->mac, r->mac, 6);
	take_opts(i, o);
	rd_str_copy(i->name, sizeof(i->name), name); // the check has seen its length
	return i;
}

static void swap(uint16_t idx, struct rd_rif *fresh)
{
	struct rd_rif *old = rifs[idx];

	__atomic_store_n(&rifs[idx], fresh, __ATOMIC_RELEASE);
	rd_retire(old, free);
}

static void leave_segment(uint16_t segment, const uint8_t mac[6])
{
	__atomic_store_n(&of_segment[segment], 0, __ATOMIC_RELEASE);
	(void)rd_fdb_drop(segment, mac);
}

int rd_rif_add(const char *name, uint16_t router, const struct rd_rif_opts *o, struct rd_err *err)
{
	const struct rd_router *r = rd_router_at(router);
	unsigned idx = 1;
	struct rd_rif *i;
	int rc;

	if (r == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router");
	rc = check_new(name, r, o, err);
	if (rc < 0)
		return rc;
	while (idx < RD_RIF_MAX && rifs[idx] != NULL)
		idx++;
	if (idx == RD_RIF_MAX)
		return rd_err_set(
			err, -ENOSPC, "no more than %d router interfaces", RD_RIF_MAX - 1);
	i = counts_alloc() < 0 ? NULL : rif_new(name, r, o);
	if (i == NULL || rd_fdb_put(o->segment, r->mac, RD_FDB_ROUTER, false, RD_PORT_NONE) < 0) {
		free(i);
		return rd_err_set(err, -ENOMEM, "no memory for a router interface");
	}
	i->idx = (uint16_t)idx;
	for (unsigned w = 0; w < RD_WORKER_IDS; w++)
		counts[w][idx] = (struct rd_rif_counts){0};
	__atomic_store_n(&bound, idx >= bound ? idx + 1 : bound, __ATOMIC_RELEASE);
	swap((uint16_t)idx, i);
	__atomic_store_n(&of_segment[o->segment], (uint16_t)idx, __ATOMIC_RELEASE);
	rc = rd_route_rebuild(router, err);
	if (rc < 0) {
		leave_segment(o->segment, r->mac);
		swap((uint16_t)idx, NULL);
	}
	rd_commit();
	return rc;
}

static struct rd_rif *rif_with(const struct rd_rif *old, const struct rd_rif_opts *o)
{
	struct rd_rif *i = malloc(sizeof(*i));

	if (i == NULL)
		return NULL;
	*i = *old;
	if (o != NULL)
		take_opts(i, o);
	return i;
}

int rd_rif_set(uint16_t idx, const struct rd_rif_opts *o, struct rd_err *err)
{
	const struct rd_rif *old = rd_rif_at(idx);
	struct rd_rif *i, *back;
	int rc;

	if (old == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router interface");
	if (o->segment != old->segment)
		return rd_err_set(err, -EINVAL, "the segment of a router interface stays as it is");
	rc = check_opts(old->router, idx, o, err);
	if (rc < 0)
		return rc;
	i = rif_with(old, o);
	back = rif_with(old, NULL);
	if (i == NULL || back == NULL) {
		free(i);
		free(back);
		return rd_err_set(err, -ENOMEM, "no memory for a router interface");
	}
	swap(idx, i);
	rc = rd_route_rebuild(i->router, err);
	if (rc < 0)
		swap(idx, back);
	else
		free(back);
	rd_commit();
	rd_neigh_forget(idx);
	return rc;
}

int rd_rif_del(uint16_t idx, struct rd_err *err)
{
	const struct rd_rif *i = rd_rif_at(idx);
	uint16_t router;

	if (i == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router interface");
	if (rd_route_uses(idx))
		return rd_err_set(
			err, -EBUSY, "a next hop is reached by router interface %s", i->name);
	router = i->router;
	leave_segment(i->segment, i->mac);
	swap(idx, NULL);
	(void)rd_route_rebuild(
		router, err); // without memory the old one stays, which leads to NULL now
	rd_commit();
	rd_neigh_forget(idx);
	return 0;
}

void rd_rif_fini(void)
{
	for (unsigned i = 1; i < bound; i++) {
		free(rifs[i]);
		rifs[i] = NULL;
	}
	memset(of_segment, 0, sizeof(of_segment));
	for (unsigned w = 0; w < RD_WORKER_IDS; w++) {
		free(counts[w]);
		counts[w] = NULL;
	}
	bound = 1;
}
