/* SPDX-License-Identifier: BSD-3-Clause
 *
 * probe: a marked packet goes through a worker, and each part that sees it makes an observation, in the words of NSX's
 * Traceflow: received, forwarded, replicated, delivered, dropped; PHYSICAL, EDGE_TUNNEL, LS (logical switch), DFW, MUX. Control
 * thread; the worker records.
 */
#include "base/str.h"
#include "control/explain_facts.h"
#include "control/rule_find.h"
#include "core/stage.h"

struct kind { // what a stage's hop is an observation of
	const char *observation, *component; // NULL: of nothing that concerns a person
};

static const struct kind kinds[RD_STAGE_MAX] = {
	[RD_STAGE_UPLINK_RX] = {"received", "PHYSICAL"},
	[RD_STAGE_MUX_RX] = {"received", "MUX"},
	[RD_STAGE_VNIC_RX] = {"received", "LPORT"},
	[RD_STAGE_UPT_RX] = {"received", "LPORT"},
	[RD_STAGE_VMK_RX] = {"received", "VMK"},
	[RD_STAGE_TUNNEL_DECAP] = {"received", "EDGE_TUNNEL"},
	[RD_STAGE_FLOW_LOOKUP] = {"forwarded", "LS"},
	[RD_STAGE_FLOOD] = {"replicated", "LS"},
	[RD_STAGE_DFW_OUT] = {"forwarded", "DFW"},
	[RD_STAGE_DFW_IN] = {"forwarded", "DFW"},
	[RD_STAGE_TUNNEL_ENCAP] = {"forwarded", "EDGE_TUNNEL"},
	[RD_STAGE_PUNT] = {"delivered", "VMK"},
	[RD_STAGE_UPLINK_TX] = {"forwarded", "PHYSICAL"},
	[RD_STAGE_MUX_TX] = {"forwarded", "MUX"},
	[RD_STAGE_VNIC_TX] = {"delivered", "LPORT"},
	[RD_STAGE_UPT_TX] = {"delivered", "LPORT"},
	[RD_STAGE_DROP] = {"dropped", ""},
};

// NSX's token of a reason.
static const char *token_of(const struct rd_drop_desc *d)
{
	if (d->id == RD_DROP_DFW_RULE_DENY || d->id == RD_DROP_DFW_DEFAULT_DENY
		|| d->id == RD_DROP_DFW_REJECTED)
		return "FW_RULE";
	if (d->id == RD_DROP_ENCAP_NO_NEIGHBOUR)
		return "ARP_FAIL";
	if (d->id == RD_DROP_L2_NO_DEST || d->id == RD_DROP_ENCAP_NO_TUNNEL)
		return "NO_ROUTE";
	return "UNKNOWN";
}

static const char *component_of(const struct rd_dry_hop *h)
{
	const char *c = kinds[h->stage].component;

	if (h->stage == RD_STAGE_DROP)
		c = kinds[h->md.stage].component;
	return c != NULL && c[0] != '\0' ? c : "LS";
}

static const char *name_of(
	const struct rd_dry_hop *h, const struct rd_dry_hop *next, char buf[RD_QNAME_LEN])
{
	uint16_t segment = next != NULL ? next->md.segment : h->md.segment;
	const struct rd_segment *s = segment != 0 ? rd_segment_at(segment) : NULL;

	if (s != NULL && kinds[h->stage].component[0] == 'L' && kinds[h->stage].component[1] == 'S')
		return rd_ctl_segment_qname(s, buf);
	return rd_ctl_port_qname(h->port, buf);
}

// Where the firewall stopped it there is a drop: it has only received the packet.
static const char *observation_of(const struct rd_dry_hop *h, const struct rd_dry_hop *next)
{
	bool stopped =
		next != NULL && (next->stage == RD_STAGE_DROP || next->stage == RD_STAGE_REJECT);

	return stopped && h->stage != RD_STAGE_DROP ? "received" : kinds[h->stage].observation;
}

