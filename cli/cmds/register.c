/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Adds every command to the engine, and holds what all of them share. Called once by reddot and by the daemon.
 */
#include "cmds/cmds.h"

const struct rd_arg_names rd_names_host = {"host.list", "name", NULL};
const struct rd_arg_names rd_names_switch = {"switch.list", "name", "qname"};
const struct rd_arg_names rd_names_port = {"port.list", "name", "qname"};
const struct rd_arg_names rd_names_segment = {"segment.list", "name", "qname"};
const struct rd_arg_names rd_names_router = {"router.list", "name", "qname"};
const struct rd_arg_names rd_names_interface = {"router_interface.list", "name", "qname"};
const struct rd_arg_names rd_names_tunnel = {"tunnel.list", "name", NULL};
const struct rd_arg_names rd_names_tep = {"tep.list", "ip", NULL};
const struct rd_arg_names rd_names_device = {"device.list", "port", "port"};
const struct rd_arg_names rd_names_log = {"log.list", "module", NULL};

static const struct rd_cmd topics[] = {
	{.grammar = "show", .help = "what there is, and what it counted"},
	{.grammar = "show ladder", .help = "what each layer on a packet's way counted"},
	{.grammar = "clear", .help = "ESXi's words for forgetting flows"},
	{.grammar = "explain", .help = "what happens to packets, where and why"},
	{.grammar = "explain what-if", .help = "what would become of a packet; nothing is sent"},
	{.grammar = "explain what-if in", .help = "the port where it would come in"},
	{.grammar = "explain encap", .help = "the layers of a tunnelled or mirrored frame"},
};

static const struct rd_cmd_set *const sets[] = {
	&rd_cmds_host,
	&rd_cmds_switch,
	&rd_cmds_port,
	&rd_cmds_segment,
	&rd_cmds_fdb,
	&rd_cmds_router,
	&rd_cmds_route,
	&rd_cmds_tep,
	&rd_cmds_tunnel,
	&rd_cmds_dfw,
	&rd_cmds_dfw_policy,
	&rd_cmds_dfw_load,
	&rd_cmds_dfw_conn,
	&rd_cmds_vsipioctl,
	&rd_cmds_dvfilter,
	&rd_cmds_flow,
	&rd_cmds_stage,
	&rd_cmds_drop,
	&rd_cmds_punt,
	&rd_cmds_ladder,
	&rd_cmds_topology,
	&rd_cmds_worker,
	&rd_cmds_device,
	&rd_cmds_capture,
	&rd_cmds_mirror,
	&rd_cmds_mirror_show,
	&rd_cmds_inject,
	&rd_cmds_log,
	&rd_cmds_config,
	&rd_cmds_daemon,
	&rd_cmds_vendor,
	&rd_cmds_vrouter,
	&rd_cmds_explain,
	&rd_cmds_journal,
	&rd_cmds_probe,
	&rd_cmds_check,
};

int rd_cmds_register(struct rd_cli *cli)
{
	int ret = rd_cli_add(cli, topics, sizeof(topics) / sizeof(topics[0]), NULL);

	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]) && ret == 0; i++)
		ret = rd_cli_add(cli, sets[i]->v, sets[i]->n, NULL);
	return ret;
}

int rd_cmds_show(struct rd_cli *cli, const struct rd_args *args, const struct rd_table *t,
	struct rd_err *err)
{
	json_t *params = rd_args_params(args);

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_show(cli, rd_args_cmd(args)->method, params, t, err);
}

int rd_cmds_flush(
	struct rd_cli *cli, const struct rd_args *args, const char *what, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *result = NULL;
	int ret;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rd_cli_call(cli, rd_args_cmd(args)->method, params, NULL, NULL, &result, err);
	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	else if (ret == 0)
		fprintf(rd_cli_out(cli), "%lld %s flushed\n",
			(long long)rd_item_int(result, "flushed"), what);
	json_decref(result);
	return ret;
}
