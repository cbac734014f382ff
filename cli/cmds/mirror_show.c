/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What mirror sessions are and do: show mirror.
 */
#include "cmds/cmds.h"

static const struct rd_arg_names session_names = {"mirror.list", "session", NULL};

static const struct rd_column columns[] = {
	{"SESSION", "session", 0, NULL},
	{"ID", "id", RD_COL_RIGHT, NULL},
	{"ADMIN", "admin", 0, NULL},
	{"OPER", "oper", 0, NULL},
	{"SUB", "sub", 0, NULL},
	{"PATH", "path", 0, NULL},
	{"SINCE s", "since_s", RD_COL_RIGHT, NULL},
	{"LEFT s", "left_s", RD_COL_RIGHT, NULL},
	{"ENCAP", "encap", 0, NULL},
	{"OVERHEAD", "overhead", RD_COL_RIGHT, NULL},
	{"LARGEST", "largest_frame", RD_COL_RIGHT, NULL},
	{"MATCHED", "matched", RD_COL_RIGHT, NULL},
	{"SENT", "tx_ok", RD_COL_RIGHT, NULL},
	{"DESTINATION", "destination", 0, NULL},
	{"why", "why", RD_COL_NOTE, NULL},
	{"warning", "warning", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column dest_columns[] = {
	{"COLLECTOR", "address", 0, NULL},
	{"STATE", "state", 0, NULL},
	{"ACTIVE", "active", 0, NULL},
	{"MAC", "mac", 0, NULL},
	{"FROM", "src", 0, NULL},
	{"PORT", "port", 0, NULL},
	{"NEXT SEQ", "seq_next", RD_COL_RIGHT, NULL},
	{"SENT", "tx_ok", RD_COL_RIGHT, NULL},
	{"DROPPED", "tx_drop", RD_COL_RIGHT, NULL},
	{"WIRE BYTES", "wire_bytes", RD_COL_RIGHT, NULL},
	{"ICMP", "icmp_unreach", RD_COL_RIGHT, NULL},
	{"why", "why", RD_COL_NOTE, NULL},
};
static const struct rd_table dest_table = RD_TABLE(dest_columns);

static const struct rd_column rule_columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"RULE", "rule", 0, NULL},
};
static const struct rd_table rule_table = RD_TABLE(rule_columns);

// Taken out of the item; a new reference.
static json_t *take_out(json_t *item, const char *key)
{
	json_t *part = json_incref(json_object_get(item, key));

	json_object_del(item, key);
	return part;
}

static void put_table(struct rd_cli *cli, json_t *list, const struct rd_table *t)
{
	if (json_array_size(list) != 0) {
		fputs("\n", rd_cli_out(cli));
		rd_cli_show_items(cli, list, t);
	}
	json_decref(list);
}

static void put_session(struct rd_cli *cli, json_t *item)
{
	json_t *dests = take_out(item, "destinations"), *fields = take_out(item, "fields");
	json_t *rules = take_out(item, "rules");

	rd_cli_put_fields(cli, item);
	put_table(cli, rules, &rule_table);
	put_table(cli, dests, &dest_table);
	if (fields != NULL) {
		fputs("\n", rd_cli_out(cli));
		rd_cli_put_fields(cli, fields);
	}
	json_decref(fields);
}

typedef void (*put_fn)(struct rd_cli *cli, json_t *item);

// What was asked for, item by item.
static int show_each(struct rd_cli *cli, const struct rd_args *args, put_fn put, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *list, *item;
	size_t i;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	list = rd_cli_fetch(cli, rd_args_cmd(args)->method, params, err);
	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else
		json_array_foreach (list, i, item) {
			if (i != 0)
				fputs("\n", rd_cli_out(cli));
			put(cli, item);
		}
	json_decref(list);
	return 0;
}

static int show_whole(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return show_each(cli, args, put_session, err);
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_args_has(args, "session") ? show_whole(cli, args, err)
					    : rd_cmds_show(cli, args, &table, err);
}

static const struct rd_column journal_columns[] = {
	{"TIME ns", "ns", RD_COL_RIGHT, NULL},
	{"SESSION", "session", 0, NULL},
	{"WHO", "who", 0, NULL},
	{"WHAT", "what", 0, NULL},
};
static const struct rd_table journal_table = RD_TABLE(journal_columns);

static int show_journal(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &journal_table, err);
}

