/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registry of methods, and running one. Callers: control/conn.c, control/local.c. Control thread.
 */
#include "control/method.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/ctl_router.h"
#include "control/journal.h"
#include "session/session.h"

#define FIELDS_MAX 32

#define A RD_M_ADMIN
#define L RD_M_LIST
#define P RD_M_PORTS
#define X RD_M_ACT

static const struct rd_method methods[] = {
	{"cancel", ctl_cancel, 0},
	{"capture.attach", ctl_capture_attach, 0},
	{"capture.list", ctl_capture_list, L},
	{"capture.note", ctl_capture_note, 0}, // of one's own
	{"capture.show", ctl_capture_show, L},
	{"capture.start", ctl_capture_start, A | X},
	{"capture.stop", ctl_capture_stop, 0}, // of one's own
	{"clock.advance", ctl_clock_advance, A | X},
	{"conn.flush", ctl_conn_flush, A},
	{"conn.list", ctl_conn_list, L},
	{"conn.stats", ctl_conn_stats, 0},
	{"daemon.clients", ctl_daemon_clients, L},
	{"daemon.stop", ctl_daemon_stop, A | X},
	{"device.list", ctl_device_list, L},
	{"dfw.abort", ctl_dfw_abort, A},
	{"dfw.add", ctl_dfw_add, A},
	{"dfw.begin", ctl_dfw_begin, A},
	{"dfw.commit", ctl_dfw_commit, A},
	{"dfw.counts", ctl_dfw_counts, L},
	{"dfw.default", ctl_dfw_default, A},
	{"dfw.del", ctl_dfw_del, A},
	{"dfw.list", ctl_dfw_list, L},
	{"dfw.load", ctl_dfw_load, A},
	{"dfw.log", ctl_dfw_log, L},
	{"dfw.port_set", ctl_dfw_port_set, A},
	{"dfw.revision", ctl_dfw_revision, 0},
	{"dfw.settings", ctl_dfw_settings, A},
	{"dfw.settings_list", ctl_dfw_settings_list, L},
	{"dfw_group.add", ctl_dfw_group_add, A},
	{"dfw_group.del", ctl_dfw_group_del, A},
	{"dfw_group.list", ctl_dfw_group_list, L},
	{"dfw_group.set", ctl_dfw_group_set, A},
	{"dfw_rule.add", ctl_dfw_rule_add, A},
	{"dfw_rule.del", ctl_dfw_rule_del, A},
	{"dfw_rule.list", ctl_dfw_rule_list, L},
	{"dfw_rule.move", ctl_dfw_rule_move, A},
	{"dfw_rule.set", ctl_dfw_rule_set, A},
	{"dfw_section.add", ctl_dfw_section_add, A},
	{"dfw_section.del", ctl_dfw_section_del, A},
	{"dfw_section.list", ctl_dfw_section_list, L},
	{"dfw_section.move", ctl_dfw_section_move, A},
	{"dfw_service.del", ctl_dfw_service_del, A},
	{"dfw_service.list", ctl_dfw_service_list, L},
	{"dfw_service.set", ctl_dfw_service_set, A},
	{"drop.hardware", ctl_drop_hardware, L},
	{"drop.list", ctl_drop_list, L},
	{"drop.recent", ctl_drop_recent, L},
	{"explain.rule", ctl_explain_rule, 0},
	{"explain.whatif", ctl_explain_whatif, L},
	{"fdb.add", ctl_fdb_add, A},
	{"fdb.del", ctl_fdb_del, A},
	{"fdb.flush", ctl_fdb_flush, A},
	{"fdb.list", ctl_fdb_list, L},
	{"flow.flush", ctl_flow_flush, A},
	{"flow.list", ctl_flow_list, L},
	{"flow.set", ctl_flow_set, A},
	{"flow.stats", ctl_flow_stats, L},
	{"hello", ctl_hello, 0},
	{"host.add", ctl_host_add, A},
	{"host.del", ctl_host_del, A},
	{"host.list", ctl_host_list, L},
	{"inject", ctl_inject, A | X},
	{"inject.list", ctl_inject_list, L},
	{"inject.stop", ctl_inject_stop, A | X},
	{"journal.list", ctl_journal_list, L},
	{"log.list", ctl_log_list, L},
	{"log.set", ctl_log_set, A},
	{"mirror.add", ctl_mirror_add, A},
	{"mirror.capability", ctl_mirror_capability, L},
	{"mirror.counters", ctl_mirror_counters, L},
	{"mirror.del", ctl_mirror_del, A},
	{"mirror.diff", ctl_mirror_diff, L},
	{"mirror.explain", ctl_mirror_explain, L},
	{"mirror.journal", ctl_mirror_journal, L},
	{"mirror.limit", ctl_mirror_limit, A},
	{"mirror.limit_list", ctl_mirror_limit_list, L},
	{"mirror.list", ctl_mirror_list, L},
	{"mirror.rule_add", ctl_mirror_rule_add, A},
	{"mirror.rule_del", ctl_mirror_rule_del, A},
	{"mirror.set", ctl_mirror_set, A},
	{"mirror.start", ctl_mirror_start, A},
	{"mirror.stop", ctl_mirror_stop, A},
	{"neighbour.add", ctl_neighbour_add, A},
	{"neighbour.del", ctl_neighbour_del, A},
	{"neighbour.flush", ctl_neighbour_flush, A},
	{"neighbour.list", ctl_neighbour_list, L},
	{"pool.list", ctl_pool_list, L},
	{"port.add", ctl_port_add, A | P},
	{"port.del", ctl_port_del, A | P},
	{"port.ladder", ctl_port_ladder, L},
	{"port.list", ctl_port_list, L},
	{"port.set", ctl_port_set, A | P},
	{"probe", ctl_probe, A | X | L},
	{"punt.list", ctl_punt_list, L},
	{"punt.set", ctl_punt_set, A},
	{"route.add", ctl_route_add, A},
	{"route.del", ctl_route_del, A},
	{"route.list", ctl_route_list, L},
	{"router.add", ctl_router_add, A},
	{"router.del", ctl_router_del, A},
	{"router.list", ctl_router_list, L},
	{"router_interface.add", ctl_rif_add, A},
	{"router_interface.del", ctl_rif_del, A},
	{"router_interface.list", ctl_rif_list, L},
	{"router_interface.set", ctl_rif_set, A},
	{"running_config", ctl_running_config, L},
	{"segment.add", ctl_segment_add, A | P},
	{"segment.del", ctl_segment_del, A | P},
	{"segment.list", ctl_segment_list, L},
	{"segment.set", ctl_segment_set, A | P},
	{"stage.list", ctl_stage_list, L},
	{"switch.add", ctl_switch_add, A},
	{"switch.del", ctl_switch_del, A},
	{"switch.list", ctl_switch_list, L},
	{"switch.set", ctl_switch_set, A},
	{"tep.add", ctl_tep_add, A | P},
	{"tep.del", ctl_tep_del, A | P},
	{"tep.list", ctl_tep_list, L},
	{"tunnel.add", ctl_tunnel_add, A},
	{"tunnel.del", ctl_tunnel_del, A},
	{"tunnel.list", ctl_tunnel_list, L},
	{"vhost.list", ctl_vhost_list, L},
	{"virtqueue.list", ctl_virtqueue_list, L},
	{"worker.assign", ctl_worker_assign, A},
	{"worker.balance", ctl_worker_balance, 0},
	{"worker.handoff", ctl_worker_handoff, L},
	{"worker.latency", ctl_worker_latency, L},
	{"worker.list", ctl_worker_list, L},
	{"worker.queues", ctl_worker_queues, L},
	{"worker.set", ctl_worker_set, A},
	{"worker.spread", ctl_worker_spread, A},
};

