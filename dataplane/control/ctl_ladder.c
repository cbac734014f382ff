/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port.ladder: one line per layer that packets of a guest or an uplink pass, in their order, with what each of them kept,
 * made or dropped. Counters of ports and devices are the port's; those of stages are of all ports together, and
 * a line says which. Control thread.
 */
#include "base/str.h"
#include "control/ctl_drop.h"
#include "control/hwcount.h"

struct ladder {
	struct rd_request *req;
	const struct rd_port *port; // asked for
	const struct rd_port *wire; // its uplink, NULL if it has none
	const struct rd_port *end; // whose device the guest is at: the port, or its MUX
};

static const uint8_t to_guest[] = {RD_STAGE_UPLINK_RX, RD_STAGE_HANDOFF, RD_STAGE_CLASSIFY,
	RD_STAGE_TUNNEL_DECAP, RD_STAGE_FLOW_LOOKUP, RD_STAGE_L2_LOOKUP, RD_STAGE_FLOOD,
	RD_STAGE_DFW_IN, RD_STAGE_PORT_OUT, RD_STAGE_FLOW_INSTALL, RD_STAGE_MUX_TX,
	RD_STAGE_VNIC_TX, RD_STAGE_UPT_TX};
static const uint8_t from_guest[] = {RD_STAGE_VNIC_RX, RD_STAGE_MUX_RX, RD_STAGE_UPT_RX,
	RD_STAGE_HANDOFF, RD_STAGE_CLASSIFY, RD_STAGE_PORT_IN, RD_STAGE_FLOW_LOOKUP,
	RD_STAGE_L2_LOOKUP, RD_STAGE_FLOOD, RD_STAGE_DFW_OUT, RD_STAGE_TUNNEL_ENCAP,
	RD_STAGE_UPLINK_SELECT, RD_STAGE_FLOW_INSTALL, RD_STAGE_UPLINK_TX};

// "RX_RUNT 2, ..." of one stage, of all ports or of one.
static void reasons(unsigned stage, uint16_t port, char *buf, size_t size)
{
	uint64_t sum[RD_DROP_MAX] = {0};
	struct rd_dropcount_row r;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
			if (rd_dropcount_row(rd_workers[w]->dropcount, i, &r) && r.stage == stage
				&& (port == RD_PORT_NONE || r.port == port)
				&& r.reason < RD_DROP_MAX)
				sum[r.reason] += r.packets;
	for (unsigned i = 0; i < rd_drops_count; i++)
		if (sum[rd_drops[i].id] != 0)
			rd_str_addf(buf, size, &len, "%s%s %llu", len != 0 ? ", " : "",
				rd_drops[i].name, (unsigned long long)sum[rd_drops[i].id]);
}

static int stage_line(const struct ladder *l, unsigned stage)
{
	struct rd_stage_stats s = {0};
	char all[512], own[256];

	for (unsigned w = 0; w < rd_nb_workers; w++) {
		const struct rd_stage_stats *x = &rd_workers[w]->stages[stage];

		s.in += x->in;
		s.out += x->out;
		s.consumed += x->consumed;
		s.created += x->created;
		s.drops += x->drops;
	}
	reasons(stage, RD_PORT_NONE, all, sizeof(all));
	reasons(stage, l->port->idx, own, sizeof(own));
	return rd_req_item(l->req,
		json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s,s:s}", "layer",
			rd_stage_by_id(stage)->name, "counts", "all ports", "port", "", "packets",
			(json_int_t)s.in, "out", (json_int_t)s.out, "created",
			(json_int_t)s.created, "consumed", (json_int_t)s.consumed, "drops",
			(json_int_t)s.drops, "reasons", all, "own_reasons", own));
}

static int plain_line(
	const struct ladder *l, const char *layer, const struct rd_port *p, json_t *packets)
{
	char name[RD_QNAME_LEN];

	return rd_req_item(l->req,
		json_pack("{s:s,s:s,s:s,s:o,s:n,s:n,s:n,s:n,s:s,s:s}", "layer", layer, "counts",
			p == NULL ? "n/a" : "port", "port",
			rd_ctl_port_qname(p == NULL ? 0 : p->idx, name), "packets", packets, "out",
			"created", "consumed", "drops", "reasons", "", "own_reasons", ""));
}

// What the device says, and what the workers counted at its port.
static void device_line(const struct ladder *l, const struct rd_port *p, bool rx)
{
	unsigned i = rx ? RD_HW_RX_PACKETS : RD_HW_TX_PACKETS;
	struct rd_hwcount c;
	bool has = p != NULL && rd_hw_read(p, &c) && (c.counted >> i & 1);

	plain_line(l, rx ? "device rx" : "device tx", p,
		has ? json_integer((json_int_t)c.value[i]) : json_null());
}

static void port_line(const struct ladder *l, const struct rd_port *p, bool rx)
{
	uint64_t nb = 0;

	for (unsigned w = 0; p != NULL && w < rd_nb_workers; w++)
		nb += rx ? rd_workers[w]->ports[p->idx].rx_packets
			 : rd_workers[w]->ports[p->idx].tx_packets;
	plain_line(l, rx ? "port rx" : "port tx", p,
		p != NULL ? json_integer((json_int_t)nb) : json_null());
}

static void ladder(const struct ladder *l, bool inwards)
{
	const struct rd_port *first = inwards ? l->wire : l->end;
	const struct rd_port *last = inwards ? l->end : l->wire;
	const uint8_t *stages = inwards ? to_guest : from_guest;
	unsigned nb = inwards ? sizeof(to_guest) : sizeof(from_guest);

	device_line(l, first, true);
	port_line(l, first, true);
	if (!inwards && l->end != l->port) // behind a MUX
		port_line(l, l->port, true);
	for (unsigned i = 0; i < nb; i++)
		stage_line(l, stages[i]);
	if (inwards && l->end != l->port)
		port_line(l, l->port, false);
	port_line(l, last, false);
	device_line(l, last, false);
}

int ctl_port_ladder(struct rd_request *req)
{
	struct ladder l = {.req = req, .port = rd_req_port(req, "port")};
	bool inwards = true;

	if (rd_req_has(req, "dir"))
		inwards = rd_req_either(req, "dir", "to-guest", "from-guest");
	if (rd_req_end(req) < 0)
		return req->err->code;
	l.end = l.port->type == RD_PORT_UPLINK ? NULL : l.port;
	l.wire = l.port->type == RD_PORT_UPLINK ? l.port : NULL;
	if (l.wire == NULL && l.port->nb_team != 0)
		l.wire = rd_port_at(l.port->team[0]);
	if (l.port->attach == RD_ATTACH_VIA)
		l.end = rd_port_at(l.port->peer);
	ladder(&l, inwards);
	return 0;
}
