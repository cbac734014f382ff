/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on capture sessions. They are started by pktcap, which owns their rings; here one sees and stops them.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"SESSION", "session", RD_COL_RIGHT, NULL},
	{"NAME", "name", 0, NULL},
	{"STATE", "state", 0, NULL},
	{"UID", "owner_uid", RD_COL_RIGHT, NULL},
	{"PID", "owner_pid", RD_COL_RIGHT, NULL},
	{"AGE s", "age_s", RD_COL_RIGHT, NULL},
	{"SEEN", "seen", RD_COL_RIGHT, NULL},
	{"MATCHED", "matched", RD_COL_RIGHT, NULL},
	{"CAPTURED", "captured", RD_COL_RIGHT, NULL},
	{"LOST", "lost", RD_COL_RIGHT, NULL},
	{"SKIPPED", "skipped", RD_COL_RIGHT, NULL},
	{"MEMORY", "memory", RD_COL_RIGHT, NULL},
	{"ended", "ended", RD_COL_NOTE, NULL},
	{"points", "points", RD_COL_NOTE, NULL},
	{"filter", "filter", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column stage_columns[] = {
	{"STAGE", "stage", 0, NULL},
	{"SEEN", "seen", RD_COL_RIGHT, NULL},
	{"MATCHED", "matched", RD_COL_RIGHT, NULL},
	{"CAPTURED", "captured", RD_COL_RIGHT, NULL},
	{"LOST", "lost", RD_COL_RIGHT, NULL},
	{"SKIPPED", "skipped", RD_COL_RIGHT, NULL},
	{"CYCLES/SEEN", "cycles_seen", RD_COL_RIGHT, NULL},
	{"CYCLES/MATCHED", "cycles_matched", RD_COL_RIGHT, NULL},
};
static const struct rd_table stage_table = RD_TABLE(stage_columns);

static void put_session(struct rd_cli *cli, json_t *item)
{
	json_t *stages = json_incref(json_object_get(item, "stages"));

	json_object_del(item, "stages");
	rd_cli_put_fields(cli, item);
	if (json_array_size(stages) > 0) {
		fputs("\n", rd_cli_out(cli));
		rd_cli_show_items(cli, stages, &stage_table);
	}
	json_decref(stages);
}

static int show_one(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *list;
	size_t i;
	json_t *item;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	list = rd_cli_fetch(cli, "capture.show", params, err);
	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else
		json_array_foreach (list, i, item)
			put_session(cli, item);
	json_decref(list);
	return 0;
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_args_has(args, "session") ? show_one(cli, args, err)
					    : rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_names session_names = {"capture.list", "name", NULL};

static const struct rd_arg_desc session_args[] = {
	{.key = "session",
		.type = RD_ARG_NAME,
		.param = "session",
		.help = "its name or number in show capture",
		.names = &session_names},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "capture", .help = "capture sessions; pktcap starts them"},
	{"capture stop SESSION", "end a capture session", "capture.stop", session_args, NULL},
	{"show capture/captures [SESSION]", "capture sessions", "capture.list", session_args, show},
};
const struct rd_cmd_set rd_cmds_capture = RD_CMD_SET(cmds);
