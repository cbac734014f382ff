/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that follow packets through the switch. Main thread.
 */
#include "options.h"

static int set_trace(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	(void)value;
	(void)err;
	o->trace = o->follow = true;
	return 0;
}

static const struct pk_option options[] = {
	{.name = "follow",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, follow),
		.help = "what matched once is captured at every later stage, too",
		.man = "A packet that matched once is captured at every later stage, whatever it looks like there. With ports or "
		       "points given, a packet must pass one of them first."},
	{.name = "trace",
		.set = set_trace,
		.help = "follow, and print each packet's walk through the stages",
		.man = "Follow, and print one table per packet: its walk through the stages, how long each took, and what it "
		       "changed. With ports or points given, whole walks of the packets that passed one of them: *--trace "
		       "--capture drop* shows how dropped packets got there. *--follow -c 1* on a terminal is the same."},
	{0},
};

const struct pk_group pk_group_follow = {
	.title = "Following packets",
	.options = options,
};
