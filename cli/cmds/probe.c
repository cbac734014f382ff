/* SPDX-License-Identifier: BSD-3-Clause
 *
 * probe: a marked packet through the running dataplane, and what each part of it says about it, in the words of NSX's
 * Traceflow. It is not delivered unless asked.
 */
#include "cmds/explain.h"

#include <string.h>

static void cell_time(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%.2f", (double)rd_item_int(item, "since_ns") / 1000);
}

static const struct rd_column columns[] = {
	{"HOP", "hop", RD_COL_RIGHT, NULL},
	{"us", NULL, RD_COL_RIGHT, cell_time},
	{"OBSERVATION", "observation", 0, NULL},
	{"COMPONENT", "component", 0, NULL},
	{"NAME", "name", 0, NULL},
	{"WHAT", "what", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int append(void *arg, const json_t *item)
{
	return json_array_append(arg, (json_t *)(uintptr_t)item) < 0 ? -ENOMEM : 0;
}

static int put(struct rd_cli *cli, const json_t *list, const json_t *result)
{
	const json_t *verdicts = json_object_get(result, "verdicts");
	FILE *out = rd_cli_out(cli);
	int ret;

	if (rd_cli_is_json(cli)) {
		rd_cli_put_json(cli, result);
		return 0;
	}
	ret = rd_cli_show_items(cli, list, &table);
	for (size_t i = 0; i < json_array_size(verdicts); i++) {
		const json_t *v = json_array_get(verdicts, i);

		fprintf(out, "%s at %s%s%s%s\n", rd_item_str(v, "observation"),
			rd_item_str(v, "port"), rd_item_str(v, "reason")[0] != '\0' ? ": " : "",
			rd_item_str(v, "reason"),
			json_is_true(json_object_get(v, "held")) ? ", and kept from going further"
								 : "");
	}
	return ret;
}

static int probe(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *hex, *list = json_array(), *result = NULL, *params;
	int ret = rd_explain_hex(cli, args, &hex, err);

	if (ret == 0) {
		params = json_pack("{s:s,s:o,s:b}", "port", rd_args_str(args, "port"), "hex", hex,
			"deliver", rd_args_has(args, "deliver"));
		ret = rd_cli_call(cli, "probe", params, append, list, &result, err);
	}
	if (ret == 0) {
		json_object_set(result, "observations", list);
		ret = put(cli, list, result);
	}
	json_decref(list);
	json_decref(result);
	return ret;
}

static const struct rd_arg_desc args_desc[] = {
	RD_WORDS_ARGS,
	{.key = "port", .type = RD_ARG_REF, .help = "where it comes in", .names = &rd_names_port},
	{.key = "file", .type = RD_ARG_FILE, .help = "a frame of a pcap or pcapng file"},
	{.key = "frame",
		.type = RD_ARG_NUM,
		.min = 1,
		.help = "which one of the file, counted from 1; the first"},
	{.key = "hex", .type = RD_ARG_HEX, .help = "the frame as hex bytes"},
	{.key = "deliver", .type = RD_ARG_FLAG, .help = "let it leave, too"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "probe",
		.help = "a marked packet, and what each part of the dataplane says of it"},
	{.grammar = "probe from", .help = "the port where it comes in"},
	{"probe from PORT file FILE [frame N] [deliver]", "a frame of a file as the marked packet",
		"probe", args_desc, probe},
	{"probe from PORT hex BYTES [deliver]", "these bytes as the marked packet", "probe",
		args_desc, probe},
	{"probe from PORT " RD_WORDS_GRAMMAR " [deliver]",
		"such a packet through the running dataplane; it stops before it would leave",
		"probe", args_desc, probe},
};
const struct rd_cmd_set rd_cmds_probe = RD_CMD_SET(cmds);
