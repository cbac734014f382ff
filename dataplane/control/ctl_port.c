/* SPDX-License-Identifier: BSD-3-Clause
 *
 * port.add, port.set, port.del. A private record is filled in, its device opened, then it is published; whatever it
 * replaced is closed last, when no worker polls it any more. Control thread.
 */
#include <string.h>

#include "base/str.h"
#include "control/ctl.h"
#include "control/device.h"
#include "session/hw.h"

static void read_text(struct rd_request *req, const char *key, char *out, size_t size)
{
	const char *text;

	if (!rd_req_has(req, key))
		return;
	text = rd_req_str(req, key);
	if (text != NULL && rd_str_copy(out, size, text) < 0)
		rd_req_fail(req, key, -ENAMETOOLONG, "%s has more than %zu bytes", key, size - 1);
}

static void read_segment(struct rd_request *req, struct rd_port *p)
{
	const struct rd_segment *s;

	if (!rd_req_has(req, "segment"))
		return;
	if (strcmp(rd_req_str_or(req, "segment", "?") ?: "?", "") == 0) {
		p->segment = 0;
		return;
	}
	s = rd_req_segment(req, "segment");
	p->segment = s == NULL ? 0 : s->idx;
}

static void read_deny(struct rd_request *req, const char *key, uint8_t bit, uint8_t *deny)
{
	if (rd_req_bool_or(req, key, (*deny & bit) == 0))
		*deny &= (uint8_t)~bit;
	else
		*deny |= bit;
}

static bool is_any(json_t *list)
{
	const char *only =
		json_array_size(list) == 1 ? json_string_value(json_array_get(list, 0)) : NULL;

	return only != NULL && strcmp(only, "any") == 0;
}

// The addresses that a guest may send from; none, or "any" alone: all.
static void read_addresses(struct rd_request *req, struct rd_guard *g)
{
	json_t *list = rd_req_has(req, "addresses") ? rd_req_array(req, "addresses", RD_GUARD_ADDRS)
						    : NULL;

	if (list == NULL)
		return;
	g->nb_addrs = 0;
	for (size_t i = 0; i < json_array_size(list) && !is_any(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		struct rd_guard_addr a = {0};
		int family = 0;

		if (text == NULL || rd_parse_prefix(text, &family, a.addr, &a.len) < 0
			|| family == 0) {
			rd_req_fail(req, "addresses", -EINVAL, "\"%.60s\" is no address or prefix",
				text != NULL ? text : "");
			rd_err_hint(req->err,
				"10.0.0.5, 2001:db8::/64, several with commas, or any alone");
			return;
		}
		a.family = (uint8_t)family;
		g->addr[g->nb_addrs++] = a;
	}
}

static void read_guard(struct rd_request *req, struct rd_port *p)
{
	struct rd_guard *g = &p->guard;

	read_addresses(req, g);
	g->max_packets = (uint32_t)rd_req_num_or(req, "max_packets", 0, 100000000, g->max_packets);
	g->max_bytes = rd_req_num_or(req, "max_bytes", 0, 100000000000, g->max_bytes);
	g->max_flows = (uint32_t)rd_req_num_or(req, "max_flows", 0, 10000000, g->max_flows);
	if (p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT
		|| (g->nb_addrs == 0 && g->max_packets == 0 && g->max_bytes == 0
			&& g->max_flows == 0))
		return;
	rd_req_fail(req, g->nb_addrs != 0 ? "addresses" : "max_packets", -EINVAL,
		"only guests' ports (vnic, upt) have addresses and limits of what they send");
}

// What port.add and port.set have in common, but for the attachment.
static void read_common(struct rd_request *req, struct rd_port *p)
{
	if (rd_req_has(req, "mac"))
		rd_req_mac(req, "mac", p->mac);
	read_segment(req, p);
	if (rd_req_has(req, "team"))
		p->nb_team = (uint8_t)rd_req_team(req, "team", p->team);
	read_text(req, "label", p->label, sizeof(p->label));
	p->mtu = (uint16_t)rd_req_num_or(req, "mtu", 68, 9216, p->mtu);
	p->admin_up = rd_req_bool_or(req, "up", p->admin_up);
	p->spoof_check = rd_req_bool_or(req, "spoof_check", p->spoof_check);
	read_guard(req, p);
	read_deny(req, "unknown", RD_DENY_UNKNOWN, &p->deny);
	read_deny(req, "multicast", RD_DENY_MCAST, &p->deny);
	read_deny(req, "broadcast", RD_DENY_BCAST, &p->deny);
}

static int port_type(struct rd_request *req)
{
	const char *name = rd_req_str(req, "type");
	int type = name == NULL ? -EINVAL : rd_port_type_parse(name);

	if (name != NULL && type < 0) {
		rd_req_fail(req, "type", -EINVAL, "there is no port type %.40s", name);
		rd_err_hint(req->err, "uplink, vmk, vnic, upt, mux, vdr, mgmt or shadow");
	}
	return type;
}

// Makes p visible and lets the workers poll its device; what p replaces (old, NULL = nothing) is closed.
static int publish(struct rd_request *req, struct rd_port *p, const struct rd_port *old)
{
	struct rd_ethdev_info gone = {0};
	bool replaced, opened;
	int ret;

	ret = rd_device_switch(p, old, &opened, &replaced, req->err);
	if (ret == 0 && replaced)
		gone = old->eth;
	if (ret == 0)
		ret = rd_port_publish(p, req->err);
	if (ret < 0) {
		if (opened)
			rd_ethdev_close(&p->eth);
		rd_port_discard(p);
		return ret;
	}
	if (opened)
		rd_mirror_port_opened(p->ethdev);
	if (opened || replaced)
		ret = rd_device_refresh(req->err);
	if (ret < 0)
		return ret;
	if (replaced)
		rd_mirror_port_closing(gone.port_id);
	if (replaced)
		rd_ethdev_close(&gone);
	return 0;
}

int ctl_port_add(struct rd_request *req)
{
	const char *name = rd_req_name(req, "name");
	struct rd_switch *sw = rd_req_switch(req, "switch");
	int type = port_type(req);
	uint32_t id = (uint32_t)rd_req_num_or(req, "id", 1, UINT32_MAX, 0);
	uint16_t ens = (uint16_t)rd_req_num_or(req, "ens", 1, 4095, 0);
	struct rd_port *p = NULL;

	if (req->err->code == 0)
		p = rd_port_new(name, sw, (enum rd_port_type)type, req->err);
	if (p == NULL)
		return req->err->code;
	p->id = id;
	p->ens = ens;
	read_common(req, p);
	rd_device_read(req, p);
	if (rd_req_end(req) < 0) {
		rd_port_discard(p);
		return req->err->code;
	}
	int ret = publish(req, p, NULL);

	if (ret == 0) // p is the table's now, and there it stays until the next request
		rd_req_result(
			req, json_pack("{s:I,s:i}", "id", (json_int_t)p->id, "idx", (int)p->idx));
	return ret;
}

int ctl_port_set(struct rd_request *req)
{
	const struct rd_port *old = rd_req_port(req, "port");
	struct rd_port *p = old == NULL ? NULL : rd_port_edit(old->idx);

	if (p == NULL)
		return old == NULL ? req->err->code : -ENOMEM;
	read_common(req, p);
	rd_device_read(req, p);
	if (rd_req_end(req) < 0) {
		rd_port_discard(p);
		return req->err->code;
	}
	return publish(req, p, old);
}

int ctl_port_del(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_device_del(p, req->err);
}
