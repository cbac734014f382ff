/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that begin and end the writing when something happens. Main thread.
 */
#include "held.h"
#include "options.h"
#include "trigger.h"

static int set_condition(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	struct pk_condition *c = (struct pk_condition *)(void *)((char *)o + opt->at);

	return pk_condition_parse(c, value, err);
}

static int set_after(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	o->trigger.has_after = true;
	return pk_set_number(o, opt, value, err);
}

static const struct pk_option options[] = {
	{.name = "start-on",
		.arg = "WHAT",
		.set = set_condition,
		.at = offsetof(struct pk_opts, trigger.start),
		.help = "write nothing until a drop (REASON,.. or drop) or a filter's match",
		.man = "Write nothing until _what_ happens: a drop for one of some reasons (*DFW_\\**, or *drop* for any), or a packet that "
		       "matches a filter. Filters look at what is captured: at packets that pass the capture's own filter, as far as "
		       "*--snaplen* lets them. Drops are seen at every port, whatever is captured."},
	{.name = "stop-on",
		.arg = "WHAT",
		.set = set_condition,
		.at = offsetof(struct pk_opts, trigger.stop),
		.help = "end with such a drop or packet",
		.man = "End with such a drop or packet, which is the last that is written."},
	{.name = "before",
		.arg = "N",
		.set = pk_set_number,
		.at = offsetof(struct pk_opts, trigger.before),
		.max = PK_HELD_MAX,
		.help = "with the N packets before the trigger",
		.man = "With the _n_ packets before the trigger. Without *--start-on*, only these are written when *--stop-on* comes. They "
		       "wait in at most 256 MiB of memory."},
	{.name = "after",
		.arg = "N",
		.set = set_after,
		.at = offsetof(struct pk_opts, trigger.after),
		.help = "and N after --stop-on, or after --start-on if there is none",
		.man = "End with the packet number _n_ after *--stop-on*, or after *--start-on* if there is no *--stop-on*."},
	{0},
};

const struct pk_group pk_group_trigger = {
	.title = "Triggers",
	.intro =
		"With *-r* they look at a file's packets in their order: what happened around a drop can be cut out of a long capture. Drops are "
		"known only of files that have the stage drop in them.",
	.options = options,
};