static const struct rd_column explain_columns[] = {
	{"PORT", "port", 0, NULL},
	{"STAGE", "stage", 0, NULL},
	{"RECIPE", "recipe", 0, NULL},
	{"PATH", "path", 0, NULL},
	{"PROOF", "proof", 0, NULL},
	{"RULES", "rules", RD_COL_RIGHT, NULL},
	{"SHARED", "shared", RD_COL_RIGHT, NULL},
	{"note", "note", RD_COL_NOTE, NULL},
};
static const struct rd_table explain_table = RD_TABLE(explain_columns);
static const struct rd_column refused_columns[] = {
	{"REFUSED", "recipe", 0, NULL},
	{"WHEN", "phase", 0, NULL},
	{"ERRNO", "errno", 0, NULL},
	{"TYPE", "type", 0, NULL},
	{"MEANING", "meaning", 0, NULL},
	{"DRIVER SAYS", "message", 0, NULL},
};
static const struct rd_table refused_table = RD_TABLE(refused_columns);
static const struct rd_column cap_columns[] = {
	{"PORT", "port", 0, NULL},
	{"DRIVER", "driver", 0, NULL},
	{"FIRMWARE", "firmware", 0, NULL},
	{"MADE", "made", RD_COL_RIGHT, NULL},
	{"OF", "of", RD_COL_RIGHT, NULL},
	{"proof", "frame", RD_COL_NOTE, NULL},
};
static const struct rd_table cap_table = RD_TABLE(cap_columns);
static const struct rd_column rung_columns[] = {
	{"RUNG", "rung", 0, NULL},
	{"DOMAIN", "domain", 0, NULL},
	{"ANSWER", "answer", 0, NULL},
	{"ERROR", "error", 0, NULL},
};
static const struct rd_table rung_table = RD_TABLE(rung_columns);
static const struct rd_column diff_columns[] = {
	{"SESSION", "session", 0, NULL},
	{"WHAT", "what", 0, NULL},
	{"CONFIGURED", "configured", 0, NULL},
	{"PROGRAMMED", "programmed", 0, NULL},
	{"SAME", "same", 0, NULL},
};
static const struct rd_table diff_table = RD_TABLE(diff_columns);

// A table of one row, and the list that it holds below.
static void put_nested(struct rd_cli *cli, json_t *item, const struct rd_table *t, const char *key,
	const struct rd_table *inner)
{
	json_t *part = take_out(item, key), *one = json_pack("[O]", item);

	rd_cli_show_items(cli, one, t);
	json_decref(one);
	put_table(cli, part, inner);
}

static void put_explain(struct rd_cli *cli, json_t *item)
{
	put_nested(cli, item, &explain_table, "refused", &refused_table);
}

static void put_capability(struct rd_cli *cli, json_t *item)
{
	put_nested(cli, item, &cap_table, "rungs", &rung_table);
}

static int show_explain(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return show_each(cli, args, put_explain, err);
}

static int show_capability(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return show_each(cli, args, put_capability, err);
}

static int show_diff(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &diff_table, err);
}

static const struct rd_arg_desc capability_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only this port's",
		.names = &rd_names_port},
	{.key = "again", .type = RD_ARG_FLAG, .param = "again", .help = "ask the driver anew"},
	{0},
};

static const struct rd_column limit_columns[] = {
	{"PPS", "pps", RD_COL_RIGHT, NULL},
	{"BPS", "bps", RD_COL_RIGHT, NULL},
	{"COPIES", "copies", RD_COL_RIGHT, NULL},
	{"CAPPED", "capped", RD_COL_RIGHT, NULL},
	{"CROWDED", "crowded", RD_COL_RIGHT, NULL},
};
static const struct rd_table limit_table = RD_TABLE(limit_columns);

static int show_limit(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &limit_table, err);
}

static const struct rd_arg_desc show_args[] = {
	{.key = "session",
		.type = RD_ARG_NAME,
		.param = "session",
		.help = "its name or id in show mirror",
		.names = &session_names},
	{.key = "last",
		.type = RD_ARG_NUM,
		.param = "count",
		.min = 1,
		.max = 256,
		.help = "the last so many; 20"},
	{0},
};

static const struct rd_rates counter_rates = {
	(const char *const[]){"session", NULL},
	(const char *const[]){"matched", "tx_ok", "tx_drop", "sampled_out", "filtered", "excluded",
		"duplicate", "rate", "cap", "crowded", "cut", "cut_bytes", "mtu", "no_buf",
		"no_collector", "no_replica", "denied", "ring_full", "stopped", "hw_copied",
		"replicas", NULL},
};
static const struct rd_cmd cmds[] = {
	{"show mirror/mirrors [SESSION]", "mirror sessions: state, why, where to", "mirror.list",
		show_args, show},
	{"show mirror counters [SESSION]", "what became of every packet that a session met",
		"mirror.counters", show_args, show_whole, &counter_rates},
	{"show mirror explain SESSION", "who copies where, and why nothing better",
		"mirror.explain", show_args, show_explain},
	{"show mirror capability [PORT] [again]",
		"what cards can do for sessions; again asks them anew", "mirror.capability",
		capability_args, show_capability},
	{"show mirror diff [SESSION]", "what is configured and what is programmed", "mirror.diff",
		show_args, show_diff},
	{"show mirror limit", "what all sessions together may send, and what was not sent for it",
		"mirror.limit_list", NULL, show_limit},
	{"show mirror journal [SESSION] [last N]", "who changed what, and what followed",
		"mirror.journal", show_args, show_journal},
};
const struct rd_cmd_set rd_cmds_mirror_show = RD_CMD_SET(cmds);
