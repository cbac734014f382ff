/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `ens flow-table dump`. A short table is held and printed as ESXi does; a long one is printed as it comes, so that it takes no memory, however
 * long it is: host by host, for the daemon's order mixes them.
 */
#include "cmds/vendor.h"

#include <errno.h>

#define HELD 1000 // entries

struct part { // of a long table: a host's, or all
	struct rd_flow_dump dump;
	json_t *rows; // not printed yet
	uint64_t nb; // that came
};

static int put_part(struct part *p)
{
	rd_vendor_put_flow_rows(&p->dump, p->rows);
	return json_array_clear(p->rows) < 0 ? -ENOMEM : 0;
}

static int add_row(void *arg, const json_t *flow)
{
	struct part *p = arg;

	p->nb++;
	if (json_array_append_new(p->rows, json_deep_copy(flow)) < 0)
		return -ENOMEM;
	return json_array_size(p->rows) == HELD ? put_part(p) : 0;
}

static int put_record(void *arg, const json_t *flow)
{
	rd_vendor_put_flow_record(arg, flow);
	return 0;
}

// host NULL: all. *left: how many may be printed, less those that were; 0 = any number.
static int dump_host(struct rd_cli *cli, const struct rd_args *args, json_t *host, uint64_t *left,
	struct rd_err *err)
{
	struct part p = {.dump = {.out = rd_cli_out(cli)}, .rows = json_array()};
	json_t *params = rd_flows_params(args, err);
	int ret = params == NULL ? err->code : p.rows == NULL ? -ENOMEM : 0;

	if (ret < 0) {
		json_decref(params);
		json_decref(p.rows);
		return rd_err_set(err, ret, "out of memory");
	}
	if (host != NULL)
		json_object_set(params, "host", host);
	if (*left != 0)
		json_object_set_new(params, "limit", json_integer((json_int_t)*left));
	ret = rd_cli_call(cli, rd_args_cmd(args)->method, params, add_row, &p, NULL, err);
	if (ret == 0)
		ret = put_part(&p);
	*left -= p.nb < *left ? p.nb : *left;
	json_decref(p.rows);
	return ret;
}

static bool has_some(
	struct rd_cli *cli, const struct rd_args *args, json_t *host, struct rd_err *err)
{
	json_t *params = rd_flows_params(args, err), *list;
	bool some;

	if (params == NULL)
		return false;
	json_object_set(params, "host", host);
	json_object_set_new(params, "limit", json_integer(1));
	list = rd_cli_fetch(cli, rd_args_cmd(args)->method, params, err);
	some = json_array_size(list) != 0;
	json_decref(list);
	return some;
}

// Names of the hosts that have such entries; NULL with *err.
static json_t *hosts_with_some(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *all = rd_cli_fetch(cli, "host.list", NULL, err), *some = json_array(), *host;
	size_t i;

	json_array_foreach (all, i, host) {
		json_t *name = json_object_get(host, "name");

		if (has_some(cli, args, name, err))
			json_array_append(some, name);
	}
	json_decref(all);
	if (err->code == 0 && some != NULL)
		return some;
	json_decref(some);
	rd_err_set(err, -ENOMEM, "out of memory"); // keeps the text of any other failure
	return NULL;
}

static int dump_long(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	uint64_t left = rd_args_num(args, "limit", 0);
	bool any = left == 0;
	json_t *hosts = rd_args_has(args, "host") ? NULL : hosts_with_some(cli, args, err);
	size_t nb = json_array_size(hosts);
	int ret = 0;

	if (nb < 2)
		ret = err->code != 0 ? err->code : dump_host(cli, args, NULL, &left, err);
	for (size_t i = 0; nb > 1 && i < nb && ret == 0 && (any || left != 0); i++) {
		json_t *host = json_array_get(hosts, i);

		fprintf(rd_cli_out(cli), "%s%s:\n", i > 0 ? "\n" : "", json_string_value(host));
		ret = dump_host(cli, args, host, &left, err);
	}
	json_decref(hosts);
	return ret;
}

// What is sorted, and what is short, is held.
static int dump_held(struct rd_cli *cli, const struct rd_args *args, unsigned shown, bool *more,
	struct rd_err *err)
{
	json_t *list = rd_flows_fetch(cli, args, shown, more, err);

	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else if (rd_args_has(args, "-l"))
		for (size_t i = 0; i < json_array_size(list); i++)
			rd_vendor_put_flow_record(rd_cli_out(cli), json_array_get(list, i));
	else if (!*more)
		rd_vendor_by_host(rd_cli_out(cli), list, rd_vendor_put_flows);
	json_decref(list);
	return 0;
}

static int dump_table(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	bool more = rd_args_num(args, "limit", 0) > HELD;
	int ret = more ? 0 : dump_held(cli, args, HELD, &more, err);

	return ret == 0 && more ? dump_long(cli, args, err) : ret;
}

int rd_vendor_flow_dump(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static const struct rd_table no_table;
	json_t *params;
	bool more;

	if (rd_args_has(args, "sort"))
		return dump_held(cli, args, 0, &more, err);
	if (!rd_cli_is_json(cli) && !rd_args_has(args, "-l"))
		return dump_table(cli, args, err);
	params = rd_flows_params(args, err);
	if (params == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		return rd_cli_show(cli, rd_args_cmd(args)->method, params, &no_table, err);
	return rd_cli_call(
		cli, rd_args_cmd(args)->method, params, put_record, rd_cli_out(cli), NULL, err);
}
