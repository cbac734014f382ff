/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the commands: one set of commands per noun (one file each), where completion finds names, and
 * frames from capture files. docs/design/protocol.md has the grammar; register.c adds all sets.
 */
#pragma once

#include "engine/table.h"

struct rd_cmd_set {
	const struct rd_cmd *v;
	unsigned n;
};

#define RD_CMD_SET(table)                                   \
	{                                                   \
		(table), sizeof(table) / sizeof((table)[0]) \
	}
#define RD_TABLE(table)                                           \
	{                                                         \
		(table), sizeof(table) / sizeof((table)[0]), NULL \
	}
#define RD_TABLE_BY(table, field)                                    \
	{                                                            \
		(table), sizeof(table) / sizeof((table)[0]), (field) \
	}

extern const struct rd_cmd_set rd_cmds_host, rd_cmds_switch, rd_cmds_port, rd_cmds_segment,
	rd_cmds_fdb, rd_cmds_tep, rd_cmds_tunnel, rd_cmds_dfw, rd_cmds_dfw_policy, rd_cmds_dfw_load,
	rd_cmds_dfw_conn, rd_cmds_vsipioctl, rd_cmds_dvfilter, rd_cmds_flow, rd_cmds_stage,
	rd_cmds_drop, rd_cmds_ladder, rd_cmds_punt, rd_cmds_worker, rd_cmds_capture, rd_cmds_mirror,
	rd_cmds_mirror_show, rd_cmds_inject, rd_cmds_log, rd_cmds_config, rd_cmds_daemon,
	rd_cmds_vendor, rd_cmds_explain, rd_cmds_journal, rd_cmds_probe, rd_cmds_check,
	rd_cmds_topology, rd_cmds_device, rd_cmds_router, rd_cmds_route, rd_cmds_vrouter;

extern const struct rd_arg_names rd_names_host, rd_names_switch, rd_names_port, rd_names_segment,
	rd_names_tunnel, rd_names_tep, rd_names_log, rd_names_device, rd_names_router,
	rd_names_interface;

// show: the command's method with the line's params, as a table.
int rd_cmds_show(struct rd_cli *cli, const struct rd_args *args, const struct rd_table *t,
	struct rd_err *err);

// Cells of items with ns, or with hex and len (drop.recent): the time of day, the packet as tcpdump prints it.
void rd_cell_time(const json_t *item, char *buf, size_t len);
void rd_cell_packet(const json_t *item, char *buf, size_t len);

// flush: the command's method, then says how many of what went.
int rd_cmds_flush(
	struct rd_cli *cli, const struct rd_args *args, const char *what, struct rd_err *err);

// Reads a capture file (pcap or pcapng, Ethernet) into an array of hex strings; only: the number of the one
// frame that is wanted, counted from 1, 0 = all. NULL with *err.
json_t *rd_frames_read(const char *path, uint64_t only, struct rd_err *err);
// What an array of hex frames takes in a message, in bytes; and whether one message takes them all.
size_t rd_frames_size(const json_t *frames);
bool rd_frames_fit(const json_t *frames);
#define RD_FRAMES_MAX_SIZE 900000u // leaves room for the rest of a message (RD_MSG_MAX)
#define RD_FRAMES_MAX 1000u // frames that the daemon takes at once
