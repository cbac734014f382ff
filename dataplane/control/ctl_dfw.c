/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw.*: the distributed firewall of a port. A change makes a new rule list and publishes the port with it. Control
 * thread.
 */
#include "tables/dfw.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "control/ctl.h"
#include "control/dfw_text.h"

static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{"any", 0},
	{"icmp", RD_IPPROTO_ICMP},
	{"tcp", RD_IPPROTO_TCP},
	{"udp", RD_IPPROTO_UDP},
	{"icmpv6", RD_IPPROTO_ICMPV6},
	{"gre", 47},
	{"esp", 50},
	{"sctp", 132},
};
#define NB_PROTOS (sizeof(protos) / sizeof(protos[0]))

const char *rd_dfw_proto_text(uint8_t proto, char buf[8])
{
	for (size_t i = 0; i < NB_PROTOS; i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	snprintf(buf, 8, "%u", proto);
	return buf;
}

static int parse_proto(const char *text, uint8_t *proto)
{
	uint32_t n;

	for (size_t i = 0; i < NB_PROTOS; i++) {
		if (strcmp(protos[i].name, text) == 0) {
			*proto = protos[i].proto;
			return 0;
		}
	}
	if (rd_parse_u32(text, 0, 255, &n) < 0)
		return -EINVAL;
	*proto = (uint8_t)n;
	return 0;
}

const char *rd_dfw_dir_text(unsigned dir)
{
	return dir == RD_DFW_IN ? "in" : dir == RD_DFW_OUT ? "out" : "inout";
}

static int parse_dir(const char *text)
{
	for (unsigned dir = RD_DFW_IN; dir <= RD_DFW_INOUT; dir++)
		if (strcmp(rd_dfw_dir_text(dir), text) == 0)
			return (int)dir;
	return -EINVAL;
}

const char *rd_dfw_range_text(uint16_t lo, uint16_t hi, char buf[12])
{
	if (lo == 0 && hi == UINT16_MAX)
		return "any";
	snprintf(buf, 12, lo == hi ? "%u" : "%u-%u", lo, hi);
	return buf;
}

const char *rd_dfw_prefix_text(
	uint8_t family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT])
{
	return family == 0 ? "any" : rd_fmt_prefix(family, addr, len, buf);
}

static void read_prefix(
	struct rd_request *req, const char *key, uint8_t *family, uint8_t addr[16], uint8_t *len)
{
	const char *text = rd_req_str_or(req, key, "any");
	int fam = 0;

	if (text != NULL && rd_parse_prefix(text, &fam, addr, len) < 0) {
		rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no address or prefix", text);
		rd_err_hint(req->err, "10.0.0.0/8, 10.1.2.3, 2001:db8::/32 or any");
	}
	*family = (uint8_t)fam;
}

static void read_range(struct rd_request *req, const char *key, uint16_t *lo, uint16_t *hi)
{
	const char *text = rd_req_str_or(req, key, "any");

	if (text == NULL || rd_parse_range(text, lo, hi) == 0)
		return;
	rd_req_fail(req, key, -EINVAL, "\"%.60s\" is no port or range", text);
	rd_err_hint(req->err, "80, 1000-2000 or any");
}

static void read_rule(struct rd_request *req, struct rd_dfw_rule *r)
{
	const char *dir = rd_req_str(req, "dir"), *name = rd_req_str_or(req, "name", "");
	const char *proto = rd_req_str_or(req, "proto", "any");

	r->id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);
	r->allow = rd_req_either(req, "action", "allow", "drop");
	if (dir != NULL && parse_dir(dir) < 0)
		rd_req_fail(req, "dir", -EINVAL, "dir must be in, out or inout");
	else if (dir != NULL)
		r->dir = (uint8_t)parse_dir(dir);
	if (proto != NULL && parse_proto(proto, &r->proto) < 0)
		rd_req_fail(req, "proto", -EINVAL,
			"\"%.40s\" is no protocol: any, tcp, udp, icmp, icmpv6 or 1 to 255", proto);
	if (name != NULL && rd_str_copy(r->name, sizeof(r->name), name) < 0)
		rd_req_fail(req, "name", -EINVAL, "a rule's name has at most %zu bytes",
			sizeof(r->name) - 1);
	read_prefix(req, "src", &r->src_family, r->src, &r->src_len);
	read_prefix(req, "dst", &r->dst_family, r->dst, &r->dst_len);
	read_range(req, "sport", &r->sport_lo, &r->sport_hi);
	read_range(req, "dport", &r->dport_lo, &r->dport_hi);
}

