/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cases of drops_all.c that are frames: pcaps/INDEX.md names file, port and reason.
 */
#include "drops_cases.h"
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 256

struct row {
	char file[128], port[64], reason[64];
};

static bool next_row(FILE *f, struct row *r)
{
	char line[512];

	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "| %127s | %63s | %63s |", r->file, r->port, r->reason) == 3
			&& strncmp(r->file, "in/malformed/", 13) == 0)
			return true;
	return false;
}

static FILE *open_index(void)
{
	const char *root = getenv("RD_PCAPS");
	char name[1024];
	FILE *f;

	snprintf(name, sizeof(name), "%s/INDEX.md", root != NULL ? root : "pcaps");
	f = fopen(name, "r");
	if (f == NULL)
		fail_msg("can't read %s", name);
	return f;
}

bool dc_has_malformed(const char *reason)
{
	FILE *f = open_index();
	bool found = false;
	struct row r;

	while (!found && next_row(f, &r))
		found = strcmp(r.reason, reason) == 0;
	fclose(f);
	return found;
}

static void send_all(const struct row *r)
{
	static struct gf_frame frames[FRAMES_MAX];
	unsigned nb = gr_pcap(r->file, frames, FRAMES_MAX);
	struct rd_err err = {0};
	const struct rd_port *p = rd_port_find(r->port, &err);

	if (p == NULL)
		fail_msg("%s", err.what);
	for (unsigned i = 0; i < nb; i++)
		gf_send(p->idx, frames[i].bytes, frames[i].len);
}

bool dc_malformed(const char *reason)
{
	FILE *f = open_index();
	struct gt_emulated t;
	unsigned nb = 0;
	struct row r;

	gt_emulated(&t, NULL);
	while (next_row(f, &r))
		if (strcmp(r.reason, reason) == 0) {
			send_all(&r);
			nb++;
		}
	fclose(f);
	return nb > 0;
}
