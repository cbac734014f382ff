/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the daemon itself, its clients and its test clock.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"PID", "pid", RD_COL_RIGHT, NULL},
	{"UID", "uid", RD_COL_RIGHT, NULL},
	{"ROLE", "role", 0, NULL},
	{"SINCE s", "connected_s", RD_COL_RIGHT, NULL},
	{"REQUESTS", "requests", RD_COL_RIGHT, NULL},
	{"WAITING B", "waiting", RD_COL_RIGHT, NULL},
	{"NOW", "method", 0, NULL},
	{"CLIENT", "client", 0, NULL},
};
static const struct rd_table client_table = RD_TABLE(columns);

static int show_client(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &client_table, err);
}

static const struct rd_arg_desc clock_args[] = {
	{.key = "seconds", .type = RD_ARG_SECONDS, .param = "seconds", .min = 1, .help = "how far"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "daemon", .help = "the daemon itself"},
	{"daemon stop", "end the daemon", "daemon.stop", NULL, NULL},
	{"show client", "who is connected to the daemon's control socket", "daemon.clients", NULL,
		show_client},
	{.grammar = "clock", .help = "the aging clock, for tests"},
	{"clock advance SECONDS", "let time pass for aging (reddotd --test)", "clock.advance",
		clock_args, NULL},
};
const struct rd_cmd_set rd_cmds_daemon = RD_CMD_SET(cmds);
