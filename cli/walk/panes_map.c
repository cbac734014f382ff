/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The topology: the walk's stages and ports with the red dot, as a map, as a strip of ports, as one line. The dot stands at the hop that the
 * list has chosen. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

#define BOXES_MAX 16
#define CELL 22 // columns of a hop on the map
#define CELL_ROWS 4

struct boxes { // the ports of a walk and its routers, in the order in which it met them
	const char *name[BOXES_MAX];
	int host_len[BOXES_MAX];
	unsigned hop[BOXES_MAX];
	bool router[BOXES_MAX];
	unsigned n;
	unsigned here; // the box that the dot is at, or behind
	bool behind, dead; // between two boxes; the packet died here
};

static void find_boxes(const struct rd_view *v, const struct rd_wk *w, struct boxes *b)
{
	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < w->n; i++) {
		const struct rd_wk_hop *h = &w->hop[i];
		bool router = rd_wk_is_router(h), port = router || rd_wk_is_port(h);

		if (port && b->n < BOXES_MAX) {
			b->name[b->n] = rd_wk_bare_port(h, &b->host_len[b->n]);
			b->router[b->n] = router;
			b->hop[b->n++] = i;
		}
		if (i > v->hop)
			continue;
		b->here = b->n > 0 ? b->n - 1 : 0;
		b->behind = !port;
		b->dead = h->verdict == RD_WK_DROP;
	}
}

static void put_dot(const struct rd_view *v, struct rd_grid *g, int row, int col, bool dead)
{
	const char *dot = dead ? "x" : v->utf8 ? "\u25cf" : "(@)";

	rd_grid_text(g, row, col, 3, RD_ATTR_RED | RD_ATTR_BOLD, dot);
}

void rd_draw_strip(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	const char *arrow = v->utf8 ? " \u2500\u2500> " : " --> ";
	const struct rd_wk_hop *h;
	struct boxes b;
	int col = a.col + 2, width, shown;

	if (w == NULL || w->n == 0)
		return;
	find_boxes(v, w, &b);
	h = &w->hop[v->hop < w->n ? v->hop : w->n - 1];
	width = b.n > 0 ? (a.cols - 4 - 5 * (int)b.n) / (int)b.n - 2 : 0;
	for (unsigned i = 0; i < b.n && width > 2; i++) {
		rd_grid_printf(g, RD_SPAN(a.row, col, b.host_len[i] > 0 ? b.host_len[i] : 0),
			RD_ATTR_DIM, "%s", b.host_len[i] > 0 ? b.name[i] - b.host_len[i] - 1 : "");
		shown = rd_grid_text(g, a.row + 1, col, 1, 0, b.router[i] ? "(" : "[");
		shown += rd_grid_text(g, a.row + 1, col + 1, width, i == b.here ? RD_ATTR_BOLD : 0,
			b.router[i] ? "router" : b.name[i]);
		shown += rd_grid_text(g, a.row + 1, col + shown, 1, 0, b.router[i] ? ")" : "]");
		rd_pane_hit(v, RD_PANE_MAP, (struct rd_area){a.row, col, 3, shown}, b.hop[i]);
		if (i == b.here)
			put_dot(v, g, a.row + 2, b.behind ? col + shown + 1 : col + shown / 2,
				b.dead);
		if (i + 1 < b.n || (b.dead && i == b.here))
			rd_grid_text(g, a.row + 1, col + shown, 5, 0, arrow);
		col += shown + 5;
	}
	rd_grid_printf(g, RD_SPAN(a.row + 3, a.col + 2, a.cols - 2), 0,
		"walk %llu  hop %u of %u  %s: %s", (unsigned long long)w->number, v->hop, w->n - 1,
		h->stage->name, h->stage->help);
}

// "uplink_rx>classify>[dfw_in]x": begins where the chosen one can still be seen.
void rd_draw_line(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	unsigned hop = w == NULL || w->n == 0 ? 0 : v->hop < w->n ? v->hop : w->n - 1, from = hop;
	int col = a.col + 1, room = a.cols - 6;

	if (w == NULL || w->n == 0)
		return;
	for (room -= (int)strlen(w->hop[hop].stage->name) + 3; from > 0; from--) {
		room -= (int)strlen(w->hop[from - 1].stage->name) + 1;
		if (room < 0)
			break;
	}
	if (from > 0)
		col += rd_grid_text(g, a.row, col, 2, RD_ATTR_DIM, "..");
	for (unsigned i = from; i < w->n && col < a.col + a.cols; i++) {
		const struct rd_wk_hop *h = &w->hop[i];
		bool here = i == hop, dead = h->verdict == RD_WK_DROP;

		col += rd_grid_printf(g, RD_SPAN(a.row, col, a.col + a.cols - col),
			here ? RD_ATTR_RED | RD_ATTR_BOLD : 0, here ? "%s[%s]%s" : "%s%s%s",
			i > from || from > 0 ? ">" : "", h->stage->name, dead ? "x" : "");
	}
}

// "in 90 drops 3" of a stage, where the daemon was asked.
static void counters(const struct rd_view *v, const char *stage, char *buf, size_t size)
{
	const json_t *stages = rd_pane_facts(v, "stages", true), *s;
	size_t i;

	buf[0] = '\0';
	json_array_foreach (stages, i, s)
		if (strcmp(rd_pane_text(s, "stage"), stage) == 0)
			snprintf(buf, size,
				rd_pane_number(s, "drops") > 0 ? "in %lld x %lld" : "in %lld",
				rd_pane_number(s, "in"), rd_pane_number(s, "drops"));
}

