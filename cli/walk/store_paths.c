/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ways that the store's walks took: how many took each, how long it took them.
 */
#include "walk/words.h"

#include "base/str.h"

#include <stdlib.h>

struct sample { // of one walk
	unsigned path;
	uint64_t ns;
};

static void path_text(const struct rd_wk *w, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < w->n; i++) {
		const struct rd_wk_hop *h = &w->hop[i];

		if (h->stage->kind == RD_STAGE_KIND_DROP)
			rd_str_addf(buf, size, &len, " x %s", h->reason);
		else if (rd_wk_is_router(h) || rd_wk_is_port(h))
			rd_str_addf(buf, size, &len, "%s%s", len > 0 ? " > " : "",
				rd_wk_is_router(h) ? "(router)" : h->port);
	}
}

static int most_used(const void *a, const void *b)
{
	const struct rd_path *x = a, *y = b;

	return x->walks < y->walks ? 1 : x->walks > y->walks ? -1 : 0;
}

static int by_path_and_time(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->path != y->path)
		return x->path < y->path ? -1 : 1;
	return x->ns < y->ns ? -1 : x->ns > y->ns ? 1 : 0;
}

// The smallest time that at least this share of the walks did not exceed.
static uint64_t percentile(const struct sample *sorted, uint64_t n, unsigned percent)
{
	return sorted[(n * percent + 99) / 100 - 1].ns;
}

static void set_times(struct rd_path *paths, unsigned n, struct sample *samples, size_t count)
{
	const struct sample *at = samples;

	qsort(samples, count, sizeof(*samples), by_path_and_time);
	for (unsigned i = 0; i < n; at += paths[i++].walks) {
		paths[i].p50_ns = percentile(at, paths[i].walks, 50);
		paths[i].p90_ns = percentile(at, paths[i].walks, 90);
		paths[i].p99_ns = percentile(at, paths[i].walks, 99);
	}
}

static unsigned find(struct rd_path *paths, unsigned *n, unsigned max, const struct rd_wk *w)
{
	unsigned k = 0;

	while (k < *n && paths[k].hash != w->path)
		k++;
	if (k == *n && k < max) {
		paths[(*n)++] = (struct rd_path){.hash = w->path};
		path_text(w, paths[k].text, sizeof(paths[k].text));
	}
	return k;
}

unsigned rd_store_paths(const struct rd_store *s, struct rd_path *paths, unsigned max)
{
	struct sample *samples = malloc((size_t)(s->next - s->first + 1) * sizeof(*samples));
	unsigned n = 0;
	size_t count = 0;

	for (uint64_t i = s->first; i < s->next && samples != NULL; i++) {
		const struct rd_wk *w = rd_store_walk(s, i);
		unsigned k = w->shown && w->n > 0 ? find(paths, &n, max, w) : max;

		if (k == max)
			continue;
		paths[k].walks++;
		paths[k].dropped += rd_wk_dropped(w);
		samples[count++] = (struct sample){k, rd_wk_since(w, 0, w->n - 1)};
	}
	if (samples != NULL)
		set_times(paths, n, samples, count);
	free(samples);
	qsort(paths, n, sizeof(*paths), most_used);
	return n;
}
