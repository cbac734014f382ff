/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mirror.add, .set, .start, .stop, .del: mirror sessions and their rules. A parameter is a field of session/field.h, with _ for -;
 * its value a string as it is typed, a number or a boolean, "rule" also an array. Control thread.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "control/conn.h"
#include "control/ctl_mirror.h"
#include "session/blind.h"
#include "session/field.h"
#include "session/store.h"

#define TICK_US 100000

const char *rd_mirror_who(const struct rd_request *req, char buf[64])
{
	struct passwd pw, *found = NULL;
	char room[1024];

	if (req->conn == NULL) {
		(void)rd_str_copy(buf, 64, "command file");
	} else if (getpwuid_r(req->conn->uid, &pw, room, sizeof(room), &found) == 0
		&& found != NULL) {
		(void)rd_str_copy(buf, 64, pw.pw_name);
	} else {
		snprintf(buf, 64, "uid %u", (unsigned)req->conn->uid);
	}
	return buf;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct rd_ctl *ctl = arg;

	(void)fd;
	(void)what;
	rd_mirror_tick();
	rd_ctl_mirror_clock(ctl);
}

void rd_ctl_mirror_clock(struct rd_ctl *ctl)
{
	struct timeval often = {.tv_usec = TICK_US};

	if (rd_mirror_nb() != 0 && ctl->mirror_tick == NULL) {
		ctl->mirror_tick = event_new(ctl->base, -1, EV_PERSIST, on_tick, ctl);
		if (ctl->mirror_tick != NULL)
			event_add(ctl->mirror_tick, &often);
	} else if (rd_mirror_nb() == 0 && ctl->mirror_tick != NULL) {
		event_free(ctl->mirror_tick);
		ctl->mirror_tick = NULL;
	}
}

// A value as it would be typed. NULL: of no kind that a field has.
static const char *value_text(json_t *v, char buf[32])
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "on" : "off";
	if (!json_is_integer(v))
		return NULL;
	snprintf(buf, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	return buf;
}

static void set_one(struct rd_request *req, struct rd_mirror_spec *s, const char *key, json_t *v)
{
	char number[32];
	const char *text = value_text(v, number);

	if (text == NULL)
		rd_req_fail(req, key, -EINVAL, "%s must be a string, a number or a boolean", key);
	else if (req->err->code == 0)
		(void)rd_mirror_spec_set(s, key, text, req->err);
}

static void set_field(
	struct rd_request *req, struct rd_mirror_spec *s, const char *param, json_t *v)
{
	char key[32];
	json_t *one;
	size_t i;

	(void)rd_str_copy(key, sizeof(key), param);
	for (char *c = key; *c != '\0'; c++)
		*c = *c == '_' ? '-' : *c;
	if (rd_mirror_field(key) == NULL) {
		rd_req_fail(
			req, "params", -EINVAL, "%s knows no parameter %.60s", req->method, param);
		return;
	}
	if (!json_is_array(v)) {
		set_one(req, s, key, v);
		return;
	}
	if (strcmp(key, "rule") == 0) // all of them, in place of those that were
		s->nb_rules = 0;
	json_array_foreach (v, i, one)
		set_one(req, s, key, one);
}

// Lists that count the destinations come after them.
static bool is_late(const char *key)
{
	return strcmp(key, "weight") == 0 || strcmp(key, "priority") == 0;
}

static void read_fields(struct rd_request *req, struct rd_mirror_spec *s)
{
	const char *key;
	json_t *v;

	for (unsigned late = 0; late < 2; late++)
		json_object_foreach (req->params, key, v) {
			bool other = strcmp(key, "session") == 0 || strcmp(key, "up") == 0;

			if (!other && !json_is_null(v) && is_late(key) == (late == 1))
				set_field(req, s, key, v);
		}
}

struct rd_mirror *rd_req_mirror(struct rd_request *req)
{
	json_t *v = json_object_get(req->params, "session");
	char number[32];
	const char *name = v != NULL ? value_text(v, number) : NULL;
	struct rd_mirror *m;

	if (name == NULL) {
		(void)rd_req_str(req, "session"); // says what is wrong
		return NULL;
	}
	(void)rd_req_has(req, "session");
	m = rd_mirror_find(name);
	if (m != NULL)
		return m;
	rd_req_fail(req, "session", -ENOENT, "there is no mirror session %.64s", name);
	rd_err_hint(req->err, "show mirror");
	return NULL;
}

