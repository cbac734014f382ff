/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Items of flow.list, from private copies of entries. Control thread.
 */
#include "control/flow_item.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "control/ctl_router.h"
#include "tables/dfw.h"

static const struct rd_port *port_at(uint16_t idx)
{
	return idx == RD_PORT_NONE || idx >= RD_PORT_MAX ? NULL : rd_port_at(idx);
}

uint8_t rd_flow_item_host(const struct rd_flow *f)
{
	const struct rd_port *p = port_at(f->key.in_port);

	return p == NULL ? 0 : p->host;
}

// The port that the packets leave by: the uplink once one is chosen.
static uint16_t dest_port(const struct rd_flow *f)
{
	bool by_uplink = (f->acts & (RD_ACT_ENCAP | RD_ACT_UPLINK)) != 0;

	return by_uplink && f->uplink != RD_PORT_NONE ? f->uplink : f->out_port;
}

// The neighbour that a router sends the flow's packets to, and the interface that it is behind. false: it is not routed.
static bool next_hop(const struct rd_flow *f, struct rd_neigh *n, const struct rd_rif **rif)
{
	*rif = NULL;
	if ((f->acts & RD_ACT_ROUTE) && rd_neigh_at(f->next_hop, n))
		*rif = rd_rif_at(n->rif);
	return *rif != NULL;
}

static uint32_t encap_vni(const struct rd_flow *f)
{
	const struct rd_rif *rif;
	struct rd_neigh n;
	uint16_t segment = next_hop(f, &n, &rif) ? rif->segment : f->key.segment;
	const struct rd_segment *s = segment == 0 ? NULL : rd_segment_at(segment);

	return s == NULL ? 0 : s->vni;
}

// "10.2.0.2 (arm/r-green)"
static json_t *hop_text(const struct rd_flow *f)
{
	char ip[RD_IP_TEXT], name[RD_QNAME_LEN];
	const struct rd_rif *rif;
	struct rd_neigh n;

	if (!next_hop(f, &n, &rif))
		return json_string("");
	return json_sprintf(
		"%s (%s)", rd_fmt_ip(n.family, n.addr, ip), rd_ctl_rif_qname(n.rif, name));
}

// The words of the vendor's dump.
static json_t *actions(const struct rd_flow *f)
{
	json_t *list = json_array();

	if (f->acts & RD_ACT_DECAP)
		json_array_append_new(list, json_string("GENEVE DECAP"));
	if (f->acts & RD_ACT_DFW_SRC)
		json_array_append_new(list, json_string("DFW on srcPort"));
	if (f->acts & RD_ACT_ROUTE)
		json_array_append_new(list, json_string("VDR"));
	if (f->acts & RD_ACT_DFW_DST)
		json_array_append_new(list, json_string("DFW on dstPort"));
	if (f->acts & RD_ACT_ENCAP) {
		json_array_append_new(list, json_sprintf("VNI: %u", encap_vni(f)));
		json_array_append_new(list, json_sprintf("GENEVE ENCAP VNI: %u", encap_vni(f)));
	}
	if (f->acts & RD_ACT_DROP)
		json_array_append_new(list, json_string("DROP"));
	return list;
}

static const char *address(const struct rd_flow_key *k, const uint8_t *addr, char buf[RD_IP_TEXT])
{
	if (k->ethertype == RD_ETHERTYPE_IPV4)
		return rd_fmt_ip(AF_INET, addr, buf);
	return k->ethertype == RD_ETHERTYPE_IPV6 ? rd_fmt_ip(AF_INET6, addr, buf) : "";
}

static json_t *item_key(const struct rd_worker *w, uint32_t id, const struct rd_flow *f)
{
	const struct rd_flow_key *k = &f->key;
	const struct rd_port *p = port_at(k->in_port);
	char src[RD_IP_TEXT], dst[RD_IP_TEXT], name[RD_QNAME_LEN];

	return json_pack("{s:i,s:I,s:s,s:s,s:o,s:o,s:i,s:i,s:s,s:s,s:s,s:i,s:I,s:i,s:i}", "worker",
		(int)w->id, "id", (json_int_t)id, "host", p == NULL ? "" : rd_host_name(p->host),
		"ft",
		k->ft == RD_FT_L4	    ? "L4"
			: k->ft == RD_FT_L3 ? "L3"
					    : "L2",
		"dst_mac", rd_json_mac(k->dmac), "src_mac", rd_json_mac(k->smac), "vlan",
		(int)k->vlan, "src_port", p == NULL ? 0 : (int)p->ens, "src_port_name",
		rd_ctl_port_qname(k->in_port, name), "src_ip", address(k, k->src, src), "dst_ip",
		address(k, k->dst, dst), "proto", (int)k->proto, "vni", (json_int_t)k->vni,
		"l4_src", (int)k->sport, "l4_dst", (int)k->dport);
}

static json_t *item_actions(const struct rd_flow *f)
{
	const struct rd_port *dp = port_at(dest_port(f));
	const struct rd_tunnel *t = f->acts & RD_ACT_ENCAP ? rd_tunnel_at(f->tunnel) : NULL;
	uint32_t now_s = rd_coarse_s();
	char name[RD_QNAME_LEN];

	return json_pack("{s:I,s:I,s:i,s:i,s:I,s:I,s:I,s:i,s:s,s:i,s:o,s:o}", "sw_hits",
		(json_int_t)f->hits, "sw_bytes", (json_int_t)f->bytes, "hw_hits", 0, "hw_bytes", 0,
		"bmap", (json_int_t)f->acts, "inval_s",
		(json_int_t)(now_s > f->decided_s ? now_s - f->decided_s : 0), "cg",
		(json_int_t)f->gen, "dp", dp == NULL ? 0 : (int)dp->ens, "dp_name",
		rd_ctl_port_qname(dest_port(f), name), "len",
		(int)(sizeof(*f) - sizeof(f->key)) + (t == NULL ? 0 : t->hdr_len), "actions",
		actions(f), "next_hop", hop_text(f));
}

static json_t *item_verdict(const struct rd_flow *f)
{
	const struct rd_drop_desc *why = f->acts & RD_ACT_DROP ? rd_drop_by_id(f->reason) : NULL;
	const struct rd_stage_desc *where =
		f->acts & RD_ACT_DROP ? rd_stage_by_id(f->drop_stage) : NULL;
	bool by_out = where != NULL && where->id == RD_STAGE_DFW_OUT;
	uint32_t rule =
		rd_dfw_slot_id(by_out || !(f->acts & RD_ACT_DFW_DST) ? f->rule_out : f->rule_in);

	return json_pack("{s:s,s:I,s:s,s:s,s:b}", "verdict",
		f->acts & RD_ACT_DROP ? "drop" : "allow", "rule", (json_int_t)rule, "reason",
		why == NULL ? "" : why->name, "drop_stage", where == NULL ? "" : where->name,
		"stale", f->gen != rd_generation());
}

json_t *rd_flow_item(const struct rd_worker *w, uint32_t id, const struct rd_flow *f)
{
	json_t *item = item_key(w, id, f), *acts = item_actions(f), *verdict = item_verdict(f);

	if (json_object_update(item, acts) < 0 || json_object_update(item, verdict) < 0) {
		json_decref(item);
		item = NULL;
	}
	json_decref(acts);
	json_decref(verdict);
	return item;
}
