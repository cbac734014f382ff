/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options of files that follow each other, and of how much they may take. Main thread.
 */
#include "options.h"

static const struct pk_option options[] = {
	{.name = "file-size",
		.letters = "C",
		.arg = "SIZE",
		.set = pk_set_megabytes,
		.at = offsetof(struct pk_opts, rotate.size),
		.help = "begin another file when this one has so much (millions; 64k, 10M)",
		.man = "Before a packet that finds the file bigger than this, begin the next file: _file_, _file_*1*, _file_*2*. The size is in "
		       "millions of bytes, or with *k*, *M* or *G* behind it in units of 1024."},
	{.name = "file-time",
		.letters = "G",
		.arg = "TIME",
		.set = pk_set_seconds,
		.at = offsetof(struct pk_opts, rotate.seconds),
		.help = "begin another file every so often (seconds; 10m, 1h)",
		.man = "Begin another file every so often, by a clock that nobody sets. _file_ is a pattern of *strftime*(3), as in "
		       "*-w* 'x-%H%M%S.pcapng'; a name that comes again gets a number behind it. Without packets there is no file. All "
		       "files stay, unless *-W* says how many."},
	{.name = "files",
		.letters = "W",
		.arg = "N",
		.set = pk_set_number,
		.at = offsetof(struct pk_opts, rotate.files),
		.max = 1000000,
		.help = "keep the last N files",
		.man = "Keep the last _n_ files. With *-C* alone their names are numbers that come again, as tcpdump's; with *-G* the oldest "
		       "is removed (tcpdump ends there)."},
	{.name = "min-free",
		.arg = "SIZE",
		.set = pk_set_size,
		.at = offsetof(struct pk_opts, rotate.min_free),
		.help = "leave so much of the file system free: 500M, 2G",
		.man = "Leave so much of the file system free. When a packet would take it, the oldest files go if *-W* is given, else the capture "
		       "ends with an error, all files whole."},
	{.name = "max-total",
		.arg = "SIZE",
		.set = pk_set_size,
		.at = offsetof(struct pk_opts, rotate.max_total),
		.help = "at most so much in the files of all sessions that say this",
		.man = "The same when all files of sessions that were started with *--max-total*, on this file system and with this daemon, would have "
		       "more than so much; those of captures that ended while this one ran count. What others write is known up to a second late."},
	{0},
};

const struct pk_group pk_group_rotate = {
	.title = "Files that follow each other",
	.intro =
		"With *-C* or *-G*, the first file's name with *.manifest* behind it is a list of all files: a JSON object per line with *file* "
		"*number* *first_ns* *last_ns* *packets* *bytes* *lost* *closed* (size, time, end, error), or *file* and *removed* (files, "
		"free, total).",
	.options = options,
};
