/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port.ladder: one line per layer that packets of a guest, an endpoint or an uplink pass, in their order: how many entered it, how many
 * it made and dropped, and how many of the rest the next layer has not seen, and why. All counts are of the ports that
 * a line names. Control thread.
 */
#include <stdlib.h>

#include "control/ladder.h"

enum whose {
	WIRE, // the uplinks
	OWN, // the port asked for
	END, // whose device the guest is at: the same, or its MUX
	SETS,
};

enum form {
	MAIN, // every packet passes it
	OR, // or passes this one instead of the one before
	DETOUR, // some do, and come back
};

struct rung {
	uint8_t layer;
	uint8_t whose, form;
	const char *why; // why the next one that every packet passes counts another number
};

#define AGAIN "routed: they pass the next layer twice"

static const struct rung to_guest[] = {
	{LADDER_DEVICE_RX, WIRE, MAIN, "not from the device: injected, or by a link"},
	{RD_STAGE_HANDOFF, WIRE, DETOUR, NULL},
	{LADDER_PORT_RX, WIRE, MAIN, ""},
	{RD_STAGE_UPLINK_RX, WIRE, MAIN, ""},
	{RD_STAGE_CLASSIFY, WIRE, MAIN, "to the switch's own endpoint"},
	{RD_STAGE_TUNNEL_DECAP, WIRE, MAIN, AGAIN},
	{RD_STAGE_PORT_IN, WIRE, OR, AGAIN},
	{RD_STAGE_FLOW_LOOKUP, WIRE, MAIN,
		"to other ports, or to a router and back, less those that came from other ports"},
	{RD_STAGE_L2_LOOKUP, WIRE, DETOUR, NULL},
	{RD_STAGE_ROUTE, WIRE, DETOUR, NULL},
	{RD_STAGE_FLOOD, WIRE, DETOUR, NULL},
	{RD_STAGE_REJECT, WIRE, DETOUR, NULL},
	{RD_STAGE_DFW_IN, OWN, DETOUR, NULL},
	{RD_STAGE_PORT_OUT, OWN, MAIN, "less those of others behind the same MUX"},
	{LADDER_PORT_TX, OWN, DETOUR, NULL},
	{RD_STAGE_FLOW_INSTALL, END, DETOUR, NULL},
	{RD_STAGE_MUX_TX, END, MAIN, "probes, which end before the device"},
	{RD_STAGE_VNIC_TX, END, OR, "probes, which end before the device"},
	{RD_STAGE_UPT_TX, END, OR, "probes, which end before the device"},
	{LADDER_PORT_TX, END, MAIN, "not by the device: by a link, to a stand-in, or lost in it"},
	{LADDER_DEVICE_TX, END, MAIN, NULL},
};

static const struct rung from_guest[] = {
	{LADDER_DEVICE_RX, END, MAIN, "not from the device: injected, or by a link"},
	{RD_STAGE_HANDOFF, END, DETOUR, NULL},
	{LADDER_PORT_RX, END, MAIN, ""},
	{RD_STAGE_MUX_RX, END, MAIN, "of others behind the same MUX"},
	{RD_STAGE_VNIC_RX, END, OR, ""},
	{RD_STAGE_UPT_RX, END, OR, ""},
	{LADDER_PORT_RX, OWN, DETOUR, NULL},
	{RD_STAGE_CLASSIFY, OWN, MAIN, ""},
	{RD_STAGE_PORT_IN, OWN, MAIN, AGAIN},
	{RD_STAGE_FLOW_LOOKUP, OWN, MAIN, "to ports of this switch, or to a router and back"},
	{RD_STAGE_L2_LOOKUP, OWN, DETOUR, NULL},
	{RD_STAGE_ROUTE, OWN, DETOUR, NULL},
	{RD_STAGE_FLOOD, OWN, DETOUR, NULL},
	{RD_STAGE_DFW_OUT, OWN, DETOUR, NULL},
	{RD_STAGE_REJECT, OWN, DETOUR, NULL},
	{RD_STAGE_TUNNEL_ENCAP, OWN, DETOUR, NULL},
	{RD_STAGE_UPLINK_SELECT, OWN, MAIN, "to other uplinks, less what came from other ports"},
	{RD_STAGE_FLOW_INSTALL, WIRE, DETOUR, NULL},
	{RD_STAGE_UPLINK_TX, WIRE, MAIN, "probes, which end before the device"},
	{LADDER_PORT_TX, WIRE, MAIN, "not by the device: by a link, to a stand-in, or lost in it"},
	{LADDER_DEVICE_TX, WIRE, MAIN, NULL},
};

static const struct rung to_endpoint[] = {
	{LADDER_DEVICE_RX, WIRE, MAIN, "not from the device: injected, or by a link"},
	{RD_STAGE_HANDOFF, WIRE, DETOUR, NULL},
	{LADDER_PORT_RX, WIRE, MAIN, ""},
	{RD_STAGE_UPLINK_RX, WIRE, MAIN, ""},
	{RD_STAGE_CLASSIFY, WIRE, MAIN, "to guests"},
	{RD_STAGE_PUNT, OWN, MAIN, NULL},
};

