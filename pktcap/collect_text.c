/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The collector's report for people. Main thread.
 */
#include <inttypes.h>
#include <sys/socket.h>

#include "api/stages.h"
#include "base/str.h"
#include "collect.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

// "  word N" if there are any.
static void put_some(FILE *out, const char *word, uint64_t n)
{
	if (n != 0)
		fprintf(out, ", %" PRIu64 " %s", n, word);
}

static void put_head(FILE *out, const struct rd_source *s)
{
	char name[RD_SOURCE_NAME], src[RD_IP_TEXT], dst[RD_IP_TEXT];
	int family = s->key.family == 4 ? AF_INET : AF_INET6;

	fprintf(out, "%s > %s  %s\n", rd_fmt_ip(family, s->key.src, src),
		rd_fmt_ip(family, s->key.dst, dst), rd_source_name(&s->key, name, sizeof(name)));
	fprintf(out, "  %" PRIu64 " packet%s, %" PRIu64 " bytes in %.3f s", s->packets,
		plural(s->packets), s->bytes, (double)(s->last_ns - s->first_ns) / 1e9);
	put_some(out, "truncated by the source", s->truncated);
	put_some(out, "cut by this capture", s->cut);
	put_some(out, "bad when they were mirrored (BSO)", s->bad_frames);
	put_some(out, "with ERSPAN's other Ethertype", s->odd_types);
	put_some(out, "with malformed options", s->malformed_options);
	put_some(out, "with unknown critical options", s->critical_options);
	put_some(out, "sampled: others were left out at the source", s->sampled);
	fputc('\n', out);
}

// Where the missing ones can have gone, and how to tell; k is NULL where the sender's counters tell.
static void put_loss(FILE *out, const struct rd_seq *q, const struct pk_collect_kernel *k)
{
	uint64_t here;

	if (q->missing == 0 || k == NULL)
		return;
	here = k->dropped + k->dropped_by_interface;
	fputs("  whose loss: the sender's is its tx_drop (reddot show mirror counters)", out);
	if (!k->known)
		fputs(", whoever captured this file may have lost some", out);
	else if (here != 0)
		fprintf(out, ", up to %" PRIu64 " are this capture's own drops", here);
	fputs(", the rest is the network's\n", out);
}

static void put_seq(FILE *out, const struct rd_seq *q, const struct pk_collect_kernel *k)
{
	if (q->packets == 0) {
		fputs("  no sequence numbers: what is missing can't be told\n", out);
		return;
	}
	if (rd_seq_stands_still(q)) {
		fprintf(out,
			"  sequence is always %u: the sender does not count, what is missing can't be told\n",
			q->first);
		return;
	}
	fprintf(out,
		"  sequence %u to %u: %" PRIu64 " missing in %" PRIu64 " gap%s, %" PRIu64
		" duplicate%s, %" PRIu64 " out of order",
		q->first, q->highest, q->missing, q->gaps, plural(q->gaps), q->duplicates,
		plural(q->duplicates), q->reordered);
	if (q->reordered != 0)
		fprintf(out, " (by up to %u)", q->most_late);
	put_some(out, "far behind", q->too_late);
	fputc('\n', out);
	if (q->jumps != 0)
		fprintf(out,
			"  %" PRIu64 " jump%s forwards over %" PRIu64
			" numbers: the sender restarted (reddot skips about a million), or was away for long\n",
			q->jumps, plural(q->jumps), q->skipped);
	if (q->restarts != 0)
		fprintf(out, "  %" PRIu64 " restart%s with a lower number\n", q->restarts,
			plural(q->restarts));
	put_loss(out, q, k);
}

static void put_lost(FILE *out, const struct pk_lost *l, const struct pk_collect_kernel *k)
{
	const char *comma = "  lost before they had a number: ";
	uint64_t here = k->dropped + k->dropped_by_interface;

	fprintf(out,
		"  session %s: %" PRIu64 " lost, %" PRIu64 " by the sender (tx_drop), %" PRIu64
		" by the network",
		l->session, l->total, l->sender, l->network);
	if (l->network != 0 && !k->known)
		fputs(", or by whoever captured this file", out);
	else if (l->network != 0 && here != 0)
		fprintf(out, ", or up to %" PRIu64 " by this capture", here);
	fputc('\n', out);
	for (unsigned i = 0; i < PK_SENT_UNNUMBERED; i++)
		if (l->unnumbered[i] != 0) {
			fprintf(out, "%s%" PRIu64 " %s", comma, l->unnumbered[i],
				pk_sent_unnumbered(i));
			comma = ", ";
		}
	if (comma[0] == ',')
		fputc('\n', out);
}

