/* SPDX-License-Identifier: BSD-3-Clause
 *
 * log.*: levels of log modules. Control thread.
 */
#include "base/log.h"

#include <string.h>

#include "control/ctl.h"

int ctl_log_list(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (const struct rd_log_module *m = rd_log_modules(); m != NULL; m = m->next)
		rd_req_item(req,
			json_pack("{s:s,s:s}", "module", m->name, "level",
				rd_log_level_name(__atomic_load_n(&m->level, __ATOMIC_RELAXED))));
	return 0;
}

int ctl_log_set(struct rd_request *req)
{
	const char *module = rd_req_str(req, "module"), *level = rd_req_str(req, "level");
	int ret;

	if (rd_req_end(req) < 0)
		return req->err->code;
	ret = rd_log_set(module, level);
	if (ret == -ENOENT) {
		rd_req_fail(req, "module", ret, "there is no log module %.40s", module);
		rd_err_hint(req->err, "show log; or all");
	} else if (ret < 0) {
		rd_req_fail(req, "level", ret, "there is no log level %.40s", level);
		rd_err_hint(req->err, "err, warn, info or debug");
	}
	return ret;
}
