/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes of one packet: what a hop changed, and the bytes. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

struct pair { // that is compared
	const struct rd_wk *from, *to;
	unsigned before, after; // hops of theirs
};

// The hop that the person picked, or the one before the chosen one, and that; twice the same where there is only one. False when there
// is none.
static bool pair(const struct rd_view *v, const struct rd_store *s, struct pair *p)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk), *base = rd_store_walk(s, v->base.walk);

	if (w == NULL || w->n == 0)
		return false;
	if (base != NULL && v->base.hop < base->n && v->hop < w->n) {
		*p = (struct pair){base, w, v->base.hop, v->hop};
		return true;
	}
	*p = (struct pair){w, w, 0, v->hop > 0 && v->hop < w->n ? v->hop : w->n > 1 ? 1 : 0};
	p->before = p->after > 0 ? p->after - 1 : 0;
	return true;
}

static bool is_single(const struct pair *p)
{
	return p->from == p->to && p->before == p->after;
}

static void put_pair(const struct pair *p, struct rd_grid *g, struct rd_area a)
{
	char walk[2][40] = {"", ""};

	if (p->from != p->to) {
		snprintf(walk[0], sizeof(walk[0]), "walk %" PRIu64 " ", p->from->number);
		snprintf(walk[1], sizeof(walk[1]), "walk %" PRIu64 " ", p->to->number);
	}
	rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD,
		" %shop %u %s > %shop %u %s   - removed + added ~ changed", walk[0], p->before,
		p->from->hop[p->before].stage->name, walk[1], p->after,
		p->to->hop[p->after].stage->name);
}

void rd_draw_diff(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	char text[2048], *line = text;
	struct pair p;

	if (!pair(v, s, &p))
		return;
	if (is_single(&p)) {
		rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD,
			p.to->n > 1 ? " hop %u %s is the one that others are compared with"
				    : " only hop %u %s is known: nothing to compare it with",
			p.after, p.to->hop[p.after].stage->name);
		return;
	}
	put_pair(&p, g, a);
	rd_wk_layers(&p.from->hop[p.before], &p.to->hop[p.after], text, sizeof(text));
	for (int row = 1 - v->scroll; row < a.rows && line != NULL; row++) {
		char *end = strchr(line, '\n');
		unsigned attr = *line == '+' ? RD_ATTR_GREEN
			: *line == '-'	     ? RD_ATTR_RED
			: *line == '~'	     ? RD_ATTR_YELLOW
					     : 0;

		if (end != NULL)
			*end = '\0';
		if (row > 0)
			rd_grid_text(g, a.row + row, a.col + 1, a.cols - 1, attr, line);
		line = end != NULL ? end + 1 : NULL;
	}
}

struct rows { // of a hex dump
	struct rd_grid *g;
	struct rd_area a;
	int row, per; // bytes in a row
	const uint8_t *side; // the frame that is searched
	uint32_t side_len, wanted;
	uint8_t want[RD_SHOW_TEXT];
	int found, found_row; // the byte, -1: none; the row that it is in
};

struct bytes { // that are put
	char sign;
	unsigned attr;
	const uint8_t *bytes;
	uint32_t off, len;
	int side; // where they are in the searched frame, -1: not there
};

static bool is_wanted(const struct rows *r, uint32_t from)
{
	return from + r->wanted <= r->side_len && memcmp(r->side + from, r->want, r->wanted) == 0;
}

// The searched bytes are underlined; those of the place that was found are reverse, too.
static void show_wanted(const struct rows *r, uint32_t side, uint32_t n)
{
	for (uint32_t i = side; r->wanted > 0 && i < side + n; i++)
		for (uint32_t from = i + 1 > r->wanted ? i + 1 - r->wanted : 0; from <= i; from++)
			if (is_wanted(r, from))
				rd_grid_attr(r->g, r->a.row + r->row,
					r->a.col + 8 + 3 * (int)(i - side), 2,
					(int)from == r->found ? RD_ATTR_FOUND | RD_ATTR_REVERSE
							      : RD_ATTR_FOUND);
}