// Publishes the port with the new list, which is taken; NULL: *req->err says why there is none.
static int publish(struct rd_request *req, const struct rd_port *port, struct rd_dfw *fresh)
{
	struct rd_port *p;

	if (fresh == NULL)
		return req->err->code != 0 ? req->err->code : -ENOMEM;
	p = rd_port_edit(port->idx);
	if (p == NULL) {
		rd_dfw_free(fresh);
		return -ENOMEM;
	}
	p->dfw = fresh;
	if (rd_port_publish(p, req->err) == 0)
		return 0;
	rd_port_discard(p);
	return req->err->code;
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
	struct rd_dfw_rule rule = {0};
	const struct rd_port *p = firewalled_port(req);

	read_rule(req, &rule);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return publish(req, p, rd_dfw_with_rule(p->dfw, &rule, req->err));
}

int ctl_dfw_del(struct rd_request *req)
{
	const struct rd_port *p = firewalled_port(req);
	uint32_t id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return publish(req, p, rd_dfw_without_rule(p->dfw, id, req->err));
}

int ctl_dfw_default(struct rd_request *req)
{
	const struct rd_port *p = firewalled_port(req);
	bool allow = rd_req_either(req, "action", "allow", "drop");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return publish(req, p, rd_dfw_with_default(p->dfw, allow, req->err));
}

static json_t *rule_item(const struct rd_port *p, unsigned at)
{
	// The last line of a list is the default: a rule that matches everything.
	static const struct rd_dfw_rule any = {.dir = RD_DFW_INOUT,
		.sport_hi = UINT16_MAX,
		.dport_hi = UINT16_MAX,
		.name = "default"};
	const struct rd_dfw_rule *r = at < p->dfw->nb ? &p->dfw->rule[at] : &any;
	bool allow = at < p->dfw->nb ? r->allow : p->dfw->default_allow;
	char qname[RD_QNAME_LEN], proto[8], src[RD_PREFIX_TEXT], dst[RD_PREFIX_TEXT], sp[12],
		dp[12];

	return json_pack("{s:s,s:I,s:I,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "port",
		rd_ctl_port_qname(p->idx, qname), "port_id", (json_int_t)p->id, "id",
		(json_int_t)r->id, "at", (int)at + 1, "name", r->name, "dir",
		rd_dfw_dir_text(r->dir), "action", allow ? "allow" : "drop", "proto",
		rd_dfw_proto_text(r->proto, proto), "src",
		rd_dfw_prefix_text(r->src_family, r->src, r->src_len, src), "dst",
		rd_dfw_prefix_text(r->dst_family, r->dst, r->dst_len, dst), "sport",
		rd_dfw_range_text(r->sport_lo, r->sport_hi, sp), "dport",
		rd_dfw_range_text(r->dport_lo, r->dport_hi, dp), "hits",
		(json_int_t)rd_dfw_hits(p->dfw, r->id));
}

int ctl_dfw_list(struct rd_request *req)
{
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p == NULL || p->dfw == NULL || (only != NULL && p->idx != only->idx))
			continue;
		for (unsigned at = 0; at <= p->dfw->nb; at++)
			rd_req_item(req, rule_item(p, at));
	}
	return 0;
}
