/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk as a page: picture, hops, what each changed, bytes. Everything is in the one file; its policy (CSP) forbids every request,
 * and every script but ours. Texts are cleaned and escaped on their way in, whoever made them.
 */
#include "walk/export.h"

#include "decode/oneline.h"
#include "engine/clean.h"
#include "page_assets.h"
#include "walk/words.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

void rd_export_escaped(FILE *out, const char *text)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
	const char *end = text + strlen(text);
	char shown[RD_CLEAN_MAX];

	while (text < end) {
		const char *put = shown;

		rd_clean_next(&text, end, shown);
		for (unsigned i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
			if (shown[0] == entities[i].c)
				put = entities[i].entity;
		fputs(put, out);
	}
}

static void put_time(FILE *out, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s.%09u UTC", text, (unsigned)(ns % 1000000000u));
}

void rd_export_page_begin(FILE *out, const struct rd_export *e)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src '" PAGE_CSS_HASH "'; script-src '" PAGE_JS_HASH
	      "'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n"
	      "<title>reddot walk</title>\n<style>" PAGE_CSS "</style>\n</head>\n<body>\n"
	      "<h1>reddot walk: ",
		out);
	rd_export_escaped(out, e->source);
	fputs("</h1>\n<p class=\"help\">Click a hop, or <kbd>\u2190</kbd> <kbd>\u2192</kbd> the red "
	      "dot moves, <kbd>space</kbd> it walks, <kbd>Home</kbd> <kbd>End</kbd>.</p>\n",
		out);
}

void rd_export_page_end(FILE *out)
{
	fputs("<script>" PAGE_JS "</script>\n</body>\n</html>\n", out);
}

static void put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	rd_export_escaped(out, text);
	fputs("</td>", out);
}

static void put_row(FILE *out, const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	char detail[160];

	fprintf(out, "<tr tabindex=\"0\"%s><td class=\"n\">%u</td>",
		h->verdict == RD_WK_DROP ? " class=\"bad\"" : "", i);
	put_cell(out, h->stage->name);
	put_cell(out, h->port);
	fprintf(out,
		"<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%.3f</td>"
		"<td class=\"n\">%u</td>",
		i > 0 ? rd_wk_since(w, i - 1, i) : 0, (double)rd_wk_since(w, 0, i) / 1000, h->len);
	put_cell(out, rd_wk_observed(w, i));
	rd_wk_detail(w, i, detail, sizeof(detail));
	put_cell(out, detail);
	fputs("</tr>\n", out);
}

static void put_layers(FILE *out, const struct rd_wk *w, unsigned i)
{
	char text[2048];

	rd_wk_layers(&w->hop[i - 1], &w->hop[i], text, sizeof(text));
	fprintf(out, "<h3>hop %u \u2192 hop %u</h3>\n<pre class=\"diff\">", i - 1, i);
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		const char *kind = *line == '-' ? "rem"
			: *line == '+'		? "add"
			: *line == '~'		? "chg"
						: "same";

		fprintf(out, "<span class=\"%s\">", kind);
		rd_export_escaped(out, line);
		fputs("</span>\n", out);
	}
	fputs("</pre>\n", out);
}

static void put_why(FILE *out, const struct rd_wk_hop *h)
{
	const struct rd_drop_desc *d = rd_drop_by_name(h->reason);

	fputs("<p class=\"why\"><b>", out);
	rd_export_escaped(out, h->reason);
	fputs("</b>", out);
	if (d != NULL)
		fprintf(out, ": %s. Try: ", d->meaning);
	if (d != NULL)
		rd_export_escaped(out, d->hint);
	fputs("</p>\n", out);
}

static void put_pane(FILE *out, const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	char text[RD_ONELINE_MAX];

	fprintf(out, "<div class=\"pane\">\n<h3>%u %s: %s</h3>\n", i, h->stage->name,
		h->stage->help);
	if (h->verdict == RD_WK_DROP)
		put_why(out, h);
	fputs("<p>", out);
	put_time(out, h->ns);
	fputs(", ", out);
	rd_export_escaped(out, h->port);
	fputs("</p>\n<pre>", out);
	rd_oneline_frame(NULL, h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen, text,
		sizeof(text));
	rd_export_escaped(out, text);
	fputs("</pre>\n", out);
	if (i > 0)
		put_layers(out, w, i);
	rd_export_bytes(out, w, i);
	if (h->caplen < h->len)
		fprintf(out, "<p>%u of %u bytes were kept.</p>\n", h->caplen, h->len);
	fputs("</div>\n", out);
}

void rd_export_page_walk(FILE *out, const struct rd_wk *w)
{
	char title[160], end[64];

	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	fprintf(out, "<section>\n<h2>Walk %" PRIu64 ": ", w->number);
	rd_export_escaped(out, title);
	fputs(" \u2014 ", out);
	rd_export_escaped(out, end);
	fputs("</h2>\n", out);
	rd_export_picture(out, w);
	fputs("<table class=\"hops\"><thead><tr><th>Hop</th><th>Stage</th><th>Port</th>"
	      "<th>\u0394 ns</th><th>Sum \u00b5s</th><th>Bytes</th><th>Observed</th><th>Detail</th>"
	      "</tr></thead>\n<tbody>\n",
		out);
	for (unsigned i = 0; i < w->n; i++)
		put_row(out, w, i);
	fputs("</tbody></table>\n", out);
	if (w->left_out > 0)
		fprintf(out, "<p>%u further hops were not kept.</p>\n", w->left_out);
	for (unsigned i = 0; i < w->n; i++)
		put_pane(out, w, i);
	fputs("</section>\n", out);
}
