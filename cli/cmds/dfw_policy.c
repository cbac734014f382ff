/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the firewall policy: sections of rules for all ports, groups, services, and several changes as one.
 */
#include "cmds/cmds.h"

static void cell_list(const json_t *item, const char *key, char *buf, size_t len)
{
	const json_t *list = json_object_get(item, key);

	if (json_array_size(list) == 0)
		snprintf(buf, len, "any");
	else
		rd_cell_text(list, buf, len);
}

static void cell_from(const json_t *item, char *buf, size_t len)
{
	cell_list(item, "from", buf, len);
}

static void cell_to(const json_t *item, char *buf, size_t len)
{
	cell_list(item, "to", buf, len);
}

static void cell_services(const json_t *item, char *buf, size_t len)
{
	json_int_t type = rd_item_int(item, "ethertype");

	if (json_object_get(item, "services") != NULL)
		cell_list(item, "services", buf, len);
	else if (type == 0)
		snprintf(buf, len, "any");
	else
		snprintf(buf, len, "ethertype 0x%04llx", (unsigned long long)type);
}

static void cell_applied(const json_t *item, char *buf, size_t len)
{
	cell_list(item, "applied_to", buf, len);
}

static void cell_action(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s", rd_item_str(item, "action"),
		json_is_true(json_object_get(item, "log")) ? " log" : "",
		json_is_true(json_object_get(item, "disabled")) ? " (disabled)" : "");
}

static const struct rd_column rule_columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"RULE", "id", RD_COL_RIGHT, NULL},
	{"DIR", "dir", 0, NULL},
	{"ACTION", NULL, 0, cell_action},
	{"FROM", NULL, 0, cell_from},
	{"TO", NULL, 0, cell_to},
	{"SERVICES", NULL, 0, cell_services},
	{"ON", NULL, 0, cell_applied},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"BYTES", "bytes", RD_COL_RIGHT, NULL},
	{"SESSIONS", "sessions", RD_COL_RIGHT, NULL},
	{"NAME", "name", 0, NULL},
};
static const struct rd_table rule_table = RD_TABLE_BY(rule_columns, "section");

static const struct rd_column section_columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"SECTION", "name", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"RULES", "rules", RD_COL_RIGHT, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"BYTES", "bytes", RD_COL_RIGHT, NULL},
	{"SESSIONS", "sessions", RD_COL_RIGHT, NULL},
	{"ON", NULL, 0, cell_applied},
};
static const struct rd_table section_table = RD_TABLE(section_columns);

static const struct rd_column group_columns[] = {
	{"GROUP", "name", 0, NULL},
	{"ADDRESSES", "addresses", 0, NULL},
	{"GROUPS", "groups", 0, NULL},
	{"MEMBERS", "members", 0, NULL},
};
static const struct rd_table group_table = RD_TABLE(group_columns);

static const struct rd_column service_columns[] = {
	{"SERVICE", "name", 0, NULL},
	{"IS", "services", 0, NULL},
};
static const struct rd_table service_table = RD_TABLE(service_columns);

static int show_rules(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &rule_table, err);
}

static int show_sections(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &section_table, err);
}

static int show_groups(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &group_table, err);
}

static int show_services(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &service_table, err);
}

static int show_revision(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *result = NULL, *v;
	const char *key;
	int ret = rd_cli_call(cli, rd_args_cmd(args)->method, NULL, NULL, NULL, &result, err);

	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	else if (ret == 0)
		json_object_foreach (result, key, v) {
			char text[32];

			rd_cell_text(v, text, sizeof(text));
			fprintf(rd_cli_out(cli), "%-21s %s\n", key, text);
		}
	json_decref(result);
	return ret;
}

static const struct rd_arg_names names_section = {"dfw_section.list", "name", NULL};
static const struct rd_arg_names names_group = {"dfw_group.list", "name", NULL};
static const struct rd_arg_names names_service = {"dfw_service.list", "name", NULL};

static const struct rd_arg_desc new_args[] = {
	// new sections, groups, services
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "its name"},
	{.key = "kind",
		.type = RD_ARG_WORD,
		.param = "kind",
		.help = "of its rules: ip, or l2 for MACs and ethertypes, which come first"},
	{.key = "before",
		.type = RD_ARG_NAME,
		.param = "before",
		.help = "the section that follows it",
		.names = &names_section},
	{.key = "applied-to",
		.type = RD_ARG_REFS,
		.param = "applied_to",
		.help = "port:NAME, segment:NAME, group:NAME, several with commas; all guests"},
	{.key = "addresses",
		.type = RD_ARG_REFS,
		.param = "addresses",
		.help = "addresses and prefixes, with commas between them"},
	{.key = "groups",
		.type = RD_ARG_REFS,
		.param = "groups",
		.help = "groups that it contains: their addresses and members are its own, too",
		.names = &names_group},
	{.key = "members",
		.type = RD_ARG_REFS,
		.param = "members",
		.help = "port:NAME, segment:NAME: whom rules on the group apply to"},
	{.key = "service",
		.type = RD_ARG_REFS,
		.param = "services",
		.help = "tcp/80, udp/53:1024-65535 (to 53 from those), icmp/8:0, gre"},
	{0},
};
static const struct rd_arg_desc section_args[] = {
	{.key = "name",
		.type = RD_ARG_NAME,
		.param = "name",
		.help = "the section",
		.names = &names_section},
	{.key = "before",
		.type = RD_ARG_NAME,
		.param = "before",
		.help = "the section that follows it then; the end",
		.names = &names_section},
	{0},
};
static const struct rd_arg_desc group_args[] = {
	{.key = "name",
		.type = RD_ARG_NAME,
		.param = "name",
		.help = "the group",
		.names = &names_group},
	{0},
};
static const struct rd_arg_desc service_args[] = {
	{.key = "name",
		.type = RD_ARG_NAME,
		.param = "name",
		.help = "the service",
		.names = &names_service},
	{0},
};

