/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sheets about the chosen hop: the manual's words on its stage and reason, and how long this hop took in all walks. Pure.
 */
#include "walk/sheet.h"

#include "base/str.h"
#include "cmds/explain.h"
#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

static void put_value(const json_t *value, char *buf, size_t size)
{
	const json_t *item;
	size_t i, len = 0;

	buf[0] = '\0';
	if (json_is_integer(value))
		rd_str_addf(buf, size, &len, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value))
		rd_str_addf(buf, size, &len, "%s", json_string_value(value));
	json_array_foreach (value, i, item)
		rd_str_addf(buf, size, &len, "%s%s", i > 0 ? "; " : "", json_string_value(item));
}

// An object's members as lines; takes it over.
static unsigned put_object(json_t *o, struct rd_sheet_line *line, unsigned max)
{
	const char *key;
	json_t *value;
	unsigned n = 0;

	json_object_foreach (o, key, value) {
		if (n == max)
			break;
		snprintf(line[n].name, sizeof(line->name), "%s", key);
		put_value(value, line[n].text, sizeof(line->text));
		if (line[n].text[0] != '\0')
			n++;
	}
	json_decref(o);
	return n;
}

static unsigned put_hop(const struct rd_wk *w, unsigned hop, struct rd_sheet_line *line)
{
	char detail[160];

	snprintf(line->name, sizeof(line->name), "hop");
	rd_wk_detail(w, hop, detail, sizeof(detail));
	snprintf(line->text, sizeof(line->text), "%u of walk %" PRIu64 ": %s@%s %s %s", hop,
		w->number, w->hop[hop].stage->name, w->hop[hop].port, rd_wk_observed(w, hop),
		detail);
	return 1;
}

unsigned rd_sheet_explain(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const struct rd_wk_hop *h = w != NULL && v->hop < w->n ? &w->hop[v->hop] : NULL;
	bool hop = v->about[0] == '\0' && h != NULL;
	const struct rd_stage_desc *stage = hop ? h->stage : rd_stage_by_name(v->about);
	const struct rd_drop_desc *reason = rd_drop_by_name(hop ? h->reason : v->about);
	unsigned n = hop ? put_hop(w, v->hop, line) : 0;

	if (reason != NULL)
		n += put_object(rd_explain_about_reason(reason), line + n, max - n);
	if (stage != NULL)
		n += put_object(rd_explain_about_stage(stage), line + n, max - n);
	return n;
}

#define BUCKETS 40 // powers of two of ns, up to nine minutes
#define BAR 30

static unsigned bucket_of(uint64_t ns)
{
	unsigned i = 0;

	while (ns > 0 && i + 1 < BUCKETS) {
		ns >>= 1;
		i++;
	}
	return i;
}

// How often the walk took so long for the step that ends at such a hop.
static void count(const struct rd_wk *w, const struct rd_wk_hop *like, uint64_t *times)
{
	for (unsigned i = 1; i < w->n; i++)
		if (w->hop[i].stage == like->stage && strcmp(w->hop[i].port, like->port) == 0)
			times[bucket_of(rd_wk_since(w, i - 1, i))]++;
}

static void put_bucket(unsigned i, uint64_t n, uint64_t most, struct rd_sheet_line *line)
{
	size_t len = 0;

	snprintf(line->name, sizeof(line->name), "below %" PRIu64 " ns", UINT64_C(1) << i);
	for (uint64_t k = 0; k < (n * BAR + most - 1) / most; k++)
		rd_str_addf(line->text, sizeof(line->text), &len, "#");
	rd_str_addf(line->text, sizeof(line->text), &len, " %" PRIu64, n);
}

unsigned rd_sheet_times(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	uint64_t times[BUCKETS] = {0}, most = 0, all = 0;
	unsigned n = 1;

	if (w == NULL || v->hop >= w->n || v->hop == 0 || max < BUCKETS + 1) {
		snprintf(line->text, sizeof(line->text), "a hop behind the first one has a time");
		return 1;
	}
	for (uint64_t i = s->first; i < s->next; i++)
		if (rd_store_walk(s, i)->shown)
			count(rd_store_walk(s, i), &w->hop[v->hop], times);
	for (unsigned i = 0; i < BUCKETS; i++) {
		most = times[i] > most ? times[i] : most;
		all += times[i];
	}
	snprintf(line->name, sizeof(line->name), "%s", w->hop[v->hop].stage->name);
	snprintf(line->text, sizeof(line->text),
		"at %s: ns since the hop before, %" PRIu64 " times in the walks that are shown",
		w->hop[v->hop].port, all);
	for (unsigned i = 0; i < BUCKETS; i++)
		if (times[i] > 0)
			put_bucket(i, times[i], most, &line[n++]);
	return n;
}
