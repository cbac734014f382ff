/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port.list. Control thread; the counters are the workers'.
 */
#include <string.h>

#include "base/str.h"
#include "control/ctl.h"
#include "control/device.h"
#include "tables/dfw_policy.h"

// Capture points that name a port of this type, in the order that a packet from the port meets them.
static const char *const type_stages[][7] = {
	[RD_PORT_UPLINK] = {"uplink_rx", "uplink_tx"},
	[RD_PORT_MUX] = {"mux_rx", "mux_tx"},
	[RD_PORT_VMK] = {"vmk_rx", "punt"},
	[RD_PORT_VNIC] = {"vnic_rx", "port_in", "dfw_out", "dfw_in", "port_out", "vnic_tx"},
	[RD_PORT_UPT] = {"upt_rx", "port_in", "dfw_out", "dfw_in", "port_out", "upt_tx"},
	[RD_PORT_VDR] = {NULL},
	[RD_PORT_MGMT] = {NULL},
	[RD_PORT_SHADOW] = {NULL},
};

static json_t *stages_of(const struct rd_port *p)
{
	json_t *list = json_array();

	if (p->attach == RD_ATTACH_BYPASS) // no packet comes here
		return list;
	for (unsigned i = 0; type_stages[p->type][i] != NULL; i++) {
		const char *name = type_stages[p->type][i];

		// Behind a MUX the frames enter and leave at the MUX port.
		if (p->attach != RD_ATTACH_VIA
			|| (strcmp(name, "vnic_rx") != 0 && strcmp(name, "vnic_tx") != 0))
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static const char *team_pnic(const struct rd_port *p)
{
	const struct rd_port *uplink;
	uint16_t idx;

	if (p->type == RD_PORT_UPLINK)
		return "-";
	if (p->type == RD_PORT_MGMT || p->type == RD_PORT_SHADOW)
		return "n/a";
	if (p->nb_team == 0)
		return "void";
	idx = rd_team_pick(p->team, p->nb_team);
	uplink = rd_port_at(idx != 0 ? idx : p->team[0]);
	return uplink == NULL ? "void" : uplink->name;
}

static struct rd_port_stats stats_sum(uint16_t idx)
{
	struct rd_port_stats sum = {0};

	for (unsigned w = 0; w < rd_nb_workers; w++) {
		const struct rd_port_stats *s = &rd_workers[w]->ports[idx];

		sum.rx_packets += s->rx_packets;
		sum.rx_bytes += s->rx_bytes;
		sum.tx_packets += s->tx_packets;
		sum.tx_bytes += s->tx_bytes;
		sum.drops += s->drops;
	}
	return sum;
}

static json_t *item_config(const struct rd_port *p)
{
	const struct rd_switch *sw = rd_switch_at(p->sw);
	const struct rd_segment *s = p->segment == 0 ? NULL : rd_segment_at(p->segment);
	char qname[RD_QNAME_LEN], segment[RD_QNAME_LEN] = "", device[RD_DEVICE_TEXT];
	unsigned code, subtype;

	rd_port_type_codes((enum rd_port_type)p->type, &code, &subtype);
	if (s != NULL)
		rd_ctl_segment_qname(s, segment);
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:i,s:i,s:s,s:i,s:i,s:o,s:i,s:s,s:s,s:i,s:I}",
		"name", p->name, "qname", rd_port_qname(p, qname, sizeof(qname)), "host",
		rd_host_name(p->host), "switch", sw == NULL ? "" : sw->name, "id",
		(json_int_t)p->id, "idx", (int)p->idx, "ens", (int)p->ens, "type",
		rd_port_type_name((enum rd_port_type)p->type), "type_code", (int)code, "subtype",
		(int)subtype, "mac", rd_json_mac(p->mac), "mtu", (int)p->mtu, "device",
		rd_device_text(p, device), "segment", segment, "vlan",
		s == NULL ? -1 : (int)s->vlan, "vni",
		s == NULL ? (json_int_t)0 : (json_int_t)s->vni);
}

// "4241327:gs-ubuntu-01.eth0" names the VM of a guest's port.
static const char *vm_name(const struct rd_port *p, char buf[RD_LABEL_LEN])
{
	const char *colon = strchr(p->label, ':');
	size_t len;

	buf[0] = '\0';
	if (colon == NULL || (p->type != RD_PORT_VNIC && p->type != RD_PORT_UPT))
		return buf;
	len = strcspn(colon + 1, ".");
	memcpy(buf, colon + 1, len); // fits: it is a part of the label
	buf[len] = '\0';
	return buf;
}

