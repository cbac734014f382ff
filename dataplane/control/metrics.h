/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The counters for Prometheus: GET /metrics over HTTP, as its text format or as OpenMetrics. Control thread.
 *
 * A page is made from the same methods that show commands call, so that both say the same; one source after the other, each in a turn
 * of the event loop of its own, so that no client waits for a whole page. All who ask while a page is being made get that page.
 */
#pragma once

#include <event2/buffer.h>

#include "control/ctl.h"

struct rd_metrics;

enum rd_metrics_format {
	RD_METRICS_TEXT, // Prometheus 0.0.4
	RD_METRICS_OPEN, // OpenMetrics 1.0.0
	RD_METRICS_FORMATS,
};

// where: "PORT" (on 127.0.0.1) or "ADDRESS:PORT". NULL with *err.
struct rd_metrics *rd_metrics_start(struct rd_ctl *ctl, const char *where, struct rd_err *err);
void rd_metrics_stop(struct rd_metrics *m); // NULL is fine

// --- the page (metrics_page.c) ---

struct rd_metric { // one family
	const char *name; // "reddot_port_received_packets": without _total
	const char *field; // of the item
	const char *help;
	char type; // 'c' counter, 'g' gauge, 'b' gauge: the field is true or "up", 'p' gauge: per mille, 'h' histogram of ns
	const char *label,
		*value; // one more label, of this field; neighbours of one name are one family
};

struct rd_metric_source { // a method, and what its items count
	const char *method;
	const char *flag; // a parameter that is true; NULL: none
	unsigned max; // items; what is more is left out, and counted as that
	const char *labels[4][2]; // label, field
	const struct rd_metric *metrics;
	unsigned nb;
};

extern const struct rd_metric_source rd_metric_sources[];
extern const unsigned rd_metric_nb_sources;

// Appends what source i has to say. 0 or -ENOMEM.
int rd_metrics_source(
	struct rd_ctl *ctl, unsigned i, enum rd_metrics_format format, struct evbuffer *out);
// What is no method's: appended after the last source.
int rd_metrics_end(enum rd_metrics_format format, struct evbuffer *out);
