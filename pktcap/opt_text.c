/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options for text on standard output. Main thread.
 */
#include "options.h"

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
		       "empty) *len* *caplen* *packet_id* *parent_id* *flow* *flow_hit* (hit, miss or empty) *vni* *rule* *reason* "
		       "*verdict* (pass, drop, delivered, sent) *hop* *prev_stage* *guest_dir* *queue* *worker* *lost* *inner* "
		       "*match* (outer, inner, followed; empty without a filter) "
		       "*summary*."},
	{.letters = "elnU",
		.only = PK_NATIVE,
		.set = pk_set_nothing,
		.help = "nothing: this is how pktcap prints anyway"},
	{0},
};

const struct pk_group pk_group_text = {
	.title = "Text",
	.intro = "Without a file, text: one line per packet.",
	.options = options,
};
