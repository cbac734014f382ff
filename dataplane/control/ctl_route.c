/* SPDX-License-Identifier: BSD-3-Clause
 *
 * route.*, neighbour.*: what distributed routers know. Control thread; neighbours are also written by workers.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "control/ctl_router.h"

static void read_prefix(struct rd_request *req, struct rd_route *r)
{
	const char *text = rd_req_str(req, "prefix");
	int family = 0;

	if (text == NULL)
		return;
	if (rd_parse_prefix(text, &family, r->addr, &r->len) == 0 && family != 0) {
		r->family = (uint8_t)family;
		return;
	}
	rd_req_fail(req, "prefix", -EINVAL, "\"%.60s\" is no prefix", text);
	rd_err_hint(req->err, "10.0.0.0/8, 2001:db8::/32; everywhere is 0.0.0.0/0 or ::/0");
}

static void read_via(struct rd_request *req, struct rd_route *r)
{
	json_t *list = rd_req_array(req, "via", RD_ROUTE_PATHS), *one;
	size_t i;

	if (list != NULL && json_array_size(list) == 0)
		rd_req_fail(req, "via", -EINVAL, "via needs a next hop");
	json_array_foreach (list, i, one) {
		const char *text = json_string_value(one);
		int family = 0;

		if (text == NULL || rd_parse_ip(text, &family, r->path[i].addr) < 0
			|| family != r->family) {
			rd_req_fail(req, "via", -EINVAL,
				"\"%.60s\" is no address of the prefix's family",
				text == NULL ? "" : text);
			return;
		}
		r->nb_paths++;
	}
}

int ctl_route_add(struct rd_request *req)
{
	struct rd_route r = {.kind = RD_ROUTE_VIA};
	const struct rd_router *router = rd_req_router(req, "router");
	bool blackhole = rd_req_bool_or(req, "blackhole", false);
	bool unreachable = rd_req_bool_or(req, "unreachable", false);

	read_prefix(req, &r);
	if (rd_req_has(req, "via") + blackhole + unreachable != 1)
		rd_req_fail(req, "via", -EINVAL,
			"a route has next hops, or is a blackhole, or unreachable");
	else if (blackhole || unreachable)
		r.kind = blackhole ? RD_ROUTE_BLACKHOLE : RD_ROUTE_UNREACHABLE;
	else
		read_via(req, &r);
	if (rd_req_end(req) < 0)
		return req->err->code;
	r.router = router->idx;
	return rd_route_add(&r, req->err);
}

int ctl_route_del(struct rd_request *req)
{
	struct rd_route r = {0};
	const struct rd_router *router = rd_req_router(req, "router");

	read_prefix(req, &r);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_route_del(router->idx, r.family, r.addr, r.len, req->err);
}

static json_t *paths(const struct rd_route *r)
{
	json_t *list = json_array();
	char ip[RD_IP_TEXT], rif[RD_QNAME_LEN];

	for (unsigned i = 0; i < r->nb_paths; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:s}", "via",
				r->kind == RD_ROUTE_VIA ? rd_fmt_ip(r->family, r->path[i].addr, ip)
							: "",
				"interface", rd_ctl_rif_qname(r->path[i].rif, rif)));
	return list;
}

static json_t *route_item(const struct rd_route *r)
{
	static const char *const actions[] = {[RD_ROUTE_CONNECTED] = "deliver",
		[RD_ROUTE_VIA] = "via",
		[RD_ROUTE_BLACKHOLE] = "blackhole",
		[RD_ROUTE_UNREACHABLE] = "unreachable"};
	char router[RD_QNAME_LEN], prefix[RD_PREFIX_TEXT], ip[RD_IP_TEXT];

	snprintf(prefix, sizeof(prefix), "%s/%u", rd_fmt_ip(r->family, r->addr, ip), r->len);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "router",
		rd_ctl_router_qname(r->router, router), "family",
		r->family == AF_INET ? "inet" : "inet6", "prefix", prefix, "kind",
		r->kind == RD_ROUTE_CONNECTED ? "connected" : "static", "action", actions[r->kind],
		"paths", paths(r));
}

struct wanted {
	struct rd_request *req;
	const struct rd_router *router;
	int family; // 0: both
};

static int list_route(void *arg, const struct rd_route *r)
{
	const struct wanted *w = arg;

	if ((w->router != NULL && r->router != w->router->idx)
		|| (w->family != 0 && r->family != w->family))
		return 0;
	return rd_req_item(w->req, route_item(r));
}

// The route that a packet takes, of each router that has one.
static void list_to(const struct wanted *w, int family, const uint8_t addr[16])
{
	for (unsigned i = 1; i < rd_router_bound(); i++) {
		const struct rd_router *router = rd_router_at((uint16_t)i);
		struct rd_route r;

		if (router != NULL && (w->router == NULL || w->router == router)
			&& (w->family == 0 || w->family == family)
			&& rd_route_lookup(router->idx, (uint8_t)family, addr, &r))
			rd_req_item(w->req, route_item(&r));
	}
}

static int read_family(struct rd_request *req)
{
	if (!rd_req_has(req, "family"))
		return 0;
	return rd_req_either(req, "family", "inet6", "inet") ? AF_INET6 : AF_INET;
}

static int read_ip(struct rd_request *req, const char *key, uint8_t addr[16])
{
	const char *text = rd_req_str(req, key);
	int family = 0;

	memset(addr, 0, 16);
	if (text != NULL && rd_parse_ip(text, &family, addr) < 0)
		rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no address", text);
	return family;
}

int ctl_route_list(struct rd_request *req)
{
	struct wanted w = {.req = req};
	bool to = rd_req_has(req, "to");
	uint8_t addr[16];
	int family = to ? read_ip(req, "to", addr) : 0;

	w.router = rd_req_has(req, "router") ? rd_req_router(req, "router") : NULL;
	w.family = read_family(req);
	if (rd_req_end(req) < 0)
		return req->err->code;
	if (to)
		list_to(&w, family, addr);
	else
		rd_route_each(list_route, &w);
	return 0;
}

int ctl_neighbour_add(struct rd_request *req)
{
	const struct rd_rif *i = rd_req_rif(req, "interface");
	uint8_t addr[16], mac[6];
	int family = read_ip(req, "ip", addr);

	rd_req_mac(req, "mac", mac);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_neigh_add(i->idx, (uint8_t)family, addr, mac, req->err);
}

int ctl_neighbour_del(struct rd_request *req)
{
	const struct rd_rif *i = rd_req_rif(req, "interface");
	uint8_t addr[16];
	int family = read_ip(req, "ip", addr);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_neigh_del(i->idx, (uint8_t)family, addr, req->err);
}

int ctl_neighbour_flush(struct rd_request *req)
{
	const struct rd_rif *i = rd_req_rif_or_null(req, "interface");

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_result(req,
		json_pack("{s:I}", "flushed", (json_int_t)rd_neigh_flush(i == NULL ? 0 : i->idx)));
	return 0;
}

struct wanted_neighbours {
	struct rd_request *req;
	const struct rd_rif *rif;
};

static int list_neighbour(void *arg, const struct rd_neigh *n)
{
	const struct wanted_neighbours *w = arg;
	const struct rd_rif *i = rd_rif_at(n->rif);
	const struct rd_segment *s = i == NULL ? NULL : rd_segment_at(i->segment);
	char rif[RD_QNAME_LEN], router[RD_QNAME_LEN], segment[RD_QNAME_LEN], ip[RD_IP_TEXT];

	if (i == NULL || (w->rif != NULL && i != w->rif))
		return 0;
	return rd_req_item(w->req,
		json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:I,s:I}", "interface",
			rd_ctl_rif_qname(n->rif, rif), "router",
			rd_ctl_router_qname(i->router, router), "segment",
			s == NULL ? "" : rd_ctl_segment_qname(s, segment), "ip",
			rd_fmt_ip(n->family, n->addr, ip), "mac",
			rd_neigh_has_mac(n) ? rd_json_mac(n->mac) : json_string(""), "state",
			rd_neigh_state_name(n->state), "kind", n->fixed ? "static" : "learned",
			"age_s", (json_int_t)n->age_s, "asked", (json_int_t)n->asked));
}

int ctl_neighbour_list(struct rd_request *req)
{
	struct wanted_neighbours w = {.req = req, .rif = rd_req_rif_or_null(req, "interface")};

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_neigh_each(list_neighbour, &w);
	return 0;
}
