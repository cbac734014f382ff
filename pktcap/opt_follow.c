/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that follow packets through the switch. Main thread.
 */
#include <string.h>

#include "api/stages.h"
#include "base/str.h"
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

static int set_summary(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	o->summary = true;
	return set_trace(o, opt, value, err);
}

static int set_diff(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	uint64_t hop;

	if (strcmp(value, "all") != 0 && rd_parse_u64(value, 0, UINT16_MAX, &hop) < 0
		&& rd_stage_by_name(value) == NULL) {
		rd_err_set(err, -EINVAL, "--diff %s is no hop", value);
		rd_err_hint(err, "a number as in the column HOP, a stage (pktcap -A), or all");
		return -EINVAL;
	}
	o->diff = value;
	return set_trace(o, opt, NULL, err);
}

// "1/100", "first:20", "10ms", "flow:3".
static int set_sample(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	static const struct {
		const char *prefix, *suffix;
		enum pk_sample_kind kind;
		uint64_t unit;
	} forms[] = {{"1/", "", PK_SAMPLE_ONE_IN, 1}, {"first:", "", PK_SAMPLE_FIRST, 1},
		{"flow:", "", PK_SAMPLE_FLOW, 1}, {"", "ms", PK_SAMPLE_EVERY, 1000000}};
	size_t len = strlen(value);

	(void)opt;
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t head = strlen(forms[i].prefix), tail = strlen(forms[i].suffix);
		char digits[24] = "";
		uint64_t n;

		if (len <= head + tail || len - head - tail >= sizeof(digits)
			|| strncmp(value, forms[i].prefix, head) != 0
			|| strcmp(value + len - tail, forms[i].suffix) != 0)
			continue;
		memcpy(digits, value + head, len - head - tail);
		if (rd_parse_u64(digits, 1, UINT32_MAX, &n) < 0)
			continue;
		o->sample = (struct pk_sample_rule){forms[i].kind, n * forms[i].unit};
		return 0;
	}
	rd_err_set(err, -EINVAL, "--sample %s is not known", value);
	rd_err_hint(err, "1/100, first:20, 10ms (one walk in that time) or flow:3");
	return -EINVAL;
}

static const struct pk_option options[] = {
	{.name = "follow",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, follow),
		.help = "what matched once is captured at every later stage, too",
		.man = "A packet that matched once is captured at every later stage, whatever it looks like there. With ports or "
		       "points given, a packet must pass one of them first. Text, JSON and file say which form of it matched: *match=outer* is "
		       "the frame as it is, *inner* the one inside its tunnel, *followed* an earlier record's."},
	{.name = "trace",
		.set = set_trace,
		.help = "follow, and print each packet's walk through the stages",
		.man = "Follow, and print one table per packet: its walk through the stages, how long each took, and what it "
		       "changed. With ports or points given, whole walks of the packets that passed one of them: *--trace "
		       "--capture drop* shows how dropped packets got there. *--follow -c 1* on a terminal is the same."},
	{.name = "summary",
		.set = set_summary,
		.help = "follow, and at the end tell the paths, their times, and drops",
		.man = "Follow, and print at the end which ways the packets took: for each path the number of walks and, hop by hop, "
		       "the 50th, 90th and 99th percentile and the maximum of the time since the hop before (within 3.2 %); then drops "
		       "by reason, stage and rule. With *--json* as one object. Up to 1000 paths are told apart."},
	{.name = "diff",
		.arg = "HOP",
		.set = set_diff,
		.help = "as --trace, with the bytes that hop HOP changed",
		.man = "As *--trace*, and below each walk the bytes that came (*+*), went (*-*) and changed (*<* before, *>* after) between "
		       "this hop's record and the next one. _hop_ is a number of the column HOP, a stage, or *all*."},
	{.name = "sample",
		.arg = "WHICH",
		.set = set_sample,
		.help = "only some walks, whole: 1/100, first:20, 10ms, flow:3",
		.man = "Keep only some walks, each of them whole: *1/*_n_ every n-th, *first:*_n_, _n_*ms* one in this time, *flow:*_n_ the "
		       "first of each flow (addresses, protocol and ports inside the tunnel; a reply is a flow of its own). Copies of a "
		       "packet go with it. Every option about packets works on what is left."},
	{0},
};

const struct pk_group pk_group_follow = {
	.title = "Following packets",
	.options = options,
};
