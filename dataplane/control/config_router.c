/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lines of running_config that make the routers: interfaces, static routes and static neighbours. Control thread.
 */
#include <arpa/inet.h>

#include "control/ctl_router.h"

static void routers(struct line *l)
{
	char mac[RD_MAC_TEXT];

	for (unsigned i = 1; i < rd_router_bound(); i++) {
		const struct rd_router *r = rd_router_at((uint16_t)i);

		if (r == NULL)
			continue;
		put(l, "router add %s host %s mac %s", r->name, rd_host_name(r->host),
			rd_fmt_mac(r->mac, mac));
		rd_line_emit(l);
	}
}

static void interfaces(struct line *l)
{
	char router[RD_QNAME_LEN], segment[RD_QNAME_LEN], ip[RD_IP_TEXT];

	for (unsigned i = 1; i < rd_rif_bound(); i++) {
		const struct rd_rif *rif = rd_rif_at((uint16_t)i);
		const struct rd_segment *s = rif == NULL ? NULL : rd_segment_at(rif->segment);

		if (s == NULL)
			continue;
		put(l, "router interface add %s router %s segment %s", rif->name,
			rd_ctl_router_qname(rif->router, router), rd_ctl_segment_qname(s, segment));
		for (unsigned n = 0; n < rif->nb_addrs; n++)
			put(l, "%s%s/%u", n == 0 ? " address " : ",",
				rd_fmt_ip(rif->addr[n].family, rif->addr[n].addr, ip),
				rif->addr[n].len);
		if (rif->mtu != 0)
			put(l, " mtu %u", rif->mtu);
		rd_line_emit(l);
	}
}

static int route(void *arg, const struct rd_route *r)
{
	struct line *l = arg;
	char router[RD_QNAME_LEN], ip[RD_IP_TEXT];

	if (r->kind == RD_ROUTE_CONNECTED)
		return 0;
	put(l, "route add %s/%u router %s", rd_fmt_ip(r->family, r->addr, ip), r->len,
		rd_ctl_router_qname(r->router, router));
	if (r->kind != RD_ROUTE_VIA)
		put(l, r->kind == RD_ROUTE_BLACKHOLE ? " blackhole" : " unreachable");
	for (unsigned i = 0; r->kind == RD_ROUTE_VIA && i < r->nb_paths; i++)
		put(l, "%s%s", i == 0 ? " via " : ",", rd_fmt_ip(r->family, r->path[i].addr, ip));
	rd_line_emit(l);
	return 0;
}

static int neighbour(void *arg, const struct rd_neigh *n)
{
	struct line *l = arg;
	char rif[RD_QNAME_LEN], ip[RD_IP_TEXT], mac[RD_MAC_TEXT];

	if (!n->fixed)
		return 0;
	put(l, "neighbour add %s interface %s mac %s", rd_fmt_ip(n->family, n->addr, ip),
		rd_ctl_rif_qname(n->rif, rif), rd_fmt_mac(n->mac, mac));
	rd_line_emit(l);
	return 0;
}

void rd_config_routers(struct line *l)
{
	routers(l);
	interfaces(l);
	rd_route_each(route, l);
	rd_neigh_each(neighbour, l);
}
