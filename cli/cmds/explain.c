/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain: what, where and why. The table of the commands; each has a file of its own.
 */
#include "cmds/explain.h"

static const struct rd_arg_desc whatif_args[] = {
	RD_WORDS_ARGS,
	{.key = "port",
		.type = RD_ARG_REF,
		.help = "where it would come in",
		.names = &rd_names_port},
	{.key = "file", .type = RD_ARG_FILE, .help = "a frame of a pcap or pcapng file"},
	{.key = "frame",
		.type = RD_ARG_NUM,
		.min = 1,
		.help = "which one of the file, counted from 1; the first"},
	{.key = "hex", .type = RD_ARG_HEX, .help = "the frame as hex bytes"},
	{0},
};

static const struct rd_arg_desc drop_args[] = {
	{.key = "filter",
		.type = RD_ARG_REST,
		.param = "filter",
		.help = "a pcap expression, tried in tunnels too; and last 60s: only what is so young"},
	{0},
};

static const struct rd_arg_names stage_names = {"stage.list", "stage", NULL};
static const struct rd_arg_names reason_names = {"drop.list", "reason", NULL};
static const struct rd_arg_desc manual_args[] = {
	{.key = "stage", .type = RD_ARG_NAME, .help = "a stage", .names = &stage_names},
	{.key = "reason", .type = RD_ARG_NAME, .help = "a drop reason", .names = &reason_names},
	{.key = "point", .type = RD_ARG_NAME, .help = "a capture point, pktcap-uw's or ours"},
	{0},
};

static const struct rd_arg_desc flow_args[] = {
	{.key = "from", .type = RD_ARG_TEXT, .help = "one side: 10.0.0.1, 10.0.0.1:80"},
	{.key = "to", .type = RD_ARG_TEXT, .help = "the other one"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"explain drop [FILTER]", "why packets died: stage, rule, who made it so, and what to try",
		"drop.recent", drop_args, rd_explain_drop},
	{"explain flow FROM TO",
		"what is remembered of a flow, both ways: decisions and connections", "flow.list",
		flow_args, rd_explain_flow},
	{"explain encap hex HEX", "the layers of a tunnelled or mirrored frame", NULL, whatif_args,
		rd_explain_encap},
	{"explain encap file FILE [frame N]",
		"the layers of a tunnelled or mirrored frame of a file", NULL, whatif_args,
		rd_explain_encap},
	{"explain stage STAGE", "what a stage does, and what it drops packets for", NULL,
		manual_args, rd_explain_stage},
	{"explain reason REASON", "what a drop reason means, and what to try", NULL, manual_args,
		rd_explain_reason},
	{"explain point POINT", "where a capture point is", NULL, manual_args, rd_explain_point},
	{"explain what-if in PORT file FILE [frame N]",
		"what would become of a frame of a file, by the live tables; nothing is sent",
		"explain.whatif", whatif_args, rd_explain_whatif},
	{"explain what-if in PORT hex BYTES",
		"what would become of these bytes, by the live tables; nothing is sent",
		"explain.whatif", whatif_args, rd_explain_whatif},
	{"explain what-if in PORT " RD_WORDS_GRAMMAR,
		"what would become of such a packet, by the live tables; nothing is sent",
		"explain.whatif", whatif_args, rd_explain_whatif},
};
const struct rd_cmd_set rd_cmds_explain = RD_CMD_SET(cmds);
