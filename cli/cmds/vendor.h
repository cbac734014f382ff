/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the files of the vendor's layouts.
 */
#pragma once

#include "cmds/cmds.h"

#include <string.h>

// Calls the command's method and prints its items with put; per host, with headings, if there are several.
int rd_vendor_each_host(struct rd_cli *cli, const struct rd_args *args,
	void (*put)(FILE *out, const json_t *list), struct rd_err *err);
// The same with items that were fetched before.
void rd_vendor_by_host(FILE *out, const json_t *list, void (*put)(FILE *out, const json_t *list));
// `nsxdp-cli ens flow-table dump`: header and one line per entry.
void rd_vendor_put_flows(FILE *out, const json_t *list);
// The same, some entries at a time: columns get wider as they come.
#define RD_FLOW_DUMP_COLUMNS 11 // with a width
struct rd_flow_dump {
	FILE *out;
	int widths[RD_FLOW_DUMP_COLUMNS];
	bool begun; // the header was printed
};
void rd_vendor_put_flow_rows(struct rd_flow_dump *d, const json_t *list);
void rd_vendor_put_flow_record(FILE *out, const json_t *flow); // with -l: a paragraph
void rd_vendor_put_flow_stats(FILE *out, const json_t *list);

// flow_long.c: the command.
int rd_vendor_flow_dump(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);

// dvfilter.c. Whether a port of port.list is a guest's, and so may have a filter; the filter's name: "nic-4241327-eth0-vmware-sfw.2" of a port
// labelled "4241327:vm.eth0", else with its id as the world.
bool rd_vendor_is_guest(const json_t *port);
void rd_vendor_filter_name(const json_t *port, char *buf, size_t len);

// drop.c. What another one calls a reason ("vR", "VPP", "OVS", "K"); "-": nothing.
void rd_drop_kin(const json_t *item, const char *who, char *buf, size_t len);

// Filters of the commands that list flow entries, for their grammar, and their values (flow.c).
#define RD_FLOW_FILTERS                                                                                 \
	" [src PREFIX] [dst PREFIX] [ip PREFIX] [mac MAC] [proto PROTO] [sport N] [dport N]"            \
	" [vni N] [port PORT] [ft (l2|l3|l4)] [action (encap|decap|dfw-src|dfw-dst|route|uplink|drop)]" \
	" [drop] [hits N] [limit N] [sort (hits|bytes|age)]"
extern const struct rd_arg_desc rd_flow_args[];
// Where a flow's packets go: "arm/vmnic1", or from a router to its next hop, "10.2.0.2 (arm/r-green)".
const char *rd_flow_to(const json_t *flow);
// What the line asks flow.list for; NULL with *err.
json_t *rd_flows_params(const struct rd_args *args, struct rd_err *err);
// The entries that the line asks for, `shown` of them when it does not say how many (0 = all); *more: there are others.
json_t *rd_flows_fetch(struct rd_cli *cli, const struct rd_args *args, unsigned shown, bool *more,
	struct rd_err *err);

// jansson's copy takes no const, but changes nothing.
static inline json_t *rd_json_mutable(const json_t *value)
{
	json_t *out;

	memcpy(&out, &value, sizeof(out));
	return out;
}
