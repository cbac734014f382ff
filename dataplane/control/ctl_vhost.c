/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhost.list and virtqueue.list: guests at vhost-user sockets, and the rings that their packets are in. Control thread.
 */
#include "control/ctl.h"
#include "core/devargs.h"
#include "core/vhost.h"

static const struct {
	unsigned bit;
	const char *name;
} features[] = {
	{0, "csum"},
	{1, "guest_csum"},
	{7, "guest_tso4"},
	{8, "guest_tso6"},
	{11, "host_tso4"},
	{12, "host_tso6"},
	{15, "mrg_rxbuf"},
	{17, "ctrl_vq"},
	{21, "guest_announce"},
	{22, "mq"},
	{26, "log_all"},
	{28, "indirect_desc"},
	{29, "event_idx"},
	{30, "protocol_features"},
	{32, "version_1"},
	{33, "iommu_platform"},
	{34, "ring_packed"},
	{35, "in_order"},
};

static json_t *names_of(uint64_t bits)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (bits >> features[i].bit & 1)
			json_array_append_new(list, json_string(features[i].name));
	return list;
}

// The port that the request names has to be one of net_vhost.
static const struct rd_port *only_vhost(struct rd_request *req)
{
	const struct rd_port *p = rd_req_device(req);

	if (p != NULL && p->attach == RD_ATTACH_ETHDEV && !rd_vhost_is(p->ethdev)) {
		rd_req_fail(req, "port", -ENODEV,
			"port %s has device \"%.80s\": its rings are not the vhost-user library's",
			p->name, p->device);
		rd_err_hint(req->err,
			"show device %s; show vhost sessions lists those with a guest", p->name);
	}
	return p;
}

static const char *role_of(const struct rd_port *p)
{
	char client[2] = "";

	rd_devargs_get(p->device, "client", client, sizeof(client));
	return client[0] == '1' ? "client" : "server";
}

static int session_item(struct rd_request *req, const struct rd_port *p)
{
	struct rd_vhost_session s;
	char name[RD_QNAME_LEN], path[256] = "", bits[24];
	bool there = rd_vhost_session(p->ethdev, &s);

	if (!rd_vhost_is(p->ethdev))
		return 0;
	rd_devargs_get(p->device, "iface", path, sizeof(path));
	snprintf(bits, sizeof(bits), "0x%llx", (unsigned long long)s.features);
	return rd_req_item(req,
		json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:s,s:o}", "port",
			rd_ctl_port_qname(p->idx, name), "socket", there ? s.path : path, "role",
			role_of(p), "guest", there ? "connected" : "none", "vid", s.vid, "rings",
			(int)s.rings, "queue_pairs", (int)s.rings / 2, "numa", s.numa,
			"feature_bits", there ? bits : "", "features", names_of(s.features)));
}

int ctl_vhost_list(struct rd_request *req)
{
	const struct rd_port *only = only_vhost(req);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_each_device(req, only, session_item);
	return 0;
}

// Even rings are those in which the guest receives.
static int ring_items(struct rd_request *req, const struct rd_port *p)
{
	struct rd_vhost_ring r;
	char name[RD_QNAME_LEN];
	int ret = 0;

	for (uint16_t i = 0; ret == 0 && rd_vhost_ring(p->ethdev, i, &r); i++)
		ret = rd_req_item(req,
			json_pack("{s:s,s:i,s:i,s:s,s:s,s:i,s:b,s:i,s:i,s:o}", "port",
				rd_ctl_port_qname(p->idx, name), "ring", (int)i, "queue", i / 2,
				"guest", i % 2 == 0 ? "receives" : "sends", "kind",
				r.packed ? "packed" : "split", "size", (int)r.size, "mapped",
				r.mapped, "avail", (int)r.avail, "used", (int)r.used, "waiting",
				r.packed || !r.mapped ? json_null() : json_integer(r.waiting)));
	return ret;
}

int ctl_virtqueue_list(struct rd_request *req)
{
	const struct rd_port *only = only_vhost(req);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_each_device(req, only, ring_items);
	return 0;
}
