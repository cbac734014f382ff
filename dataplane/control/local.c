/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Methods without a socket: the daemon's own command files run through it. Main thread.
 */
#include <unistd.h>

#include "control/ctl.h"

struct receiver {
	int (*each)(void *arg, const json_t *item);
	void *arg;
	int stopped; // what `each` returned to stop the delivery
};

static int deliver(struct rd_request *req, const json_t *item)
{
	struct receiver *r = req->item_arg;

	if (r->each != NULL && r->stopped == 0)
		r->stopped = r->each(r->arg, item);
	return 0;
}

int rd_ctl_call(void *ctl, const char *method, json_t *params,
	int (*each)(void *arg, const json_t *item), void *each_arg, json_t **result,
	struct rd_err *err)
{
	struct receiver r = {.each = each, .arg = each_arg};
	struct rd_err own = {0};
	struct rd_request req = {.method = method,
		.params = params != NULL ? params : json_object(),
		.err = err != NULL ? err : &own,
		.ctl = ctl,
		.admin = true,
		.item = deliver,
		.item_arg = &r,
		.fd = -1};
	int ret = rd_method_run(&req);

	while (req.stream != NULL)
		ret = rd_method_step(&req);
	if (result != NULL)
		*result = ret == 0 && r.stopped == 0 ? json_incref(req.result) : NULL;
	json_decref(req.result);
	json_decref(req.params);
	if (req.fd >= 0)
		close(req.fd);
	return ret < 0 ? ret : r.stopped;
}
