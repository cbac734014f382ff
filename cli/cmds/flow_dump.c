/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow table as `nsxdp-cli ens flow-table dump` prints it:
 *
 *   FT dstMAC srcMAC VLAN srcPort srcIP dstIP proto VNI srcPort/type dstPort/code Actions  hwHits hwBytes
 *
 * Columns are as wide as their longest text (of long lists: so far, flow_long.c); Actions is not padded. What bmap, inval(s), cg and len mean here is in
 * docs/design/protocol.md: the vendor never documented them.
 */
#include "cmds/vendor.h"

#define NB_COLUMNS (RD_FLOW_DUMP_COLUMNS - 1) // and dstPort/code
#define CELL_SIZE 48

static const struct {
	const char *title, *field;
} columns[NB_COLUMNS] = {
	{"FT", "ft"},
	{"dstMAC", "dst_mac"},
	{"srcMAC", "src_mac"},
	{"VLAN", "vlan"},
	{"srcPort", "src_port"},
	{"srcIP", "src_ip"},
	{"dstIP", "dst_ip"},
	{"proto", "proto"},
	{"VNI", "vni"},
	{"srcPort/type", "l4_src"},
};

static void cell(const json_t *flow, unsigned column, char buf[CELL_SIZE])
{
	rd_cell_text(json_object_get(flow, columns[column].field), buf, CELL_SIZE);
}

static void put_actions(FILE *out, const json_t *flow)
{
	const json_t *actions = json_object_get(flow, "actions");
	const char *hop = rd_item_str(flow, "next_hop");
	char text[128];

	fprintf(out, "bmap:0x%llx inval(s):%lld cg:%lld dp:0x%llx len:%lld;",
		(unsigned long long)rd_item_int(flow, "bmap"),
		(long long)rd_item_int(flow, "inval_s"), (long long)rd_item_int(flow, "cg"),
		(unsigned long long)rd_item_int(flow, "dp"), (long long)rd_item_int(flow, "len"));
	for (size_t i = 0; i < json_array_size(actions); i++) {
		rd_cell_text(json_array_get(actions, i), text, sizeof(text));
		fprintf(out, " %s;", text);
	}
	if (hop[0] != '\0') // VDR's; the vendor has no column for it
		fprintf(out, " next hop %s;", hop);
}

static void put_flow(const struct rd_flow_dump *d, const json_t *flow)
{
	char buf[CELL_SIZE];

	for (unsigned i = 0; i < NB_COLUMNS; i++) {
		cell(flow, i, buf);
		fprintf(d->out, "%-*s ", d->widths[i], buf);
	}
	rd_cell_text(json_object_get(flow, "l4_dst"), buf, sizeof(buf));
	fprintf(d->out, "%-*s ", d->widths[NB_COLUMNS], buf);
	put_actions(d->out, flow);
	fprintf(d->out, "  %lld %lld\n", (long long)rd_item_int(flow, "hw_hits"),
		(long long)rd_item_int(flow, "hw_bytes"));
}

static void widen(struct rd_flow_dump *d, const json_t *list)
{
	char buf[CELL_SIZE];

	d->widths[NB_COLUMNS] = (int)strlen("dstPort/code");
	for (unsigned i = 0; i < NB_COLUMNS; i++) {
		int *width = &d->widths[i], title = (int)strlen(columns[i].title);

		*width = title > *width ? title : *width;
		for (size_t row = 0; row < json_array_size(list); row++) {
			cell(json_array_get(list, row), i, buf);
			if ((int)strlen(buf) > *width)
				*width = (int)strlen(buf);
		}
	}
}

void rd_vendor_put_flow_rows(struct rd_flow_dump *d, const json_t *list)
{
	widen(d, list);
	for (unsigned i = 0; i < NB_COLUMNS && !d->begun; i++)
		fprintf(d->out, "%-*s ", d->widths[i], columns[i].title);
	if (!d->begun)
		fprintf(d->out, "%-*s Actions  hwHits hwBytes\n", d->widths[NB_COLUMNS],
			"dstPort/code");
	d->begun = true;
	for (size_t row = 0; row < json_array_size(list); row++)
		put_flow(d, json_array_get(list, row));
}

void rd_vendor_put_flows(FILE *out, const json_t *list)
{
	struct rd_flow_dump d = {.out = out};

	rd_vendor_put_flow_rows(&d, list);
}

// As ESXi prints the table of one lcore.
void rd_vendor_put_flow_record(FILE *out, const json_t *flow)
{
	static const char *const counters[][2] = {{"swHits", "sw_hits"}, {"swBytes", "sw_bytes"},
		{"hwHits", "hw_hits"}, {"hwBytes", "hw_bytes"}};
	char buf[CELL_SIZE];

	fputs("key     :", out);
	for (unsigned i = 0; i < NB_COLUMNS; i++) {
		cell(flow, i, buf);
		fprintf(out, " %s", buf);
	}
	rd_cell_text(json_object_get(flow, "l4_dst"), buf, sizeof(buf));
	fprintf(out, " %s\nactions : ", buf);
	put_actions(out, flow);
	fputc('\n', out);
	for (unsigned i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		fprintf(out, "%-8s: %lld\n", counters[i][0],
			(long long)rd_item_int(flow, counters[i][1]));
	fputc('\n', out);
}

static void put_permille(FILE *out, const json_t *w, const char *field)
{
	json_int_t n = rd_item_int(w, field);

	fprintf(out, " %6lld.%lld", (long long)n / 10, (long long)n % 10);
}

// The vendor's columns that have a meaning here, then ours. A packet that takes the slow path is a miss.
void rd_vendor_put_flow_stats(FILE *out, const json_t *list)
{
	static const char *const fields[] = {"entries", "hits", "misses", "misses", "inserts",
		"evictions", "expired", "stale", "renewed"};

	fprintf(out, "%7s %10s %12s %12s %12s %12s %10s %10s %10s %10s %8s %8s\n", "lcoreID",
		"numFlows", "hits", "miss", "slowpath", "inserts", "evictions", "expired", "stale",
		"renewed", "hit%", "full%");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *w = json_array_get(list, i);

		fprintf(out, "%7lld", (long long)rd_item_int(w, "worker"));
		for (unsigned f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
			fprintf(out, " %*lld", f == 0 || f > 4 ? 10 : 12,
				(long long)rd_item_int(w, fields[f]));
		put_permille(out, w, "hit_permille");
		put_permille(out, w, "occupancy_permille");
		fputc('\n', out);
	}
}
