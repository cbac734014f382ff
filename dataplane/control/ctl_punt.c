/* SPDX-License-Identifier: BSD-3-Clause
 *
 * punt.*: packets to our own addresses: how many a worker handles. Control thread.
 */
#include "control/ctl.h"
#include "tables/punt.h"

int ctl_punt_set(struct rd_request *req)
{
	uint32_t rate = (uint32_t)rd_req_num(req, "rate", 1, RD_PUNT_RATE_MAX);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_punt_set_rate(rate);
	return 0;
}

int ctl_punt_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		const struct rd_worker *w = rd_workers[i];

		rd_req_item(req,
			json_pack("{s:i,s:I,s:I,s:I,s:I}", "worker", (int)w->id, "rate",
				(json_int_t)rd_punt_rate(), "in",
				(json_int_t)w->stages[RD_STAGE_PUNT].in, "drops",
				(json_int_t)w->stages[RD_STAGE_PUNT].drops, "limited",
				(json_int_t)w->drops[RD_DROP_PUNT_RATE]));
	}
	return 0;
}
