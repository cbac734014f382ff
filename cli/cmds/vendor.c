/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What people know from ESXi, in its own layout: net-stats -l, esxtop's port table, and the flow table dump (which
 * is in flow_long.c and flow_dump.c). --json prints the items of our own methods.
 */
#include "cmds/vendor.h"

#include <stdlib.h>
#include <string.h>

#define PORTS_MAX 4095 // of a daemon, in all switches

static int by_id(const void *a, const void *b)
{
	json_int_t x = rd_item_int(*(json_t *const *)a, "id"),
		   y = rd_item_int(*(json_t *const *)b, "id");

	return x < y ? -1 : x > y;
}

// A port id is (uplink << 31) | (portset << 25) | index: net-stats goes by portset, then index.
static int by_portset(const void *a, const void *b)
{
	json_int_t x = rd_item_int(*(json_t *const *)a, "id") & 0x7fffffff;
	json_int_t y = rd_item_int(*(json_t *const *)b, "id") & 0x7fffffff;

	return x != y ? (x < y ? -1 : 1) : by_id(a, b);
}

static void sort_items(json_t *list, int (*compare)(const void *, const void *))
{
	size_t n = json_array_size(list);
	json_t **v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		return; // unsorted is better than nothing
	for (size_t i = 0; i < n; i++)
		v[i] = json_incref(json_array_get(list, i));
	qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0; i < n; i++)
		json_array_set_new(list, i, v[i]);
	free(v);
}

static bool several_hosts(const json_t *list)
{
	const char *first = rd_item_str(json_array_get(list, 0), "host");

	for (size_t i = 1; i < json_array_size(list); i++)
		if (strcmp(rd_item_str(json_array_get(list, i), "host"), first) != 0)
			return true;
	return false;
}

void rd_vendor_by_host(FILE *out, const json_t *items, void (*put)(FILE *out, const json_t *list))
{
	json_t *list = json_copy(rd_json_mutable(items));
	bool headings = several_hosts(list);

	if (!headings)
		put(out, list);
	for (bool first = true; headings && json_array_size(list) > 0; first = false) {
		const char *host = rd_item_str(json_array_get(list, 0), "host");
		json_t *mine = json_array(), *rest = json_array();

		for (size_t i = 0; i < json_array_size(list); i++) {
			json_t *item = json_array_get(list, i);

			json_array_append(
				strcmp(rd_item_str(item, "host"), host) == 0 ? mine : rest, item);
		}
		fprintf(out, "%s%s:\n", first ? "" : "\n", host);
		put(out, mine);
		json_decref(mine);
		json_decref(list);
		list = rest;
	}
	json_decref(list);
}

int rd_vendor_each_host(struct rd_cli *cli, const struct rd_args *args,
	void (*put)(FILE *out, const json_t *list), struct rd_err *err)
{
	json_t *list = rd_cli_fetch(cli, rd_args_cmd(args)->method, rd_args_params(args), err);

	if (list == NULL)
		return err->code;
	rd_vendor_by_host(rd_cli_out(cli), list, put);
	json_decref(list);
	return 0;
}

static bool in_net_stats(const json_t *port)
{
	const char *type = rd_item_str(port, "type");

	return strcmp(type, "mgmt") != 0 && strcmp(type, "shadow") != 0;
}

// ESXi's own widths; longer names push the rest to the right, as there.
static void put_net_stats(FILE *out, const json_t *list)
{
	char sw[128], client[256];

	fprintf(out, "%-16s %4s %7s %-16s %-18s %s\n", "PortNum", "Type", "SubType", "SwitchName",
		"MACAddress", "ClientName");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);

		if (!in_net_stats(p))
			continue;
		rd_cell_text(json_object_get(p, "switch"), sw, sizeof(sw));
		rd_cell_text(json_object_get(p, "name"), client, sizeof(client));
		fprintf(out, "%-16lld %4lld %7lld %-16s %-18s %s\n",
			(long long)rd_item_int(p, "id"), (long long)rd_item_int(p, "type_code"),
			(long long)rd_item_int(p, "subtype"), sw, rd_item_str(p, "mac"), client);
	}
}

