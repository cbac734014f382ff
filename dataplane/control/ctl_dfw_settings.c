/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What holds for the whole firewall, or for all rules of a port: default, connection tracking, limits. Control thread.
 */
#include <string.h>
#include <strings.h>

#include "control/config_line.h"
#include "control/ctl.h"
#include "control/dfw_parse.h"
#include "control/dfw_text.h"

static uint32_t
	given; // bit per connection state, 0 = strict: what somebody has set, running_config prints

bool rd_dfw_setting_given(unsigned state)
{
	return (given >> state & 1) != 0;
}

static int maybe(struct rd_request *req, const char *key)
{
	return rd_req_has(req, key) ? rd_req_bool_or(req, key, false) : -1;
}

static void read_timeouts(struct rd_request *req, struct rd_conn_settings *s, uint32_t *states)
{
	json_t *timeouts = json_object_get(req->params, "timeouts"), *v;
	const char *key;

	if (!rd_req_has(req, "timeouts"))
		return;
	if (!json_is_object(timeouts))
		rd_req_fail(req, "timeouts", -EINVAL, "timeouts must be an object");
	json_object_foreach (timeouts, key, v) {
		unsigned st = RD_CONN_NONE + 1;

		while (st < RD_CONN_STATE_COUNT
			&& strcasecmp(rd_conn_state_name((enum rd_conn_state)st), key) != 0)
			st++;
		if (st == RD_CONN_STATE_COUNT)
			rd_req_fail(
				req, "timeouts", -EINVAL, "connections have no state %.40s", key);
		else if (!json_is_integer(v) || json_integer_value(v) < 1
			|| json_integer_value(v) > 1000000)
			rd_req_fail(req, "timeouts", -ERANGE, "a timeout is 1 to 1000000 seconds");
		else
			s->timeout_s[st] = (uint32_t)json_integer_value(v);
		*states |= 1u << st;
	}
}

int ctl_dfw_settings(struct rd_request *req)
{
	struct rd_conn_limits limits = rd_dfw_model_of(req->conn)->limits;
	int action = -1, log = maybe(req, "default_log"), stateful = maybe(req, "stateful");
	struct rd_conn_settings conn;
	uint32_t states = given | (uint32_t)rd_req_has(req, "strict");
	struct rd_dfw_model *m;
	int rc;

	rd_conn_settings_get(&conn);
	if (rd_req_has(req, "default"))
		action = (int)rd_dfw_read_action(req, "default");
	limits.max = (uint32_t)rd_req_num_or(req, "max_connections", 0, UINT32_MAX, limits.max);
	limits.max_half_open =
		(uint32_t)rd_req_num_or(req, "max_half_open", 0, UINT32_MAX, limits.max_half_open);
	conn.strict = rd_req_bool_or(req, "strict", conn.strict);
	read_timeouts(req, &conn, &states);
	m = rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);
	if (m == NULL)
		return req->err->code;
	rc = rd_dfw_done(m, rd_dfw_policy_set(m, action, log, stateful, &limits), req->err);
	if (rc < 0)
		return rc;
	rd_conn_settings_set(&conn);
	given = states;
	return 0;
}

int ctl_dfw_settings_list(struct rd_request *req)
{
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);
	struct rd_conn_settings conn;
	json_t *timeouts = json_object();

	rd_conn_settings_get(&conn);
	for (unsigned st = RD_CONN_NONE + 1; st < RD_CONN_STATE_COUNT; st++)
		json_object_set_new(timeouts, rd_conn_state_name((enum rd_conn_state)st),
			json_integer(conn.timeout_s[st]));
	if (rd_req_end(req) < 0) {
		json_decref(timeouts);
		return req->err->code;
	}
	rd_req_item(req,
		json_pack("{s:s,s:b,s:b,s:b,s:I,s:I,s:o}", "default",
			rd_dfw_action_text(m->default_action), "default_log", m->default_log,
			"stateful", m->stateful, "strict", conn.strict, "max_connections",
			(json_int_t)m->limits.max, "max_half_open",
			(json_int_t)m->limits.max_half_open, "timeouts", timeouts));
	return 0;
}

int ctl_dfw_port_set(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	int stateful = maybe(req, "stateful");
	struct rd_dfw_model *m = rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);

	if (m == NULL)
		return req->err->code;
	return rd_dfw_done(m, rd_dfw_local_stateful(m, p->idx, stateful, req->err), req->err);
}
