/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lines of running_config about workers. Control thread.
 */
#include <stdio.h>

#include "control/ctl.h"
#include "core/idle.h"
#include "core/rxq.h"

static void emit(struct rd_request *req, const char *line)
{
	rd_req_item(req, json_pack("{s:s}", "line", line));
}

static void assignments(struct rd_request *req, const struct rd_port *p)
{
	char name[RD_QNAME_LEN], line[RD_QNAME_LEN + 64];

	for (uint16_t q = 0; q < p->eth.nb_rxq; q++) {
		int worker = rd_rxq_by_hand(p->idx, q) ? rd_rxq_worker(p->idx, q) : -1;

		if (worker < 0)
			continue;
		snprintf(line, sizeof(line), "worker assign %s queue %u worker %d",
			rd_ctl_port_qname(p->idx, name), q, worker);
		emit(req, line);
	}
}

void rd_config_workers(struct rd_request *req)
{
	char line[64];

	if (rd_handoff_model() != RD_MODEL_RTC) {
		snprintf(line, sizeof(line), "worker model %s", rd_model_name(rd_handoff_model()));
		emit(req, line);
	}
	if (rd_idle_get() != RD_IDLE_AUTO) {
		snprintf(line, sizeof(line), "worker idle %s", rd_idle_name(rd_idle_get()));
		emit(req, line);
	}
	for (uint16_t i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at(i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV)
			assignments(req, p);
	}
}
