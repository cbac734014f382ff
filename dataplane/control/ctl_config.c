/* SPDX-License-Identifier: BSD-3-Clause
 *
 * running_config: the commands that make the present configuration. Order matters: everything is named before it is
 * used, and fed to a fresh daemon the lines give a daemon that prints the same lines. Where a port refers to a later
 * one, the reference follows as `port set`. Control thread.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "control/config_line.h"
#include "control/ctl.h"
#include "control/device.h"
#include "tables/punt.h"

static void put_team(struct line *l, const uint16_t *team, unsigned nb)
{
	char name[RD_QNAME_LEN];

	for (unsigned i = 0; i < nb; i++)
		put(l, "%s%s", i == 0 ? " team " : ",", rd_ctl_port_qname(team[i], name));
}

static void put_mac(struct line *l, const uint8_t mac[6])
{
	char buf[RD_MAC_TEXT];

	put(l, " mac %s", rd_fmt_mac(mac, buf));
}

static void hosts(struct line *l)
{
	for (unsigned i = 0; i < RD_HOST_MAX; i++) {
		const struct rd_host *h = rd_host_at(i);

		if (h == NULL)
			continue;
		put(l, "host add %s%s", h->name, h->is_default ? " default" : "");
		rd_line_emit(l);
	}
}

static void switches(struct line *l)
{
	for (unsigned i = 0; i < RD_SWITCH_MAX; i++) {
		const struct rd_switch *sw = rd_switch_at(i);

		if (sw == NULL)
			continue;
		put(l, "switch add %s host %s portset %u mtu %u", sw->name, rd_host_name(sw->host),
			sw->portset, sw->mtu);
		rd_line_emit(l);
	}
}

// Without tunnels: those come later and are set at the end.
static void segments(struct line *l)
{
	char sw[RD_QNAME_LEN];

	for (unsigned i = 1; i < rd_segment_bound(); i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		if (s == NULL)
			continue;
		put(l, "segment add %s switch %s", s->name,
			rd_ctl_switch_qname(rd_switch_at(s->sw), sw));
		if (s->vlan >= 0)
			put(l, " vlan %d", s->vlan);
		else
			put(l, " vni %u", s->vni);
		if (s->mtu != 0)
			put(l, " mtu %u", s->mtu);
		put(l, "%s%s", s->flood ? "" : " flood off", s->learn ? "" : " learn off");
		put(l, " aging %u", s->aging_s);
		if (s->mac_limit != 0)
			put(l, " mac-limit %u", s->mac_limit);
		if (s->move_limit != RD_FDB_MOVES_DEFAULT)
			put(l, " move-limit %u", s->move_limit);
		put(l, "%s", s->refuse ? " refused drop" : "");
		rd_line_emit(l);
	}
}

static bool team_is_later(const struct rd_port *p)
{
	for (unsigned i = 0; i < p->nb_team; i++)
		if (p->team[i] > p->idx)
			return true;
	return false;
}

// A link is made by its later end for both; other references may have to wait.
static bool peer_is_later(const struct rd_port *p)
{
	return p->peer > p->idx && p->attach != RD_ATTACH_LINK;
}

static void put_attachment(struct line *l, const struct rd_port *p)
{
	char text[RD_DEVICE_TEXT];

	if (p->attach == RD_ATTACH_NONE || (p->attach == RD_ATTACH_LINK && p->peer > p->idx))
		return;
	if (p->attach == RD_ATTACH_ETHDEV || p->attach == RD_ATTACH_ANSWER) {
		put(l, p->attach == RD_ATTACH_ETHDEV ? " device" : " answer");
		rd_line_word(l, p->device);
	} else {
		put(l, " %s", rd_device_text(p, text));
	}
}

static void put_guard(struct line *l, const struct rd_guard *g)
{
	char text[RD_PREFIX_TEXT];

	for (unsigned i = 0; i < g->nb_addrs; i++) {
		const struct rd_guard_addr *a = &g->addr[i];

		put(l, "%s%s", i == 0 ? " addresses " : ",",
			rd_fmt_prefix(a->family, a->addr, a->len, text));
	}
	if (g->max_packets != 0)
		put(l, " max-packets %u", g->max_packets);
	if (g->max_bytes != 0)
		put(l, " max-bytes %llu", (unsigned long long)g->max_bytes);
	if (g->max_flows != 0)
		put(l, " max-flows %u", g->max_flows);
}

static void port(struct line *l, const struct rd_port *p)
{
	const struct rd_switch *sw = rd_switch_at(p->sw);
	const struct rd_segment *s = p->segment == 0 ? NULL : rd_segment_at(p->segment);
	bool guest = p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT;
	char name[RD_QNAME_LEN];

	put(l, "port add %s switch %s type %s id %u ens %u", p->name, rd_ctl_switch_qname(sw, name),
		rd_port_type_name((enum rd_port_type)p->type), p->id, p->ens);
	put_mac(l, p->mac);
	if (s != NULL)
		put(l, " segment %s", rd_ctl_segment_qname(s, name));
	if (!team_is_later(p))
		put_team(l, p->team, p->nb_team);
	if (p->label[0] != '\0') {
		put(l, " label");
		rd_line_word(l, p->label);
	}
	put(l, " mtu %u", p->mtu);
	if (p->spoof_check != guest)
		put(l, " spoof-check %s", p->spoof_check ? "on" : "off");
	put_guard(l, &p->guard);
	put(l, "%s%s%s", p->deny & RD_DENY_UNKNOWN ? " unknown off" : "",
		p->deny & RD_DENY_MCAST ? " multicast off" : "",
		p->deny & RD_DENY_BCAST ? " broadcast off" : "");
	if (!peer_is_later(p))
		put_attachment(l, p);
	if (p->attach == RD_ATTACH_ETHDEV && p->eth.nb_rxq > 1)
		put(l, " queues %u", p->eth.nb_rxq);
	put(l, "%s", p->admin_up ? "" : " down");
	rd_line_emit(l);
}

static void port_later(struct line *l, const struct rd_port *p)
{
	char name[RD_QNAME_LEN];

	if (!team_is_later(p) && !peer_is_later(p))
		return;
	put(l, "port set %s", rd_port_qname(p, name, sizeof(name)));
	if (team_is_later(p))
		put_team(l, p->team, p->nb_team);
	if (peer_is_later(p))
		put_attachment(l, p);
	rd_line_emit(l);
}

static void ports(struct line *l, void (*each)(struct line *l, const struct rd_port *p))
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL)
			each(l, p);
	}
}

static void teps(struct line *l)
{
	char text[2 * RD_GENEVE_OPT_MAX + 16], name[RD_QNAME_LEN];

	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *t = rd_tep_at((uint16_t)i);

		if (t == NULL)
			continue;
		put(l, "tep add %s host %s", rd_fmt_ip(AF_INET, t->ip, text),
			rd_host_name(t->host));
		put_mac(l, t->mac);
		if (t->port != 0)
			put(l, " port %s", rd_ctl_port_qname(t->port, name));
		put_team(l, t->team, t->nb_team);
		put(l, " dport %u ttl %u df %s checksum %s", t->dport, t->ttl, t->df ? "on" : "off",
			t->csum ? "on" : "off");
		if (t->opt_len != 0)
			put(l, " option %s", ctl_tep_option(t, text, sizeof(text)));
		put(l, " hash-seed %u", t->hash_seed);
		rd_line_emit(l);
	}
}

static void tunnels(struct line *l)
{
	char local[RD_IP_TEXT], remote[RD_IP_TEXT];

	for (unsigned i = 1; i < rd_tunnel_bound(); i++) {
		const struct rd_tunnel *t = rd_tunnel_at((uint16_t)i);
		const struct rd_tep *tep = t == NULL ? NULL : rd_tep_at(t->tep);

		if (tep == NULL)
			continue;
		put(l, "tunnel add %s local %s remote %s", t->name,
			rd_fmt_ip(AF_INET, tep->ip, local), rd_fmt_ip(AF_INET, t->remote, remote));
		if (t->mac_known && !t->mac_learned)
			put_mac(l, t->mac);
		rd_line_emit(l);
	}
}

static void segment_tunnels(struct line *l)
{
	char name[RD_QNAME_LEN];

	for (unsigned i = 1; i < rd_segment_bound(); i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		if (s == NULL || s->nb_tunnels == 0)
			continue;
		put(l, "segment set %s", rd_ctl_segment_qname(s, name));
		for (unsigned n = 0; n < s->nb_tunnels; n++)
			put(l, "%s%s", n == 0 ? " tunnels " : ",",
				rd_tunnel_at(s->tunnel[n])->name);
		rd_line_emit(l);
	}
}

static int fdb_entry(void *arg, const struct rd_fdb_entry *e)
{
	struct line *l = arg;
	const struct rd_segment *s = rd_segment_at(e->segment);
	const struct rd_tunnel *t = e->is_tunnel ? rd_tunnel_at(e->to) : NULL;
	char name[RD_QNAME_LEN];

	if (e->kind != RD_FDB_STATIC || s == NULL)
		return 0;
	put(l, "fdb add segment %s", rd_ctl_segment_qname(s, name));
	put_mac(l, e->mac);
	if (t != NULL)
		put(l, " tunnel %s", t->name);
	else if (e->to == RD_PORT_NONE)
		put(l, " drop");
	else
		put(l, " port %s", rd_ctl_port_qname(e->to, name));
	rd_line_emit(l);
	return 0;
}

static void punt(struct line *l)
{
	if (rd_punt_rate() == RD_PUNT_RATE)
		return;
	put(l, "punt rate %u", rd_punt_rate());
	rd_line_emit(l);
}

static void flow(struct line *l)
{
	const struct rd_ctl *ctl = l->req->ctl;

	if (ctl->flow_capacity != 0) {
		put(l, "flow capacity %u", ctl->flow_capacity);
		rd_line_emit(l);
	}
	if (ctl->flow_idle_s != 0) {
		put(l, "flow timeout %u", ctl->flow_idle_s);
		rd_line_emit(l);
	}
	// The generation goes only forward, and every line above is a step or a few: a number that these lines would pass can't
	// be set again, and means nothing then.
	if (ctl->flow_generation > 4 * l->req->count) {
		put(l, "flow generation %u", ctl->flow_generation);
		rd_line_emit(l);
	}
}

int ctl_running_config(struct rd_request *req)
{
	struct line l = {.req = req};

	if (rd_req_end(req) < 0)
		return req->err->code;
	hosts(&l);
	switches(&l);
	segments(&l);
	ports(&l, port);
	ports(&l, port_later);
	teps(&l);
	tunnels(&l);
	segment_tunnels(&l);
	rd_fdb_each(fdb_entry, &l);
	rd_config_routers(&l);
	rd_config_dfw(&l);
	rd_config_mirrors(req);
	punt(&l);
	flow(&l);
	rd_config_workers(req);
	return 0;
}
