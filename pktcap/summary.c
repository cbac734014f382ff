/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What pktcap says at start and at the end, all of it on stderr: the counters, and why nothing came. Main thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/capring_sum.h"
#include "compat.h"
#include "trigger.h"

#define N(x) ((unsigned long long)(x))

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static const struct pk_port *carrier_of(const struct pk_session *s, const struct pk_port *port)
{
	for (unsigned i = 0; i < s->ports->count; i++) {
		if (strcmp(s->ports->list[i]->qname, port->bypass) == 0)
			return s->ports->list[i];
	}
	return NULL;
}

void pk_warn_bypassed(const struct pk_session *s)
{
	for (unsigned i = 0; i < s->points->nb_asked; i++) {
		const struct pk_port *port = s->points->asked[i];
		const struct pk_port *carrier;
		unsigned id;

		if (port->bypass[0] == '\0')
			continue;
		carrier = carrier_of(s, port);
		id = carrier != NULL ? carrier->id : port->bypass_id;
		fprintf(stderr,
			"pktcap: port %u (%s) is bypassed: its guest uses a VF; capture on %s (%u) "
			"instead: pktcap --switchport %u --dir 2\n",
			port->id, port->qname, port->bypass, id, id);
	}
}

static void explain_port(const struct pk_port *port, enum pk_dir dir)
{
	bool rx = false, tx = false;

	for (unsigned i = 0; i < rd_stages_count; i++) {
		bool has = port->stages >> rd_stages[i].id & 1;

		rx |= has && rd_stages[i].kind == RD_STAGE_KIND_RX;
		tx |= has && rd_stages[i].kind == RD_STAGE_KIND_TX;
	}
	if (!port->has_device)
		fprintf(stderr, "pktcap: port %s has no device: nothing is connected to it\n",
			port->qname);
	else if (strcmp(port->link, "down") == 0 || strcmp(port->admin, "down") == 0)
		fprintf(stderr, "pktcap: port %s is down\n", port->qname);
	else if (strcmp(port->type, "vmk") != 0
		&& ((dir == PK_DIR_RX && !rx) || (dir == PK_DIR_TX && !tx)))
		fprintf(stderr, "pktcap: port %s has no stage in direction %s\n", port->qname,
			dir == PK_DIR_RX ? "rx" : "tx");
}

// Why there is not one packet.
static void explain_nothing(const struct pk_session *s, const struct rd_capring_stage *sum)
{
	if (sum->seen != 0 && sum->matched == 0) {
		fprintf(stderr,
			"pktcap: %llu packet%s passed, but the filter \"%s\" matched none%s\n",
			N(sum->seen), plural(sum->seen), s->opts->filter,
			s->opts->outer_only ? " (tunnels were not looked into: --outer-only)"
				: s->opts->inner_only ? " (only inside tunnels: --inner-only)"
						      : "");
		return;
	}
	pk_warn_bypassed(s);
	for (unsigned i = 0; i < s->points->nb_asked; i++) {
		if (s->points->asked[i]->bypass[0] == '\0')
			explain_port(s->points->asked[i], s->opts->dir);
	}
	if (s->passed_over != 0)
		fprintf(stderr, "pktcap: %llu records were of packets that passed elsewhere\n",
			N(s->passed_over));
	else if (sum->seen == 0)
		fprintf(stderr, "pktcap: no packet passed the capture points\n");
}

static void print_stages(const struct pk_session *s, const struct rd_capring_stage *sum)
{
	bool cost = s->opts->verbose > 0, skips = sum->skipped != 0;

	fprintf(stderr, "%-14s %10s %10s %10s %10s%s%s\n", "stage", "seen", "matched", "captured",
		"lost", skips ? "    skipped" : "", cost ? "  cycles/seen  cycles/matched" : "");
	for (unsigned i = 0; i < rd_stages_count; i++) {
		unsigned id = rd_stages[i].id;
		struct rd_capring_stage t = rd_capring_totals(s->reader, id);
		struct rd_capring_cost c = rd_capring_costs(s->reader, id);

		if (t.seen == 0)
			continue;
		fprintf(stderr, "%-14s %10llu %10llu %10llu %10llu", rd_stages[i].name, N(t.seen),
			N(t.matched), N(s->captured_at[id]), N(t.lost));
		if (skips)
			fprintf(stderr, " %10llu", N(t.skipped));
		if (cost)
			fprintf(stderr, " %12llu %15llu", N(rd_capring_per(c.look_cycles, c.looks)),
				N(rd_capring_per(c.write_cycles, c.writes)));
		fputc('\n', stderr);
	}
}

static void print_totals(const struct pk_session *s, const struct rd_capring_stage *sum)
{
	fprintf(stderr, "%llu packet%s captured", N(s->captured), plural(s->captured));
	for (unsigned i = 0; i < s->nb_outs; i++) {
		if (s->outs[i]->walks != 0)
			fprintf(stderr, " (%llu walk%s)", N(s->outs[i]->walks),
				plural(s->outs[i]->walks));
		if (s->outs[i]->written < s->captured)
			fprintf(stderr, ", %llu of them not stored",
				N(s->captured - s->outs[i]->written));
	}
	if (s->sample != NULL)
		fprintf(stderr, "\n%llu packet%s of walks that --sample left out (of %llu walks)",
			N(s->sampled_out), plural(s->sampled_out), N(pk_sample_walks(s->sample)));
	fprintf(stderr, "\n%llu packet%s matched the filter of %llu seen\n", N(sum->matched),
		plural(sum->matched), N(sum->seen));
	fprintf(stderr, "%llu packet%s lost in the ring\n", N(sum->lost), plural(sum->lost));
	if (sum->seen != 0)
		print_stages(s, sum);
}

void pk_summary(const struct pk_session *s)
{
	struct rd_capring_stage sum;

	if (s->end == PK_END_PIPE || s->reader == NULL)
		return; // the reader left: it has what it wanted
	sum = rd_capring_sum(s->reader);
	if (s->opts->style == PK_COMPAT)
		pk_compat_trailer(s, sum.lost);
	else
		print_totals(s, &sum);
	if (s->opts->session.max_cost != 0 || sum.skipped != 0)
		fprintf(stderr, "%llu packet%s skipped (--max-cost)\n", N(sum.skipped),
			plural(sum.skipped));
	if (s->trigger != NULL)
		pk_trigger_summary(s->trigger);
	if (s->captured == 0 && (s->trigger == NULL || sum.matched == 0))
		explain_nothing(s, &sum);
	else
		pk_warn_bypassed(s);
}
