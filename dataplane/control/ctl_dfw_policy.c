/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Changing the firewall policy: sections, rules, groups, services one by one, as a document, and several changes as one
 * (begin, commit). Control thread.
 */
#include "tables/dfw_edit.h"

#include <stdlib.h>
#include <string.h>

#include "control/ctl.h"
#include "control/dfw_parse.h"
#include "control/dfw_text.h"
#include "tables/dfw_policy.h"

// Ends what a handler has read, and gives the draft to be changed; NULL when something was wrong with it.
static struct rd_dfw_model *draft(struct rd_request *req)
{
	return rd_req_end(req) < 0 ? NULL : rd_dfw_edit(req->conn, req->err);
}

static int done(struct rd_request *req, struct rd_dfw_model *m, int rc)
{
	return m == NULL ? req->err->code : rd_dfw_done(m, rc, req->err);
}

static void revision_result(struct rd_request *req)
{
	rd_req_result(req, json_pack("{s:I}", "revision", (json_int_t)rd_dfw_policy()->revision));
}

int ctl_dfw_begin(struct rd_request *req)
{
	bool replace = rd_req_bool_or(req, "replace", false);

	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_dfw_begin(req->conn, replace, req->err);
}

int ctl_dfw_commit(struct rd_request *req)
{
	if (rd_req_end(req) < 0 || rd_dfw_commit(req->conn, req->err) < 0)
		return req->err->code;
	revision_result(req);
	return 0;
}

int ctl_dfw_abort(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	return rd_dfw_abort(req->conn, req->err);
}

int ctl_dfw_section_add(struct rd_request *req)
{
	const char *before = rd_req_str_or(req, "before", NULL);
	struct rd_dfw_section s;
	struct rd_dfw_model *m;
	int rc;

	rd_dfw_read_section(req, rd_dfw_model_of(req->conn), &s);
	m = draft(req);
	rc = m == NULL ? req->err->code : rd_dfw_section_add(m, &s, before, req->err);
	if (rc < 0)
		free(s.target);
	return done(req, m, rc);
}

int ctl_dfw_section_del(struct rd_request *req)
{
	const char *name = rd_req_str(req, "name");
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_section_del(m, name, req->err));
}

int ctl_dfw_section_move(struct rd_request *req)
{
	const char *name = rd_req_str(req, "name"), *before = rd_req_str_or(req, "before", NULL);
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_section_move(m, name, before, req->err));
}

static bool section_is_l2(const struct rd_dfw_model *m, const char *name)
{
	int at = name == NULL ? -1 : rd_dfw_section_find(m, name);

	return at >= 0 && m->section[at]->l2;
}

int ctl_dfw_rule_add(struct rd_request *req)
{
	const struct rd_dfw_model *now = rd_dfw_model_of(req->conn);
	const char *section = rd_req_str(req, "section");
	uint32_t before = (uint32_t)rd_req_num_or(req, "before", 1, UINT32_MAX, 0);
	struct rd_dfw_rule *r = rd_dfw_read_rule(req, now, section_is_l2(now, section));
	struct rd_dfw_model *m = draft(req);

	if (m == NULL)
		rd_dfw_rule_put(r);
	return done(req, m, m == NULL ? 0 : rd_dfw_rule_add(m, section, r, before, req->err));
}

int ctl_dfw_rule_del(struct rd_request *req)
{
	uint32_t id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_rule_del(m, id, req->err));
}

int ctl_dfw_rule_move(struct rd_request *req)
{
	uint32_t id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);
	uint32_t before = (uint32_t)rd_req_num_or(req, "before", 1, UINT32_MAX, 0);
	const char *section = rd_req_str_or(req, "section", NULL);
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_rule_move(m, id, section, before, req->err));
}

static int maybe(struct rd_request *req, const char *key)
{
	return rd_req_has(req, key) ? rd_req_bool_or(req, key, false) : -1;
}

int ctl_dfw_rule_set(struct rd_request *req)
{
	uint32_t id = (uint32_t)rd_req_num(req, "id", 1, UINT32_MAX);
	int disabled = maybe(req, "disabled"), log = maybe(req, "log");
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_rule_set(m, id, disabled, log, req->err));
}

static int change_group(struct rd_request *req, bool add)
{
	struct rd_dfw_group *g = rd_dfw_read_group(req, rd_dfw_model_of(req->conn));
	struct rd_dfw_model *m = draft(req);

	if (m == NULL) {
		rd_dfw_group_free(g);
		return req->err->code;
	}
	return done(
		req, m, add ? rd_dfw_group_add(m, g, req->err) : rd_dfw_group_set(m, g, req->err));
}

int ctl_dfw_group_set(struct rd_request *req)
{
	return change_group(req, false);
}

int ctl_dfw_group_add(struct rd_request *req)
{
	return change_group(req, true);
}

int ctl_dfw_group_del(struct rd_request *req)
{
	const char *name = rd_req_str(req, "name");
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_group_del(m, name, req->err));
}

