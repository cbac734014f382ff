/* SPDX-License-Identifier: BSD-3-Clause
 *
 * router.*, router_interface.*: distributed routers and their interfaces on segments. Control thread; the counters are the workers'.
 */
#include "control/ctl_router.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"

// The network's own address, its broadcast address, the loopback: a router can't have them. RFC 1122, 3.2.1.3; RFC 4291, 2.5.3.
static bool is_no_host(const struct rd_rif_addr *a)
{
	static const uint8_t loopback[16] = {[15] = 1};
	uint32_t hosts, host;

	if (a->family == AF_INET6)
		return memcmp(a->addr, loopback, sizeof(loopback)) == 0;
	if (a->addr[0] == 127 || a->len >= 31)
		return a->addr[0] == 127;
	hosts = UINT32_MAX >> a->len;
	host = rd_be32(a->addr) & hosts;
	return host == 0 || host == hosts;
}

// "10.1.0.1/24": the address, and how much of it names the network.
static bool read_address(const char *text, struct rd_rif_addr *a)
{
	const char *slash = text == NULL ? NULL : strchr(text, '/');
	char ip[RD_IP_TEXT];
	uint32_t len;
	int family;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(ip))
		return false;
	snprintf(ip, sizeof(ip), "%.*s", (int)(slash - text), text);
	memset(a, 0, sizeof(*a));
	if (rd_parse_ip(ip, &family, a->addr) < 0
		|| rd_parse_u32(slash + 1, 0, family == AF_INET ? 32 : 128, &len) < 0)
		return false;
	a->family = (uint8_t)family;
	a->len = (uint8_t)len;
	return !is_no_host(a);
}

static bool is_twice(const struct rd_rif_opts *o)
{
	const struct rd_rif_addr *last = &o->addr[o->nb_addrs - 1];

	for (unsigned i = 0; i + 1 < o->nb_addrs; i++)
		if (o->addr[i].family == last->family
			&& memcmp(o->addr[i].addr, last->addr, sizeof(last->addr)) == 0)
			return true;
	return false;
}

static void read_addresses(struct rd_request *req, struct rd_rif_opts *o)
{
	json_t *list = rd_req_array(req, "addresses", RD_RIF_ADDRS), *one;
	size_t i;

	o->nb_addrs = 0;
	json_array_foreach (list, i, one) {
		if (read_address(json_string_value(one), &o->addr[o->nb_addrs++]) && !is_twice(o))
			continue;
		rd_req_fail(req, "addresses", -EINVAL,
			"\"%.60s\" is no host's address with a prefix length, or is there twice",
			json_is_string(one) ? json_string_value(one) : "");
		rd_err_hint(req->err, "10.1.0.1/24, 2001:db8:1::1/64, several with commas");
		return;
	}
}

const struct rd_router *rd_req_router(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_router *r = name == NULL ? NULL : rd_router_find(name, req->err);

	if (req->err->code != 0)
		rd_err_where(req->err, "%s", key);
	return r;
}

const struct rd_rif *rd_req_rif(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_rif *i = name == NULL ? NULL : rd_rif_find(name, req->err);

	if (req->err->code != 0)
		rd_err_where(req->err, "%s", key);
	return i;
}

const struct rd_rif *rd_req_rif_or_null(struct rd_request *req, const char *key)
{
	return rd_req_has(req, key) ? rd_req_rif(req, key) : NULL;
}

const char *rd_ctl_router_qname(uint16_t idx, char buf[RD_QNAME_LEN])
{
	const struct rd_router *r = idx == 0 ? NULL : rd_router_at(idx);

	buf[0] = '\0';
	if (r != NULL)
		snprintf(buf, RD_QNAME_LEN, "%s/%s", rd_host_name(r->host), r->name);
	return buf;
}

const char *rd_ctl_rif_qname(uint16_t idx, char buf[RD_QNAME_LEN])
{
	const struct rd_rif *i = idx == 0 ? NULL : rd_rif_at(idx);
	const struct rd_router *r = i == NULL ? NULL : rd_router_at(i->router);

	buf[0] = '\0';
	if (r != NULL)
		snprintf(buf, RD_QNAME_LEN, "%s/%s", rd_host_name(r->host), i->name);
	return buf;
}

int ctl_router_add(struct rd_request *req)
{
	static const uint8_t usual[6] = RD_ROUTER_MAC;
	const char *name = rd_req_name(req, "name");
	const struct rd_host *host = rd_req_host(req, "host");
	uint8_t mac[6];

	memcpy(mac, usual, sizeof(mac));
	if (rd_req_has(req, "mac"))
		rd_req_mac(req, "mac", mac);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_router_add(name, host->idx, mac, req->err);
}

int ctl_router_del(struct rd_request *req)
{
	const struct rd_router *r = rd_req_router(req, "router");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_router_del(r->idx, req->err);
}

