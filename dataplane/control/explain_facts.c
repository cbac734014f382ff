/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See explain_facts.h. What a stage has decided is seen in the metadata with which the packet comes to the next one, in what the
 * stages noted, and in the tables, which are the same ones as a moment ago.
 */
#include "control/explain_facts.h"

#include "base/str.h"
#include "control/ctl_router.h"
#include "control/rule_find.h"
#include "core/stage.h"

#include <arpa/inet.h>
#include <string.h>

struct facts {
	const struct rd_dry *dry;
	const struct rd_dry_hop *hop, *next; // next NULL: it went no further
	const struct rd_port *in; // by the metadata at hop
	json_t *list;
};

typedef void (*facts_fn)(struct facts *f);

#define SAY(f, ...) json_array_append_new((f)->list, json_sprintf(__VA_ARGS__))

static const char *port_name(uint16_t idx, char buf[RD_QNAME_LEN])
{
	return idx == RD_PORT_NONE ? "no port" : rd_ctl_port_qname(idx, buf);
}

static const char *segment_name(uint16_t idx, char buf[RD_QNAME_LEN])
{
	const struct rd_segment *s = idx != 0 ? rd_segment_at(idx) : NULL;

	return s != NULL ? rd_ctl_segment_qname(s, buf) : "none";
}

static const char *tunnel_name(uint16_t idx)
{
	const struct rd_tunnel *t = idx != 0 ? rd_tunnel_at(idx) : NULL;

	return t != NULL ? t->name : "none";
}

static bool went_to(const struct facts *f, unsigned stage)
{
	return f->next != NULL && f->next->stage == stage;
}

// What the stage noted of this packet; NULL = nothing.
static const struct rd_dry_note *note(const struct facts *f, enum rd_dry_what what)
{
	for (unsigned i = 0; i < f->dry->nb_notes; i++) {
		const struct rd_dry_note *n = &f->dry->note[i];

		if (n->packet_id == f->hop->md.packet_id && n->stage == f->hop->stage
			&& n->hop == f->hop->md.hop + 1 && n->what == what)
			return n;
	}
	return NULL;
}

static void rx(struct facts *f)
{
	char name[RD_QNAME_LEN];

	if (f->next != NULL && f->next->md.in_port != f->hop->md.in_port)
		SAY(f, "its source MAC is the guest's of %s", port_name(f->next->md.in_port, name));
}

static void classify(struct facts *f)
{
	char name[RD_QNAME_LEN];

	if (went_to(f, RD_STAGE_TUNNEL_DECAP))
		SAY(f, "a tunnel packet to an endpoint here");
	else if (went_to(f, RD_STAGE_PUNT))
		SAY(f, "for our own endpoint, by %s", port_name(f->next->md.out_port, name));
	else if (went_to(f, RD_STAGE_PORT_IN))
		SAY(f, "traffic, not for us");
}

static void tunnel_decap(struct facts *f)
{
	char name[RD_QNAME_LEN];

	if (f->next == NULL || f->next->md.segment == 0)
		return;
	SAY(f, "VNI %u is segment %s", f->next->md.vni, segment_name(f->next->md.segment, name));
	if (f->next->md.tunnel != 0)
		SAY(f, "its sender is tunnel %s", tunnel_name(f->next->md.tunnel));
}

static void port_in(struct facts *f)
{
	char name[RD_QNAME_LEN];

	if (!went_to(f, RD_STAGE_FLOW_LOOKUP))
		return;
	if (f->hop->md.vlan != 0)
		SAY(f, "VLAN %u is segment %s", f->hop->md.vlan,
			segment_name(f->next->md.segment, name));
	else
		SAY(f, "segment %s", segment_name(f->next->md.segment, name));
	if (f->in != NULL && f->in->spoof_check)
		SAY(f, "it may send with this source MAC");
}