// The facts of a hop as one text.
static json_t *what_of(const struct rd_dry *d, unsigned i)
{
	json_t *facts = rd_facts(d, i), *text;
	char buf[512] = "";
	size_t len = 0, n;
	json_t *fact;

	json_array_foreach (facts, n, fact)
		rd_str_addf(
			buf, sizeof(buf), &len, "%s%s", n > 0 ? "; " : "", json_string_value(fact));
	text = json_string(buf);
	json_decref(facts);
	return text;
}

static json_t *item_of(const struct rd_dry *d, unsigned i, unsigned number)
{
	const struct rd_dry_hop *h = &d->hop[i], *next = rd_facts_next(d, i);
	const struct rd_port *p = h->port != RD_PORT_NONE ? rd_port_at(h->port) : NULL;
	const struct rd_drop_desc *why =
		h->stage == RD_STAGE_DROP ? rd_drop_by_id(h->md.reason) : NULL;
	bool dfw = h->stage == RD_STAGE_DFW_IN || h->stage == RD_STAGE_DFW_OUT;
	char name[RD_QNAME_LEN], port[RD_QNAME_LEN];

	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:o}", "hop",
		(int)number, "observation", observation_of(h, next), "component", component_of(h),
		"name", name_of(h, next, name), "stage", rd_stage_by_id(h->stage)->name, "host",
		p != NULL ? rd_host_name(p->host) : "", "port", rd_ctl_port_qname(h->port, port),
		"acl_rule_id", dfw && next != NULL ? (json_int_t)next->md.rule_id : 0, "reason",
		why != NULL ? why->name : "", "nsx_reason", why != NULL ? token_of(why) : "",
		"packet_id", (json_int_t)h->md.packet_id, "parent_id", (json_int_t)h->md.parent_id,
		"len", (json_int_t)h->len, "since_ns", (json_int_t)(h->ns - d->hop[0].ns), "what",
		what_of(d, i));
}

static json_t *verdict(const struct rd_dry *d, unsigned i)
{
	const struct rd_dry_hop *h = &d->hop[i];
	const struct rd_drop_desc *why =
		h->stage == RD_STAGE_DROP ? rd_drop_by_id(h->md.reason) : NULL;
	const char *end = kinds[h->stage].observation;
	char port[RD_QNAME_LEN];

	return json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:b}", "packet_id", (json_int_t)h->md.packet_id,
		"parent_id", (json_int_t)h->md.parent_id, "observation",
		end != NULL ? end : "forwarded", "stage", rd_stage_by_id(h->stage)->name, "port",
		rd_ctl_port_qname(h->port, port), "reason", why != NULL ? why->name : "", "held",
		h->md.held && rd_stage_by_id(h->stage)->kind == RD_STAGE_KIND_TX);
}

static void answer(struct rd_request *req, const struct rd_dry *d)
{
	json_t *verdicts = json_array();
	unsigned number = 0;

	for (unsigned i = 0; i < d->nb_hops; i++) {
		if (kinds[d->hop[i].stage].observation != NULL
			&& rd_req_item(req, item_of(d, i, number++)) < 0)
			break;
		if (rd_facts_next(d, i) == NULL)
			json_array_append_new(verdicts, verdict(d, i));
	}
	rd_req_result(req,
		json_pack("{s:i,s:i,s:o}", "observed", (int)number, "hops_lost", (int)d->lost,
			"verdicts", verdicts));
}

int ctl_probe(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	size_t len = 0;
	const uint8_t *bytes = rd_req_frame(req, "hex", &len);
	bool deliver = rd_req_bool_or(req, "deliver", false);
	const struct rd_dry *d = NULL;
	int ret;

	if (rd_req_end(req) < 0)
		return req->err->code;
	ret = rd_probe_run(p->idx, bytes, len, deliver, &d);
	if (ret == 0)
		answer(req, d);
	return ret < 0 ? rd_ctl_walk_failed(req, ret) : 0;
}
