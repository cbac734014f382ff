/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routers: adding and deleting. Control thread, but for rd_router_at().
 */
#include "tables/tables.h"

#include <stdlib.h>

#include "base/str.h"
#include "tables/retire.h"
#include "tables/router_priv.h"

static struct rd_router *routers[RD_ROUTER_MAX]; // atomic pointers; index 0 is never used
static unsigned bound = 1;

const struct rd_router *rd_router_at(uint16_t idx)
{
	return idx < RD_ROUTER_MAX ? __atomic_load_n(&routers[idx], __ATOMIC_ACQUIRE) : NULL;
}

unsigned rd_router_bound(void)
{
	return bound;
}

static bool router_named(unsigned idx, struct rd_named *out)
{
	const struct rd_router *r = rd_router_at((uint16_t)idx);

	if (r != NULL)
		*out = (struct rd_named){.host = r->host, .name = r->name};
	return r != NULL;
}

const struct rd_kind rd_kind_router = {"router", router_named, rd_router_bound};

const struct rd_router *rd_router_find(const char *name, struct rd_err *err)
{
	int idx = rd_name_resolve(&rd_kind_router, name, err);

	return idx < 0 ? NULL : routers[idx];
}

static int check_new(const char *name, uint8_t host, const uint8_t mac[6], struct rd_err *err)
{
	int rc = rd_name_check("router", name, err);

	if (rc < 0)
		return rc;
	if (rd_host_at(host) == NULL)
		return rd_err_set(err, -ENOENT, "there is no such host");
	if (rd_name_lookup(&rd_kind_router, host, name) != 0)
		return rd_err_set(
			err, -EEXIST, "router %s/%s exists already", rd_host_name(host), name);
	if (rd_mac_is_multicast(mac) || rd_mac_is_zero(mac))
		return rd_err_set(err, -EINVAL, "a router needs a unicast MAC");
	return 0;
}

int rd_router_add(const char *name, uint8_t host, const uint8_t mac[6], struct rd_err *err)
{
	unsigned idx = 1;
	struct rd_router *r;
	int rc = check_new(name, host, mac, err);

	if (rc < 0)
		return rc;
	while (idx < RD_ROUTER_MAX && routers[idx] != NULL)
		idx++;
	if (idx == RD_ROUTER_MAX)
		return rd_err_set(err, -ENOSPC, "no more than %d routers", RD_ROUTER_MAX - 1);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a router");
	r->idx = (uint16_t)idx;
	r->host = host;
	memcpy(r->mac, mac, 6);
	rd_str_copy(r->name, sizeof(r->name), name); // the check has seen its length
	bound = idx >= bound ? idx + 1 : bound;
	__atomic_store_n(&routers[idx], r, __ATOMIC_RELEASE);
	return 0;
}

int rd_router_del(uint16_t idx, struct rd_err *err)
{
	struct rd_router *r = idx < RD_ROUTER_MAX ? routers[idx] : NULL;

	if (r == NULL)
		return rd_err_set(err, -ENOENT, "there is no such router");
	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		if (rif != NULL && rif->router == idx)
			return rd_err_set(
				err, -EBUSY, "router %s has the interface %s", r->name, rif->name);
	}
	if (rd_route_of(idx))
		return rd_err_set(err, -EBUSY, "router %s has static routes", r->name);
	__atomic_store_n(&routers[idx], NULL, __ATOMIC_RELEASE);
	rd_retire(r, free);
	rd_commit();
	return 0;
}

void rd_router_fini(void)
{
	rd_neigh_fini();
	rd_route_fini();
	rd_rif_fini();
	for (unsigned i = 1; i < bound; i++) {
		free(routers[i]);
		routers[i] = NULL;
	}
	bound = 1;
}