int ctl_dfw_service_set(struct rd_request *req)
{
	struct rd_dfw_named *s = rd_dfw_read_named(req);
	struct rd_dfw_model *m = draft(req);

	if (m == NULL) {
		rd_dfw_named_free(s);
		return req->err->code;
	}
	return done(req, m, rd_dfw_service_set(m, s, req->err));
}

int ctl_dfw_service_del(struct rd_request *req)
{
	const char *name = rd_req_str(req, "name");
	struct rd_dfw_model *m = draft(req);

	return done(req, m, m == NULL ? 0 : rd_dfw_service_del(m, name, req->err));
}

// --- a document, or a part of one ---

// The names of all groups first: one that contains others may come before them.
static void load_group_name(struct rd_request *req, struct rd_dfw_model *m, size_t at)
{
	const char *name = rd_req_name(req, "name");
	struct rd_dfw_group *g;

	if (name == NULL || rd_dfw_group_find(m, name) != 0) // load_group() complains
		return;
	g = rd_dfw_group_new(name);
	if (g == NULL)
		rd_req_fail(req, "name", -ENOMEM, "out of memory");
	else
		rd_dfw_group_set(m, g, req->err);
	if (req->err->code != 0)
		rd_dfw_blame(req->err, "groups[%zu]", at);
}

static void load_group(struct rd_request *req, struct rd_dfw_model *m, size_t at)
{
	struct rd_dfw_group *g = rd_dfw_read_group(req, m);

	if (g != NULL && rd_req_end(req) == 0)
		rd_dfw_group_set(m, g, req->err);
	else
		rd_dfw_group_free(g);
	if (req->err->code != 0)
		rd_dfw_blame(req->err, "groups[%zu]", at);
}

static void load_service(struct rd_request *req, struct rd_dfw_model *m, size_t at)
{
	struct rd_dfw_named *s = rd_dfw_read_named(req);

	if (s != NULL && rd_req_end(req) == 0)
		rd_dfw_service_set(m, s, req->err);
	else
		rd_dfw_named_free(s);
	if (req->err->code != 0)
		rd_dfw_blame(req->err, "services[%zu]", at);
}

static void load_rule(
	struct rd_request *req, struct rd_dfw_model *m, const struct rd_dfw_section *s, size_t at)
{
	struct rd_dfw_rule *r = rd_dfw_read_rule(req, m, s->l2);
	uint32_t id = r == NULL ? 0 : r->id;

	if (r != NULL && rd_req_end(req) == 0)
		rd_dfw_rule_add(m, s->name, r, 0, req->err);
	else
		rd_dfw_rule_put(r);
	if (req->err->code != 0)
		rd_dfw_blame(req->err, "section %s, rules[%zu] (id %u)", s->name, at, id);
}

// A section that is there already gets the rules: a long one comes in several parts.
static void load_section(struct rd_request *req, struct rd_dfw_model *m, size_t at)
{
	json_t *rules = rd_req_array(req, "rules", RD_DFW_SLOT_MAX), *element;
	size_t first = (size_t)rd_req_num_or(req, "first", 0, UINT32_MAX, 0), n;
	struct rd_dfw_section s;

	rd_dfw_read_section(req, m, &s);
	if (rd_req_end(req) < 0 || rd_dfw_section_find(m, s.name) >= 0
		|| rd_dfw_section_add(m, &s, NULL, req->err) < 0)
		free(s.target);
	if (req->err->code != 0)
		rd_dfw_blame(req->err, "sections[%zu] %s", at, s.name);
	json_array_foreach (rules, n, element) {
		struct rd_request sub = rd_dfw_sub(req, element);

		if (req->err->code == 0)
			load_rule(&sub, m, &s, first + n);
	}
}

static void load_list(struct rd_request *req, struct rd_dfw_model *m, const char *key,
	void (*each)(struct rd_request *req, struct rd_dfw_model *m, size_t at))
{
	json_t *list = rd_req_array(req, key, RD_DFW_SLOT_MAX), *element;
	size_t at;

	json_array_foreach (list, at, element) {
		struct rd_request sub = rd_dfw_sub(req, element);

		if (req->err->code == 0 && !json_is_object(element))
			rd_req_fail(req, key, -EINVAL, "%s[%zu] must be an object", key, at);
		else if (req->err->code == 0)
			each(&sub, m, at);
	}
}

int ctl_dfw_load(struct rd_request *req)
{
	int action = -1;
	struct rd_dfw_model *m = rd_dfw_edit(req->conn, req->err);

	if (m == NULL)
		return req->err->code;
	if (rd_req_has(req, "default"))
		action = (int)rd_dfw_read_action(req, "default");
	load_list(req, m, "services", load_service);
	load_list(req, m, "groups", load_group_name);
	load_list(req, m, "groups", load_group);
	load_list(req, m, "sections", load_section);
	rd_req_end(req);
	if (req->err->code == 0)
		rd_dfw_policy_set(m, action, -1, -1, NULL);
	if (done(req, m, req->err->code) < 0)
		return req->err->code;
	revision_result(req);
	return 0;
}