static const struct rung from_endpoint[] = {
	{RD_STAGE_VMK_RX, OWN, MAIN, ""},
	{RD_STAGE_UPLINK_SELECT, OWN, MAIN, "to other uplinks, less what came from other ports"},
	{RD_STAGE_UPLINK_TX, WIRE, MAIN, "probes, which end before the device"},
	{LADDER_PORT_TX, WIRE, MAIN, "not by the device: by a link, to a stand-in, or lost in it"},
	{LADDER_DEVICE_TX, WIRE, MAIN, NULL},
};

struct line {
	const struct rung *rung;
	struct ladder_count n;
};

struct ladder {
	struct rd_request *req;
	struct ladder_ports set[SETS];
	const struct rung *rung;
	unsigned nb;
	struct line line[RTE_DIM(to_guest)];
};
_Static_assert(RTE_DIM(from_guest) <= RTE_DIM(to_guest), "lines of a ladder");

// --- which ports ---

static void add(struct ladder_ports *s, const struct rd_port *p)
{
	for (unsigned i = 0; i < s->nb; i++)
		if (s->p[i] == p)
			return;
	if (p != NULL && s->nb < RD_PORT_MAX)
		s->p[s->nb++] = p;
}

static bool carries(const struct rd_port *p)
{
	return p->attach != RD_ATTACH_BYPASS
		&& (p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT || p->type == RD_PORT_MUX);
}

// The uplinks of a port's team; without one, all of its switch. Of an uplink: itself, and all guests of its switch.
static void find_ports(struct ladder *l, const struct rd_port *asked)
{
	bool uplink = asked->type == RD_PORT_UPLINK;

	if (!uplink)
		add(&l->set[OWN], asked);
	else
		add(&l->set[WIRE], asked);
	for (unsigned i = 0; !uplink && i < asked->nb_team; i++)
		add(&l->set[WIRE], rd_port_at(asked->team[i]));
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p == NULL || p->sw != asked->sw)
			continue;
		if (uplink && carries(p))
			add(&l->set[OWN], p);
		else if (!uplink && asked->nb_team == 0 && p->type == RD_PORT_UPLINK)
			add(&l->set[WIRE], p);
	}
	for (unsigned i = 0; i < l->set[OWN].nb; i++) {
		const struct rd_port *p = l->set[OWN].p[i];

		add(&l->set[END], p->attach == RD_ATTACH_VIA ? rd_port_at(p->peer) : p);
	}
}

// --- lines ---

// Packets at a guest's end meet one of several RX and TX stages.
static bool is_stage_of(const struct ladder_ports *s, unsigned layer)
{
	bool some = false;

	for (unsigned i = 0; i < s->nb; i++) {
		unsigned type = s->p[i]->type;

		some |= (layer == RD_STAGE_MUX_RX || layer == RD_STAGE_MUX_TX)
			&& type == RD_PORT_MUX;
		some |= (layer == RD_STAGE_VNIC_RX || layer == RD_STAGE_VNIC_TX)
			&& type == RD_PORT_VNIC;
		some |= (layer == RD_STAGE_UPT_RX || layer == RD_STAGE_UPT_TX)
			&& type == RD_PORT_UPT;
	}
	return some;
}

// Whether the line says something here: of stages at a guest's end those that its kind has, of a proxy's own counters only
// a proxy's.
static bool applies(const struct ladder *l, const struct rung *r)
{
	const struct ladder_ports *own = &l->set[OWN], *end = &l->set[END];

	switch (r->layer) {
	case RD_STAGE_MUX_RX:
	case RD_STAGE_VNIC_RX:
	case RD_STAGE_UPT_RX:
	case RD_STAGE_MUX_TX:
	case RD_STAGE_VNIC_TX:
	case RD_STAGE_UPT_TX:
		return is_stage_of(end, r->layer);
	case LADDER_PORT_RX:
	case LADDER_PORT_TX:
		return r->whose != OWN || (own->nb == 1 && end->nb == 1 && own->p[0] != end->p[0]);
	default:
		return true;
	}
}

// The first of those that a packet passes one of.
static const struct rung *group_of(const struct rung *r)
{
	while (r->form == OR)
		r--;
	return r;
}

static void fill(struct ladder *l, const struct rung *rungs, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		struct line *x = &l->line[l->nb];
		const struct ladder_ports *s = &l->set[rungs[i].whose];

		if (!applies(l, &rungs[i]))
			continue;
		x->rung = &rungs[i];
		ladder_count(s, rungs[i].layer, &x->n);
		l->nb++;
	}
}

static bool in_group(const struct ladder *l, unsigned i, const struct rung *first)
{
	return i < l->nb && l->line[i].rung->form != DETOUR && group_of(l->line[i].rung) == first;
}

static bool is_tx(unsigned layer)
{
	return layer < RD_TALLY_STAGES && rd_stage_by_id(layer)->kind == RD_STAGE_KIND_TX;
}

