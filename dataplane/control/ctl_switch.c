/* SPDX-License-Identifier: BSD-3-Clause
 *
 * switch.*: the portsets. Control thread.
 */
#include "control/ctl.h"

#define MTU_MIN 68
#define MTU_MAX 9216
#define MTU_DEFAULT 1600 // room for a tunnel header around 1500

int ctl_switch_add(struct rd_request *req)
{
	const char *name = rd_req_name(req, "name");
	const struct rd_host *host = rd_req_host(req, "host");
	unsigned portset = (unsigned)rd_req_num(req, "portset", 0, 63);
	uint16_t mtu = (uint16_t)rd_req_num_or(req, "mtu", MTU_MIN, MTU_MAX, MTU_DEFAULT);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_switch_add(name, host->name, portset, mtu, req->err);
}

int ctl_switch_set(struct rd_request *req)
{
	struct rd_switch *sw = rd_req_switch(req, "switch");
	uint16_t mtu = (uint16_t)rd_req_num_or(req, "mtu", MTU_MIN, MTU_MAX, 0);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return mtu == 0 ? 0 : rd_switch_set_mtu(sw, mtu, req->err);
}

int ctl_switch_del(struct rd_request *req)
{
	struct rd_switch *sw = rd_req_switch(req, "switch");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_switch_del(sw, req->err);
}

static unsigned count_ports(const struct rd_switch *sw)
{
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		nb += p != NULL && p->sw == sw->idx;
	}
	return nb;
}

static unsigned count_segments(const struct rd_switch *sw)
{
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_segment_bound(); i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		nb += s != NULL && s->sw == sw->idx;
	}
	return nb;
}

int ctl_switch_list(struct rd_request *req)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	char qname[RD_QNAME_LEN];

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_SWITCH_MAX; i++) {
		const struct rd_switch *sw = rd_switch_at(i);

		if (sw == NULL || (host != NULL && sw->host != host->idx))
			continue;
		rd_req_item(req,
			json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:i}", "name", sw->name, "host",
				rd_host_name(sw->host), "qname", rd_ctl_switch_qname(sw, qname),
				"portset", sw->portset, "mtu", sw->mtu, "ports",
				(int)count_ports(sw), "segments", (int)count_segments(sw)));
	}
	return 0;
}
