/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the worker commands share.
 */
#pragma once

#include "cmds/cmds.h"

int rd_cmds_latency(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_cmds_ens_ports(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);

// "192.0.2.1:1000 > 192.0.2.2:80 tcp" of an item of flow.list.
void rd_cmds_flow_text(const json_t *flow, char *buf, size_t len);

#define RD_ENS_CMDS(prefix)                                                                       \
	{prefix "ens latency lcore dump", "ESXi's form of show worker latency", "worker.latency", \
		NULL, rd_cmds_latency},                                                           \
	{                                                                                         \
		prefix "ens port list", "ESXi's form of show worker queues", "worker.queues",     \
			NULL, rd_cmds_ens_ports                                                   \
	}

#define RD_LATENCY_CMDS                                                                       \
	{"show worker/workers latency", "how long the workers' walks take", "worker.latency", \
		NULL, rd_cmds_latency},                                                       \
		RD_ENS_CMDS(""), RD_ENS_CMDS("nsxdp-cli "), RD_ENS_CMDS("nsxcli "),           \
		RD_ENS_CMDS("nsxdataplanecli "), RD_ENS_CMDS("get ")
