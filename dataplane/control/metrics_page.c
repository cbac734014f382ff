/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs the methods of metrics_sources.c and writes their items as text. Control thread.
 */
#include <string.h>

#include "api/msg.h"
#include "control/metrics.h"
#include "core/latency.h"

#define BUCKET_NS 32768 // of the first bucket; each further one is twice as wide

struct page {
	struct evbuffer *out;
	enum rd_metrics_format format;
	const struct rd_metric_source *source;
	json_t *items;
	uint64_t left_out;
};

static uint64_t left_out[32]; // by source, of the last page

static int collect(struct rd_request *req, const json_t *item)
{
	struct page *p = req->item_arg;

	if (json_array_size(p->items) < p->source->max)
		return json_array_append_new(p->items, json_deep_copy(item));
	p->left_out++;
	return 0;
}

// The method's items; for one without, its result.
static int run(struct rd_ctl *ctl, struct page *p)
{
	struct rd_err err = {0};
	struct rd_request req = {.method = p->source->method,
		.params = json_object(),
		.err = &err,
		.ctl = ctl,
		.item = collect,
		.item_arg = p,
		.fd = -1};
	int ret;

	if (strcmp(p->source->method, "hello") == 0)
		json_object_set_new(req.params, "version", json_integer(RD_PROTO_VERSION));
	if (p->source->flag != NULL)
		json_object_set_new(req.params, p->source->flag, json_true());
	ret = rd_method_run(&req);
	while (ret >= 0 && req.stream != NULL)
		ret = rd_method_step(&req);
	if (ret == 0 && p->source->max == 1)
		json_array_append(p->items, req.result);
	json_decref(req.result);
	json_decref(req.params);
	return ret;
}

static void put_value(struct evbuffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			evbuffer_add_printf(out, "\\%c", *text);
		else if ((unsigned char)*text >= ' ')
			evbuffer_add(out, text, 1);
	}
}

static void put_label(struct evbuffer *out, unsigned *nb, const char *label, const char *text)
{
	evbuffer_add_printf(out, "%s%s=\"", (*nb)++ == 0 ? "{" : ",", label);
	put_value(out, text);
	evbuffer_add(out, "\"", 1);
}

static void put_labels(
	const struct page *p, const json_t *item, const struct rd_metric *m, const char *le)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < 4 && p->source->labels[i][0] != NULL; i++) {
		const json_t *v = json_object_get(item, p->source->labels[i][1]);
		char number[32];

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v));
		put_label(p->out, &nb, p->source->labels[i][0],
			json_is_string(v) ? json_string_value(v) : number);
	}
	if (m->label != NULL)
		put_label(p->out, &nb, m->label, m->value);
	if (le != NULL)
		put_label(p->out, &nb, "le", le);
	if (nb > 0)
		evbuffer_add(p->out, "}", 1);
}

static void put_sample(const struct page *p, const json_t *item, const struct rd_metric *m)
{
	const json_t *v = json_object_get(item, m->field != NULL ? m->field : "");
	json_int_t n = json_integer_value(v);

	if (m->field != NULL && (v == NULL || json_is_null(v)))
		return;
	evbuffer_add_printf(p->out, "%s%s", m->name, m->type == 'c' ? "_total" : "");
	put_labels(p, item, m, NULL);
	if (m->field == NULL)
		n = 1;
	if (m->type == 'b')
		n = json_is_true(v)
			|| (json_is_string(v) && strcmp(json_string_value(v), "up") == 0);
	if (m->type == 'p')
		evbuffer_add_printf(p->out, " %lld.%03lld\n", n / 1000, n % 1000);
	else
		evbuffer_add_printf(p->out, " %lld\n", n);
}

static void put_seconds(struct evbuffer *out, json_int_t ns)
{
	evbuffer_add_printf(out, " %lld.%09lld\n", ns / 1000000000, ns % 1000000000);
}

