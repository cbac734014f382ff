/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on segments (VNI or VLAN networks).
 */
#include "cmds/cmds.h"

static void cell_net(const json_t *item, char *buf, size_t len)
{
	json_int_t vlan = rd_item_int(item, "vlan");

	if (vlan >= 0)
		snprintf(buf, len, "vlan %lld", (long long)vlan);
	else
		snprintf(buf, len, "vni %lld", (long long)rd_item_int(item, "vni"));
}

static const struct rd_column columns[] = {
	{"NET", NULL, 0, cell_net},
	{"MTU", "mtu", RD_COL_RIGHT, NULL},
	{"FLOOD", "flood", 0, NULL},
	{"LEARN", "learn", 0, NULL},
	{"AGING s", "aging_s", RD_COL_RIGHT, NULL},
	{"FDB", "fdb", RD_COL_RIGHT, NULL},
	{"REFUSED", "refusals", RD_COL_RIGHT, NULL},
	{"SEGMENT", "qname", 0, NULL},
	{"tunnels", "tunnels", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new segment's name"},
	{.key = "segment",
		.type = RD_ARG_REF,
		.param = "segment",
		.help = "the segment",
		.names = &rd_names_segment},
	{.key = "switch",
		.type = RD_ARG_REF,
		.param = "switch",
		.help = "the switch it belongs to",
		.names = &rd_names_switch},
	{.key = "vni",
		.type = RD_ARG_NUM,
		.param = "vni",
		.max = (1 << 24) - 1,
		.help = "overlay: its virtual network identifier"},
	{.key = "vlan",
		.type = RD_ARG_NUM,
		.param = "vlan",
		.max = 4094,
		.help = "VLAN: its id on the uplinks; 0 = untagged"},
	{.key = "mtu",
		.type = RD_ARG_NUM,
		.param = "mtu",
		.min = 1,
		.max = UINT16_MAX,
		.help = "largest packet in bytes"},
	{.key = "flood",
		.type = RD_ARG_ONOFF,
		.param = "flood",
		.help = "copy frames for unknown MACs to everybody; on"},
	{.key = "learn",
		.type = RD_ARG_ONOFF,
		.param = "learn",
		.help = "remember where MACs send from; on"},
	{.key = "aging",
		.type = RD_ARG_SECONDS,
		.param = "aging_s",
		.help = "forget a learned MAC after so long; 300"},
	{.key = "mac-limit",
		.type = RD_ARG_NUM,
		.param = "mac_limit",
		.help = "learned MACs at most; 0 = any number, the default"},
	{.key = "move-limit",
		.type = RD_ARG_NUM,
		.param = "move_limit",
		.max = UINT16_MAX,
		.help = "moves of one MAC in 10 s at most; 16, 0 = any number"},
	{.key = "refused",
		.type = RD_ARG_WORD,
		.param = "refused",
		.help = "what becomes of a packet whose source may not be learned; forward"},
	{.key = "tunnels",
		.type = RD_ARG_REFS,
		.param = "tunnels",
		.help = "remote endpoints that get floods",
		.names = &rd_names_tunnel},
	{0},
};

static const struct rd_arg_desc show_args[] = {
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{0},
};

#define OPTIONS                                                                \
	"[flood (on|off)] [learn (on|off)] [aging SECONDS] [tunnels NAME,..] " \
	"[mac-limit N] [move-limit N] [refused (forward|drop)]"

static const struct rd_cmd cmds[] = {
	{.grammar = "segment", .help = "segments: the VNI or VLAN networks of guests"},
	{"segment add NAME switch SWITCH (vni N|vlan N) [mtu N] " OPTIONS, "add a segment",
		"segment.add", args_desc, NULL},
	{"segment set SEGMENT " OPTIONS, "change a segment", "segment.set", args_desc, NULL},
	{"segment del SEGMENT", "remove a segment", "segment.del", args_desc, NULL},
	{"show segment/segments [host HOST]", "segments", "segment.list", show_args, show},
};
const struct rd_cmd_set rd_cmds_segment = RD_CMD_SET(cmds);