static void put_cell(struct rd_view *v, const struct rd_wk *w, unsigned i, struct rd_grid *g,
	struct rd_area cell)
{
	const struct rd_wk_hop *h = &w->hop[i];
	bool here = i == v->hop, port = rd_wk_is_port(h), dead = h->verdict == RD_WK_DROP;
	unsigned attr = here ? RD_ATTR_BOLD : i > v->hop ? RD_ATTR_DIM : 0;
	char text[64];
	int host, used;
	const char *name = rd_wk_bare_port(h, &host);

	rd_pane_hit(v, RD_PANE_MAP, cell, i);
	rd_grid_printf(g, RD_SPAN(cell.row, cell.col + 3, cell.cols - 3), RD_ATTR_DIM, "%.*s", host,
		h->port);
	if (here)
		put_dot(v, g, cell.row + 1, cell.col, dead);
	used = rd_grid_printf(g, RD_SPAN(cell.row + 1, cell.col + 3, cell.cols - 4),
		dead ? attr | RD_ATTR_RED : attr, port ? "[%s]" : "(%s)", h->stage->name);
	for (int col = 3 + used; i + 1 < w->n && col < cell.cols; col++)
		rd_grid_text(g, cell.row + 1, cell.col + col, 1, RD_ATTR_DIM,
			col + 1 == cell.cols ? ">"
				: v->utf8    ? "\u2500"
					     : "-");
	if (!dead && i > 0
		&& rd_wk_is_router(&w->hop[i - 1])) // where it leads is not this port yet
		rd_wk_detail(w, i, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s",
			dead			     ? h->reason
				: rd_wk_is_router(h) ? "router"
						     : name);
	rd_grid_text(g, cell.row + 2, cell.col + 3, cell.cols - 4, attr, text);
	counters(v, h->stage->name, text, sizeof(text));
	rd_grid_printf(g, RD_SPAN(cell.row + 3, cell.col + 3, cell.cols - 4), RD_ATTR_DIM,
		i > 0 ? "+%" PRIu64 " ns %s" : "%.0" PRIu64 "%s",
		i > 0 ? rd_wk_since(w, i - 1, i) : 0, text);
}

// Rows of the map of a walk; those that are scrolled away are not drawn.
static int put_walk(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	unsigned per = a.cols >= CELL ? (unsigned)(a.cols / CELL) : 1;
	int rows = ((int)w->n + (int)per - 1) / (int)per * CELL_ROWS;

	for (unsigned i = 0; i < w->n; i++) {
		int row = (int)(i / per) * CELL_ROWS - v->scroll;

		if (row >= 0 && row + CELL_ROWS <= a.rows)
			put_cell(v, w, i, g,
				(struct rd_area){a.row + row, a.col + (int)(i % per) * CELL,
					CELL_ROWS, a.cols < CELL ? a.cols : CELL});
	}
	return rows;
}

// Nothing walks yet: what every stage has counted.
static int put_idle(const struct rd_view *v, struct rd_grid *g, struct rd_area a)
{
	int per = a.cols >= 44 ? a.cols / 44 : 1;
	char text[64];

	for (unsigned i = 0; i < rd_stages_count; i++) {
		int row = (int)i / per - v->scroll;

		counters(v, rd_stages[i].name, text, sizeof(text));
		if (row >= 0 && row < a.rows)
			rd_grid_printf(g, RD_SPAN(a.row + row, a.col + (int)i % per * 44, 43), 0,
				" %-14s %s", rd_stages[i].name, text);
	}
	return ((int)rd_stages_count + per - 1) / per;
}

static void put_ports(const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g,
	struct rd_area a, int line)
{
	const json_t *ports = rd_pane_facts(v, "ports", true), *p;
	char text[256];
	size_t i;

	a.row--; // lines count from below a heading
	a.rows++;
	if (ports == NULL)
		rd_pane_unknown(v, g, &a, line + 1,
			"ports' states and counters: only a live walk can ask for them");
	else
		rd_pane_line(v, g, &a, line++, RD_ATTR_BOLD,
			"PORT                           TYPE    LINK           RX           TX    DROPS");
	json_array_foreach (ports, i, p) {
		const char *name = rd_pane_text(p, "qname");
		bool met = false;

		for (unsigned k = 0; w != NULL && k < w->n; k++)
			met |= strcmp(w->hop[k].port, name) == 0;
		if (!met && rd_pane_number(p, "rx_packets") + rd_pane_number(p, "tx_packets") == 0)
			continue;
		snprintf(text, sizeof(text), "%-30s %-7s %-4s %12lld %12lld %8lld", name,
			rd_pane_text(p, "type"), rd_pane_text(p, "link"),
			rd_pane_number(p, "rx_packets"), rd_pane_number(p, "tx_packets"),
			rd_pane_number(p, "drops"));
		rd_pane_line(v, g, &a, line++, met ? RD_ATTR_BOLD : 0, text);
	}
}

void rd_draw_map(struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	int line = w != NULL ? put_walk(v, w, g, a) : put_idle(v, g, a);

	put_ports(v, w, g, a, line);
}
