/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on mirror sessions. What a value may be is the daemon's to say (mirror/session/field.c): it knows numbers in both ways of
 * writing, and answers with the bounds.
 */
#include "cmds/cmds.h"

static const struct rd_arg_names session_names = {"mirror.list", "session", NULL};

#define FIELDS                                                                           \
	"[id ID] [source SOURCE] [direction (to-guest|from-guest|both)] [stage STAGE] "  \
	"[reason REASON] [trigger (none|rst|drop)] [trigger-stop TRIGGER-STOP] "         \
	"[session-priority SESSION-PRIORITY] [exclusive (on|off)] [sample SAMPLE] "      \
	"[pps PPS] [bps BPS] [burst BURST] [snaplen SNAPLEN] "                           \
	"[mtu-policy (truncate|drop)] [payload-mask PAYLOAD-MASK] [fix-csum (on|off)] "  \
	"[encap (erspan1|erspan2|erspan3|gre|vxlan|geneve|tzsp|rspan|pcap-file|port)] "  \
	"[erspan-id ERSPAN-ID] [index INDEX] [hwid HWID] [gra (100us|100ns|1588)] "      \
	"[sgt SGT] [key KEY] [seq (on|off)] [vni VNI] [vlan VLAN] [udp-port UDP-PORT] "  \
	"[options OPTIONS] [seq-start SEQ-START] [to TO] [priority PRIORITY] "           \
	"[weight WEIGHT] [mode (active-standby|replicate|balance)] [src-ip SRC-IP] "     \
	"[out-port PORT] [gateway GATEWAY] [next-hop NEXT-HOP] [outer-vlan OUTER-VLAN] " \
	"[dscp DSCP] [ttl TTL] [pcp PCP] [mtu MTU] [file FILE] [multicast (on|off)] "    \
	"[lifetime LIFETIME] [max-packets MAX-PACKETS] [max-bytes MAX-BYTES] "           \
	"[start-at START-AT] [offload (auto|require|forbid|hybrid)] [persist (on|off)] " \
	"[force (on|off)] [owner OWNER] [comment COMMENT]"

