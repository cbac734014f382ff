/* SPDX-License-Identifier: BSD-3-Clause
 *
 * segment.*: virtual networks. Control thread.
 */
#include "control/ctl.h"

#include <stdlib.h>
#include <string.h>

#define AGING_MAX 1000000

// Reads what segment.add and segment.set have in common into *o, which holds the defaults or the present values.
static void read_common(struct rd_request *req, struct rd_segment_opts *o)
{
	json_t *names, *name;
	size_t i;

	o->flood = rd_req_bool_or(req, "flood", o->flood);
	o->learn = rd_req_bool_or(req, "learn", o->learn);
	o->aging_s = (uint32_t)rd_req_num_or(req, "aging_s", 1, AGING_MAX, o->aging_s);
	o->mac_limit = (uint32_t)rd_req_num_or(req, "mac_limit", 0, UINT32_MAX, o->mac_limit);
	o->move_limit = (uint16_t)rd_req_num_or(req, "move_limit", 0, UINT16_MAX, o->move_limit);
	if (rd_req_has(req, "refused"))
		o->refuse = rd_req_either(req, "refused", "drop", "forward");
	if (!rd_req_has(req, "tunnels"))
		return;
	names = rd_req_array(req, "tunnels", RD_SEGMENT_TUNNELS);
	o->nb_tunnels = 0;
	json_array_foreach (names, i, name) {
		const struct rd_tunnel *t = NULL;

		if (!json_is_string(name))
			rd_req_fail(req, "tunnels", -EINVAL, "tunnels must be an array of names");
		else
			t = rd_tunnel_find(json_string_value(name), req->err);
		if (t == NULL) {
			rd_err_where(req->err, "tunnels");
			return;
		}
		o->tunnel[o->nb_tunnels++] = t->idx;
	}
}

int ctl_segment_add(struct rd_request *req)
{
	struct rd_segment_opts o = {.vlan = -1,
		.flood = true,
		.learn = true,
		.aging_s = 300,
		.move_limit = RD_FDB_MOVES_DEFAULT};
	const char *name = rd_req_name(req, "name");
	struct rd_switch *sw = rd_req_switch(req, "switch");
	bool vni = rd_req_has(req, "vni"), vlan = rd_req_has(req, "vlan");

	if (vni == vlan)
		rd_req_fail(req, "vni", -EINVAL, "a segment has either a vni or a vlan");
	else if (vni)
		o.vni = (uint32_t)rd_req_num(req, "vni", 1, 0xffffff);
	else
		o.vlan = (int32_t)rd_req_num(req, "vlan", 0, 4094);
	o.mtu = (uint16_t)rd_req_num_or(req, "mtu", 68, 9216, 0);
	read_common(req, &o);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_segment_add(name, sw, &o, req->err);
}

int ctl_segment_set(struct rd_request *req)
{
	const struct rd_segment *s = rd_req_segment(req, "segment");
	struct rd_segment_opts o = {0};

	if (s != NULL) {
		o = (struct rd_segment_opts){.vlan = s->vlan,
			.vni = s->vni,
			.mtu = s->mtu,
			.flood = s->flood,
			.learn = s->learn,
			.refuse = s->refuse,
			.move_limit = s->move_limit,
			.mac_limit = s->mac_limit,
			.aging_s = s->aging_s,
			.nb_tunnels = s->nb_tunnels};
		memcpy(o.tunnel, s->tunnel, sizeof(o.tunnel));
	}
	read_common(req, &o);
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_segment_set(s->idx, &o, req->err);
}

int ctl_segment_del(struct rd_request *req)
{
	const struct rd_segment *s = rd_req_segment(req, "segment");

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_segment_del(s->idx, req->err);
}

static json_t *tunnel_names(const struct rd_segment *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->nb_tunnels; i++) {
		const struct rd_tunnel *t = rd_tunnel_at(s->tunnel[i]);

		if (t != NULL)
			json_array_append_new(list, json_string(t->name));
	}
	return list;
}

static int count_entry(void *arg, const struct rd_fdb_entry *e)
{
	((unsigned *)arg)[e->segment]++;
	return 0;
}

static json_t *segment_item(const struct rd_segment *s, unsigned entries)
{
	const struct rd_switch *sw = rd_switch_at(s->sw);
	char qname[RD_QNAME_LEN];

	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:i,s:i,s:b,s:b,s:I,s:o,s:i,s:I,s:I,s:I,s:s,s:I}",
		"name", s->name, "host", rd_host_name(s->host), "qname",
		rd_ctl_segment_qname(s, qname), "switch", sw == NULL ? "" : sw->name, "vni",
		(json_int_t)s->vni, "vlan", (int)s->vlan, "mtu",
		s->mtu != 0 || sw == NULL ? s->mtu : sw->mtu, "flood", s->flood, "learn", s->learn,
		"aging_s", (json_int_t)s->aging_s, "tunnels", tunnel_names(s), "fdb", (int)entries,
		"learned", (json_int_t)rd_fdb_learned(s->idx), "mac_limit",
		(json_int_t)s->mac_limit, "move_limit", (json_int_t)s->move_limit, "refused",
		s->refuse ? "drop" : "forward", "refusals", (json_int_t)rd_fdb_refused(s->idx));
}

int ctl_segment_list(struct rd_request *req)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	unsigned *entries;

	if (rd_req_end(req) < 0)
		return req->err->code;
	entries = calloc(
		UINT16_MAX + 1u, sizeof(*entries)); // one pass over the table for all segments
	if (entries == NULL)
		return -ENOMEM;
	rd_fdb_each(count_entry, entries);
	for (unsigned i = 1; i < rd_segment_bound(); i++) {
		const struct rd_segment *s = rd_segment_at((uint16_t)i);

		if (s != NULL && (host == NULL || s->host == host->idx))
			rd_req_item(req, segment_item(s, entries[i]));
	}
	free(entries);
	return 0;
}
