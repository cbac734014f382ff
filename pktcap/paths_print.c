/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The summary of walks as text and as JSON, see paths.h. Main thread.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "paths.h"
#include "text.h"

static const struct {
	const char *name;
	double percent;
} columns[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static double share(uint64_t part, uint64_t all)
{
	return all > 0 ? 100.0 * (double)part / (double)all : 0;
}

static int width_of(const struct pk_path *path)
{
	size_t width = 20;

	for (unsigned i = 0; i < path->nb_hops; i++) {
		size_t n = strlen(path->hops[i].where);

		width = n > width ? n : width;
	}
	return (int)width;
}

static int print_hop(const struct pk_path *path, unsigned i, int width, struct rd_err *err)
{
	char line[256];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len, " %3u %-*s", i, width, path->hops[i].where);
	for (unsigned c = 0; c < COLUMNS; c++) {
		if (path->hops[i].hist.count == 0)
			rd_str_addf(line, sizeof(line), &len, " %9s", "-");
		else
			rd_str_addf(line, sizeof(line), &len, " %9" PRIu64,
				pk_hist_percentile(&path->hops[i].hist, columns[c].percent));
	}
	return pk_text_line(line, len, err);
}

static int print_path(const struct pk_paths *p, unsigned n, struct rd_err *err)
{
	const struct pk_path *path = p->list[n];
	int width = width_of(path), rc;
	char line[384];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len, "path %u  %" PRIu64 " walk%s (%.1f %%)  %s ", n + 1,
		path->walks, plural(path->walks), share(path->walks, p->walks), path->end);
	for (unsigned c = 0; c < COLUMNS; c++)
		rd_str_addf(line, sizeof(line), &len, " %s %.2f", columns[c].name,
			(double)pk_hist_percentile(&path->total, columns[c].percent) / 1000.0);
	rd_str_addf(line, sizeof(line), &len, " us");
	rc = pk_text_line(line, len, err);
	len = 0;
	rd_str_addf(line, sizeof(line), &len, " HOP %-*s", width, "STAGE");
	for (unsigned c = 0; c < COLUMNS; c++)
		rd_str_addf(line, sizeof(line), &len, " %6s ns", columns[c].name);
	if (rc == 0)
		rc = pk_text_line(line, len, err);
	for (unsigned i = 0; i < path->nb_hops && rc == 0; i++)
		rc = print_hop(path, i, width, err);
	return rc == 0 ? pk_text_line("", 0, err) : rc;
}

static int print_drops(const struct pk_paths *p, struct rd_err *err)
{
	char line[128];
	size_t len = 0;
	int rc;

	rd_str_addf(line, sizeof(line), &len, "%10s %-24s %-16s %s", "DROPPED", "REASON", "STAGE",
		"RULE");
	rc = pk_text_line(line, len, err);
	for (unsigned i = 0; i < p->nb_drops && rc == 0; i++) {
		const struct pk_drop_cause *d = &p->drops[i];

		len = 0;
		rd_str_addf(line, sizeof(line), &len, "%10" PRIu64 " %-24s %-16s ", d->walks,
			pk_reason_name(d->reason), pk_stage_name(d->stage));
		if (d->rule != 0)
			rd_str_addf(line, sizeof(line), &len, "%u", d->rule);
		else
			rd_str_addf(line, sizeof(line), &len, "-");
		rc = pk_text_line(line, len, err);
	}
	return rc;
}

static int print_head(const struct pk_paths *p, struct rd_err *err)
{
	char line[192];
	size_t len = 0;
	int rc;

	rd_str_addf(line, sizeof(line), &len,
		"%" PRIu64 " walk%s on %u path%s, %" PRIu64 " dropped", p->walks, plural(p->walks),
		p->count, plural(p->count), p->dropped);
	if (p->other != 0)
		rd_str_addf(line, sizeof(line), &len, ", %" PRIu64 " on paths beyond what is kept",
			p->other);
	rc = pk_text_line(line, len, err);
	return rc == 0 ? pk_text_line("", 0, err) : rc;
}

int pk_paths_print(struct pk_paths *p, struct rd_err *err)
{
	int rc;

	pk_paths_sort(p);
	rc = print_head(p, err);
	for (unsigned i = 0; i < p->count && rc == 0; i++)
		rc = print_path(p, i, err);
	return rc == 0 && p->nb_drops > 0 ? print_drops(p, err) : rc;
}

static json_t *hist_json(const struct pk_hist *h)
{
	json_t *o = json_object();

	for (unsigned c = 0; c < COLUMNS; c++)
		json_object_set_new(o, columns[c].name,
			json_integer((json_int_t)pk_hist_percentile(h, columns[c].percent)));
	return o;
}

static json_t *path_json(const struct pk_path *path)
{
	json_t *hops = json_array();

	for (unsigned i = 0; i < path->nb_hops; i++)
		json_array_append_new(hops,
			json_pack("{s:s, s:s, s:o}", "where", path->hops[i].where, "stage",
				pk_stage_name(path->hops[i].stage), "ns",
				hist_json(&path->hops[i].hist)));
	return json_pack("{s:I, s:s, s:o, s:o}", "walks", (json_int_t)path->walks, "end", path->end,
		"ns", hist_json(&path->total), "hops", hops);
}

static json_t *drop_json(const struct pk_drop_cause *d)
{
	return json_pack("{s:I, s:s, s:s, s:I}", "walks", (json_int_t)d->walks, "reason",
		pk_reason_name(d->reason), "stage", pk_stage_name(d->stage), "rule",
		(json_int_t)d->rule);
}

int pk_paths_print_json(struct pk_paths *p, struct rd_err *err)
{
	json_t *paths = json_array(), *drops = json_array(), *o;
	char *line;
	int rc;

	pk_paths_sort(p);
	for (unsigned i = 0; i < p->count; i++)
		json_array_append_new(paths, path_json(p->list[i]));
	for (unsigned i = 0; i < p->nb_drops; i++)
		json_array_append_new(drops, drop_json(&p->drops[i]));
	o = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "walks", (json_int_t)p->walks, "other",
		(json_int_t)p->other, "dropped", (json_int_t)p->dropped, "other_drops",
		(json_int_t)p->other_drops, "paths", paths, "drops", drops);
	line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the summary");
	rc = pk_text_line(line, strlen(line), err);
	free(line);
	return rc;
}
