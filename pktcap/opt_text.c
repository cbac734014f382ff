/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options for text on standard output. Main thread.
 */
#include "options.h"

static int set_nano(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	(void)value;
	(void)err;
	o->micro = false;
	return 0;
}

static const struct pk_option options[] = {
	{.name = "console",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, console),
		.help = "text as well as a file"},
	{.name = "json",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, json),
		.help = "one JSON object per packet instead of text",
		.man = "One JSON object per record and line, instead of text: *ns* *stage* *port* *port_id* *host* *dir* (rx, tx or "
		       "empty) *len* *caplen* *packet_id* *parent_id* *made* (true: the switch made the frame because of packet *parent_id*, false: a copy of that) *flow* *flow_hit* (hit, miss or empty) *vni* *rule* *reason* "
		       "*verdict* (pass, drop, delivered, sent) *hop* *prev_stage* *guest_dir* *queue* *worker* *lost* *one_in* (1 packet in so many was taken, *--max-cost*) *inner* "
		       "*match* (outer, inner, followed; empty without a filter) "
		       "*summary*; with *-x* also *hex*, the bytes that were captured."},
	{.letters = "v",
		.only = PK_NATIVE,
		.set = pk_set_more,
		.at = offsetof(struct pk_opts, verbose),
		.help = "details of the headers, checksums (-vv: more)",
		.man = "Details: IP headers, TCP and ICMP checksums, Geneve's options, on several lines. Twice: UDP checksums and more of "
		       "options."},
	{.letters = "q",
		.only = PK_NATIVE,
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, quiet),
		.help = "less: short link headers and only the length of TCP and UDP"},
	{.letters = "S",
		.only = PK_NATIVE,
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, absolute),
		.help = "TCP's sequence numbers as they are, not relative to the first"},
	{.letters = "x",
		.only = PK_NATIVE,
		.set = pk_set_more,
		.at = offsetof(struct pk_opts, hex),
		.help = "the packet in hex (-xx: with its link header)"},
	{.letters = "X",
		.only = PK_NATIVE,
		.set = pk_set_more,
		.at = offsetof(struct pk_opts, ascii),
		.help = "the packet in hex and ASCII (-XX: with its link header)"},
	{.letters = "t",
		.only = PK_NATIVE,
		.set = pk_set_more,
		.at = offsetof(struct pk_opts, stamp),
		.help = "no time; -tt epoch, -ttt since the last, -tttt date, -ttttt since the first",
		.man = "No time stamp. Twice: seconds since 1970; three times: since the packet before; four times: with the date; five "
		       "times: since the first packet."},
	{.letters = "K",
		.only = PK_NATIVE,
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, unverified),
		.help = "no word about checksums in -v: hardware fills them in later"},
	{.name = "nano",
		.set = set_nano,
		.help = "time in nanoseconds (default); the last of it and --micro holds"},
	{.name = "micro",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, micro),
		.help = "time in microseconds, in text and in classic pcap",
		.man = "Time in microseconds, in text and in classic pcap files, for programs that know no others. The last of it and *--nano* "
		       "holds."},
	{.name = "print",
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, console),
		.help = "as --console"},
	{.letters = "en",
		.only = PK_NATIVE,
		.set = pk_set_nothing,
		.help = "nothing: text always has link headers, and numbers for names",
		.man = "Accepted, for tcpdump has them: text always has the link header (*-e*), as a switch is about it, and numbers "
		       "instead of names (*-n*)."},
	{.letters = "l",
		.only = PK_NATIVE,
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, each_line),
		.help = "write each line of text by itself",
		.man = "Write each line of text by itself, also into a pipe. Without it lines are collected while more packets are waiting, and "
		       "written when none is."},
	{.letters = "U",
		.only = PK_NATIVE,
		.set = pk_set_flag,
		.at = offsetof(struct pk_opts, each_packet),
		.help = "write each packet into the file by itself",
		.man = "Write each packet into the file by itself: the file is whole after each of them. Without it packets are collected "
		       "while more are waiting, up to 256 KiB, and written when none is; only *-o -* always writes them singly. With "
		       "*--compress* each packet becomes a frame of its own."},
	{0},
};

const struct pk_group pk_group_text = {
	.title = "Text",
	.intro = "Without a file, text: one line per packet.",
	.options = options,
};
