/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who is behind the addresses of a described packet: MACs and tunnel ends that the person did not say, from what the daemon
 * knows. A source: the guest's own MAC at its port; else who has used the address in a flow, else who is known there. A
 * destination: the group of a group address; the segment's router, when it is its address or one of another network; who
 * has used the address; else the only other station of the segment.
 */
#include "cmds/explain.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct who {
	struct rd_cli *cli;
	struct rd_words *w;
	json_t *ports, *segments, *fdb, *flows, *teps, *tunnels, *routers, *interfaces;
	const json_t *port, *segment; // in those
};

static const json_t *find(const json_t *list, const char *field, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(rd_item_str(json_array_get(list, i), field), text) == 0)
			return json_array_get(list, i);
	return NULL;
}

static int fetch(struct who *k, const char *port, struct rd_err *err)
{
	json_t *one = rd_cli_fetch(k->cli, "port.list", json_pack("{s:s}", "port", port), err);

	if (one == NULL)
		return err->code;
	k->ports = one;
	k->port = json_array_get(one, 0);
	k->segments = rd_cli_fetch(k->cli, "segment.list", NULL, err);
	k->fdb = rd_cli_fetch(k->cli, "fdb.list", NULL, err);
	k->flows = rd_cli_fetch(k->cli, "flow.list", json_pack("{s:i}", "limit", 1000), err);
	k->teps = rd_cli_fetch(k->cli, "tep.list", NULL, err);
	k->tunnels = rd_cli_fetch(k->cli, "tunnel.list", NULL, err);
	k->routers = rd_cli_fetch(k->cli, "router.list", NULL, err);
	k->interfaces = rd_cli_fetch(k->cli, "router_interface.list", NULL, err);
	return k->segments != NULL && k->fdb != NULL && k->flows != NULL && k->teps != NULL
			&& k->tunnels != NULL && k->routers != NULL && k->interfaces != NULL
		? 0
		: err->code;
}

static bool is_uplink(const struct who *k)
{
	return strcmp(rd_item_str(k->port, "type"), "uplink") == 0;
}

// An uplink's segment is named by the packet.
static bool is_carried(const struct who *k, const json_t *s)
{
	if (strcmp(rd_item_str(s, "host"), rd_item_str(k->port, "host")) != 0)
		return false;
	if (k->w->has_vni)
		return rd_item_int(s, "vlan") < 0 && rd_item_int(s, "vni") == k->w->vni;
	return strcmp(rd_item_str(s, "switch"), rd_item_str(k->port, "switch")) == 0
		&& rd_item_int(s, "vlan") == k->w->vlan;
}

// The guest behind a MUX is the port that leads through it.
static void find_segment(struct who *k)
{
	for (size_t i = 0; is_uplink(k) && i < json_array_size(k->segments); i++)
		if (is_carried(k, json_array_get(k->segments, i)))
			k->segment = json_array_get(k->segments, i);
	if (!is_uplink(k))
		k->segment = find(k->segments, "qname", rd_item_str(k->port, "segment"));
}

static bool same_segment(const struct who *k, const json_t *entry)
{
	return k->segment == NULL
		|| strcmp(rd_item_str(entry, "segment"), rd_item_str(k->segment, "qname")) == 0;
}

// Whether a station is on the side that the packet comes from.
static bool is_near(const struct who *k, const json_t *entry)
{
	if (is_uplink(k) && k->w->has_vni)
		return strcmp(rd_item_str(entry, "to_kind"), "tunnel") == 0;
	return strcmp(rd_item_str(entry, "to"), rd_item_str(k->port, "qname")) == 0;
}