static const struct rd_arg_desc session_args[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new session's name"},
	{.key = "session",
		.type = RD_ARG_NAME,
		.param = "session",
		.help = "its name or id in show mirror",
		.names = &session_names},
	{.key = "id",
		.type = RD_ARG_TEXT,
		.param = "id",
		.help = "number of the session, decimal or 0x; the lowest that is free"},
	{.key = "source",
		.type = RD_ARG_TEXT,
		.param = "source",
		.help = "ports; guest:LABEL, vni:N, vlan:N for their ports; all for those of all guests"},
	{.key = "direction",
		.type = RD_ARG_WORD,
		.param = "direction",
		.help = "as the guest sees it; both"},
	{.key = "stage",
		.type = RD_ARG_TEXT,
		.param = "stage",
		.help = "stages, with commas, or all; edge = at the source's device"},
	{.key = "reason",
		.type = RD_ARG_TEXT,
		.param = "reason",
		.help = "only packets dropped for these reasons, or any"},
	{.key = "trigger",
		.type = RD_ARG_WORD,
		.param = "trigger",
		.help = "copying begins with a TCP RST, or a drop, that fits; none = at once"},
	{.key = "trigger-stop",
		.type = RD_ARG_TEXT,
		.param = "trigger_stop",
		.help = "seconds from then on; 0 = no end"},
	{.key = "session-priority",
		.type = RD_ARG_TEXT,
		.param = "session_priority",
		.help = "of exclusive sessions the lowest gets a packet; 100"},
	{.key = "exclusive",
		.type = RD_ARG_ONOFF,
		.param = "exclusive",
		.help = "no other exclusive session gets the packet; off"},
	{.key = "sample",
		.type = RD_ARG_TEXT,
		.param = "sample",
		.help = "1/N, random:1/N or flow:1/N; 1/1"},
	{.key = "pps",
		.type = RD_ARG_TEXT,
		.param = "pps",
		.help = "copies in a second; 100000; 0 = no limit"},
	{.key = "bps",
		.type = RD_ARG_TEXT,
		.param = "bps",
		.help = "bits in a second on the wire; 1000000000; 0 = no limit"},
	{.key = "burst",
		.type = RD_ARG_TEXT,
		.param = "burst",
		.help = "milliseconds' worth that may come at once; 10"},
	{.key = "snaplen",
		.type = RD_ARG_TEXT,
		.param = "snaplen",
		.help = "bytes of the mirrored frame; 0 = all"},
	{.key = "mtu-policy",
		.type = RD_ARG_WORD,
		.param = "mtu_policy",
		.help = "for a copy that does not fit; truncate"},
	{.key = "payload-mask",
		.type = RD_ARG_TEXT,
		.param = "payload_mask",
		.help = "none, zero:N or random:N: bytes of payload that stay; none"},
	{.key = "fix-csum",
		.type = RD_ARG_ONOFF,
		.param = "fix_csum",
		.help = "complete checksums that a guest left to its NIC; on"},
	{.key = "encap",
		.type = RD_ARG_WORD,
		.param = "encap",
		.help = "what goes round the copy; erspan2"},
	{.key = "erspan-id",
		.type = RD_ARG_TEXT,
		.param = "erspan_id",
		.help = "session id in the header, 1 to 1023; the session's id"},
	{.key = "index",
		.type = RD_ARG_TEXT,
		.param = "index",
		.help = "of ERSPAN II; made of direction, stage and port"},
	{.key = "hwid", .type = RD_ARG_TEXT, .param = "hwid", .help = "of ERSPAN III; the stage"},
	{.key = "gra",
		.type = RD_ARG_WORD,
		.param = "gra",
		.help = "unit of ERSPAN III's timestamp; 100ns"},
	{.key = "sgt",
		.type = RD_ARG_TEXT,
		.param = "sgt",
		.help = "of ERSPAN III: 0 to 65535, or reason for the drop reason; 0"},
	{.key = "key", .type = RD_ARG_TEXT, .param = "key", .help = "of GRE, or none; none"},
	{.key = "seq", .type = RD_ARG_ONOFF, .param = "seq", .help = "sequence numbers in GRE; on"},
	{.key = "vni",
		.type = RD_ARG_TEXT,
		.param = "vni",
		.help = "of VXLAN and Geneve; the session's id"},
	{.key = "vlan",
		.type = RD_ARG_TEXT,
		.param = "vlan",
		.help = "that RSPAN puts round the copy"},
	{.key = "udp-port",
		.type = RD_ARG_TEXT,
		.param = "udp_port",
		.help = "of the collector; as registered"},
	{.key = "options",
		.type = RD_ARG_TEXT,
		.param = "options",
		.help = "of Geneve: time, copy, origin, packet; all of them"},
	{.key = "seq-start",
		.type = RD_ARG_TEXT,
		.param = "seq_start",
		.help = "number of the first copy; it goes on where it was"},
	{.key = "to",
		.type = RD_ARG_TEXT,
		.param = "to",
		.help = "collectors' addresses, with commas"},
	{.key = "priority",
		.type = RD_ARG_TEXT,
		.param = "priority",
		.help = "of each collector: the lowest is tried first; 1,2,3,4"},
	{.key = "weight",
		.type = RD_ARG_TEXT,
		.param = "weight",
		.help = "of each collector: its share when balanced; 1"},
	{.key = "mode",
		.type = RD_ARG_WORD,
		.param = "mode",
		.help = "of several collectors; active-standby"},
	{.key = "src-ip",
		.type = RD_ARG_TEXT,
		.param = "src_ip",
		.help = "our address; the tunnel endpoint's"},
	{.key = "out-port",
		.type = RD_ARG_REF,
		.param = "out_port",
		.help = "port that copies leave by; an uplink of the endpoint",
		.names = &rd_names_port},
	{.key = "gateway",
		.type = RD_ARG_TEXT,
		.param = "gateway",
		.help = "next hop; the collector itself"},
	{.key = "next-hop",
		.type = RD_ARG_TEXT,
		.param = "next_hop",
		.help = "the next hop's MAC; asked for"},
	{.key = "outer-vlan",
		.type = RD_ARG_TEXT,
		.param = "outer_vlan",
		.help = "tag of the outer frame"},
	{.key = "dscp", .type = RD_ARG_TEXT, .param = "dscp", .help = "of the outer header; 8"},
	{.key = "ttl", .type = RD_ARG_TEXT, .param = "ttl", .help = "of the outer header; 64"},
	{.key = "pcp", .type = RD_ARG_TEXT, .param = "pcp", .help = "of the outer tag; 0"},
	{.key = "mtu",
		.type = RD_ARG_TEXT,
		.param = "mtu",
		.help = "of the way to the collector; the port's"},
	{.key = "file",
		.type = RD_ARG_TEXT,
		.param = "file",
		.help = "pcapng file of encap pcap-file, absolute"},
	{.key = "multicast",
		.type = RD_ARG_ONOFF,
		.param = "multicast",
		.help = "a collector may be a group address; off"},
	{.key = "lifetime",
		.type = RD_ARG_TEXT,
		.param = "lifetime",
		.help = "90s, 30m, 24h; 0 = until it is removed; 1h"},
	{.key = "max-packets",
		.type = RD_ARG_TEXT,
		.param = "max_packets",
		.help = "ends after so many copies"},
	{.key = "max-bytes",
		.type = RD_ARG_TEXT,
		.param = "max_bytes",
		.help = "ends after so many copied bytes"},
	{.key = "start-at", .type = RD_ARG_TEXT, .param = "start_at", .help = "seconds since 1970"},
	{.key = "offload",
		.type = RD_ARG_WORD,
		.param = "offload",
		.help = "copying by the NIC; auto"},
	{.key = "persist",
		.type = RD_ARG_ONOFF,
		.param = "persist",
		.help = "is there again after a restart; on if lifetime is 0"},
	{.key = "force",
		.type = RD_ARG_ONOFF,
		.param = "force",
		.help = "no limit of rate or lifetime is meant; off"},
	{.key = "owner", .type = RD_ARG_TEXT, .param = "owner", .help = "whose it is; yours"},
	{.key = "comment", .type = RD_ARG_TEXT, .param = "comment", .help = "for people"},
	{.key = "up", .type = RD_ARG_FLAG, .param = "up", .help = "start it at once"},
	{.key = "rule",
		.type = RD_ARG_REST,
		.param = "rule",
		.help = "permit or deny, then what a packet must have"},
	{.key = "at",
		.type = RD_ARG_NUM,
		.param = "at",
		.min = 1,
		.max = 16,
		.help = "place among the rules"},
	{.key = "last",
		.type = RD_ARG_NUM,
		.param = "count",
		.min = 1,
		.max = 256,
		.help = "the last so many; 20"},
	{0},
};