static void put_histogram(const struct page *p, const json_t *item, const struct rd_metric *m)
{
	const json_t *buckets = json_object_get(item, "buckets");
	json_int_t sum = 0;
	char le[32];

	for (size_t i = 0; i < json_array_size(buckets); i++) {
		sum += json_integer_value(json_array_get(buckets, i));
		if (i + 1 < json_array_size(buckets))
			snprintf(le, sizeof(le), "0.%09llu", (unsigned long long)BUCKET_NS << i);
		else
			snprintf(le, sizeof(le), "+Inf");
		evbuffer_add_printf(p->out, "%s_bucket", m->name);
		put_labels(p, item, m, le);
		evbuffer_add_printf(p->out, " %lld\n", sum);
	}
	evbuffer_add_printf(p->out, "%s_sum", m->name);
	put_labels(p, item, m, NULL);
	put_seconds(p->out, json_integer_value(json_object_get(item, "sum_ns")));
	evbuffer_add_printf(p->out, "%s_count", m->name);
	put_labels(p, item, m, NULL);
	evbuffer_add_printf(p->out, " %lld\n", sum); // of the buckets: a worker counts on meanwhile
}

static const char *unit_of(const char *name)
{
	static const char *const units[] = {"packets", "bytes", "seconds", "ratio"};
	const char *last = strrchr(name, '_');

	for (unsigned i = 0; last != NULL && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(last + 1, units[i]) == 0)
			return units[i];
	return NULL;
}

// In Prometheus' text the family of a counter has the sample's name, in OpenMetrics it has not.
static void put_head(struct evbuffer *out, enum rd_metrics_format format, const struct rd_metric *m)
{
	const char *end = m->type == 'c' && format == RD_METRICS_TEXT ? "_total" : "";
	const char *unit = unit_of(m->name);

	evbuffer_add_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", m->name, end, m->help, m->name,
		end,
		m->type == 'c'		 ? "counter"
			: m->type == 'h' ? "histogram"
					 : "gauge");
	if (unit != NULL && format == RD_METRICS_OPEN)
		evbuffer_add_printf(out, "# UNIT %s %s\n", m->name, unit);
}

// Neighbours of one name are one family: its samples stay together, so items are the inner loop of each member.
static void put_family(const struct page *p, unsigned at)
{
	const struct rd_metric *m = &p->source->metrics[at];
	json_t *item;
	size_t i;

	if (json_array_size(p->items) == 0)
		return;
	if (at == 0 || strcmp(m[-1].name, m->name) != 0)
		put_head(p->out, p->format, m);
	json_array_foreach (p->items, i, item) {
		if (m->type == 'h')
			put_histogram(p, item, m);
		else
			put_sample(p, item, m);
	}
}

int rd_metrics_source(
	struct rd_ctl *ctl, unsigned i, enum rd_metrics_format format, struct evbuffer *out)
{
	struct page p = {.out = out,
		.format = format,
		.source = &rd_metric_sources[i],
		.items = json_array()};
	int ret = p.items != NULL ? run(ctl, &p) : -ENOMEM;

	for (unsigned m = 0; ret == 0 && m < p.source->nb; m++)
		put_family(&p, m);
	left_out[i] = p.left_out;
	json_decref(p.items);
	return ret;
}

int rd_metrics_end(enum rd_metrics_format format, struct evbuffer *out)
{
	static const struct rd_metric missing = {"reddot_metrics_left_out", NULL,
		"objects without metrics, because there are too many", 'g', NULL, NULL};

	_Static_assert(sizeof(left_out) / sizeof(left_out[0]) >= 16, "one for each source");
	put_head(out, format, &missing);
	for (unsigned i = 0; i < rd_metric_nb_sources; i++)
		evbuffer_add_printf(out, "%s{method=\"%s\"} %llu\n", missing.name,
			rd_metric_sources[i].method, (unsigned long long)left_out[i]);
	return format == RD_METRICS_OPEN ? evbuffer_add(out, "# EOF\n", 6) : 0;
}
