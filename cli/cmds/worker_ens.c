/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Workers in the vendor's layouts: "ens latency lcore dump" and "ens port list". --json prints our own items.
 */
#include "cmds/worker.h"

#include <string.h>

#define COLUMNS 4 // of one lcore
#define BUCKETS 9
#define US 1000

void rd_cmds_flow_text(const json_t *flow, char *buf, size_t len)
{
	const char *ft = rd_item_str(flow, "ft");

	if (strcmp(ft, "L2") == 0)
		snprintf(buf, len, "%s > %s", rd_item_str(flow, "src_mac"),
			rd_item_str(flow, "dst_mac"));
	else
		snprintf(buf, len, "%s:%lld > %s:%lld proto %lld", rd_item_str(flow, "src_ip"),
			(long long)rd_item_int(flow, "l4_src"), rd_item_str(flow, "dst_ip"),
			(long long)rd_item_int(flow, "l4_dst"),
			(long long)rd_item_int(flow, "proto"));
}

static void put_row(FILE *out, const char *title, json_int_t *values)
{
	fprintf(out, "%-14s", title);
	for (unsigned i = 0; i < COLUMNS; i++)
		fprintf(out, " %21lld", (long long)values[i]);
	fputc('\n', out);
}

static void gather(const json_t *list, size_t first, const char *field, json_int_t scale,
	json_int_t values[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++)
		values[i] = rd_item_int(json_array_get(list, first + i), field) / scale;
}

static void put_buckets(FILE *out, const json_t *list, size_t first)
{
	json_int_t values[COLUMNS];
	char title[16];

	for (unsigned b = 0; b < BUCKETS; b++) {
		for (size_t i = 0; i < COLUMNS; i++)
			values[i] = json_integer_value(json_array_get(
				json_object_get(json_array_get(list, first + i), "buckets"), b));
		if (b == BUCKETS - 1)
			snprintf(title, sizeof(title), "MAX");
		else
			snprintf(title, sizeof(title), "%uus", 32u << b);
		put_row(out, title, values);
	}
}

// Items come by worker, COLUMNS of each.
static void put_lcore(FILE *out, const json_t *list, size_t first)
{
	static const struct {
		const char *title, *field;
		int scale;
	} rows[] = {{"TotalSamples", "samples", 1}, {"min (us)", "min_ns", US},
		{"max (us)", "max_ns", US}, {"mean (us)", "mean_ns", US}};
	json_int_t values[COLUMNS];

	fprintf(out, "%slcore %lld\n%-14s", first == 0 ? "" : "\n",
		(long long)rd_item_int(json_array_get(list, first), "lcore"), "");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, " %21s", rd_item_str(json_array_get(list, first + i), "what"));
	fputc('\n', out);
	for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		gather(list, first, rows[r].field, rows[r].scale, values);
		put_row(out, rows[r].title, values);
	}
	put_buckets(out, list, first);
}

int rd_cmds_latency(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *list = rd_cli_fetch(cli, rd_args_cmd(args)->method, json_object(), err);

	if (list == NULL)
		return err->code;
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, list);
	for (size_t i = 0; !rd_cli_is_json(cli) && i < json_array_size(list); i += COLUMNS)
		put_lcore(rd_cli_out(cli), list, i);
	json_decref(list);
	return 0;
}

// "0:1 1:2" lcores by queue; "-" for what is not used.
static void placement(const json_t *list, const char *port, const char *dir, char *buf, size_t len)
{
	const json_t *q;
	size_t i, at = 0;

	snprintf(buf, len, "-");
	json_array_foreach (list, i, q) {
		if (strcmp(rd_item_str(q, "port"), port) != 0
			|| strcmp(rd_item_str(q, "dir"), dir) != 0 || at >= len)
			continue;
		at += (size_t)snprintf(buf + at, len - at, "%s%lld", at == 0 ? "" : ",",
			(long long)rd_item_int(q, "lcore"));
	}
}

static void put_port(FILE *out, const json_t *port, const json_t *queues)
{
	char tx[128], rx[128];
	const char *name = rd_item_str(port, "qname"), *type = rd_item_str(port, "type");

	placement(queues, name, "tx", tx, sizeof(tx));
	placement(queues, name, "rx", rx, sizeof(rx));
	fprintf(out, "%-12lld %6lld %4lld %4lld  %-17s %8d  %-8s %s|%s\n",
		(long long)rd_item_int(port, "id"), (long long)rd_item_int(port, "ens"),
		(long long)rd_item_int(port, "tx_queues"),
		(long long)rd_item_int(port, "rx_queues"), rd_item_str(port, "mac"), 1,
		strcmp(type, "uplink") == 0 ? "UPLINK" : "GENERIC", tx, rx);
}

int rd_cmds_ens_ports(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *queues = rd_cli_fetch(cli, rd_args_cmd(args)->method, json_object(), err), *ports,
	       *p;
	FILE *out = rd_cli_out(cli);
	size_t i;

	if (queues == NULL)
		return err->code;
	if (rd_cli_is_json(cli)) {
		rd_cli_put_json(cli, queues);
		json_decref(queues);
		return 0;
	}
	ports = rd_cli_fetch(cli, "port.list", json_object(), err);
	if (ports != NULL)
		fprintf(out, "%-12s %6s %4s %4s  %-17s %8s  %-8s %s\n", "portID", "ensPID", "TxQ",
			"RxQ", "hwMAC", "numMACs", "type", "Queue Placement(tx|rx)");
	json_array_foreach (ports, i, p)
		put_port(out, p, queues);
	json_decref(queues);
	json_decref(ports);
	return ports != NULL ? 0 : err->code;
}