static const struct rd_column columns[] = {
	{"SESSION", "session", 0, NULL},
	{"ID", "id", RD_COL_RIGHT, NULL},
	{"ADMIN", "admin", 0, NULL},
	{"OPER", "oper", 0, NULL},
	{"SUB", "sub", 0, NULL},
	{"PATH", "path", 0, NULL},
	{"SINCE s", "since_s", RD_COL_RIGHT, NULL},
	{"LEFT s", "left_s", RD_COL_RIGHT, NULL},
	{"ENCAP", "encap", 0, NULL},
	{"OVERHEAD", "overhead", RD_COL_RIGHT, NULL},
	{"LARGEST", "largest_frame", RD_COL_RIGHT, NULL},
	{"MATCHED", "matched", RD_COL_RIGHT, NULL},
	{"SENT", "tx_ok", RD_COL_RIGHT, NULL},
	{"DESTINATION", "destination", 0, NULL},
	{"why", "why", RD_COL_NOTE, NULL},
	{"warning", "warning", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column dest_columns[] = {
	{"COLLECTOR", "address", 0, NULL},
	{"STATE", "state", 0, NULL},
	{"ACTIVE", "active", 0, NULL},
	{"MAC", "mac", 0, NULL},
	{"FROM", "src", 0, NULL},
	{"PORT", "port", 0, NULL},
	{"NEXT SEQ", "seq_next", RD_COL_RIGHT, NULL},
	{"SENT", "tx_ok", RD_COL_RIGHT, NULL},
	{"DROPPED", "tx_drop", RD_COL_RIGHT, NULL},
	{"WIRE BYTES", "wire_bytes", RD_COL_RIGHT, NULL},
	{"ICMP", "icmp_unreach", RD_COL_RIGHT, NULL},
	{"why", "why", RD_COL_NOTE, NULL},
};
static const struct rd_table dest_table = RD_TABLE(dest_columns);

static const struct rd_column rule_columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"RULE", "rule", 0, NULL},
};
static const struct rd_table rule_table = RD_TABLE(rule_columns);