// What the lines of a group have together. The index of the line behind it.
static unsigned sum_group(const struct ladder *l, unsigned i, int64_t *in, int64_t *left, bool *all)
{
	const struct rung *first = group_of(l->line[i].rung);

	for (; in_group(l, i, first); i++) {
		const struct line *x = &l->line[i];

		*all = *all && x->n.counts;
		*in += (int64_t)x->n.packets;
		*left += (int64_t)(x->n.packets - x->n.drops);
		if (!is_tx(x->rung->layer)) // whose stand-in guests' answers begin another way
			*left += (int64_t)x->n.created;
	}
	return i;
}

// Of the last line of a group: how many of its packets the next group has not seen, detours' drops and copies considered. false: it
// can't be known, or there is none.
static bool elsewhere(const struct ladder *l, unsigned last, int64_t *nb)
{
	const struct rung *first = group_of(l->line[last].rung);
	int64_t in = 0, left = 0, next = 0, unused = 0;
	unsigned i = last;
	bool all = true;

	if (l->line[last].rung->form == DETOUR || in_group(l, last + 1, first))
		return false;
	while (i > 0 && in_group(l, i - 1, first))
		i--;
	i = sum_group(l, i, &in, &left, &all);
	for (; i < l->nb && l->line[i].rung->form == DETOUR; i++)
		left += (int64_t)(l->line[i].n.created - l->line[i].n.drops);
	if (i == l->nb)
		return false;
	(void)sum_group(l, i, &next, &unused, &all);
	*nb = left - next;
	return all;
}

static const char *layer_name(unsigned layer)
{
	static const char *const names[] = {"device rx", "device tx", "port rx", "port tx"};

	return layer < RD_TALLY_STAGES ? rd_stage_by_id(layer)->name
				       : names[layer - LADDER_DEVICE_RX];
}

static json_t *names_of(const struct ladder_ports *s)
{
	json_t *list = json_array();
	char name[RD_QNAME_LEN];

	for (unsigned i = 0; i < s->nb; i++)
		json_array_append_new(list, json_string(rd_ctl_port_qname(s->p[i]->idx, name)));
	return list;
}

static int put(const struct ladder *l, unsigned i)
{
	const struct line *x = &l->line[i];
	int64_t other = 0;
	bool known = elsewhere(l, i, &other);
	json_t *o = json_pack("{s:s,s:b,s:o,s:s,s:s}", "layer", layer_name(x->rung->layer),
		"detour", x->rung->form == DETOUR, "ports", names_of(&l->set[x->rung->whose]),
		"reasons", x->n.reasons, "why", known && other != 0 ? x->rung->why : "");

	if (x->n.counts) {
		json_object_set_new(o, "packets", json_integer((json_int_t)x->n.packets));
		json_object_set_new(o, "created", json_integer((json_int_t)x->n.created));
		json_object_set_new(o, "drops", json_integer((json_int_t)x->n.drops));
	} else {
		json_object_set_new(o, "packets", json_null());
		json_object_set_new(o, "created", json_null());
		json_object_set_new(o, "drops", json_null());
	}
	json_object_set_new(o, "elsewhere", known ? json_integer(other) : json_null());
	return rd_req_item(l->req, o);
}

// No packet of a bypassed port comes here.
static void check(struct rd_request *req, const struct rd_port *p)
{
	const struct rd_port *carrier =
		p->attach == RD_ATTACH_BYPASS && p->peer != 0 ? rd_port_at(p->peer) : NULL;
	char name[RD_QNAME_LEN] = "";

	if (p->type == RD_PORT_UPLINK || p->type == RD_PORT_VMK || carries(p))
		return;
	rd_req_fail(req, "port", -EINVAL, "no packets pass a port of this kind: %.100s",
		rd_ctl_port_qname(p->idx, name));
	if (carrier != NULL)
		rd_err_hint(req->err, "its packets pass %.100s",
			rd_port_qname(carrier, name, sizeof(name)));
}

static void choose(struct ladder *l, const struct rd_port *p, bool inwards)
{
	if (p->type == RD_PORT_VMK && inwards)
		fill(l, to_endpoint, RTE_DIM(to_endpoint));
	else if (p->type == RD_PORT_VMK)
		fill(l, from_endpoint, RTE_DIM(from_endpoint));
	else if (inwards)
		fill(l, to_guest, RTE_DIM(to_guest));
	else
		fill(l, from_guest, RTE_DIM(from_guest));
}

int ctl_port_ladder(struct rd_request *req)
{
	const struct rd_port *port = rd_req_port(req, "port");
	bool inwards = true;
	struct ladder *l;

	if (rd_req_has(req, "dir"))
		inwards = rd_req_either(req, "dir", "to-guest", "from-guest");
	if (port != NULL)
		check(req, port);
	if (rd_req_end(req) < 0)
		return req->err->code;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->req = req;
	find_ports(l, port);
	choose(l, port, inwards);
	for (unsigned i = 0; i < l->nb && put(l, i) >= 0; i++)
		;
	free(l);
	return 0;
}
