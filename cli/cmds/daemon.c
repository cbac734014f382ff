/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the daemon itself and on its test clock.
 */
#include "cmds/cmds.h"

static const struct rd_arg_desc clock_args[] = {
	{.key = "seconds", .type = RD_ARG_SECONDS, .param = "seconds", .min = 1, .help = "how far"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "daemon", .help = "the daemon itself"},
	{"daemon stop", "end the daemon", "daemon.stop", NULL, NULL},
	{.grammar = "clock", .help = "the aging clock, for tests"},
	{"clock advance SECONDS", "let time pass for aging (reddotd --test)", "clock.advance",
		clock_args, NULL},
};
const struct rd_cmd_set rd_cmds_daemon = RD_CMD_SET(cmds);