// A flow that has used the address.
static bool by_flow(const struct who *k, struct rd_words_end *e)
{
	char text[RD_IP_TEXT];

	rd_fmt_ip(e->family, e->addr, text);
	for (size_t i = 0; i < json_array_size(k->flows); i++) {
		const json_t *f = json_array_get(k->flows, i);
		const char *mac = strcmp(rd_item_str(f, "src_ip"), text) == 0
			? rd_item_str(f, "src_mac")
			: strcmp(rd_item_str(f, "dst_ip"), text) == 0 ? rd_item_str(f, "dst_mac")
								      : "";

		if (rd_parse_mac(mac, e->mac) == 0 && (e->mac[0] & 1) == 0)
			return true;
	}
	return false;
}

// The only station on that side, of the segment or of all (the other tiers know who is far away): how many there are.
static unsigned by_fdb(const struct who *k, bool near, bool anywhere, struct rd_words_end *e)
{
	unsigned nb = 0;

	for (size_t i = 0; i < json_array_size(k->fdb); i++) {
		const json_t *entry = json_array_get(k->fdb, i);
		uint8_t mac[6];

		if ((!anywhere && !same_segment(k, entry)) || is_near(k, entry) != near
			|| strcmp(rd_item_str(entry, "to_kind"), "router") == 0
			|| rd_parse_mac(rd_item_str(entry, "mac"), mac) < 0
			|| (!near && memcmp(mac, k->w->from.mac, 6) == 0)
			|| (nb > 0 && memcmp(mac, e->mac, 6) == 0))
			continue;
		nb++;
		memcpy(e->mac, mac, 6);
	}
	return nb;
}

// RFC 1112 6.4, RFC 2464 7; and broadcast.
static bool by_group(struct rd_words_end *e)
{
	const uint8_t *a = e->addr;

	if (e->family == AF_INET && (a[0] & 0xf0) == 0xe0)
		memcpy(e->mac, (uint8_t[]){1, 0, 0x5e, a[1] & 0x7f, a[2], a[3]}, 6);
	else if (e->family == AF_INET6 && a[0] == 0xff)
		memcpy(e->mac, (uint8_t[]){0x33, 0x33, a[12], a[13], a[14], a[15]}, 6);
	else if (e->family == AF_INET && memcmp(a, "\xff\xff\xff\xff", 4) == 0)
		memset(e->mac, 0xff, 6);
	else
		return false;
	return true;
}

// Whether "10.1.0.1/24" is the address, or *inside its network.
static bool is_address(const char *text, const struct rd_words_end *e, bool *inside)
{
	char host[RD_IP_TEXT], masked[RD_PREFIX_TEXT];
	uint8_t net[16], len, addr[16];
	int family;

	snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "/"), text);
	if (rd_parse_prefix(text, &family, net, &len) < 0 || family != e->family
		|| rd_parse_ip(host, &family, addr) < 0)
		return false;
	snprintf(masked, sizeof(masked), "%s/%u", rd_fmt_ip(e->family, e->addr, host), len);
	rd_parse_prefix(masked, &family, addr, &len);
	if (memcmp(addr, net, e->family == AF_INET ? 4 : 16) == 0)
		*inside = true;
	snprintf(masked, sizeof(masked), "%.*s", (int)strcspn(text, "/"), text);
	return strcmp(masked, rd_fmt_ip(e->family, e->addr, host)) == 0;
}

// The router that serves the segment has the packet when it is for itself or for another network.
static bool by_router(const struct who *k, struct rd_words_end *e)
{
	const char *segment = k->segment == NULL ? "" : rd_item_str(k->segment, "qname");
	const json_t *i = find(k->interfaces, "segment", segment), *router, *list;
	bool inside = false, own = false;

	if (i == NULL)
		return false;
	list = json_object_get(i, "addresses");
	for (size_t n = 0; n < json_array_size(list); n++)
		own |= is_address(json_string_value(json_array_get(list, n)), e, &inside);
	router = find(k->routers, "qname", rd_item_str(i, "router"));
	return (own || !inside) && router != NULL
		&& rd_parse_mac(rd_item_str(router, "mac"), e->mac) == 0;
}