static void flow_lookup(struct facts *f)
{
	const struct rd_dry_note *n = note(f, RD_DRY_FLOW);

	if (f->next != NULL && (f->next->md.flags & RD_META_HIT))
		SAY(f, "hit: worker %u has decided this flow", n != NULL ? n->value : 0);
	else if (n != NULL)
		SAY(f, "worker %u knows the flow, but decides again", n->value);
	else if (f->hop->md.pkt_flags & RD_PKT_MCAST)
		SAY(f, "a flood is never cached: the tables decide");
	else
		SAY(f, "miss: no worker knows the flow, the tables decide");
}

static void l2_lookup(struct facts *f)
{
	const uint8_t *b = f->hop->bytes;
	char mac[RD_MAC_TEXT], name[RD_QNAME_LEN];
	struct rd_fdb_entry e;

	if (note(f, RD_DRY_LEARNS) != NULL)
		SAY(f, "its source would be learned");
	if (b == NULL)
		return;
	if (!rd_fdb_lookup(f->hop->md.segment, b, &e))
		SAY(f, b[0] & 1 ? "%s is a group" : "%s is known nowhere in the segment",
			rd_fmt_mac(b, mac));
	else if (e.kind == RD_FDB_ROUTER)
		SAY(f, "%s is the router's", rd_fmt_mac(b, mac));
	else if (e.is_tunnel)
		SAY(f, "%s is behind tunnel %s", rd_fmt_mac(b, mac), tunnel_name(e.to));
	else
		SAY(f, "%s is behind %s", rd_fmt_mac(b, mac), port_name(e.to, name));
}