static void put_net_stats_sorted(FILE *out, const json_t *list)
{
	json_t *copy = json_copy(rd_json_mutable(list));

	sort_items(copy, by_portset);
	put_net_stats(out, copy);
	json_decref(copy);
}

static void put_esxtop_row(FILE *out, const char *cells[4], const int widths[3])
{
	fprintf(out, "%*s %*s %*s %s\n", widths[0], cells[0], widths[1], cells[1], widths[2],
		cells[2], cells[3]);
}

// ESXi's own layout; USED-BY grows with the longest name, where ESXi cuts it off.
static void put_esxtop(FILE *out, const json_t *list)
{
	json_t *copy = json_copy(rd_json_mutable(list));
	int widths[3] = {10, 20, 10};
	char id[24], used[256], team[128], sw[128];
	const char *cells[4] = {id, used, team, sw};

	sort_items(copy, by_id);
	for (size_t i = 0; i < json_array_size(copy); i++) {
		rd_cell_text(
			json_object_get(json_array_get(copy, i), "used_by"), used, sizeof(used));
		if ((int)strlen(used) > widths[1])
			widths[1] = (int)strlen(used);
	}
	put_esxtop_row(out, (const char *[]){"PORT-ID", "USED-BY", "TEAM-PNIC", "DNAME"}, widths);
	for (size_t i = 0; i < json_array_size(copy); i++) {
		const json_t *p = json_array_get(copy, i);

		snprintf(id, sizeof(id), "%lld", (long long)rd_item_int(p, "id"));
		rd_cell_text(json_object_get(p, "used_by"), used, sizeof(used));
		rd_cell_text(json_object_get(p, "team_pnic"), team, sizeof(team));
		rd_cell_text(json_object_get(p, "switch"), sw, sizeof(sw));
		put_esxtop_row(out, cells, widths);
	}
	json_decref(copy);
}

static const struct rd_table no_table;

static int net_stats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	return rd_vendor_each_host(cli, args, put_net_stats_sorted, err);
}

static int esxtop(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	return rd_vendor_each_host(cli, args, put_esxtop, err);
}

// The method has no filter: there are few workers.
static json_t *keep_lcore(json_t *list, const struct rd_args *args)
{
	uint64_t lcore = rd_args_num(args, "lcore", UINT64_MAX);

	for (size_t i = json_array_size(list); i > 0 && lcore != UINT64_MAX; i--)
		if ((uint64_t)rd_item_int(json_array_get(list, i - 1), "worker") != lcore)
			json_array_remove(list, i - 1);
	return list;
}

static int flow_stats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *list = rd_cli_fetch(cli, "flow.stats", json_object(), err);

	if (list == NULL)
		return err->code;
	keep_lcore(list, args);
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else
		rd_vendor_put_flow_stats(rd_cli_out(cli), list);
	json_decref(list);
	return 0;
}

// Of the first worker: all have the same.
static int flow_setting(struct rd_cli *cli, const char *field, const char *title, const char *unit,
	struct rd_err *err)
{
	json_t *list = rd_cli_fetch(cli, "flow.stats", json_object(), err);

	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	else
		fprintf(rd_cli_out(cli), "%s: %lld%s\n", title,
			(long long)rd_item_int(json_array_get(list, 0), field), unit);
	json_decref(list);
	return 0;
}

static int flow_size(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_args_has(args, "n"))
		return rd_args_call(cli, args, err);
	return flow_setting(cli, "capacity", "Flow table size", "", err);
}

static int flow_timeout(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_args_has(args, "seconds"))
		return rd_args_call(cli, args, err);
	return flow_setting(cli, "idle_s", "Flow table timeout", " s", err);
}

static int flow_clear(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_flush(cli, args, "flow entries", err);
}

static const struct rd_arg_desc host_args[] = {
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{0},
};

static void put_switches(FILE *out, const json_t *list)
{
	char ports[24];

	fprintf(out, "%-24s %5s %8s %8s %6s\n", "name", "swID", "maxPorts", "numPorts", "mtu");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *sw = json_array_get(list, i);

		rd_cell_text(json_object_get(sw, "ports"), ports, sizeof(ports));
		fprintf(out, "%-24s %5lld %8d %8s %6lld\n", rd_item_str(sw, "name"),
			(long long)rd_item_int(sw, "portset"), PORTS_MAX, ports,
			(long long)rd_item_int(sw, "mtu"));
	}
}

