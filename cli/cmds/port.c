/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on ports. Files named by a person (an answer file, the pcap files of a device) reach the daemon as
 * absolute paths: its working directory is another one.
 */
#include "cmds/cmds.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void cell_state(const json_t *item, char *buf, size_t len)
{
	const char *admin = rd_item_str(item, "admin"), *link = rd_item_str(item, "link");

	snprintf(buf, len, "%s", strcmp(admin, "up") != 0 ? "off" : link);
}

static const struct rd_column columns[] = {
	{"ID", "id", RD_COL_RIGHT, NULL},
	{"TYPE", "type", 0, NULL},
	{"STATE", NULL, 0, cell_state},
	{"MAC", "mac", 0, NULL},
	{"RX", "rx_packets", RD_COL_RIGHT, NULL},
	{"TX", "tx_packets", RD_COL_RIGHT, NULL},
	{"DROPS", "drops", RD_COL_RIGHT, NULL},
	{"PORT", "qname", 0, NULL},
	{"bypassed: its traffic is at", "bypass", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params;

	if (!rd_args_has(args, "port"))
		return rd_cmds_show(cli, args, &table, err);
	params = rd_args_params(args);
	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_show_fields(cli, rd_args_cmd(args)->method, params, err);
}

static bool names_pcap(const char *arg, size_t len)
{
	static const char *const keys[] = {"rx_pcap=", "tx_pcap="};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (len > strlen(keys[i]) && strncmp(arg, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

// The directory that relative names count from, with a slash at its end.
static int base_dir(const struct rd_cli *cli, char *dir, size_t size)
{
	char *real = realpath(rd_cli_dir(cli), NULL);
	int len = real != NULL ? snprintf(dir, size, "%s/", real) : -1;

	free(real);
	return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}

// "net_pcap0,rx_pcap=in.pcap" with absolute file names.
static int set_device(
	const struct rd_cli *cli, const struct rd_args *args, json_t *params, struct rd_err *err)
{
	const char *s = rd_args_str(args, "device");
	char dir[PATH_MAX], *text = NULL;
	size_t size;
	FILE *out;

	if (s == NULL)
		return 0;
	if (base_dir(cli, dir, sizeof(dir)) < 0)
		return rd_err_set(err, -ENAMETOOLONG, "the working directory can't be named");
	out = open_memstream(&text, &size);
	if (out == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	for (size_t len; *s != '\0'; s += len) {
		const char *value;

		len = strcspn(s, ",") + (s[strcspn(s, ",")] == ',');
		value = memchr(s, '=', len);
		if (names_pcap(s, len) && value[1] != '/')
			fprintf(out, "%.*s%s%.*s", (int)(value + 1 - s), s, dir,
				(int)(s + len - value - 1), value + 1);
		else
			fprintf(out, "%.*s", (int)len, s);
	}
	fclose(out);
	json_object_set_new(params, "device", json_string(text));
	free(text);
	return 0;
}

static int set_answer(const struct rd_args *args, json_t *params, struct rd_err *err)
{
	char *path = rd_args_path(args, "answer");
	json_t *frames;

	if (path == NULL)
		return 0;
	frames = rd_frames_read(path, 0, err);
	free(path);
	if (frames != NULL && !rd_frames_fit(frames)) {
		json_decref(frames);
		frames = NULL;
		rd_err_set(err, -E2BIG, "the file's frames do not fit into one message");
		rd_err_hint(err, "a file of at most 1000 frames and 400 kB");
	}
	if (frames == NULL) {
		rd_args_blame(args, "answer");
		return err->code;
	}
	json_object_set_new(params, "answer", frames);
	return 0;
}

static int change(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args), *result = NULL;
	int ret;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = set_device(cli, args, params, err);
	if (ret == 0)
		ret = set_answer(args, params, err);
	if (ret < 0) {
		json_decref(params);
		return ret;
	}
	ret = rd_cli_call(cli, rd_args_cmd(args)->method, params, NULL, NULL, &result, err);
	if (ret == 0 && rd_cli_is_json(cli) && json_object_size(result) > 0)
		rd_cli_put_json(cli, result);
	json_decref(result);
	return ret;
}

#define TYPES "(uplink|vmk|vnic|mux|upt|vdr|mgmt|shadow)"
#define OPTIONS                                                                                   \
	"[mac MAC] [segment SEGMENT] [team PORT,..] [label TEXT] [mtu N] [spoof-check (on|off)] " \
	"[addresses ADDRESS,..] [max-packets N] [max-bytes N] [max-flows N] "                     \
	"[unknown (on|off)] [multicast (on|off)] [broadcast (on|off)] "                           \
	"[device ARGS|link PORT|via PORT|bypass PORT|answer FILE] [queues N] [up|down]"

static const struct rd_arg_desc args_desc[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new port's name"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "the port: NAME, HOST/NAME or its id",
		.names = &rd_names_port},
	{.key = "switch",
		.type = RD_ARG_REF,
		.param = "switch",
		.help = "the switch it belongs to",
		.names = &rd_names_switch},
	{.key = "type", .type = RD_ARG_WORD, .param = "type", .help = "what the port is for"},
	{.key = "id",
		.type = RD_ARG_NUM,
		.param = "id",
		.help = "port id; made from portset and index if not given"},
	{.key = "ens",
		.type = RD_ARG_NUM,
		.param = "ens",
		.max = UINT16_MAX,
		.help = "ENS port id, as flow tables show it"},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac", .help = "the port's own MAC address"},
	{.key = "segment",
		.type = RD_ARG_REF,
		.param = "segment",
		.help = "the segment that a guest port is in",
		.names = &rd_names_segment},
	{.key = "team",
		.type = RD_ARG_REFS,
		.param = "team",
		.help = "uplinks in the order in which they are tried",
		.names = &rd_names_port},
	{.key = "label",
		.type = RD_ARG_TEXT,
		.param = "label",
		.help = "text that esxtop shows as USED-BY"},
	{.key = "mtu",
		.type = RD_ARG_NUM,
		.param = "mtu",
		.min = 1,
		.max = UINT16_MAX,
		.help = "largest packet in bytes"},
	{.key = "spoof-check",
		.type = RD_ARG_ONOFF,
		.param = "spoof_check",
		.help = "drop what a guest sends with another MAC, or other addresses; on"},
	{.key = "addresses",
		.type = RD_ARG_REFS,
		.param = "addresses",
		.help = "what a guest may send from: addresses, prefixes, with commas; any"},
	{.key = "max-packets",
		.type = RD_ARG_NUM,
		.param = "max_packets",
		.max = 100000000,
		.help = "that a guest may send in a second; 0 = no limit"},
	{.key = "max-bytes",
		.type = RD_ARG_NUM,
		.param = "max_bytes",
		.max = 100000000000,
		.help = "that a guest may send in a second; 0 = no limit"},
	{.key = "max-flows",
		.type = RD_ARG_NUM,
		.param = "max_flows",
		.max = 10000000,
		.help = "new ones that a guest may begin in a second; 0 = no limit"},
	{.key = "unknown",
		.type = RD_ARG_ONOFF,
		.param = "unknown",
		.help = "it gets copies of frames for MACs that nobody knows; on"},
	{.key = "multicast",
		.type = RD_ARG_ONOFF,
		.param = "multicast",
		.help = "it gets copies of multicast frames; on"},
	{.key = "broadcast",
		.type = RD_ARG_ONOFF,
		.param = "broadcast",
		.help = "it gets copies of broadcast frames; on"},
	{.key = "device",
		.type = RD_ARG_TEXT,
		.help = "DPDK device, such as net_tap0,iface=tap0 or 0000:03:00.0"},
	{.key = "queues",
		.type = RD_ARG_NUM,
		.param = "queues",
		.min = 1,
		.max = 16,
		.help = "rx queues of the device; 1"},
	{.key = "link",
		.type = RD_ARG_REF,
		.param = "link",
		.help = "the other tier's port that this one is wired to",
		.names = &rd_names_port},
	{.key = "via",
		.type = RD_ARG_REF,
		.param = "via",
		.help = "the MUX port that carries this port's packets",
		.names = &rd_names_port},
	{.key = "bypass",
		.type = RD_ARG_REF,
		.param = "bypass",
		.help = "the port that really carries the traffic (UPTv2)",
		.names = &rd_names_port},
	{.key = "answer",
		.type = RD_ARG_FILE,
		.param = "answer_file",
		.help = "capture file of a stand-in guest: one frame per packet it gets"},
	{.key = "up",
		.type = RD_ARG_FLAG,
		.param = "up",
		.help = "switch it on (it is, unless told otherwise)"},
	{.key = "down", .type = RD_ARG_FLAG_NOT, .param = "up", .help = "switch it off"},
	{0},
};

static const struct rd_arg_desc show_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "everything about this port",
		.names = &rd_names_port},
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{.key = "switch",
		.type = RD_ARG_REF,
		.param = "switch",
		.help = "only this switch's",
		.names = &rd_names_switch},
	{.key = "type", .type = RD_ARG_WORD, .param = "type", .help = "only ports of this type"},
	{0},
};

static const struct rd_rates port_rates = {
	(const char *const[]){"qname", NULL},
	(const char *const[]){"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "drops", NULL},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "port", .help = "ports of a switch and what they are connected to"},
	{"port add NAME switch SWITCH type " TYPES " [id N] [ens N] " OPTIONS, "add a port",
		"port.add", args_desc, change},
	{"port set PORT " OPTIONS, "change a port", "port.set", args_desc, change},
	{"port del PORT", "remove a port", "port.del", args_desc, NULL},
	{"show port/ports [PORT] [host HOST] [switch SWITCH] [type " TYPES "]",
		"ports and their counters", "port.list", show_args, show, &port_rates},
};
const struct rd_cmd_set rd_cmds_port = RD_CMD_SET(cmds);
