/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What people know from the Contrail/Tungsten vRouter, in its own layout: vif (its list of interfaces) and dropstats. rt and nh are in
 * route.c. --json prints the items of our own methods.
 */
#include "cmds/vendor.h"

#include <string.h>

static const struct rd_table no_table;

// As vif says what an interface is; ours that it has no word for keep their own.
static const char *type_of(const json_t *port)
{
	static const char *const words[][2] = {
		{"uplink", "Physical"}, {"vnic", "Virtual"}, {"upt", "Virtual"}, {"vmk", "Host"}};
	const char *type = rd_item_str(port, "type");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(type, words[i][0]) == 0)
			return words[i][1];
	return type;
}

static void put_flags(FILE *out, const json_t *port)
{
	bool none = true;

	if (json_is_true(json_object_get(port, "unknown"))) {
		fputs("Uuf", out);
		none = false;
	}
	if (rd_item_int(port, "rx_queues") > 0) {
		fputs(none ? "Dpdk" : ",Dpdk", out);
		none = false;
	}
	fputs(none ? "-" : "", out);
}

static const char *text(const json_t *port, const char *key, char *buf, size_t size)
{
	rd_cell_text(json_object_get(port, key), buf, size);
	return buf[0] != '\0' ? buf : "-";
}

static void put_vif(FILE *out, const json_t *port)
{
	char name[256], device[512], segment[256];

	fprintf(out, "vif0/%-6lld %s: %s (%s)\n", (long long)rd_item_int(port, "idx"),
		type_of(port), text(port, "name", name, sizeof(name)),
		text(port, "device", device, sizeof(device)));
	fprintf(out, "            Type:%s HWaddr:%s MTU:%lld\n", type_of(port),
		rd_item_str(port, "mac"), (long long)rd_item_int(port, "mtu"));
	fprintf(out, "            Vrf:%s Vlan:", text(port, "segment", segment, sizeof(segment)));
	if (rd_item_int(port, "vlan") >= 0)
		fprintf(out, "%lld", (long long)rd_item_int(port, "vlan"));
	else
		fputc('-', out);
	fprintf(out, " Flags:");
	put_flags(out, port);
	fprintf(out, " Admin:%s Link:%s\n", rd_item_str(port, "admin"), rd_item_str(port, "link"));
	fprintf(out, "            RX packets:%lld  bytes:%lld\n",
		(long long)rd_item_int(port, "rx_packets"),
		(long long)rd_item_int(port, "rx_bytes"));
	fprintf(out, "            TX packets:%lld  bytes:%lld\n",
		(long long)rd_item_int(port, "tx_packets"),
		(long long)rd_item_int(port, "tx_bytes"));
	fprintf(out, "            Drops:%lld\n", (long long)rd_item_int(port, "drops"));
}

static void put_vifs(FILE *out, const json_t *list)
{
	const json_t *port;
	size_t i;

	fputs("Flags: Uuf=unknown unicast flood, Dpdk=a device of its own\n", out);
	json_array_foreach (list, i, port) {
		fputc('\n', out);
		put_vif(out, port);
	}
}

static int vif(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	return rd_vendor_each_host(cli, args, put_vifs, err);
}

// vRouter's name, else ours: every packet is in the list.
static void put_dropstats(FILE *out, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		char name[96];

		rd_drop_kin(item, "vR", name, sizeof(name));
		fprintf(out, "%-30s %lld\n",
			strcmp(name, "-") != 0 ? name : rd_item_str(item, "reason"),
			(long long)rd_item_int(item, "count"));
	}
}

static int dropstats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *list;

	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	list = rd_cli_fetch(cli, rd_args_cmd(args)->method, rd_args_params(args), err);
	if (list == NULL)
		return err->code;
	put_dropstats(rd_cli_out(cli), list);
	json_decref(list);
	return 0;
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "the interface: NAME, HOST/NAME or its id",
		.names = &rd_names_port},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "vif", .help = "vRouter's interfaces"},
	{"vif --list", "vRouter's form of show port", "port.list", args_desc, vif},
	{"vif --get PORT", "vRouter's form of show port PORT", "port.list", args_desc, vif},
	{"dropstats", "vRouter's form of show drop", "drop.list", args_desc, dropstats},
};
const struct rd_cmd_set rd_cmds_vrouter = RD_CMD_SET(cmds);
