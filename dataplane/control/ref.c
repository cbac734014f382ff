/* SPDX-License-Identifier: BSD-3-Clause
 *
 * References to objects in parameters, and the names of objects in answers. Control thread.
 */
#include "control/ctl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static void blame(struct rd_request *req, const char *key)
{
	if (req->err->code != 0)
		rd_err_where(req->err, "%s", key);
}

const struct rd_host *rd_req_host(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_host *h = name == NULL ? NULL : rd_host_find(name);

	if (name != NULL && h == NULL) {
		rd_req_fail(req, key, -ENOENT, "no host is named %.80s", name);
		rd_err_hint(req->err, "show host");
	}
	return h;
}

const struct rd_host *rd_req_host_or_null(struct rd_request *req, const char *key)
{
	return rd_req_has(req, key) ? rd_req_host(req, key) : NULL;
}

struct rd_switch *rd_req_switch(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	struct rd_switch *sw = name == NULL ? NULL : rd_switch_find(name, req->err);

	blame(req, key);
	return sw;
}

const struct rd_port *rd_req_port(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_port *p = name == NULL ? NULL : rd_port_find(name, req->err);

	blame(req, key);
	return p;
}

const struct rd_segment *rd_req_segment(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_segment *s = name == NULL ? NULL : rd_segment_find(name, req->err);

	blame(req, key);
	return s;
}

const struct rd_tunnel *rd_req_tunnel(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_tunnel *t = name == NULL ? NULL : rd_tunnel_find(name, req->err);

	blame(req, key);
	return t;
}

const struct rd_tep *rd_req_tep(struct rd_request *req, const char *key)
{
	const char *name = rd_req_str(req, key);
	const struct rd_tep *t = name == NULL ? NULL : rd_tep_find(name, req->err);

	blame(req, key);
	return t;
}

unsigned rd_req_team(struct rd_request *req, const char *key, uint16_t team[RD_TEAM_MAX])
{
	json_t *names = rd_req_array(req, key, RD_TEAM_MAX), *name;
	unsigned nb = 0;
	size_t i;

	json_array_foreach (names, i, name) {
		const struct rd_port *p = NULL;

		if (!json_is_string(name))
			rd_req_fail(req, key, -EINVAL, "%s must be an array of port names", key);
		else
			p = rd_port_find(json_string_value(name), req->err);
		blame(req, key);
		if (p == NULL)
			return 0;
		if (p->type != RD_PORT_UPLINK) {
			rd_req_fail(req, key, -EINVAL, "%s is no uplink, so it can't be in a team",
				p->name);
			rd_err_hint(req->err, "show port type uplink");
			return 0;
		}
		team[nb++] = p->idx;
	}
	return nb;
}

const char *rd_ctl_switch_qname(const struct rd_switch *sw, char buf[RD_QNAME_LEN])
{
	snprintf(buf, RD_QNAME_LEN, "%s/%s", rd_host_name(sw->host), sw->name);
	return buf;
}

const char *rd_ctl_segment_qname(const struct rd_segment *s, char buf[RD_QNAME_LEN])
{
	snprintf(buf, RD_QNAME_LEN, "%s/%s", rd_host_name(s->host), s->name);
	return buf;
}

const char *rd_ctl_port_qname(uint16_t idx, char buf[RD_QNAME_LEN])
{
	const struct rd_port *p =
		idx == RD_PORT_NONE || idx >= RD_PORT_MAX ? NULL : rd_port_at(idx);

	buf[0] = '\0';
	return p == NULL ? buf : rd_port_qname(p, buf, RD_QNAME_LEN);
}

json_t *rd_json_ports(const uint16_t *idx, unsigned nb, bool qualified)
{
	json_t *list = json_array();
	char buf[RD_QNAME_LEN];

	for (unsigned i = 0; i < nb; i++) {
		const struct rd_port *p = rd_port_at(idx[i]);

		if (p != NULL)
			json_array_append_new(list,
				json_string(qualified ? rd_ctl_port_qname(idx[i], buf) : p->name));
	}
	return list;
}

json_t *rd_json_mac(const uint8_t mac[6])
{
	char buf[RD_MAC_TEXT];

	return json_string(rd_fmt_mac(mac, buf));
}

json_t *rd_json_ip4(const uint8_t ip[4])
{
	char buf[RD_IP_TEXT];

	return json_string(rd_fmt_ip(AF_INET, ip, buf));
}
