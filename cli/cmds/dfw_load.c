/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dfw load and dfw save: the firewall policy as a JSON document. It can be larger than a message, so it goes in parts, between
 * begin and commit: it takes effect as a whole, or not at all.
 */
#include "cmds/cmds.h"

#include <stdlib.h>
#include <string.h>

#define PART 300 // rules of one message: 1 MB has room for them if none is longer than 3 kB

static const char *const keys[] = {"services", "groups"};

static int send_part(struct rd_cli *cli, json_t *part, struct rd_err *err)
{
	if (part == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_call(cli, "dfw.load", part, NULL, NULL, NULL, err);
}

static json_t *slice(const json_t *list, size_t from)
{
	json_t *part = json_array();

	for (size_t i = from; i < from + PART && i < json_array_size(list); i++)
		json_array_append(part, json_array_get(list, i));
	return part;
}

// One section: the first part makes it, the others add rules.
static int send_section(struct rd_cli *cli, json_t *section, struct rd_err *err)
{
	const json_t *rules = json_object_get(section, "rules");
	size_t at = 0;
	int ret = 0;

	do {
		json_t *part = json_copy(section);

		if (json_is_array(rules)) {
			json_object_set_new(part, "rules", slice(rules, at));
			json_object_set_new(part, "first", json_integer((json_int_t)at));
		}
		ret = send_part(cli, json_pack("{s:[o]}", "sections", part), err);
		at += PART;
	} while (ret == 0 && at < json_array_size(rules));
	return ret;
}

static int send_list(struct rd_cli *cli, const json_t *doc, const char *key, struct rd_err *err)
{
	const json_t *list = json_object_get(doc, key);
	int ret = 0;

	if (list != NULL && !json_is_array(list))
		return rd_err_set(err, -EINVAL, "%s must be a list", key);
	for (size_t at = 0; ret == 0 && at < json_array_size(list); at += PART)
		ret = send_part(cli, json_pack("{s:o}", key, slice(list, at)), err);
	return ret;
}

static int send_all(struct rd_cli *cli, const json_t *doc, struct rd_err *err)
{
	const json_t *sections = json_object_get(doc, "sections");
	const char *dflt = json_string_value(json_object_get(doc, "default"));
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < sizeof(keys) / sizeof(keys[0]); i++)
		ret = send_list(cli, doc, keys[i], err);
	if (ret == 0 && sections != NULL && !json_is_array(sections))
		ret = rd_err_set(err, -EINVAL, "sections must be a list");
	for (size_t i = 0; ret == 0 && i < json_array_size(sections); i++)
		ret = send_section(cli, json_array_get(sections, i), err);
	if (ret == 0 && dflt != NULL)
		ret = send_part(cli, json_pack("{s:s}", "default", dflt), err);
	return ret;
}

static int check_keys(json_t *doc, struct rd_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach (doc, key, v) {
		if (strcmp(key, "services") == 0 || strcmp(key, "groups") == 0
			|| strcmp(key, "sections") == 0 || strcmp(key, "default") == 0)
			continue;
		rd_err_set(err, -EINVAL, "a firewall policy has no %.60s", key);
		rd_err_hint(err, "services, groups, sections, default");
		return -EINVAL;
	}
	return 0;
}

static json_t *read_file(const struct rd_args *args, struct rd_err *err)
{
	char *path = rd_args_path(args, "file");
	json_error_t je;
	json_t *doc = path == NULL ? NULL : json_load_file(path, JSON_REJECT_DUPLICATES, &je);

	if (path == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
	} else if (doc == NULL) {
		rd_err_set(err, -EINVAL, "%s", je.text);
		if (je.line > 0)
			rd_err_where(err, "%s:%d:%d", path, je.line, je.column);
	} else if (!json_is_object(doc)) {
		json_decref(doc);
		doc = NULL;
		rd_err_set(err, -EINVAL, "%s holds no JSON object", path);
	}
	free(path);
	return doc;
}