// Bytes of one side; the sign tells what became of them.
static void put_bytes(struct rows *r, const struct bytes *b)
{
	for (uint32_t done = 0; done < b->len; done += (uint32_t)r->per, r->row++) {
		uint32_t n = b->len - done < (uint32_t)r->per ? b->len - done : (uint32_t)r->per;
		int side = b->side < 0 ? -1 : b->side + (int)done;
		char text[160];
		size_t at = (size_t)snprintf(text, sizeof(text), "%04x %c", b->off + done, b->sign);

		if (side >= 0 && r->found >= side && r->found < side + (int)n)
			r->found_row = r->row;
		if (r->row < 1 || r->row >= r->a.rows)
			continue;
		for (uint32_t i = 0; i < n; i++)
			at += (size_t)snprintf(
				text + at, sizeof(text) - at, " %02x", b->bytes[b->off + done + i]);
		rd_grid_text(r->g, r->a.row + r->row, r->a.col + 1, r->a.cols - 1, b->attr, text);
		if (side >= 0)
			show_wanted(r, (uint32_t)side, n);
	}
}

static void put_edits(struct rows *r, const struct pk_edits *edits, const struct pk_frame *before,
	const struct pk_frame *after)
{
	bool old = r->side == before->bytes;

	for (unsigned k = 0; k < edits->count; k++) {
		const struct pk_edit *e = &edits->list[k];

		if (e->kind == PK_EDIT_SAME)
			put_bytes(r,
				&(struct bytes){' ', 0, after->bytes, e->after, e->len,
					(int)(old ? e->before : e->after)});
		if (e->kind == PK_EDIT_REMOVED || e->kind == PK_EDIT_CHANGED)
			put_bytes(r,
				&(struct bytes){'-', RD_ATTR_RED, before->bytes, e->before, e->len,
					old ? (int)e->before : -1});
		if (e->kind == PK_EDIT_ADDED || e->kind == PK_EDIT_CHANGED)
			put_bytes(r,
				&(struct bytes){'+', RD_ATTR_GREEN, after->bytes, e->after, e->len,
					old ? -1 : (int)e->after});
	}
}

// The chosen hop's bytes are searched.
static void search_in(struct rows *r, const struct rd_view *v, const struct pair *p)
{
	bool first = p->from->number == v->walk && v->hop == p->before;
	const struct rd_wk_hop *h = first ? &p->from->hop[p->before] : &p->to->hop[p->after];

	r->side = h->bytes;
	r->side_len = h->caplen;
	r->wanted = v->find[0] != '\0' ? rd_find_bytes(v->find, r->want) : 0;
}

static void put_bytes_of(const struct pair *p, struct rd_grid *g, struct rd_area a)
{
	char from[40] = "", to[40] = "";

	if (p->from != p->to)
		snprintf(from, sizeof(from), " of walk %" PRIu64, p->from->number);
	if (!is_single(p))
		snprintf(to, sizeof(to), " > hop %u", p->after);
	rd_grid_printf(g, RD_SPAN(a.row, a.col, a.cols), RD_ATTR_BOLD, " bytes of hop %u%s%s",
		p->before, from, to);
}

// Where the found byte is far down, the middle of the pane is put there.
void rd_draw_hex(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	struct rows r = {g, a, .per = a.cols >= 56 ? 16 : 8, .found = v->found - 1};
	struct pk_frame before, after;
	struct pk_edits edits;
	struct pair p;
	int top;

	if (!pair(v, s, &p))
		return;
	before = rd_wk_frame(&p.from->hop[p.before]);
	after = rd_wk_frame(&p.to->hop[p.after]);
	search_in(&r, v, &p);
	put_bytes_of(&p, g, a);
	pk_walk_edits(&before, &after, &edits);
	r.a.rows = 0; // only to find the row
	put_edits(&r, &edits, &before, &after);
	top = r.found_row > a.rows / 2 ? r.found_row - a.rows / 2 : 0;
	r.a.rows = a.rows;
	r.row = 1 - v->scroll - top;
	put_edits(&r, &edits, &before, &after);
}
