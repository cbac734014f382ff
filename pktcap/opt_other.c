/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that choose what pktcap does instead of capturing, and what all of that needs. Main thread.
 */
#include "options.h"

#define MODE(name, value)                                                                \
	static int name(struct pk_opts *o, const struct pk_option *opt, const char *arg, \
		struct rd_err *err)                                                      \
	{                                                                                \
		(void)opt;                                                               \
		(void)arg;                                                               \
		(void)err;                                                               \
		o->mode = value;                                                         \
		return 0;                                                                \
	}

MODE(list_points, PK_LIST_POINTS)
MODE(list_functions, PK_LIST_FUNCTIONS)
MODE(list_ports, PK_LIST_PORTS)
MODE(help, PK_HELP)
MODE(version, PK_VERSION)
MODE(dump_options, PK_DUMP_OPTIONS)
MODE(dump_man, PK_DUMP_MAN)

static int set_compat(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	(void)value;
	(void)err;
	return o->style == PK_COMPAT ? 0 : PK_AGAIN;
}

static const struct pk_option options[] = {
	{.name = "availpoints",
		.letters = "A",
		.set = list_points,
		.help = "list the points",
		.man = "List the points: ours, then pktcap-uw's with their numbers and what they mean here."},
	{.letters = "F",
		.set = list_functions,
		.help = "list what -f can name",
		.man = "List the stages that *-f* can name."},
	{.name = "list-interfaces",
		.letters = "D",
		.set = list_ports,
		.help = "list the ports",
		.man = "List the ports, their numbers and their stages."},
	{.name = "compat",
		.set = set_compat,
		.help = "options and text as pktcap-uw's; the same as that name",
		.man = "Options mean what they mean to pktcap-uw, and the text is its text: see *pktcap-uw*(1). The same as calling the "
		       "program *pktcap-uw*."},
	{.name = "port",
		.letters = "p",
		.arg = "N",
		.only = PK_COMPAT,
		.set = pk_set_number,
		.at = offsetof(struct pk_opts, server_port),
		.max = 65535,
		.help = "the server port that the banner names",
		.man = "The server port that the banner names. There is no server: the daemon's socket is *--socket*."},
	{.name = "socket",
		.arg = "FILE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, socket),
		.help = "the daemon's socket",
		.man = "The daemon's socket; see *reddotd*(8) for the default."},
	{.name = "help", .letters = "h", .set = help, .help = "this text"},
	{.name = "version", .letters = "V", .set = version, .help = "the version"},
	// For pktcap.bash and for the manual pages.
	{.name = "dump-options", .set = dump_options},
	{.name = "dump-man", .set = dump_man},
	{0},
};

const struct pk_group pk_group_other = {
	.title = "Other options",
	.options = options,
};
