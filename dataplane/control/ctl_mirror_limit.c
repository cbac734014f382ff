/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mirror.limit, .limit_list: what all mirror sessions together may send. Control thread.
 */
#include <inttypes.h>

#include "control/ctl_mirror.h"
#include "session/cap.h"
#include "session/store.h"

static uint64_t now(const uint64_t *limit)
{
	return __atomic_load_n(limit, __ATOMIC_RELAXED);
}

// 0 = no limit; without the parameter it stays as it is.
static uint64_t read(
	struct rd_request *req, const char *key, uint64_t min, uint64_t max, const uint64_t *before)
{
	uint64_t v = (uint64_t)rd_req_num_or(req, key, 0, (json_int_t)max, (json_int_t)now(before));

	if (v != 0 && v < min)
		rd_req_fail(req, key, -ERANGE,
			"%s %" PRIu64 ": %" PRIu64 " to %" PRIu64 ", or 0 for no limit", key, v,
			min, max);
	return v;
}

int ctl_mirror_limit(struct rd_request *req)
{
	uint64_t pps = read(req, "pps", 1, RD_MIRROR_CAP_PPS, &mirror_cap.pps);
	uint64_t bps = read(req, "bps", RD_MIRROR_CAP_BPS_MIN, RD_MIRROR_CAP_BPS, &mirror_cap.bps);
	uint32_t copies = (uint32_t)rd_req_num_or(
		req, "copies", 0, RD_MIRROR_CAP_COPIES_MAX, mirror_cap.copies);

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_mirror_cap_set(pps, bps);
	rd_mirror_cap_copies_set(copies);
	mirror_store_limit(pps, bps, copies);
	return 0;
}

// What each session lost by it is in its counters (cap, crowded).
int ctl_mirror_limit_list(struct rd_request *req)
{
	uint64_t capped = 0, crowded = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		struct mirror_counts n;

		if (rd_mirror_at(i) == NULL)
			continue;
		rd_mirror_sum(rd_mirror_at(i), &n);
		capped += n.cap;
		crowded += n.crowded;
	}
	rd_req_item(req,
		json_pack("{s:I,s:I,s:I,s:I,s:I}", "pps", (json_int_t)now(&mirror_cap.pps), "bps",
			(json_int_t)now(&mirror_cap.bps), "copies", (json_int_t)mirror_cap.copies,
			"capped", (json_int_t)capped, "crowded", (json_int_t)crowded));
	return 0;
}