static json_t *item_state(const struct rd_port *p)
{
	const struct rd_port *carrier =
		p->attach == RD_ATTACH_BYPASS && p->peer != 0 ? rd_port_at(p->peer) : NULL;
	char bypass[RD_QNAME_LEN] = "", vm[RD_LABEL_LEN];

	if (carrier != NULL)
		rd_port_qname(carrier, bypass, sizeof(bypass));
	return json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:b,s:b,s:b,s:b,s:b}", "team",
		rd_json_ports(p->team, p->nb_team, false), "team_pnic", team_pnic(p), "used_by",
		p->label[0] != '\0' ? p->label : p->name, "vm", vm_name(p, vm), "admin",
		p->admin_up ? "up" : "down", "link", p->link_up ? "up" : "down", "bypass", bypass,
		"bypass_id", carrier == NULL ? (json_int_t)0 : (json_int_t)carrier->id, "stages",
		stages_of(p), "spoof_check", p->spoof_check, "unknown",
		(p->deny & RD_DENY_UNKNOWN) == 0, "multicast", (p->deny & RD_DENY_MCAST) == 0,
		"broadcast", (p->deny & RD_DENY_BCAST) == 0, "firewall",
		rd_dfw_policy()->port[p->idx].dfw != NULL);
}

static json_t *item_guard(const struct rd_guard *g)
{
	json_t *list = json_array();
	char text[RD_PREFIX_TEXT];

	for (unsigned i = 0; i < g->nb_addrs; i++)
		json_array_append_new(list,
			json_string(rd_fmt_prefix(
				g->addr[i].family, g->addr[i].addr, g->addr[i].len, text)));
	return json_pack("{s:o,s:I,s:I,s:I}", "addresses", list, "max_packets",
		(json_int_t)g->max_packets, "max_bytes", (json_int_t)g->max_bytes, "max_flows",
		(json_int_t)g->max_flows);
}

// How the device spreads packets over its rx queues.
static const char *rss_name(const struct rd_port *p)
{
	static const char *const names[] = {
		[RD_RSS_OFF] = "off", [RD_RSS_NIC] = "nic", [RD_RSS_DRIVER] = "driver"};

	return p->attach == RD_ATTACH_ETHDEV ? names[p->eth.rss] : "";
}

static json_t *item_counters(const struct rd_port *p)
{
	struct rd_port_stats st = stats_sum(p->idx);

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:s}", "rx_packets",
		(json_int_t)st.rx_packets, "rx_bytes", (json_int_t)st.rx_bytes, "tx_packets",
		(json_int_t)st.tx_packets, "tx_bytes", (json_int_t)st.tx_bytes, "drops",
		(json_int_t)st.drops, "rx_queues", (int)p->eth.nb_rxq, "tx_queues",
		(int)p->eth.nb_txq, "rss", rss_name(p));
}

static json_t *with_the_rest(const struct rd_port *p, json_t *item)
{
	json_t *parts[] = {item_state(p), item_guard(&p->guard), item_counters(p)};

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (item != NULL && json_object_update(item, parts[i]) < 0) {
			json_decref(item);
			item = NULL;
		}
		json_decref(parts[i]);
	}
	return item;
}

static int list_one(struct rd_request *req, const struct rd_port *p)
{
	json_t *item = item_config(p);

	// Tab wants the names of all ports, and a person waits for it.
	if (rd_req_has_enough(req, item))
		return rd_req_item(req, item);
	return rd_req_item(req, with_the_rest(p, item));
}

int ctl_port_list(struct rd_request *req)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	const struct rd_switch *sw =
		rd_req_has(req, "switch") ? rd_req_switch(req, "switch") : NULL;
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	const char *type_text = rd_req_str_or(req, "type", NULL);
	int type = type_text == NULL ? 0 : rd_port_type_parse(type_text);

	if (type < 0)
		rd_req_fail(req, "type", -EINVAL, "there is no port type %.40s", type_text);
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p == NULL || (host != NULL && p->host != host->idx)
			|| (sw != NULL && p->sw != sw->idx) || (only != NULL && p != only)
			|| (type != 0 && p->type != type))
			continue;
		if (list_one(req, p) < 0)
			return req->err->code;
	}
	return 0;
}
