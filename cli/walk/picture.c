/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Draws the picture of a walk. The layout comes from the records alone: one box per hop.
 */
#include "walk/picture.h"

#include <string.h>

#define MAX_BOXES 64

struct box {
	const char *name, *host; // of the port
	int left, width; // columns
	bool link_after; // the next box is the other end of a link between tiers
	bool here;
};

struct layout {
	struct box box[MAX_BOXES];
	unsigned n;
	bool reversed; // the packet goes from right to left
};

// Without the host: that stands above it.
static const char *bare(const char *qname)
{
	const char *slash = strchr(qname, '/');

	return slash != NULL ? slash + 1 : qname;
}

static void fill(struct layout *l, const struct rd_walk *walk, unsigned at)
{
	l->n = 0;
	for (unsigned i = rd_walk_hop(walk, 0); i < walk->n && l->n < MAX_BOXES;
		i = rd_walk_hop(walk, i + 1)) {
		const struct rd_step *s = &walk->step[i];
		struct box *b = &l->box[l->n++];

		*b = (struct box){
			.name = bare(rd_step_port(s)), .host = rd_step_host(s), .here = i == at};
		b->width = (int)strlen(b->name) + 2;
	}
}

static bool is_reverse(const struct layout *l, const struct rd_walk *first)
{
	struct layout f;

	fill(&f, first, first->n);
	for (unsigned i = 0; i < l->n; i++)
		if (f.n != l->n || strcmp(l->box[i].name, f.box[l->n - 1 - i].name) != 0)
			return false;
	return l->n > 1;
}

static void turn(struct layout *l)
{
	for (unsigned i = 0; i < l->n / 2; i++) {
		struct box b = l->box[i];

		l->box[i] = l->box[l->n - 1 - i];
		l->box[l->n - 1 - i] = b;
	}
	l->reversed = true;
}

// 5 columns of arrow between two boxes; a double line where the packet changes tiers.
static void place(struct layout *l)
{
	int column = 2;

	for (unsigned i = 0; i < l->n; i++) {
		l->box[i].left = column;
		column += l->box[i].width + 5;
		l->box[i].link_after =
			i + 1 < l->n && strcmp(l->box[i].host, l->box[i + 1].host) != 0;
	}
}

static void draw_hosts(FILE *out, const struct layout *l)
{
	int column = 0;

	for (unsigned i = 0; i < l->n; i++) {
		const struct box *b = &l->box[i];

		if (i != 0 && strcmp(b->host, l->box[i - 1].host) == 0)
			continue;
		column += fprintf(out, "%*s%s", b->left - column + 1, "", b->host);
	}
	fputc('\n', out);
}

static void draw_boxes(FILE *out, const struct layout *l)
{
	fputs("  ", out);
	for (unsigned i = 0; i < l->n; i++) {
		const char *line = l->box[i].link_after ? "==" : "--";

		fprintf(out, "[%s]", l->box[i].name);
		if (i + 1 < l->n)
			fprintf(out, l->reversed ? " <%s " : " %s> ", line);
	}
	fputc('\n', out);
}

static void draw_dot(FILE *out, const struct layout *l, bool colour)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->box[i].here)
			fprintf(out, "%*s%s\n", l->box[i].left + l->box[i].width / 2, "",
				colour ? "\033[1;31m\u25cf\033[0m" : "*");
}

void rd_picture_draw(FILE *out, const struct rd_walk *walk, const struct rd_walk *first,
	unsigned at, bool colour)
{
	struct layout l = {0};

	fill(&l, walk, at);
	if (walk != first && is_reverse(&l, first))
		turn(&l);
	place(&l);
	draw_hosts(out, &l);
	draw_boxes(out, &l);
	draw_dot(out, &l, colour);
}
