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
// `nsxdp-cli ens flow-table dump`: header and one line per entry.
void rd_vendor_put_flows(FILE *out, const json_t *list);

// jansson's copy takes no const, but changes nothing.
static inline json_t *rd_json_mutable(const json_t *value)
{
	json_t *out;

	memcpy(&out, &value, sizeof(out));
	return out;
}
