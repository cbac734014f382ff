/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show running-config: the commands that make the daemon what it is now.
 */
#include "cmds/cmds.h"

static int put_line(void *arg, const json_t *item)
{
	fprintf(arg, "%s\n", rd_item_str(item, "line"));
	return ferror((FILE *)arg) ? -EPIPE : 0;
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const char *method = rd_args_cmd(args)->method;
	static const struct rd_table none;

	if (rd_cli_is_json(cli))
		return rd_cli_show(cli, method, NULL, &none, err);
	return rd_cli_call(cli, method, NULL, put_line, rd_cli_out(cli), NULL, err);
}

static const struct rd_cmd cmds[] = {
	{"show running-config", "the configuration as commands", "running_config", NULL, show},
};
const struct rd_cmd_set rd_cmds_config = RD_CMD_SET(cmds);
