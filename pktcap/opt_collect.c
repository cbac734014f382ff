/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options for mirrored packets, and for capturing where no daemon is. Main thread.
 */
#include "base/str.h"
#include "options.h"

static bool is_digit(const char *word)
{
	return word[0] >= '0' && word[0] <= '9' && word[1] == '\0';
}

static int set_decap(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	uint64_t n = PK_DECAP_MAX;

	if (value != NULL && rd_parse_u64(value, 1, PK_DECAP_MAX, &n) < 0)
		return rd_err_set(err, -EINVAL, "--%s=%s is not a number from 1 to %u", opt->name,
			value, PK_DECAP_MAX);
	o->decap = (unsigned)n;
	return 0;
}

static const struct pk_option options[] = {
	{.name = "netdev",
		.arg = "IFACE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, netdev),
		.help = "capture on a kernel's interface, as tcpdump does; no daemon",
		.man = "Capture on an interface of this machine's kernel, as *tcpdump*(8) does; no daemon is asked. *any* is all of them. "
		       "With *--decap*, only frames that came through a tunnel are taken, and *-i* _iface_ means the same when no daemon "
		       "has a port of that name. Filters, files, triggers and *--duration* are as usual."},
	{.name = "decap",
		.arg = "N",
		.is_arg = is_digit,
		.set = set_decap,
		.help = "strip Geneve, VXLAN, GRE, TZSP, ERSPAN: all, or N layers",
		.man = "Strip tunnels from the packets, after the filter has seen them: Geneve, VXLAN (ports 4789 and 8472), GRE with "
		       "Ethernet or IP inside (NVGRE, keys, sequence numbers), TZSP, ERSPAN types I, II and III; at most _n_ of them, outermost "
		       "first, or all. What was stripped is told in brackets, in the comment and as *decap* in JSON: *[erspan2 session=100 "
		       "seq=7]*. With *-r*, filters look inside these tunnels as they do with Geneve's. Fragments and frames that are "
		       "shorter than their own IP header says are left as they are.\n\n"
		       "Of a file or a kernel's interface, what the copies say of themselves goes with them: source session, stage, drop "
		       "reason, packet id and original length, and a report about their sources ends the capture: see *COLLECTING*."},
	{.name = "report",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, report),
		.help = "of --decap: who sent, what is missing, clocks, drops; no packets",
		.man = "With *--decap*: no packets on standard output, but the report about their sources; with *--json* as one object. "
		       "A file (*-o*) is written all the same."},
	{.name = "sent",
		.arg = "FILE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, sent),
		.help = "the sender's counters: whose loss it is, in the report",
		.man = "With *--decap*: _file_ has what *reddot --json show mirror counters* says at the sender when the capture has ended; it is "
		       "read for the report. For each source that is a session of that sender (same addresses, same number) the report tells how "
		       "many numbered copies were lost by the sender's device (tx_drop), how many by the network, and what was lost before it "
		       "had a number. See *COLLECTING*."},
	{.name = "sent-before",
		.arg = "FILE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, sent_before),
		.help = "... and its counters from before the capture",
		.man = "With *--sent*: the same counters from before the capture began. Only what was lost since then counts, and what was lost "
		       "before the first copy came is known, too."},
	{.name = "source-time",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, source_time),
		.help = "times as the source put them into the copies, where it did",
		.man = "Copies have the time at which the source captured them, where they say it: Geneve's option, or ERSPAN III, whose "
		       "wrapped times are continued by the arrival. Without this, times are those of their arrival."},
	{.name = "from-reddot",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, from_reddot),
		.help = "ERSPAN's index, hardware id and security group are a reddot's",
		.man = "The senders of ERSPAN are *reddotd*(8): type II's index is direction, stage and port, type III's hardware id the stage, "
		       "its security group the drop reason. Other senders put other things there. Geneve's options need no such word."},
	{.name = "geneve-class",
		.arg = "N",
		.set = pk_set_number,
		.at = offsetof(struct pk_opts, geneve_class),
		.max = 65535,
		.help = "the class of reddot's Geneve options (0xff01)",
		.man = "The class of the Geneve options that reddot adds; by default 0xff01, of the range for experiments."},
	{0},
};

const struct pk_group pk_group_collect = {
	.title = "Mirrored packets",
	.options = options,
};
