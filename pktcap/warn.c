/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Points that cannot have a packet: said at start, before somebody waits for one. Main thread.
 */
#include <stdio.h>
#include <string.h>

#include "session.h"

// Whether packets can be at the point: RX and TX stages belong to kinds of ports, all others may see any port's.
static bool can_pass(const struct pk_point *pt)
{
	const struct rd_stage_desc *s = rd_stage_by_id(pt->stage);

	if (s == NULL || (s->kind != RD_STAGE_KIND_RX && s->kind != RD_STAGE_KIND_TX))
		return true;
	return pt->port->stages >> pt->stage & 1;
}

static void warn_port(const struct pk_port *port)
{
	const char *sep = "";

	fprintf(stderr, "pktcap: warning: no packet of port %s is ever at these points; write:",
		port->qname);
	for (unsigned i = 0; i < rd_stages_count; i++) {
		if (port->stages >> rd_stages[i].id & 1) {
			fprintf(stderr, "%s%s", *sep != '\0' ? sep : " --capture ",
				rd_stages[i].name);
			sep = ",";
		}
	}
	fprintf(stderr, "\n");
}

void pk_warn_points(const struct pk_session *s)
{
	const struct pk_points *pts = s->points;

	for (unsigned i = 0; i < pts->nb_asked; i++) {
		const struct pk_port *port = pts->asked[i];
		bool any = false, can = false;

		// A vmk has stages that are not its port's; what a bypassed port lacks is said elsewhere.
		if (port->stages == 0 || port->bypass[0] != '\0' || strcmp(port->type, "vmk") == 0)
			continue;
		for (unsigned k = 0; k < pts->count; k++) {
			if (pts->list[k].port != port)
				continue;
			any = true;
			can |= can_pass(&pts->list[k]);
		}
		if (any && !can)
			warn_port(port);
	}
}