// Taken out of the item; a new reference.
static json_t *take_out(json_t *item, const char *key)
{
	json_t *part = json_incref(json_object_get(item, key));

	json_object_del(item, key);
	return part;
}

static void put_table(struct rd_cli *cli, json_t *list, const struct rd_table *t)
{
	if (json_array_size(list) != 0) {
		fputs("\n", rd_cli_out(cli));
		rd_cli_show_items(cli, list, t);
	}
	json_decref(list);
}

static void put_session(struct rd_cli *cli, json_t *item)
{
	json_t *dests = take_out(item, "destinations"), *fields = take_out(item, "fields");
	json_t *rules = take_out(item, "rules");

	rd_cli_put_fields(cli, item);
	put_table(cli, rules, &rule_table);
	put_table(cli, dests, &dest_table);
	if (fields != NULL) {
		fputs("\n", rd_cli_out(cli));
		rd_cli_put_fields(cli, fields);
	}
	json_decref(fields);
}

static int show_whole(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *list, *item;
	size_t i;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	list = rd_cli_fetch(cli, rd_args_cmd(args)->method, params, err);
	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else
		json_array_foreach (list, i, item) {
			if (i != 0)
				fputs("\n", rd_cli_out(cli));
			put_session(cli, item);
		}
	json_decref(list);
	return 0;
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_args_has(args, "session") ? show_whole(cli, args, err)
					    : rd_cmds_show(cli, args, &table, err);
}

static const struct rd_column journal_columns[] = {
	{"TIME ns", "ns", RD_COL_RIGHT, NULL},
	{"SESSION", "session", 0, NULL},
	{"WHO", "who", 0, NULL},
	{"WHAT", "what", 0, NULL},
};
static const struct rd_table journal_table = RD_TABLE(journal_columns);

static int show_journal(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &journal_table, err);
}

// What was done although it is odd is said.
static int change(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *result = NULL;
	int ret;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rd_cli_call(cli, rd_args_cmd(args)->method, params, NULL, NULL, &result, err);
	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	else if (ret == 0 && *rd_item_str(result, "warning") != '\0')
		fprintf(rd_cli_out(cli), "note: %s\n", rd_item_str(result, "warning"));
	json_decref(result);
	return ret;
}

static const struct rd_cmd cmds[] = {
	{.grammar = "mirror", .help = "copies of packets to a collector, a port or a file"},
	{.grammar = "mirror session", .help = "sessions: what is copied where to"},
	{.grammar = "mirror rule",
		.help = "ordered rules of a session: the first that fits decides"},
	{"mirror session add NAME " FIELDS " [up]", "add a session; up starts it", "mirror.add",
		session_args, change},
	{"mirror session set SESSION " FIELDS, "change a session, running or not", "mirror.set",
		session_args, change},
	{"mirror session start SESSION", "start a session", "mirror.start", session_args, change},
	{"mirror session stop SESSION", "stop a session", "mirror.stop", session_args, change},
	{"mirror session del SESSION", "remove a session", "mirror.del", session_args, NULL},
	{"mirror rule add SESSION [at N] RULE", "add a rule; the last place unless at says",
		"mirror.rule_add", session_args, change},
	{"mirror rule del SESSION at N", "remove a rule", "mirror.rule_del", session_args, change},
	{"show mirror/mirrors [SESSION]", "mirror sessions: state, why, where to", "mirror.list",
		session_args, show},
	{"show mirror counters [SESSION]", "what became of every packet that a session met",
		"mirror.counters", session_args, show_whole},
	{"show mirror journal [SESSION] [last N]", "who changed what, and what followed",
		"mirror.journal", session_args, show_journal},
};
const struct rd_cmd_set rd_cmds_mirror = RD_CMD_SET(cmds);