static int load(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *doc = read_file(args, err), *result = NULL;
	int ret = doc == NULL ? err->code : check_keys(doc, err);

	if (ret == 0)
		ret = rd_cli_call(
			cli, "dfw.begin", json_pack("{s:b}", "replace", 1), NULL, NULL, NULL, err);
	if (ret == 0) {
		ret = send_all(cli, doc, err);
		if (ret == 0)
			ret = rd_cli_call(cli, "dfw.commit", NULL, NULL, NULL, &result, err);
		if (ret < 0)
			rd_cli_call(cli, "dfw.abort", NULL, NULL, NULL, NULL, NULL);
	}
	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	json_decref(result);
	json_decref(doc);
	return ret;
}

// Without counters and positions: what dfw load reads.
static json_t *fetch(struct rd_cli *cli, const char *method, struct rd_err *err)
{
	static const char *const extra[] = {"at", "hits", "bytes", "sessions"};
	json_t *list = rd_cli_fetch(cli, method, NULL, err);

	for (size_t i = 0; i < json_array_size(list); i++)
		for (unsigned k = 0; k < sizeof(extra) / sizeof(extra[0]); k++)
			json_object_del(json_array_get(list, i), extra[k]);
	return list;
}

// Gives every section its rules.
static void nest(json_t *sections, json_t *rules)
{
	size_t next = 0;

	for (size_t i = 0; i < json_array_size(sections); i++) {
		json_t *s = json_array_get(sections, i), *mine = json_array();

		for (; next < json_array_size(rules); next++) {
			json_t *r = json_array_get(rules, next);

			if (strcmp(rd_item_str(r, "section"), rd_item_str(s, "name")) != 0)
				break;
			json_object_del(r, "section");
			json_array_append(mine, r);
		}
		json_object_set_new(s, "rules", mine);
	}
}

static json_t *document(struct rd_cli *cli, struct rd_err *err)
{
	json_t *services = fetch(cli, "dfw_service.list", err);
	json_t *groups = services == NULL ? NULL : fetch(cli, "dfw_group.list", err);
	json_t *sections = groups == NULL ? NULL : fetch(cli, "dfw_section.list", err);
	json_t *rules = sections == NULL ? NULL : fetch(cli, "dfw_rule.list", err);
	json_t *settings = rules == NULL ? NULL : rd_cli_fetch(cli, "dfw.settings_list", NULL, err);
	json_t *doc = NULL;

	if (settings != NULL) {
		nest(sections, rules);
		doc = json_pack("{s:O,s:O,s:O,s:O}", "default",
			json_object_get(json_array_get(settings, 0), "default"), "services",
			services, "groups", groups, "sections", sections);
		if (doc == NULL)
			rd_err_set(err, -ENOMEM, "out of memory");
	}
	json_decref(services);
	json_decref(groups);
	json_decref(sections);
	json_decref(rules);
	json_decref(settings);
	return doc;
}

static int save(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	char *path = rd_args_path(args, "file");
	json_t *doc = path == NULL ? NULL : document(cli, err);
	int ret = 0;

	if (doc == NULL) {
		ret = path == NULL ? rd_err_set(err, -ENOMEM, "out of memory") : err->code;
	} else if (json_dump_file(doc, path, JSON_INDENT(1)) < 0) {
		ret = rd_err_set(err, -EIO, "%s can't be written: %s", path, strerror(errno));
		rd_args_blame(args, "file");
	}
	json_decref(doc);
	free(path);
	return ret;
}

static const struct rd_arg_desc load_args[] = {
	{.key = "file", .type = RD_ARG_FILE, .help = "JSON: services, groups, sections, default"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"dfw load FILE", "replace the firewall policy by a file's, at once", "dfw.load", load_args,
		load},
	{"dfw save FILE", "write the firewall policy to a file that dfw load reads", "dfw.load",
		load_args, save},
};
const struct rd_cmd_set rd_cmds_dfw_load = RD_CMD_SET(cmds);
