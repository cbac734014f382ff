/* SPDX-License-Identifier: BSD-3-Clause
 *
 * host.*: the tiers. Control thread.
 */
#include "control/ctl.h"

int ctl_host_add(struct rd_request *req)
{
	const char *name = rd_req_name(req, "name");
	bool is_default = rd_req_bool_or(req, "default", false);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_host_add(name, is_default, req->err);
}

int ctl_host_del(struct rd_request *req)
{
	const struct rd_host *h = rd_req_host(req, "name");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_host_del(h->name, req->err);
}

static unsigned count_switches(const struct rd_host *h)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < RD_SWITCH_MAX; i++) {
		const struct rd_switch *sw = rd_switch_at(i);

		nb += sw != NULL && sw->host == h->idx;
	}
	return nb;
}

static unsigned count_ports(const struct rd_host *h)
{
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		nb += p != NULL && p->host == h->idx;
	}
	return nb;
}

int ctl_host_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_HOST_MAX; i++) {
		const struct rd_host *h = rd_host_at(i);

		if (h != NULL)
			rd_req_item(req,
				json_pack("{s:s,s:b,s:i,s:i}", "name", h->name, "default",
					h->is_default, "switches", (int)count_switches(h), "ports",
					(int)count_ports(h)));
	}
	return 0;
}