// What nobody has: a MAC of the private range.
static void find_source(struct who *k)
{
	static const uint8_t stranger[6] = {2, 0, 0, 0, 0, 1};
	struct rd_words_end *e = &k->w->from;
	const char *type = rd_item_str(k->port, "type");
	bool guest = strcmp(type, "vnic") == 0 || strcmp(type, "upt") == 0;

	if (e->has_mac || (guest && rd_parse_mac(rd_item_str(k->port, "mac"), e->mac) == 0)
		|| by_flow(k, e))
		return;
	// Behind a MUX the guests are on the far side of their proxies.
	if (by_fdb(k, strcmp(type, "mux") != 0, false, e) == 0)
		memcpy(e->mac, stranger, 6);
}

static int find_destination(struct who *k, struct rd_err *err)
{
	struct rd_words_end *e = &k->w->to;
	unsigned nb;

	if (k->w->kind == RD_WORDS_ARP && !e->has_mac) {
		memset(e->mac, 0xff, 6);
		return 0;
	}
	if (e->has_mac || by_group(e) || by_router(k, e) || by_flow(k, e))
		return 0;
	nb = by_fdb(k, false, false, e);
	if (nb == 0)
		nb = by_fdb(k, false, true, e);
	if (nb == 1)
		return 0;
	rd_err_set(err, -EINVAL,
		nb == 0 ? "nobody is known who could have the destination address"
			: "%u stations could have the destination address",
		nb);
	rd_err_hint(err, "dmac MAC: show fdb lists who is where");
	return -EINVAL;
}

// The tunnel that the source is behind, else the first one of the host.
static const json_t *source_tunnel(const struct who *k)
{
	char mac[RD_MAC_TEXT];
	const json_t *entry = find(k->fdb, "mac", rd_fmt_mac(k->w->from.mac, mac)), *t = NULL;

	if (entry != NULL)
		t = find(k->tunnels, "name", rd_item_str(entry, "to"));
	return t != NULL ? t : find(k->tunnels, "host", rd_item_str(k->port, "host"));
}

static bool read_end(const char *ip, const char *mac, struct rd_words_end *e)
{
	if (rd_parse_mac(mac, e->mac) < 0) // its next hop is not known yet
		memcpy(e->mac, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
	return rd_parse_ip(ip, &e->family, e->addr) == 0;
}

static int find_tunnel(struct who *k, struct rd_err *err)
{
	const json_t *t = source_tunnel(k), *tep;
	struct rd_words *w = k->w;

	if (!w->has_vni)
		return 0;
	tep = t != NULL ? find(k->teps, "ip", rd_item_str(t, "local")) : NULL;
	if (tep == NULL
		|| !read_end(rd_item_str(t, "remote"), rd_item_str(t, "mac"), &w->outer_from)
		|| !read_end(rd_item_str(tep, "ip"), rd_item_str(tep, "mac"), &w->outer_to)) {
		rd_err_set(err, -ENOENT, "host %s has no tunnel that a packet could come by",
			rd_item_str(k->port, "host"));
		rd_err_hint(err, "show tunnel; or give the whole packet: file FILE, hex BYTES");
		return -ENOENT;
	}
	w->outer_from.port = 49152;
	w->outer_to.port = (uint16_t)rd_item_int(tep, "dport");
	return 0;
}

static void forget(struct who *k)
{
	json_decref(k->ports);
	json_decref(k->segments);
	json_decref(k->fdb);
	json_decref(k->flows);
	json_decref(k->teps);
	json_decref(k->tunnels);
	json_decref(k->routers);
	json_decref(k->interfaces);
}

int rd_words_who(struct rd_cli *cli, const char *port, struct rd_words *w, struct rd_err *err)
{
	struct who k = {.cli = cli, .w = w};
	int ret = fetch(&k, port, err);

	if (ret == 0) {
		find_segment(&k);
		find_source(&k);
		ret = find_destination(&k, err);
	}
	if (ret == 0)
		ret = find_tunnel(&k, err);
	forget(&k);
	return ret;
}
