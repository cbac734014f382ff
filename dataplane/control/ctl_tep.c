/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tep.*: our tunnel endpoints. Control thread.
 */
#include "control/ctl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"

#define OPT_HDR 4 // class, type, length

// "0104:00:a1b2c3d4" (class, type, data; RFC 8926 section 3.5) into the option's bytes.
static int read_option(const char *text, struct rd_tep *t)
{
	unsigned class, type;
	size_t len = sizeof(t->opt) - OPT_HDR;
	int at = 0;

	if (sscanf(text, "%4x:%2x:%n", &class, &type, &at) < 2 || at == 0)
		return -EINVAL;
	if (text[at] == '\0')
		len = 0;
	else if (rd_parse_hex(text + at, t->opt + OPT_HDR, &len) < 0 || len % 4 != 0)
		return -EINVAL;
	rd_put16(t->opt, (uint16_t) class);
	t->opt[2] = (uint8_t)type;
	t->opt[3] = (uint8_t)(len / 4);
	t->opt_len = (uint16_t)(OPT_HDR + len);
	return 0;
}

const char *ctl_tep_option(const struct rd_tep *t, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (t->opt_len < OPT_HDR)
		return buf;
	rd_str_addf(buf, size, &len, "%04x:%02x:", rd_be16(t->opt), t->opt[2]);
	rd_fmt_hex(t->opt + OPT_HDR, t->opt_len - OPT_HDR, buf + len, size - len);
	return buf;
}

static void read_geneve(struct rd_request *req, struct rd_tep *t)
{
	const char *encap = rd_req_str_or(req, "encap", "geneve");
	const char *option = rd_req_str_or(req, "option", "");

	if (encap != NULL && strcmp(encap, "geneve") != 0)
		rd_req_fail(req, "encap", -ENOTSUP, "encapsulation %.40s is not known, geneve is",
			encap);
	t->dport = (uint16_t)rd_req_num_or(req, "dport", 1, 65535, RD_GENEVE_PORT);
	t->ttl = (uint8_t)rd_req_num_or(req, "ttl", 1, 255, 64);
	t->df = rd_req_bool_or(req, "df", true);
	t->csum = rd_req_bool_or(req, "csum", false);
	t->hash_seed = (uint32_t)rd_req_num_or(req, "hash_seed", 0, UINT32_MAX, 0);
	if (option == NULL || *option == '\0' || read_option(option, t) == 0)
		return;
	rd_req_fail(req, "option", -EINVAL, "\"%.60s\" is no Geneve option", option);
	rd_err_hint(req->err,
		"CLASS:TYPE:DATA in hex, like 0104:00:a1b2c3d4; data of 0 to 60 bytes, a multiple of 4");
}

int ctl_tep_add(struct rd_request *req)
{
	struct rd_tep t = {0};
	const struct rd_host *host = rd_req_host(req, "host");

	t.host = host == NULL ? 0 : host->idx;
	rd_req_ip4(req, "ip", t.ip);
	rd_req_mac(req, "mac", t.mac);
	if (rd_req_has(req, "port")) {
		const struct rd_port *p = rd_req_port(req, "port");

		t.port = p == NULL ? 0 : p->idx;
	}
	t.nb_team = (uint8_t)rd_req_team(req, "team", t.team);
	read_geneve(req, &t);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_tep_add(&t, req->err);
}

int ctl_tep_del(struct rd_request *req)
{
	const struct rd_tep *t = rd_req_tep(req, "ip");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_tep_del(t->idx, req->err);
}

int ctl_tep_list(struct rd_request *req)
{
	char option[2 * RD_GENEVE_OPT_MAX + 16], port[RD_QNAME_LEN];

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *t = rd_tep_at((uint16_t)i);

		if (t == NULL)
			continue;
		rd_req_item(req,
			json_pack("{s:o,s:s,s:o,s:s,s:s,s:o,s:i,s:i,s:b,s:b,s:s,s:I}", "ip",
				rd_json_ip4(t->ip), "host", rd_host_name(t->host), "mac",
				rd_json_mac(t->mac), "encap", "geneve", "port",
				rd_ctl_port_qname(t->port, port), "team",
				rd_json_ports(t->team, t->nb_team, true), "dport", t->dport, "ttl",
				t->ttl, "df", t->df, "csum", t->csum, "option",
				ctl_tep_option(t, option, sizeof(option)), "hash_seed",
				(json_int_t)t->hash_seed));
	}
	return 0;
}