struct census { // what the routers have, by their index
	unsigned routes[RD_ROUTER_MAX], neighbours[RD_ROUTER_MAX], interfaces[RD_ROUTER_MAX];
};

static int count_route(void *arg, const struct rd_route *r)
{
	((struct census *)arg)->routes[r->router]++;
	return 0;
}

static int count_neighbour(void *arg, const struct rd_neigh *n)
{
	const struct rd_rif *i = rd_rif_at(n->rif);

	if (i != NULL)
		((struct census *)arg)->neighbours[i->router]++;
	return 0;
}

static void take_census(struct census *c)
{
	rd_route_each(count_route, c);
	rd_neigh_each(count_neighbour, c);
	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		if (rif != NULL)
			c->interfaces[rif->router]++;
	}
}

int ctl_router_list(struct rd_request *req)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	struct census c = {0};
	char qname[RD_QNAME_LEN];

	if (rd_req_end(req) < 0)
		return req->err->code;
	take_census(&c);
	for (unsigned i = 1; i < rd_router_bound(); i++) {
		const struct rd_router *r = rd_router_at((uint16_t)i);

		if (r == NULL || (host != NULL && r->host != host->idx))
			continue;
		rd_req_item(req,
			json_pack("{s:s,s:s,s:s,s:o,s:i,s:i,s:i}", "name", r->name, "host",
				rd_host_name(r->host), "qname", rd_ctl_router_qname(r->idx, qname),
				"mac", rd_json_mac(r->mac), "interfaces", (int)c.interfaces[i],
				"routes", (int)c.routes[i], "neighbours", (int)c.neighbours[i]));
	}
	return 0;
}

int ctl_rif_add(struct rd_request *req)
{
	struct rd_rif_opts o = {0};
	const char *name = rd_req_name(req, "name");
	const struct rd_router *r = rd_req_router(req, "router");
	const struct rd_segment *s = rd_req_segment(req, "segment");

	o.segment = s == NULL ? 0 : s->idx;
	o.mtu = (uint16_t)rd_req_num_or(req, "mtu", 0, RD_RIF_MTU_MAX, 0);
	read_addresses(req, &o);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_rif_add(name, r->idx, &o, req->err);
}

int ctl_rif_set(struct rd_request *req)
{
	const struct rd_rif *i = rd_req_rif(req, "interface");
	struct rd_rif_opts o = {0};

	if (i != NULL) {
		o.segment = i->segment;
		o.mtu = i->mtu;
		o.nb_addrs = i->nb_addrs;
		memcpy(o.addr, i->addr, sizeof(o.addr));
	}
	o.mtu = (uint16_t)rd_req_num_or(req, "mtu", 0, RD_RIF_MTU_MAX, o.mtu);
	if (rd_req_has(req, "addresses"))
		read_addresses(req, &o);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_rif_set(i->idx, &o, req->err);
}

int ctl_rif_del(struct rd_request *req)
{
	const struct rd_rif *i = rd_req_rif(req, "interface");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_rif_del(i->idx, req->err);
}

static json_t *addresses(const struct rd_rif *i)
{
	json_t *list = json_array();
	char ip[RD_IP_TEXT];

	for (unsigned n = 0; n < i->nb_addrs; n++)
		json_array_append_new(list,
			json_sprintf("%s/%u", rd_fmt_ip(i->addr[n].family, i->addr[n].addr, ip),
				i->addr[n].len));
	return list;
}

static json_t *rif_item(const struct rd_rif *i)
{
	const struct rd_router *r = rd_router_at(i->router);
	const struct rd_segment *s = rd_segment_at(i->segment);
	char qname[RD_QNAME_LEN], router[RD_QNAME_LEN], segment[RD_QNAME_LEN];
	struct rd_rif_counts c;

	rd_rif_counts(i->idx, &c);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:I,s:I,s:I,s:I,s:I,s:I}", "name", i->name,
		"host", r == NULL ? "" : rd_host_name(r->host), "qname",
		rd_ctl_rif_qname(i->idx, qname), "router", rd_ctl_router_qname(i->router, router),
		"segment", s == NULL ? "" : rd_ctl_segment_qname(s, segment), "mtu",
		(int)rd_rif_mtu(i), "addresses", addresses(i), "rx_packets",
		(json_int_t)c.rx_packets, "rx_bytes", (json_int_t)c.rx_bytes, "tx_packets",
		(json_int_t)c.tx_packets, "tx_bytes", (json_int_t)c.tx_bytes, "said",
		(json_int_t)c.said, "withheld", (json_int_t)c.withheld);
}

int ctl_rif_list(struct rd_request *req)
{
	const struct rd_router *r = rd_req_has(req, "router") ? rd_req_router(req, "router") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);

		if (rif != NULL && (r == NULL || rif->router == r->idx))
			rd_req_item(req, rif_item(rif));
	}
	return 0;
}
