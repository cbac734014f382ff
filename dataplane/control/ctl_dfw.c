/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw.add, dfw.del, dfw.default, dfw.list: the rules of one port. Control thread.
 */
#include "tables/dfw_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "control/ctl.h"
#include "control/dfw_parse.h"
#include "control/dfw_text.h"

static struct rd_dfw_addr *read_prefix(struct rd_request *req, const char *key, uint16_t *nb)
{
	const char *text = rd_req_str_or(req, key, "any");
	struct rd_dfw_addr a = {0}, *list;
	int family = 0;

	if (text != NULL && rd_parse_prefix(text, &family, a.addr, &a.len) < 0) {
		rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no address or prefix", text);
		rd_err_hint(req->err, "10.0.0.0/8, 10.1.2.3, 2001:db8::/32 or any");
	}
	if (family == 0)
		return NULL;
	a.family = (uint8_t)family;
	list = malloc(sizeof(*list));
	if (list == NULL)
		rd_req_fail(req, key, -ENOMEM, "out of memory");
	else
		*list = a;
	*nb = list != NULL;
	return list;
}

static void read_range(struct rd_request *req, const char *key, uint16_t *lo, uint16_t *hi)
{
	const char *text = rd_req_str_or(req, key, "any");

	if (text == NULL || rd_parse_range(text, lo, hi) == 0)
		return;
	rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no port or range", text);
	rd_err_hint(req->err, "80, 1000-2000 or any");
}

static void read_service(struct rd_request *req, struct rd_dfw_rule *r)
{
	const char *proto = rd_req_str_or(req, "proto", "any");
	struct rd_dfw_service s = {0};

	if (proto != NULL && rd_dfw_proto_parse(proto, &s.proto) < 0)
		rd_req_fail(req, "proto", -EINVAL,
			"\"%.40s\" is no protocol: any, tcp, udp, icmp, icmpv6 or 1 to 255", proto);
	read_range(req, "sport", &s.sport_lo, &s.sport_hi);
	read_range(req, "dport", &s.dport_lo, &s.dport_hi);
	if (s.proto == 0 && s.sport_lo == 0 && s.sport_hi == UINT16_MAX && s.dport_lo == 0
		&& s.dport_hi == UINT16_MAX)
		return;
	r->service = malloc(sizeof(s));
	if (r->service == NULL) {
		rd_req_fail(req, "proto", -ENOMEM, "out of memory");
		return;
	}
	*r->service = s;
	r->nb_services = 1;
}

static struct rd_dfw_rule *read_rule(struct rd_request *req)
{
	const char *name = rd_req_str_or(req, "name", "");
	struct rd_dfw_rule *r = rd_dfw_rule_new((uint32_t)rd_req_num(req, "id", 1, UINT32_MAX));

	if (r == NULL) {
		rd_req_fail(req, "id", -ENOMEM, "out of memory");
		return NULL;
	}
	r->action = (uint8_t)rd_dfw_read_action(req, "action");
	r->log = rd_req_bool_or(req, "log", false);
	if (rd_req_str(req, "dir") != NULL)
		r->dir = (uint8_t)rd_dfw_read_dir(req, "dir", RD_DFW_INOUT);
	if (name != NULL && rd_str_copy(r->name, sizeof(r->name), name) < 0)
		rd_req_fail(req, "name", -EINVAL, "a rule's name has at most %zu bytes",
			sizeof(r->name) - 1);
	r->from = read_prefix(req, "src", &r->nb_from);
	r->to = read_prefix(req, "dst", &r->nb_to);
	read_service(req, r);
	return r;
}

static const struct rd_port *firewalled_port(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");

	if (p == NULL || p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT)
		return p;
	rd_req_fail(req, "port", -EINVAL,
		"%s is a %s port: only vnic and upt ports have a firewall", p->name,
		rd_port_type_name(p->type));
	rd_err_hint(req->err, "show port type vnic");
	return NULL;
}

int ctl_dfw_add(struct rd_request *req)
{
	const struct rd_port *p = firewalled_port(req);
	struct rd_dfw_rule *rule = read_rule(req);
	struct rd_dfw_model *m = rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);

	if (m == NULL) {
		rd_dfw_rule_put(rule);
		return req->err->code;
	}
	return rd_dfw_done(m, rd_dfw_local_add(m, p->idx, rule, req->err), req->err);
}

int ctl_dfw_del(struct rd_request *req)
{
	const struct rd_port *p = firewalled_port(req);
	uint32_t id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);
	struct rd_dfw_model *m = rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);

	if (m == NULL)
		return req->err->code;
	return rd_dfw_done(m, rd_dfw_local_del(m, p->idx, id, req->err), req->err);
}

int ctl_dfw_default(struct rd_request *req)
{
	const struct rd_port *p = firewalled_port(req);
	enum rd_dfw_action action = rd_dfw_read_action(req, "action");
	struct rd_dfw_model *m = rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);

	if (m == NULL)
		return req->err->code;
	return rd_dfw_done(m, rd_dfw_local_default(m, p->idx, action, req->err), req->err);
}

// Of a port's own rule: it has at most one source, destination and service. r NULL: the default, a rule that matches all.
static json_t *rule_item(const struct rd_port *p, const struct rd_dfw_local *l,
	const struct rd_dfw_rule *r, unsigned at)
{
	static const struct rd_dfw_rule any = {.dir = RD_DFW_INOUT, .name = "default"};
	static const struct rd_dfw_addr anybody;
	static const struct rd_dfw_service anything = {
		.sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX};
	struct rd_dfw_count count = rd_dfw_slot_count(r == NULL ? l->default_slot : r->slot);
	unsigned action = r != NULL ? r->action : l->has_default ? l->default_action : RD_DFW_ALLOW;
	char qname[RD_QNAME_LEN], proto[8], src[RD_PREFIX_TEXT], dst[RD_PREFIX_TEXT], sp[12],
		dp[12];

	if (r == NULL)
		r = &any;
	const struct rd_dfw_addr *from = r->nb_from > 0 ? r->from : &anybody;
	const struct rd_dfw_addr *to = r->nb_to > 0 ? r->to : &anybody;
	const struct rd_dfw_service *s = r->nb_services > 0 ? r->service : &anything;

	return json_pack("{s:s,s:I,s:I,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I}",
		"port", rd_ctl_port_qname(p->idx, qname), "port_id", (json_int_t)p->id, "id",
		(json_int_t)r->id, "at", (int)at + 1, "name", r->name, "dir",
		rd_dfw_dir_text(r->dir), "action", rd_dfw_action_text(action), "proto",
		rd_dfw_proto_text(s->proto, proto), "src",
		rd_dfw_prefix_text(from->family, from->addr, from->len, src), "dst",
		rd_dfw_prefix_text(to->family, to->addr, to->len, dst), "sport",
		rd_dfw_range_text(s->sport_lo, s->sport_hi, sp), "dport",
		rd_dfw_range_text(s->dport_lo, s->dport_hi, dp), "log", r->log, "hits",
		(json_int_t)count.packets, "bytes", (json_int_t)count.bytes, "sessions",
		(json_int_t)count.sessions);
}

int ctl_dfw_list(struct rd_request *req)
{
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		const struct rd_dfw_local *l = rd_dfw_model()->local[i];

		if (p == NULL || l == NULL || (only != NULL && p->idx != only->idx))
			continue;
		for (unsigned at = 0; at <= l->rules.nb; at++)
			rd_req_item(
				req, rule_item(p, l, at < l->rules.nb ? l->rules.v[at] : NULL, at));
	}
	return 0;
}