// "1.250 ms"
#define SPAN_TEXT 40
static const char *span(double ns, char buf[SPAN_TEXT])
{
	static const struct {
		double unit;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
	double size = ns < 0 ? -ns : ns;
	unsigned i = 0;
	size_t len = 0;

	while (i < 3 && size < units[i].unit)
		i++;
	buf[0] = '\0';
	rd_str_addf(
		buf, SPAN_TEXT, &len, "%.*f %s", i == 3 ? 0 : 3, ns / units[i].unit, units[i].name);
	return buf;
}

static void put_clock(FILE *out, const struct rd_skew *c)
{
	char mean[SPAN_TEXT], min[SPAN_TEXT], max[SPAN_TEXT];
	double ppm, error;

	if (c->form == RD_STAMP_CUSTOM)
		fputs("  times in units of the sender's own: not compared\n", out);
	if (c->stamps == 0)
		return;
	fprintf(out, "  clock (%s): arrival less the source's time is %s (%s to %s)",
		rd_stamp_name(c->form), span(rd_skew_mean(c), mean), span((double)c->min, min),
		span((double)c->max, max));
	if (c->wrap_ns != 0)
		fprintf(out, ", but for a multiple of %.3f s", (double)c->wrap_ns / 1e9);
	if (rd_skew_ppm(c, &ppm, &error))
		fprintf(out, "; it runs %.2f ppm %s (+-%.2f)", ppm < 0 ? -ppm : ppm,
			ppm < 0 ? "fast" : "slow", error);
	put_some(out, "went back", c->went_back);
	fputc('\n', out);
}

static void put_stages(FILE *out, const struct rd_source *s)
{
	const char *comma = "  stages: ";

	for (unsigned i = 1; i < RD_SOURCE_STAGES; i++) {
		const struct rd_stage_desc *stage = rd_stage_by_id(i);

		if (s->by_stage[i] == 0)
			continue;
		if (stage != NULL)
			fprintf(out, "%s%s %" PRIu64, comma, stage->name, s->by_stage[i]);
		else
			fprintf(out, "%snumber %u %" PRIu64, comma, i, s->by_stage[i]);
		comma = ", ";
	}
	if (comma[0] == ',')
		fputc('\n', out);
}

static void put_reasons(FILE *out, const struct rd_source *s)
{
	for (unsigned i = 0; i < s->nb_reasons; i++) {
		const struct rd_drop_desc *drop = rd_drop_by_id(s->reasons[i].reason);

		fprintf(out, "%s", i == 0 ? "  dropped: " : ", ");
		if (drop != NULL)
			fprintf(out, "%s %" PRIu64, drop->name, s->reasons[i].packets);
		else
			fprintf(out, "reason %u %" PRIu64, s->reasons[i].reason,
				s->reasons[i].packets);
	}
	if (s->nb_reasons != 0) {
		put_some(out, "of other reasons", s->other_reasons);
		fputc('\n', out);
	}
}

static void put_refused(FILE *out, const struct rd_collector *c)
{
	for (unsigned i = RD_DECAP_FINE + 1; i < RD_DECAP_NB_FAULTS; i++) {
		enum rd_decap_fault fault = (enum rd_decap_fault)i;

		if (rd_collector_refused(c, fault) != 0)
			fprintf(out, "refused: %" PRIu64 " %s (%s)\n",
				rd_collector_refused(c, fault), rd_decap_fault_name(fault),
				rd_decap_fault_words(fault));
	}
}

void pk_collect_text(const struct rd_collector *c, const struct pk_collect_kernel *k,
	const struct pk_sent *sent, FILE *out)
{
	const struct rd_source *s;

	for (uint32_t i = 0; (s = rd_collector_source(c, i)) != NULL; i++) {
		struct pk_lost lost;
		bool told = pk_sent_of(sent, s, &lost);

		put_head(out, s);
		put_seq(out, &s->seq, told ? NULL : k);
		if (told)
			put_lost(out, &lost, k);
		put_clock(out, &s->clock);
		put_stages(out, s);
		put_reasons(out, s);
	}
	put_refused(out, c);
	if (rd_collector_crowded(c) != 0)
		fprintf(out,
			"%" PRIu64 " copies of sources beyond the first %u were not told apart\n",
			rd_collector_crowded(c), RD_COLLECTOR_MAX_SOURCES);
	fprintf(out, "%" PRIu64 " cop%s, %" PRIu64 " other frame%s\n", rd_collector_copies(c),
		rd_collector_copies(c) == 1 ? "y" : "ies", rd_collector_others(c),
		plural(rd_collector_others(c)));
}
