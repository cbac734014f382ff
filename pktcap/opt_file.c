/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options for capture files. Main thread.
 */
#include "options.h"

static const struct pk_word meta_words[] = {
	{"none", PK_META_NONE},
	{"lean", PK_META_LEAN},
	{"full", PK_META_FULL},
	{0},
};
static const struct pk_word comment_words[] = {
	{"none", PK_COMMENT_NONE},
	{"decisions", PK_COMMENT_DECISIONS},
	{"all", PK_COMMENT_ALL},
	{0},
};

static int set_ng(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	(void)value;
	(void)err;
	o->format = PK_FORMAT_PCAPNG;
	return 0;
}

static int set_pcap(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)opt;
	(void)value;
	(void)err;
	o->format = PK_FORMAT_PCAP;
	return 0;
}

static const struct pk_word compress_words[] = {
	{"none", PK_COMPRESS_NONE},
	{"zstd", PK_COMPRESS_ZSTD},
	{0},
};

static const struct pk_option options[] = {
	{.name = "read",
		.letters = "r",
		.arg = "FILE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, infile),
		.help = "read a capture file, packed or not; - is standard input",
		.man = "Read a capture file (*-* is standard input) instead of asking the daemon. Of files that pktcap wrote with full "
		       "*--meta* everything comes back, so that *pktcap -r all.pcapng --trace* shows the walks and *--json* feeds *reddot "
		       "walk*. *--capture* chooses stages of the file.\n\n"
		       "Anyone's files are read: pcapng (any sections, byte orders and times) and classic pcap (both byte orders, micro- "
		       "and nanoseconds, modified), plain or packed with gzip or zstd. Raw IP, BSD loopback and Linux's cooked captures (SLL, "
		       "SLL2) get an Ethernet header in place of their own, so that filters and texts are the same; frames of other links "
		       "are left out, counted and named. A file that ends too early is read as far as it goes; then pktcap says at which "
		       "byte it ended, and fails. From a pipe, packets are shown as they come."},
	{.name = "outfile",
		.letters = "ow",
		.arg = "FILE",
		.set = pk_set_text,
		.at = offsetof(struct pk_opts, outfile),
		.help = "write a file; - is standard output",
		.man = "A capture file; *-* is standard output, written packet by packet, as in *pktcap --uplink vmnic1 -o - | "
		       "tcpdump -enr -*."},
	{.name = "ng",
		.letters = "P",
		.set = set_ng,
		.help = "pcapng",
		.man = "pcapng. Without this and *--pcap*, a file named _\\*.pcapng_ or _\\*.pcap_ is what its name says; *--meta* and "
		       "*--comment* mean pcapng; then, one port with at most its two directions gives pcap, everything else "
		       "pcapng. *tcpdump*(8) and Wireshark read both."},
	{.name = "pcap",
		.set = set_pcap,
		.help = "classic pcap, nanoseconds (--micro: microseconds)"},
	{.name = "meta",
		.arg = "none|lean|full",
		.set = pk_set_word,
		.at = offsetof(struct pk_opts, meta),
		.words = meta_words,
		.help = "what pcapng records carry besides the packet",
		.man = "What pcapng records carry besides the packet. *lean*: direction, packet id, queue, packets lost before. "
		       "*full*, the default: also a comment and a JSON object, see *FILES*."},
	{.name = "comment",
		.arg = "none|decisions|all",
		.set = pk_set_word,
		.at = offsetof(struct pk_opts, comment),
		.words = comment_words,
		.help = "which pcapng records get a comment",
		.man = "Which records get a comment: those after a decision (the default): drops, flow misses, firewall, tunnels, "
		       "copies; or all."},
	{.name = "compress",
		.arg = "none|zstd",
		.set = pk_set_word,
		.at = offsetof(struct pk_opts, compress),
		.words = compress_words,
		.help = "pack the file",
		.man = "Pack the file. Wireshark, tshark, *zstd -d* and *pktcap -r* read it, *tcpdump*(8) does not. Packets are packed in "
		       "pieces of 256 KiB, each a frame of its own, and a table of them ends the file (zstd's seekable format): a reader "
		       "may start at any piece, and a file whose end is missing is good as far as it goes."},
	{0},
};

const struct pk_group pk_group_file = {
	.title = "Files",
	.options = options,
};