const struct rd_method *rd_method_find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

// A handler that returned an error without words still gets some.
static int finish(struct rd_request *req, const struct rd_method *m, int ret)
{
	if (ret >= 0 && req->err->code != 0)
		ret = req->err->code;
	if (ret < 0) {
		rd_err_set(req->err, ret, "%s: %s", req->method, strerror(-ret));
		json_decref(req->result);
		req->result = NULL;
		if (req->fd >= 0)
			close(req->fd);
		req->fd = -1;
		return ret;
	}
	if (req->result == NULL && (m->flags & RD_M_LIST))
		req->result = json_pack("{s:I}", "count", (json_int_t)req->count);
	if (req->result == NULL)
		req->result = json_object();
	return req->result == NULL ? rd_err_set(req->err, -ENOMEM, "out of memory") : 0;
}

// What every list takes besides its own parameters. A fault is found by the handler's rd_req_end().
static const json_t *wanted_fields(struct rd_request *req)
{
	json_t *fields = rd_req_array(req, "fields", FIELDS_MAX), *name;
	size_t i;

	json_array_foreach (fields, i, name) {
		if (!json_is_string(name)) {
			rd_req_fail(req, "fields", -EINVAL, "fields are named by strings");
			return NULL;
		}
	}
	return fields;
}

