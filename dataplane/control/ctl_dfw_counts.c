/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw.counts: what the firewalls of ports passed and dropped, by direction and family, and why. Control thread.
 */
#include <stdio.h>

#include "control/ctl.h"
#include "tables/dfw_filter.h"
#include "tables/dfw_policy.h"

static int row(struct rd_request *req, const struct rd_port *p, const char *kind, const char *what,
	const uint64_t nb[2])
{
	char qname[RD_QNAME_LEN];

	return rd_req_item(req,
		json_pack("{s:s,s:I,s:s,s:s,s:I,s:I}", "port", rd_ctl_port_qname(p->idx, qname),
			"port_id", (json_int_t)p->id, "kind", kind, "what", what, "in",
			(json_int_t)nb[0], "out", (json_int_t)nb[1]));
}

static int packets(struct rd_request *req, const struct rd_port *p, const struct rd_dfw_filter *f)
{
	static const char *const families[] = {
		[RD_DFW_V4] = "v4", [RD_DFW_V6] = "v6", [RD_DFW_OTHER] = "other"};
	char what[16];
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < RD_DFW_FAMILIES; i++) {
		snprintf(what, sizeof(what), "%s pass", families[i]);
		rc = row(req, p, "packets", what, (uint64_t[]){f->pass[0][i], f->pass[1][i]});
		snprintf(what, sizeof(what), "%s drop", families[i]);
		if (rc == 0)
			rc = row(req, p, "packets", what,
				(uint64_t[]){f->drop[0][i], f->drop[1][i]});
	}
	return rc;
}

static int reasons(struct rd_request *req, const struct rd_port *p, const struct rd_dfw_filter *f)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < RD_DFW_WHY_COUNT; i++)
		if (f->why[0][i] != 0 || f->why[1][i] != 0)
			rc = row(req, p, "reason", rd_dfw_why_name(i),
				(uint64_t[]){f->why[0][i], f->why[1][i]});
	return rc;
}

// Of a port without a firewall only what it counted when it had one.
static bool counted(const struct rd_dfw_filter *f)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < RD_DFW_FAMILIES; i++)
		sum |= f->pass[0][i] | f->pass[1][i] | f->drop[0][i] | f->drop[1][i];
	return sum != 0;
}

int ctl_dfw_counts(struct rd_request *req)
{
	const struct rd_port *only = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	int rc = rd_req_end(req);

	for (unsigned i = 1; rc == 0 && i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		struct rd_dfw_filter f;

		if (p == NULL || (only != NULL && p->idx != only->idx))
			continue;
		rd_dfw_filter_sum(p->idx, &f);
		if (only == NULL && rd_dfw_policy()->port[i].dfw == NULL && !counted(&f))
			continue;
		rc = packets(req, p, &f);
		if (rc == 0)
			rc = reasons(req, p, &f);
	}
	return rc;
}