// What is odd, but was done.
static int answer(struct rd_request *req, const struct rd_mirror *m)
{
	char warning[RD_MIRROR_WARNING];

	rd_ctl_mirror_clock(req->ctl);
	rd_req_result(req,
		json_pack("{s:s,s:i,s:s,s:s}", "session", m->spec.name, "id", m->spec.id, "oper",
			rd_mirror_oper_name(m->oper), "warning",
			rd_mirror_warning(m, warning, sizeof(warning))));
	return 0;
}

int ctl_mirror_add(struct rd_request *req)
{
	struct rd_mirror_spec s;
	struct rd_mirror *m;
	char who[64];
	bool up = rd_req_bool_or(req, "up", false);

	rd_mirror_spec_init(&s);
	read_fields(req, &s);
	if (req->err->code == 0 && s.name[0] == '\0')
		rd_req_fail(req, "name", -EINVAL, "%s needs the parameter name", req->method);
	if (req->err->code != 0)
		return req->err->code;
	if (s.owner[0] == '\0' && req->conn != NULL)
		(void)rd_str_copy(s.owner, sizeof(s.owner), rd_mirror_who(req, who));
	if (rd_mirror_add(&s, up, rd_mirror_who(req, who), &m, req->err) < 0)
		return req->err->code;
	return answer(req, m);
}

int ctl_mirror_set(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	struct rd_mirror_spec s;
	char who[64];

	if (m == NULL)
		return req->err->code;
	if (json_object_get(req->params, "name") != NULL)
		return rd_req_fail(req, "name", -EINVAL, "a session keeps its name");
	s = m->spec;
	read_fields(req, &s);
	if (req->err->code == 0)
		(void)rd_mirror_change(m, &s, rd_mirror_who(req, who), req->err);
	return req->err->code != 0 ? req->err->code : answer(req, m);
}

int ctl_mirror_rule_add(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	const char *text = rd_req_str(req, "rule");
	unsigned at = (unsigned)rd_req_num_or(req, "at", 1, RD_MIRROR_RULES, RD_MIRROR_RULES);
	struct rd_mirror_spec s;
	char who[64];

	if (rd_req_end(req) < 0)
		return req->err->code;
	s = m->spec;
	if (rd_mirror_spec_set(&s, "rule", text, req->err) < 0)
		return req->err->code;
	if (s.nb_rules <= m->spec.nb_rules) // "none" is for mirror.set
		return rd_req_fail(req, "rule", -EINVAL, "%.60s is no rule", text);
	for (unsigned i = s.nb_rules - 1u; i >= at; i--) { // to its place
		struct rd_mirror_rule r = s.rule[i];

		s.rule[i] = s.rule[i - 1];
		s.rule[i - 1] = r;
	}
	if (rd_mirror_change(m, &s, rd_mirror_who(req, who), req->err) < 0)
		return req->err->code;
	return answer(req, m);
}

int ctl_mirror_rule_del(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	unsigned at = (unsigned)rd_req_num(req, "at", 1, RD_MIRROR_RULES);
	struct rd_mirror_spec s;
	char who[64];

	if (rd_req_end(req) < 0)
		return req->err->code;
	s = m->spec;
	if (at > s.nb_rules)
		return rd_req_fail(req, "at", -ENOENT, "the session has %u rules", s.nb_rules);
	memmove(&s.rule[at - 1], &s.rule[at], (s.nb_rules - at) * sizeof(s.rule[0]));
	s.nb_rules--;
	if (rd_mirror_change(m, &s, rd_mirror_who(req, who), req->err) < 0)
		return req->err->code;
	return answer(req, m);
}

int ctl_mirror_start(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	char who[64];

	if (rd_req_end(req) < 0 || rd_mirror_start(m, rd_mirror_who(req, who), req->err) < 0)
		return req->err->code;
	return answer(req, m);
}

int ctl_mirror_stop(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	char who[64];

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_mirror_stop(m, rd_mirror_who(req, who));
	return answer(req, m);
}

int ctl_mirror_del(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	char who[64];

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_mirror_del(m, rd_mirror_who(req, who));
	rd_ctl_mirror_clock(req->ctl);
	return 0;
}