static void put_uplinks(FILE *out, const json_t *list)
{
	static const char *const fields[] = {
		"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "drops"};

	fprintf(out, "%-20s %12s %14s %12s %14s %10s\n", "uplink", "rxPkts", "rxBytes", "txPkts",
		"txBytes", "drops");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);

		if (strcmp(rd_item_str(p, "type"), "uplink") != 0)
			continue;
		fprintf(out, "%-20s", rd_item_str(p, "name"));
		for (unsigned f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
			fprintf(out, " %*lld", f == 4 ? 10 : 12 + 2 * (int)(f % 2),
				(long long)rd_item_int(p, fields[f]));
		fputc('\n', out);
	}
}

static int switch_list(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	return rd_vendor_each_host(cli, args, put_switches, err);
}

static int uplink_stats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (rd_cli_is_json(cli))
		return rd_cmds_show(cli, args, &no_table, err);
	return rd_vendor_each_host(cli, args, put_uplinks, err);
}

static const struct rd_arg_desc lcore_args[] = {
	{.key = "lcore", .type = RD_ARG_NUM, .help = "only this worker's"},
	{0},
};
static const struct rd_arg_desc size_args[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "capacity",
		.min = 1,
		.help = "entries per worker; without: says how many"},
	{0},
};
static const struct rd_arg_desc timeout_args[] = {
	{.key = "seconds",
		.type = RD_ARG_SECONDS,
		.param = "idle_s",
		.min = 1,
		.help = "an entry that nobody used for so long goes; without: says how long"},
	{0},
};

// Every spelling that people have seen.
#define ENS(prefix)                                                                                \
	{prefix "ens flow-table dump [host HOST] [-l LCORE]" RD_FLOW_FILTERS,                      \
		"ESXi's form of show flow", "flow.list", rd_flow_args, rd_vendor_flow_dump},       \
		{prefix "ens flow-table size [N]", "ESXi's form of flow capacity", "flow.set",     \
			size_args, flow_size},                                                     \
		{prefix "ens flow-table timeout [SECONDS]", "ESXi's form of flow timeout",         \
			"flow.set", timeout_args, flow_timeout},                                   \
		{prefix "ens flow-table clear", "ESXi's form of flow flush", "flow.flush", NULL,   \
			flow_clear},                                                               \
		{prefix "ens switch list [host HOST]", "ESXi's form of show switch",               \
			"switch.list", host_args, switch_list},                                    \
		{prefix "ens uplink stats [host HOST]", "ESXi's counters of uplinks", "port.list", \
			host_args, uplink_stats},                                                  \
		{prefix "ens flow-stats [LCORE]", "ESXi's form of show flow stats", "flow.stats",  \
			lcore_args, flow_stats},                                                   \
	{                                                                                          \
		prefix "ens flow-stats sw [LCORE]", "ESXi's form of show flow stats",              \
			"flow.stats", lcore_args, flow_stats                                       \
	}

static const struct rd_cmd cmds[] = {
	{.grammar = "net-stats", .help = "ESXi's port list"},
	{"net-stats -l [host HOST]", "ESXi's form of show port", "port.list", host_args, net_stats},
	{"esxtop [host HOST]", "ESXi's port table: who uses which port and which physical NIC",
		"port.list", host_args, esxtop},
	{.grammar = "ens", .help = "ESXi's flow table"},
	ENS(""),
	{.grammar = "nsxdp-cli", .help = "ESXi's flow table"},
	ENS("nsxdp-cli "),
	{.grammar = "nsxcli", .help = "ESXi's flow table"},
	ENS("nsxcli "),
	{.grammar = "nsxdataplanecli", .help = "ESXi's flow table"},
	ENS("nsxdataplanecli "),
	{.grammar = "get", .help = "ESXi's flow table"},
	ENS("get "),
	{"clear ens flow-table", "ESXi's form of flow flush", "flow.flush", NULL, flow_clear},
};
const struct rd_cmd_set rd_cmds_vendor = RD_CMD_SET(cmds);
