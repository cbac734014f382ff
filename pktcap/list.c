/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists of capture points and ports. Main thread.
 */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "api/stages.h"
#include "point_names.h"

static const char *kind_name(unsigned kind)
{
	switch (kind) {
	case RD_STAGE_KIND_RX:
		return "rx";
	case RD_STAGE_KIND_TX:
		return "tx";
	case RD_STAGE_KIND_DROP:
		return "drop";
	default:
		return "in";
	}
}

static void print_stages(uint64_t stages)
{
	const char *sep = "";

	for (unsigned i = 0; i < rd_stages_count; i++) {
		if (stages >> rd_stages[i].id & 1) {
			printf("%s%s", sep, rd_stages[i].name);
			sep = " ";
		}
	}
}

// A word per line comes first: completion reads it (pktcap.bash).
void pk_list_points(void)
{
	printf("%-14s %-5s %-20s %s\n", "POINT", "KIND", "PKTCAP-UW", "WHAT IS CAPTURED");
	for (unsigned i = 0; i < rd_stages_count; i++)
		printf("%-14s %-5s %-20s %s\n", rd_stages[i].name, kind_name(rd_stages[i].kind),
			rd_stages[i].compat[0] ? rd_stages[i].compat : "-", rd_stages[i].help);
	for (unsigned i = 0; i < pk_named_points_count; i++)
		if (pk_named_points[i].number == 0)
			printf("%-14s %-5s %-20s %s\n", pk_named_points[i].name, "in", "-",
				pk_named_points[i].what);
	printf("\n%-19s %2s  %s\n", "PKTCAP-UW", "NO", "STAGES");
	for (unsigned i = 0; i < pk_named_points_count; i++) {
		const struct pk_named_point *p = &pk_named_points[i];

		if (p->number == 0)
			continue;
		printf("%-19s %2u  ", p->name, p->number);
		if (p->stages == 0)
			printf("(none) %s", p->note);
		print_stages(p->stages);
		printf("\n");
	}
}

void pk_list_functions(void)
{
	for (unsigned i = 0; i < rd_stages_count; i++)
		printf("%s\n", rd_stages[i].name);
}

static void print_port(const struct pk_port *p)
{
	printf("%-11u %-7s %-32s %-18s %-5s ", p->id, p->type, p->qname, p->mac,
		strcmp(p->admin, "up") == 0 ? p->link : p->admin);
	if (p->bypass[0] != '\0')
		printf("bypassed by %s (%u)", p->bypass, p->bypass_id);
	else if (p->stages == 0)
		printf("-");
	print_stages(p->bypass[0] != '\0' ? 0 : p->stages);
	printf("\n");
}

void pk_list_ports(const struct pk_ports *ports, const char *host)
{
	printf("%-11s %-7s %-32s %-18s %-5s %s\n", "PORT", "TYPE", "NAME", "MAC", "STATE",
		"STAGES");
	for (unsigned i = 0; i < ports->count; i++) {
		if (host == NULL || strcmp(ports->list[i]->host, host) == 0)
			print_port(ports->list[i]);
	}
}