int rd_method_run(struct rd_request *req)
{
	const struct rd_method *m = rd_method_find(req->method);
	int ret;

	if (m == NULL) {
		rd_err_set(req->err, -ENOSYS, "there is no method %.80s", req->method);
		rd_err_where(req->err, "method");
		rd_err_hint(req->err,
			"docs/design/protocol.md lists them; are client and daemon of one release?");
		return -ENOSYS;
	}
	if ((m->flags & RD_M_ADMIN) && !req->admin) {
		rd_err_set(req->err, -EPERM, "%s changes things, and this user may only look",
			req->method);
		rd_err_hint(req->err,
			"run it as root, as the daemon's user, or as a member of group reddot");
		return -EPERM;
	}
	req->fields = m->flags & RD_M_LIST ? wanted_fields(req) : NULL;
	ret = m->handler(req);
	if (m->flags & RD_M_PORTS)
		rd_mirror_refresh();
	if (ret >= 0 && req->err->code == 0 && (m->flags & (RD_M_ADMIN | RD_M_ACT)) == RD_M_ADMIN)
		rd_journal_note(req);
	if (ret >= 0 && req->err->code == 0 && req->stream != NULL)
		return 0;
	if (req->stream != NULL)
		req->stream->free(req->stream);
	req->stream = NULL;
	return finish(req, m, ret);
}

int rd_method_step(struct rd_request *req)
{
	int ret = req->stream->step(req, req->stream);

	if (ret > 0)
		return ret;
	req->stream->free(req->stream);
	req->stream = NULL;
	return finish(req, rd_method_find(req->method), ret);
}

bool rd_req_has_enough(const struct rd_request *req, const json_t *item)
{
	for (size_t i = 0; i < json_array_size(req->fields); i++)
		if (json_object_get(item, json_string_value(json_array_get(req->fields, i)))
			== NULL)
			return false;
	return req->fields != NULL;
}

// Steals item.
static json_t *only_fields(const struct rd_request *req, json_t *item)
{
	json_t *only = json_object();

	for (size_t i = 0; i < json_array_size(req->fields); i++) {
		const char *name = json_string_value(json_array_get(req->fields, i));
		json_t *value = json_object_get(item, name);

		if (value != NULL)
			json_object_set(only, name, value);
	}
	json_decref(item);
	return only;
}

int rd_req_item(struct rd_request *req, json_t *item)
{
	int ret;

	if (item != NULL && req->fields != NULL)
		item = only_fields(req, item);
	if (item == NULL)
		return rd_err_set(req->err, -ENOMEM, "out of memory");
	req->count++;
	ret = req->item(req, item);
	json_decref(item);
	return ret;
}

void rd_req_result(struct rd_request *req, json_t *result)
{
	if (result == NULL)
		rd_err_set(req->err, -ENOMEM, "out of memory");
	json_decref(req->result);
	req->result = result;
}

int rd_req_fail(struct rd_request *req, const char *key, int code, const char *fmt, ...)
{
	char text[sizeof(req->err->what)];
	va_list ap;

	if (req->err->code != 0)
		return req->err->code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rd_err_set(req->err, code, "%s", text);
	rd_err_where(req->err, "%s", key);
	return code;
}
