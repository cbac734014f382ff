/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk as text, as JSON and as a graph for Graphviz.
 */
#include "walk/export.h"

#include "base/str.h"
#include "decode/oneline.h"
#include "engine/clean.h"
#include "walk/panes.h"
#include "walk/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLS 132

static void put_row(FILE *out, const struct rd_grid *g, int row)
{
	char text[1024];

	rd_grid_row(g, row, text, sizeof(text));
	fprintf(out, "%s\n", text);
}

static void put_changes(FILE *out, const struct rd_wk *w, unsigned hop)
{
	char text[2048], clean[2 * sizeof(text)];

	rd_wk_layers(&w->hop[hop - 1], &w->hop[hop], text, sizeof(text));
	if (strcmp(text, "unchanged") == 0)
		return;
	fprintf(out, "hop %u > hop %u\n", hop - 1, hop);
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		rd_clean(line, strlen(line), COLS, clean, sizeof(clean));
		fprintf(out, "    %s\n", clean);
	}
}

// The hops by the same code that draws them on the screen, then what each of them changed.
void rd_export_text(FILE *out, const struct rd_wk *w)
{
	struct rd_view view = {.hop = w->n}; // none is chosen
	char title[160], end[64];
	struct rd_grid g;

	if (rd_grid_open(&g, (int)w->n + 2, COLS) < 0)
		return;
	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	rd_grid_printf(
		&g, RD_SPAN(0, 0, COLS), 0, "walk %" PRIu64 "  %s  %s", w->number, title, end);
	rd_draw_hops(&view, w, &g, (struct rd_area){1, 0, (int)w->n + 1, COLS});
	for (int i = 0; i < g.rows; i++)
		put_row(out, &g, i);
	rd_grid_close(&g);
	for (unsigned i = 1; i < w->n; i++)
		put_changes(out, w, i);
	fputc('\n', out);
}

static json_t *layers_json(const struct rd_wk *w, unsigned hop)
{
	json_t *list = json_array();
	char text[2048];

	rd_wk_layers(&w->hop[hop - 1], &w->hop[hop], text, sizeof(text));
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save))
		json_array_append_new(list, json_string(line));
	return list;
}

static json_t *hop_json(const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	char hex[2 * 65536 + 1], summary[RD_ONELINE_MAX], detail[160];
	json_t *o;

	rd_oneline_frame(NULL, h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen,
		summary, sizeof(summary));
	o = json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:s}",
		"hop", (int)i, "stage", h->stage->name, "port", h->port, "ns", (json_int_t)h->ns,
		"dns", (json_int_t)(i > 0 ? rd_wk_since(w, i - 1, i) : 0), "sum_ns",
		(json_int_t)rd_wk_since(w, 0, i), "len", (json_int_t)h->len, "caplen",
		(json_int_t)h->caplen, "observed", rd_wk_observed(w, i), "reason", h->reason,
		"rule", (json_int_t)h->rule, "flow", (json_int_t)h->flow, "vni", (json_int_t)h->vni,
		"flow_hit", h->flow_hit);
	if (o == NULL)
		return NULL;
	rd_wk_detail(w, i, detail, sizeof(detail));
	json_object_set_new(o, "detail", json_string(detail));
	json_object_set_new(o, "parent_id", json_integer((json_int_t)h->facts.parent_id));
	json_object_set_new(o, "summary", json_string(summary));
	if (i > 0)
		json_object_set_new(o, "changes", layers_json(w, i));
	json_object_set_new(o, "hex",
		json_string(rd_fmt_hex(
			h->bytes, h->caplen < 65536 ? h->caplen : 65536, hex, sizeof(hex))));
	return o;
}

json_t *rd_export_json(const struct rd_wk *w)
{
	json_t *hops = json_array();
	char title[160], end[64];

	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	for (unsigned i = 0; i < w->n && hops != NULL; i++)
		json_array_append_new(hops, hop_json(w, i));
	return json_pack("{s:I, s:I, s:s, s:s, s:I, s:o}", "walk", (json_int_t)w->number,
		"packet_id", (json_int_t)w->packet_id, "packet", title, "result", end, "left_out",
		(json_int_t)w->left_out, "hops", hops);
}

// Cleaned, and inside of quotation marks.
static void put_quoted(FILE *out, const char *text)
{
	const char *end = text + strlen(text);
	char shown[RD_CLEAN_MAX];

	while (text < end) {
		rd_clean_next(&text, end, shown);
		for (const char *p = shown; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				fputc('\\', out);
			fputc(*p, out);
		}
	}
}

static void put_node(FILE *out, const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	bool dead = h->verdict == RD_WK_DROP, last = i + 1 == w->n;

	fprintf(out, "\t\tw%" PRIu64 "h%u [label=\"%u %s\\n", w->number, i, i, h->stage->name);
	put_quoted(out, h->port);
	if (dead) {
		fputs("\\n", out);
		put_quoted(out, h->reason);
	}
	fputs("\"", out);
	if (last) // the red dot
		fprintf(out, " color=red penwidth=3%s", dead ? " fontcolor=red" : "");
	else if (!rd_wk_is_port(h))
		fputs(" style=rounded", out);
	fputs("];\n", out);
}

static void put_edge(FILE *out, const struct rd_wk *w, unsigned i)
{
	char label[64];
	size_t len = 0;

	rd_str_addf(label, sizeof(label), &len, "+%" PRIu64 " ns", rd_wk_since(w, i - 1, i));
	if (w->hop[i].len != w->hop[i - 1].len)
		rd_str_addf(label, sizeof(label), &len, "\\n%+d B",
			(int)(w->hop[i].len - w->hop[i - 1].len));
	fprintf(out, "\tw%" PRIu64 "h%u -> w%" PRIu64 "h%u [label=\"%s\"];\n", w->number, i - 1,
		w->number, i, label);
}

// Whether hop i is in another tier than the one before it.
static bool is_other_host(const struct rd_wk *w, unsigned i)
{
	int a, b;

	rd_wk_bare_port(&w->hop[i - 1], &a);
	rd_wk_bare_port(&w->hop[i], &b);
	return a != b || strncmp(w->hop[i].port, w->hop[i - 1].port, (size_t)a) != 0;
}

void rd_export_dot(FILE *out, const struct rd_wk *w)
{
	char host[sizeof(w->hop->port)];
	int len;

	for (unsigned i = 0; i < w->n; i++) {
		if (i == 0 || is_other_host(w, i)) {
			rd_wk_bare_port(&w->hop[i], &len);
			snprintf(host, sizeof(host), "%.*s", len, w->hop[i].port);
			fprintf(out, "%s\tsubgraph cluster_w%" PRIu64 "h%u {\n\t\tlabel=\"",
				i > 0 ? "\t}\n" : "", w->number, i);
			put_quoted(out, host);
			fputs("\"; color=gray;\n", out);
		}
		put_node(out, w, i);
	}
	fputs("\t}\n", out);
	for (unsigned i = 1; i < w->n; i++)
		put_edge(out, w, i);
}
