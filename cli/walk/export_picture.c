/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The picture of a walk's page (SVG: tiers, ports, stages, the red dot), and the table of bytes beside each other.
 */
#include "walk/export.h"

#include "walk/words.h"

#include <stdlib.h>
#include <string.h>

#define PER_ROW 8 // hops
#define STEP 132 // pixels between two
#define ROW 96
#define BYTES 16 // in a row of the table

static int x_of(unsigned hop)
{
	return STEP / 2 + (int)(hop % PER_ROW) * STEP;
}

static int y_of(unsigned hop)
{
	return 50 + (int)(hop / PER_ROW) * ROW;
}

static bool same_host(const struct rd_wk *w, unsigned a, unsigned b)
{
	int x, y;

	rd_wk_bare_port(&w->hop[a], &x);
	rd_wk_bare_port(&w->hop[b], &y);
	return x == y && strncmp(w->hop[a].port, w->hop[b].port, (size_t)x) == 0;
}

// A box around the hops of one tier, in each row.
static void put_tiers(FILE *out, const struct rd_wk *w)
{
	char host[sizeof(w->hop->port)];
	unsigned end;
	int len;

	for (unsigned i = 0; i < w->n; i = end) {
		for (end = i + 1; end < w->n && end % PER_ROW != 0 && same_host(w, i, end); end++)
			;
		rd_wk_bare_port(&w->hop[i], &len);
		fprintf(out,
			"<rect class=\"tier\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>"
			"<text class=\"small\" x=\"%d\" y=\"%d\">",
			x_of(i) - STEP / 2 + 3, y_of(i) - 44, (int)(end - i) * STEP - 6, ROW - 6,
			x_of(i) - STEP / 2 + 9, y_of(i) - 32);
		snprintf(host, sizeof(host), "%.*s", len, w->hop[i].port);
		rd_export_escaped(out, host);
		fputs("</text>\n", out);
	}
}

static void put_line(FILE *out, const struct rd_wk *w, unsigned i)
{
	int x = x_of(i - 1), y = y_of(i - 1);

	if (i % PER_ROW != 0)
		fprintf(out, "<path class=\"line\" d=\"M%d %dH%d\"/>", x, y, x_of(i));
	else
		fprintf(out, "<path class=\"line\" d=\"M%d %dh40v%dH%dV%d\"/>", x, y, ROW / 2 - 4,
			x_of(i), y_of(i));
	fprintf(out,
		"<text class=\"small\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">+%llu ns</text>\n",
		i % PER_ROW != 0 ? x + STEP / 2 : x_of(i), i % PER_ROW != 0 ? y - 14 : y_of(i) - 18,
		(unsigned long long)rd_wk_since(w, i - 1, i));
}

static void put_stop(FILE *out, const struct rd_wk *w, unsigned i)
{
	const struct rd_wk_hop *h = &w->hop[i];
	const char *drop = h->verdict == RD_WK_DROP ? " drop" : "";
	int x = x_of(i), y = y_of(i), len;

	fprintf(out, "<g class=\"hop\" tabindex=\"0\" data-x=\"%d\" data-y=\"%d\">", x, y);
	if (rd_wk_is_port(h))
		fprintf(out,
			"<rect class=\"stop\" x=\"%d\" y=\"%d\" width=\"28\" height=\"24\" rx=\"3\"/>",
			x - 14, y - 12);
	else
		fprintf(out, "<circle class=\"stop%s\" cx=\"%d\" cy=\"%d\" r=\"11\"/>", drop, x, y);
	if (*drop != '\0')
		fprintf(out, "<path class=\"dead\" d=\"M%d %dl18 18m0 -18l-18 18\"/>", x - 9,
			y - 9);
	fprintf(out,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>"
		"<text class=\"small\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
		x, y + 26, h->stage->name, x, y + 38);
	rd_export_escaped(out, rd_wk_bare_port(h, &len));
	fputs("</text></g>\n", out);
}

void rd_export_picture(FILE *out, const struct rd_wk *w)
{
	unsigned last = w->n > 0 ? w->n - 1 : 0;

	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"the walk's stages\">\n",
		STEP * (int)(w->n < PER_ROW ? w->n : PER_ROW), y_of(last) + 50);
	put_tiers(out, w);
	for (unsigned i = 1; i < w->n; i++)
		put_line(out, w, i);
	for (unsigned i = 0; i < w->n; i++)
		put_stop(out, w, i);
	fprintf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"7\"/>\n</svg>\n", x_of(last),
		y_of(last));
}

// One side of a row: offset and bytes, or nothing.
static void put_side(FILE *out, const struct pk_frame *f, uint32_t off, uint32_t n, bool is_there)
{
	fputs("<td>", out);
	if (is_there)
		fprintf(out, "%04x ", off);
	for (uint32_t i = 0; is_there && i < n; i++)
		fprintf(out, " %02x", f->bytes[off + i]);
	fputs("</td>", out);
}

static void put_edit(FILE *out, const struct pk_frame *before, const struct pk_frame *after,
	const struct pk_edit *e)
{
	static const char *const kinds[] = {
		[PK_EDIT_SAME] = "same",
		[PK_EDIT_ADDED] = "add",
		[PK_EDIT_REMOVED] = "rem",
		[PK_EDIT_CHANGED] = "chg",
	};

	for (uint32_t done = 0; done < e->len; done += BYTES) {
		uint32_t n = e->len - done < BYTES ? e->len - done : BYTES;

		fprintf(out, "<tr class=\"%s\">", kinds[e->kind]);
		put_side(out, before, e->before + done, n, e->kind != PK_EDIT_ADDED);
		put_side(out, after, e->after + done, n, e->kind != PK_EDIT_REMOVED);
		fputs("</tr>\n", out);
	}
}

// The hop's bytes beside those of the hop before; of the first hop alone.
void rd_export_bytes(FILE *out, const struct rd_wk *w, unsigned hop)
{
	struct pk_frame after = rd_wk_frame(&w->hop[hop]);
	struct pk_frame before = hop > 0 ? rd_wk_frame(&w->hop[hop - 1]) : after;
	const struct pk_edit all = {.kind = PK_EDIT_ADDED, .len = after.cap_len};
	struct pk_edits edits;

	fputs("<table class=\"bytes\"><thead><tr><th>", out);
	if (hop > 0)
		fprintf(out, "bytes at hop %u", hop - 1);
	fprintf(out, "</th><th>bytes at hop %u</th></tr></thead>\n<tbody>\n", hop);
	pk_walk_edits(&before, &after, &edits);
	if (hop == 0)
		put_edit(out, &before, &after, &all);
	for (unsigned i = 0; hop > 0 && i < edits.count; i++)
		put_edit(out, &before, &after, &edits.list[i]);
	fputs("</tbody></table>\n", out);
}
