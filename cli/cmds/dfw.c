/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the rules that a guest's port has of its own, and on the firewall's settings. The policy of all ports is in
 * dfw_policy.c.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"RULE", "id", RD_COL_RIGHT, NULL},
	{"DIR", "dir", 0, NULL},
	{"ACTION", "action", 0, NULL},
	{"PROTO", "proto", 0, NULL},
	{"FROM", "src", 0, NULL},
	{"SPORT", "sport", 0, NULL},
	{"TO", "dst", 0, NULL},
	{"DPORT", "dport", 0, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"NAME", "name", 0, NULL},
};
static const struct rd_table table = RD_TABLE_BY(columns, "port");

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "the guest's port",
		.names = &rd_names_port},
	{.key = "rule",
		.type = RD_ARG_NUM,
		.param = "id",
		.min = 1,
		.help = "the rule's number on this port"},
	{.key = "dir", .type = RD_ARG_WORD, .param = "dir", .help = "in = to the guest"},
	{.key = "action",
		.type = RD_ARG_WORD,
		.param = "action",
		.help = "what happens to a match; reject tells the sender"},
	{.key = "proto",
		.type = RD_ARG_TEXT,
		.param = "proto",
		.help = "any, tcp, udp, icmp, icmpv6 or a number"},
	{.key = "from", .type = RD_ARG_PREFIX, .param = "src", .help = "source address or prefix"},
	{.key = "to",
		.type = RD_ARG_PREFIX,
		.param = "dst",
		.help = "destination address or prefix"},
	{.key = "sport", .type = RD_ARG_RANGE, .param = "sport", .help = "source port or range"},
	{.key = "dport",
		.type = RD_ARG_RANGE,
		.param = "dport",
		.help = "destination port or range"},
	{.key = "name", .type = RD_ARG_TEXT, .param = "name", .help = "a name for people"},
	{.key = "log", .type = RD_ARG_FLAG, .param = "log", .help = "matches go to show dfw log"},
	{.key = "stateful",
		.type = RD_ARG_ONOFF,
		.param = "stateful",
		.help = "replies of allowed connections pass"},
	{0},
};

static const struct rd_arg_desc settings_args[] = {
	{.key = "default",
		.type = RD_ARG_WORD,
		.param = "default",
		.help = "what happens when no rule of the policy matches; allow"},
	{.key = "default-log",
		.type = RD_ARG_ONOFF,
		.param = "default_log",
		.help = "whether that is logged; off"},
	{.key = "stateful",
		.type = RD_ARG_ONOFF,
		.param = "stateful",
		.help = "replies of allowed connections pass, unless a port says otherwise; on"},
	{.key = "strict",
		.type = RD_ARG_ONOFF,
		.param = "strict",
		.help = "a TCP connection begins with a SYN, and sequence numbers are checked; on"},
	{.key = "max-connections",
		.type = RD_ARG_NUM,
		.param = "max_connections",
		.help = "of one port; 0 = no limit"},
	{.key = "max-half-open",
		.type = RD_ARG_NUM,
		.param = "max_half_open",
		.help = "connections of one port that wait for an answer to their SYN; 0 = no limit"},
	{0},
};
static const struct rd_arg_desc timeout_args[] = {
	{.key = "state",
		.type = RD_ARG_NAME,
		.help = "of a connection, as show dfw settings has them"},
	{.key = "seconds",
		.type = RD_ARG_SECONDS,
		.min = 1,
		.max = 1000000,
		.help = "an idle connection in this state ends after so long"},
	{0},
};

static int timeout(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_int_t seconds = (json_int_t)rd_args_num(args, "seconds", 0);
	json_t *params = json_pack("{s:{s:I}}", "timeouts", rd_args_str(args, "state"), seconds);

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_call(cli, rd_args_cmd(args)->method, params, NULL, NULL, NULL, err);
}

static int show_settings(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args);

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_show_fields(cli, rd_args_cmd(args)->method, params, err);
}

static const struct rd_column count_columns[] = {
	{"WHAT", "what", 0, NULL},
	{"IN", "in", RD_COL_RIGHT, NULL},
	{"OUT", "out", RD_COL_RIGHT, NULL},
};
static const struct rd_table count_table = RD_TABLE_BY(count_columns, "port");

static int show_counts(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &count_table, err);
}

static const struct rd_arg_desc log_args[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "count",
		.min = 1,
		.max = 1024,
		.help = "the last so many; 20"},
	{0},
};

static int put_line(void *arg, const json_t *item)
{
	fprintf(arg, "%s\n", rd_item_str(item, "line"));
	return ferror((FILE *)arg) ? -EPIPE : 0;
}

static int show_log(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static const struct rd_table none;
	json_t *params;

	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &none, err);
	params = rd_args_params(args);
	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_call(
		cli, rd_args_cmd(args)->method, params, put_line, rd_cli_out(cli), NULL, err);
}

static const struct rd_rates rule_rates = {
	(const char *const[]){"port", "dir", "at", "id", NULL},
	(const char *const[]){"hits", "bytes", "sessions", NULL},
};
static const struct rd_rates count_rates = {
	(const char *const[]){"port", "kind", "what", NULL},
	(const char *const[]){"in", "out", NULL},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "dfw", .help = "distributed firewall: rules per guest port, and for all"},
	{"dfw add port PORT rule ID dir (in|out|inout) action (allow|drop|reject) [proto PROTO] [from PREFIX] "
	 "[to PREFIX] [sport RANGE] [dport RANGE] [name NAME] [log]",
		"add a rule to a port's own", "dfw.add", args_desc, NULL},
	{"dfw del port PORT rule ID", "remove one of a port's own rules", "dfw.del", args_desc,
		NULL},
	{"dfw default port PORT action (allow|drop|reject)", "what happens when no rule matches",
		"dfw.default", args_desc, NULL},
	{"dfw set port PORT stateful (on|off)", "whether a port's connections are tracked",
		"dfw.port_set", args_desc, NULL},
	{"dfw settings [default (allow|drop|reject)] [default-log (on|off)] [stateful (on|off)] "
	 "[strict (on|off)] [max-connections N] [max-half-open N]",
		"what holds for all ports", "dfw.settings", settings_args, NULL},
	{"dfw settings timeout STATE SECONDS", "when idle connections end", "dfw.settings",
		timeout_args, timeout},
	{"show dfw [port PORT]", "ports' own firewall rules and their hits", "dfw.list", args_desc,
		show, &rule_rates},
	{"show dfw counts [port PORT]",
		"packets that ports' firewalls passed and dropped, by direction and family, and why",
		"dfw.counts", args_desc, show_counts, &count_rates},
	{"show dfw log [N]", "packets that rules with log decided", "dfw.log", log_args, show_log},
	{"show dfw settings", "what holds for all ports", "dfw.settings_list", NULL, show_settings},
};
const struct rd_cmd_set rd_cmds_dfw = RD_CMD_SET(cmds);