// Of the packet's destination; NULL: it has none.
static const uint8_t *destination(const struct facts *f, uint8_t *family, uint8_t addr[16])
{
	bool v6 = f->hop->md.pkt_flags & RD_PKT_IPV6;
	uint32_t at = f->hop->md.l3_off + (v6 ? 24u : 16u), size = v6 ? 16 : 4;

	if (f->hop->bytes == NULL || at + size > f->hop->len
		|| (f->hop->md.pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0)
		return NULL;
	*family = v6 ? AF_INET6 : AF_INET;
	memset(addr, 0, 16);
	return memcpy(addr, f->hop->bytes + at, size);
}

static void next_hop(struct facts *f, const struct rd_route *r, unsigned path, const uint8_t *dst)
{
	const uint8_t *via = r->kind == RD_ROUTE_VIA ? r->path[path].addr : dst;
	int slot = rd_neigh_find(r->path[path].rif, r->family, via, false, 0);
	char ip[RD_IP_TEXT], mac[RD_MAC_TEXT], name[RD_QNAME_LEN];
	struct rd_neigh n;

	rd_fmt_ip(r->family, via, ip);
	rd_ctl_rif_qname(r->path[path].rif, name);
	if (slot <= 0 || !rd_neigh_at((uint16_t)slot, &n))
		SAY(f, "by %s to %s: nobody has asked for its MAC so far", name, ip);
	else if (!rd_neigh_has_mac(&n))
		SAY(f, "by %s to %s: its MAC is not known (%s)", name, ip,
			rd_neigh_state_name(n.state));
	else
		SAY(f, "by %s to %s, which has %s (%s)", name, ip, rd_fmt_mac(n.mac, mac),
			n.fixed ? "static" : rd_neigh_state_name(n.state));
}

// The path that the packet goes on by: of several, that into its segment.
static unsigned path_taken(const struct facts *f, const struct rd_route *r)
{
	for (unsigned i = 0; f->next != NULL && i < r->nb_paths; i++) {
		const struct rd_rif *rif = rd_rif_at(r->path[i].rif);
		int slot = rd_neigh_find(r->path[i].rif, r->family, r->path[i].addr, false, 0);
		struct rd_neigh n;

		if (rif != NULL && rif->segment == f->next->md.segment && slot > 0
			&& rd_neigh_at((uint16_t)slot, &n) && f->next->bytes != NULL
			&& memcmp(n.mac, f->next->bytes, 6) == 0)
			return i;
	}
	return 0;
}

static void route(struct facts *f)
{
	static const char *const words[] = {[RD_ROUTE_CONNECTED] = "connected",
		[RD_ROUTE_VIA] = "by a next hop",
		[RD_ROUTE_BLACKHOLE] = "a blackhole",
		[RD_ROUTE_UNREACHABLE] = "unreachable"};
	const struct rd_rif *in =
		f->hop->md.segment != 0 ? rd_rif_of_segment(f->hop->md.segment) : NULL;
	char ip[RD_IP_TEXT], name[RD_QNAME_LEN];
	uint8_t family, dst[16];
	struct rd_route r;

	if (in == NULL || destination(f, &family, dst) == NULL)
		return;
	SAY(f, "router %s, by its interface %s", rd_ctl_router_qname(in->router, name),
		rd_ctl_rif_qname(in->idx, (char[RD_QNAME_LEN]){0}));
	if (rd_router_has_addr(in->router, family, dst)) {
		SAY(f, "%s is the router's own address", rd_fmt_ip(family, dst, ip));
		return;
	}
	if (!rd_route_lookup(in->router, family, dst, &r)) {
		SAY(f, "no route leads to %s", rd_fmt_ip(family, dst, ip));
		return;
	}
	SAY(f, "route %s/%u is %s", rd_fmt_ip(r.family, r.addr, ip), r.len, words[r.kind]);
	if (r.nb_paths > 1)
		SAY(f, "one of %u next hops, by the flow's hash", r.nb_paths);
	if (r.nb_paths > 0)
		next_hop(f, &r, r.nb_paths > 1 ? path_taken(f, &r) : 0, dst);
}

static void connection(struct facts *f)
{
	const struct rd_dry_note *n = note(f, RD_DRY_CONN);

	if (n != NULL)
		SAY(f, "of a connection in state %s%s",
			rd_conn_state_name((enum rd_conn_state)n->value),
			note(f, RD_DRY_REPLY) != NULL ? ", against its first packet" : "");
	if (note(f, RD_DRY_CONN_GONE) != NULL)
		SAY(f, "its connection has ended: it would begin another one");
	else if (note(f, RD_DRY_CONN_NEW) != NULL)
		SAY(f, "it would begin a connection");
}

static void dfw(struct facts *f)
{
	char line[RD_RULE_TEXT];

	if (f->next == NULL)
		return;
	SAY(f, "%s", rd_rule_line(f->hop->port, f->next->md.rule_id, line));
	connection(f);
}

static void flood(struct facts *f)
{
	unsigned copies = f->next != NULL && f->next->stage != RD_STAGE_DROP;

	for (unsigned i = 0; i < f->dry->nb_hops; i++)
		copies += f->dry->hop[i].md.parent_id == f->hop->md.packet_id
			&& (f->dry->hop[i].md.flags & RD_META_CLONE)
			&& f->dry->hop[i].md.hop == f->hop->md.hop + 1;
	SAY(f, "to %u receivers", copies);
}

static void encap(struct facts *f)
{
	const struct rd_tunnel *t = f->hop->md.tunnel != 0 ? rd_tunnel_at(f->hop->md.tunnel) : NULL;
	const struct rd_segment *s = rd_segment_at(f->hop->md.segment);
	char ip[RD_IP_TEXT];

	if (t != NULL && s != NULL)
		SAY(f, "VNI %u to %s (tunnel %s)", s->vni, rd_fmt_ip(AF_INET, t->remote, ip),
			t->name);
}

static void uplink_select(struct facts *f)
{
	const struct rd_segment *s =
		f->hop->md.segment != 0 ? rd_segment_at(f->hop->md.segment) : NULL;
	char name[RD_QNAME_LEN];

	if (f->next == NULL || f->next->stage == RD_STAGE_DROP)
		return;
	SAY(f, "by uplink %s", port_name(f->next->md.out_port, name));
	if (s != NULL && s->vlan > 0)
		SAY(f, "with the tag of VLAN %d", s->vlan);
}

static void port_out(struct facts *f)
{
	char name[RD_QNAME_LEN];

	if (f->next != NULL && f->next->md.out_port != f->hop->md.out_port)
		SAY(f, "%s leaves by %s", port_name(f->hop->md.out_port, name),
			port_name(f->next->md.out_port, (char[RD_QNAME_LEN]){0}));
}

static void flow_install(struct facts *f)
{
	SAY(f, "the flow would be remembered");
}

static void tx(struct facts *f)
{
	const struct rd_port *p =
		f->hop->md.out_port != RD_PORT_NONE ? rd_port_at(f->hop->md.out_port) : NULL;
	char name[RD_QNAME_LEN];

	if (p == NULL || went_to(f, RD_STAGE_DROP))
		return;
	if (f->next != NULL)
		SAY(f, "over the link to %s", port_name(f->next->md.in_port, name));
	else if (f->hop->md.held)
		SAY(f, "a probe: kept here");
	else if (p->attach == RD_ATTACH_ANSWER)
		SAY(f, "the guest that stands in there takes it");
	else
		SAY(f, "device %s takes it", p->device);
}

static void punt(struct facts *f)
{
	SAY(f,
		f->next == NULL ? "it teaches the tunnel its next hop, and ends here"
			: f->next->stage == RD_STAGE_DROP ? "there is nothing to answer"
							  : "it becomes the answer");
}

static void drop(struct facts *f)
{
	const struct rd_drop_desc *d = rd_drop_by_id(f->hop->md.reason);

	if (d == NULL)
		return;
	SAY(f, "%s: %s", d->name, d->meaning);
	SAY(f, "try: %s", d->hint);
}

static const facts_fn by_stage[RD_STAGE_MAX] = {
	[RD_STAGE_MUX_RX] = rx,
	[RD_STAGE_CLASSIFY] = classify,
	[RD_STAGE_TUNNEL_DECAP] = tunnel_decap,
	[RD_STAGE_PORT_IN] = port_in,
	[RD_STAGE_FLOW_LOOKUP] = flow_lookup,
	[RD_STAGE_L2_LOOKUP] = l2_lookup,
	[RD_STAGE_ROUTE] = route,
	[RD_STAGE_DFW_OUT] = dfw,
	[RD_STAGE_DFW_IN] = dfw,
	[RD_STAGE_FLOOD] = flood,
	[RD_STAGE_TUNNEL_ENCAP] = encap,
	[RD_STAGE_UPLINK_SELECT] = uplink_select,
	[RD_STAGE_PORT_OUT] = port_out,
	[RD_STAGE_FLOW_INSTALL] = flow_install,
	[RD_STAGE_UPLINK_TX] = tx,
	[RD_STAGE_MUX_TX] = tx,
	[RD_STAGE_VNIC_TX] = tx,
	[RD_STAGE_UPT_TX] = tx,
	[RD_STAGE_PUNT] = punt,
	[RD_STAGE_DROP] = drop,
};

const struct rd_dry_hop *rd_facts_next(const struct rd_dry *d, unsigned i)
{
	for (unsigned j = i + 1; j < d->nb_hops; j++)
		if (d->hop[j].md.packet_id == d->hop[i].md.packet_id)
			return &d->hop[j];
	return NULL;
}

json_t *rd_facts(const struct rd_dry *d, unsigned i)
{
	const struct rd_dry_hop *h = &d->hop[i];
	struct facts f = {.dry = d, .hop = h, .next = rd_facts_next(d, i), .list = json_array()};

	f.in = h->md.in_port != RD_PORT_NONE ? rd_port_at(h->md.in_port) : NULL;
	if (f.list != NULL && by_stage[h->stage] != NULL)
		by_stage[h->stage](&f);
	return f.list;
}