static const struct rd_arg_desc rule_args[] = {
	{.key = "section",
		.type = RD_ARG_NAME,
		.param = "section",
		.help = "the section",
		.names = &names_section},
	{.key = "id", .type = RD_ARG_NUM, .param = "id", .min = 1, .help = "the rule's number"},
	{.key = "action",
		.type = RD_ARG_WORD,
		.param = "action",
		.help = "what happens to a match; reject tells the sender"},
	{.key = "dir", .type = RD_ARG_WORD, .param = "dir", .help = "in = to the guest; inout"},
	{.key = "from",
		.type = RD_ARG_REFS,
		.param = "from",
		.help = "addresses, prefixes, groups (MACs in an l2 section); !A,!B: all but those; any"},
	{.key = "to", .type = RD_ARG_REFS, .param = "to", .help = "likewise"},
	{.key = "service",
		.type = RD_ARG_REFS,
		.param = "services",
		.help = "names, or tcp/80, udp/53:1024-65535, icmp/8:0, gre; any"},
	{.key = "ethertype",
		.type = RD_ARG_NUM,
		.param = "ethertype",
		.max = UINT16_MAX,
		.help = "of an l2 section's rule, such as 0x0806; any"},
	{.key = "applied-to",
		.type = RD_ARG_REFS,
		.param = "applied_to",
		.help = "only on these of the section's ports: port:NAME, segment:NAME, group:NAME"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only what applies to this port",
		.names = &rd_names_port},
	{.key = "name", .type = RD_ARG_TEXT, .param = "name", .help = "a name for people"},
	{.key = "before",
		.type = RD_ARG_NUM,
		.param = "before",
		.min = 1,
		.help = "the rule that follows it; the end"},
	{.key = "log", .type = RD_ARG_FLAG, .param = "log", .help = "matches go to show dfw log"},
	{.key = "no-log", .type = RD_ARG_FLAG_NOT, .param = "log", .help = "they do not"},
	{.key = "disabled",
		.type = RD_ARG_FLAG,
		.param = "disabled",
		.help = "it stays, but nothing matches it"},
	{.key = "enabled",
		.type = RD_ARG_FLAG_NOT,
		.param = "disabled",
		.help = "it matches again"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"dfw begin", "collect changes of the firewall policy until dfw commit", "dfw.begin", NULL,
		NULL},
	{"dfw commit", "put the changes since dfw begin in force, all at once", "dfw.commit", NULL,
		NULL},
	{"dfw abort", "forget the changes since dfw begin", "dfw.abort", NULL, NULL},
	{"dfw section add NAME [kind (ip|l2)] [before SECTION] [applied-to WHOM,..]",
		"add a section, at the end or before another one", "dfw_section.add", new_args,
		NULL},
	{"dfw section del NAME", "remove a section and its rules", "dfw_section.del", section_args,
		NULL},
	{"dfw section move NAME [before SECTION]", "put a section elsewhere", "dfw_section.move",
		section_args, NULL},
	{"dfw rule add SECTION ID action (allow|drop|reject) [dir (in|out|inout)] [from WHO,..] "
	 "[to WHO,..] [service SERVICE,..] [ethertype N] [applied-to WHOM,..] [name NAME] "
	 "[before RULE] [log] [disabled]",
		"add a rule to a section, at its end or before another one", "dfw_rule.add",
		rule_args, NULL},
	{"dfw rule del ID", "remove a rule", "dfw_rule.del", rule_args, NULL},
	{"dfw rule move ID [section SECTION] [before RULE]", "put a rule elsewhere",
		"dfw_rule.move", rule_args, NULL},
	{"dfw rule set ID [log|no-log] [disabled|enabled]", "switch a rule or its log on and off",
		"dfw_rule.set", rule_args, NULL},
	{"dfw group set NAME [addresses PREFIX,..] [groups GROUP,..] [members WHOM,..]",
		"make a group, or give it other addresses, groups and members", "dfw_group.set",
		new_args, NULL},
	{"dfw group add NAME [addresses PREFIX,..] [groups GROUP,..] [members WHOM,..]",
		"give a group more addresses, groups and members", "dfw_group.add", new_args, NULL},
	{"dfw group del NAME", "remove a group that no rule uses", "dfw_group.del", group_args,
		NULL},
	{"dfw service set NAME service SERVICE,..", "name a list of protocols and ports",
		"dfw_service.set", new_args, NULL},
	{"dfw service del NAME", "remove a service that no rule uses", "dfw_service.del",
		service_args, NULL},
	{"show dfw rules [section SECTION] [id ID] [port PORT]",
		"rules of the firewall policy, and their hits", "dfw_rule.list", rule_args,
		show_rules},
	{"show dfw sections", "sections of the firewall policy", "dfw_section.list", NULL,
		show_sections},
	{"show dfw groups", "groups of addresses and ports", "dfw_group.list", NULL, show_groups},
	{"show dfw services", "named services", "dfw_service.list", NULL, show_services},
	{"show dfw revision", "how often the policy has changed, and how large it is",
		"dfw.revision", NULL, show_revision},
};
const struct rd_cmd_set rd_cmds_dfw_policy = RD_CMD_SET(cmds);
