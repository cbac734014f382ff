/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes of the firewall's rules and of mirror sessions. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

static uint32_t rule_of(const struct rd_wk *w)
{
	uint32_t rule = 0;

	for (unsigned i = 0; i < w->n && rule == 0; i++)
		rule = w->hop[i].rule;
	return rule;
}

static void joined(const json_t *list, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < json_array_size(list); i++)
		rd_str_addf(buf, size, &len, "%s%s", i > 0 ? "," : "",
			json_string_value(json_array_get(list, i)));
	if (len == 0)
		snprintf(buf, size, "any");
}

static void rule_row(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const json_t *r)
{
	bool policy = json_object_get(r, "from") != NULL || json_object_get(r, "section") != NULL;
	char text[512], src[128], dst[128], service[128];

	if (policy) {
		joined(json_object_get(r, "from"), src, sizeof(src));
		joined(json_object_get(r, "to"), dst, sizeof(dst));
		joined(json_object_get(r, "services"), service, sizeof(service));
	} else {
		snprintf(src, sizeof(src), "%s", rd_pane_text(r, "src"));
		snprintf(dst, sizeof(dst), "%s", rd_pane_text(r, "dst"));
		snprintf(service, sizeof(service), "%s/%s", rd_pane_text(r, "proto"),
			rd_pane_text(r, "dport"));
	}
	snprintf(text, sizeof(text), "%5lld %-6s %-5s %-20s %-20s %-12s %8lld %s",
		rd_pane_number(r, "id"), rd_pane_text(r, "action"), rd_pane_text(r, "dir"), src,
		dst, service, rd_pane_number(r, "hits"), rd_pane_text(r, "name"));
	rd_pane_line(v, g, a, line, 0, text);
}

// The rule that decided has a mark and is bold.
static void mark_row(
	const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line, bool drops)
{
	int row = a->row + 1 + line - v->scroll;

	if (row <= a->row || row >= a->row + a->rows)
		return;
	rd_grid_text(g, row, a->col, 1, RD_ATTR_BOLD, ">");
	rd_grid_attr(g, row, a->col, a->cols, drops ? RD_ATTR_BOLD | RD_ATTR_RED : RD_ATTR_BOLD);
}

static int rule_rows(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const json_t *rules, uint32_t decided)
{
	const json_t *r;
	size_t i;

	json_array_foreach (rules, i, r) {
		rule_row(v, g, a, line, r);
		if (decided != 0 && rd_pane_number(r, "id") == (long long)decided)
			mark_row(v, g, a, line, strcmp(rd_pane_text(r, "action"), "allow") != 0);
		line++;
	}
	return line;
}

// Of the walk alone: where a firewall was met, and which rule decided.
static int dfw_of_walk(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, const struct rd_area *a)
{
	const char *port = rd_wk_guarded(w, NULL);
	uint32_t rule = rule_of(w);
	char text[256];

	if (*port == '\0') {
		rd_pane_line(v, g, a, 0, 0, "this walk met no firewall");
		return 1;
	}
	if (rule != 0)
		snprintf(text, sizeof(text), "%s: rule %u decided%s%s", port, rule,
			rd_wk_dropped(w) ? ", " : "",
			rd_wk_dropped(w) ? w->hop[w->n - 1].reason : "");
	else
		snprintf(text, sizeof(text), "%s: %s", port,
			rd_wk_dropped(w) ? w->hop[w->n - 1].reason
					 : "the default, or a known connection, decided");
	rd_pane_line(v, g, a, 0, RD_ATTR_BOLD, text);
	return 1;
}

struct met { // a rule, as the walks met it
	uint32_t rule;
	const char *dir;
	unsigned walks;
	bool drops;
};

enum {
	MET = 16 // rules of one port; more are not told apart
};

static void take_walk(struct met *list, unsigned *n, const struct rd_wk *w, const char *port)
{
	const char *dir = "";
	uint32_t rule = rule_of(w);
	unsigned k = 0;

	if (rule == 0 || strcmp(rd_wk_guarded(w, &dir), port) != 0)
		return;
	while (k < *n && (list[k].rule != rule || list[k].dir != dir))
		k++;
	if (k == MET)
		return;
	if (k == *n)
		list[(*n)++] = (struct met){.rule = rule, .dir = dir};
	list[k].walks++;
	list[k].drops |= rd_wk_dropped(w) && strncmp(w->hop[w->n - 1].reason, "DFW_", 4) == 0;
}

// The rules of this port that the walks which are here met: what a file knows as well.
static int dfw_of_walks(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	const struct rd_area *a, int line)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const char *port = rd_wk_guarded(w, NULL);
	struct met list[MET];
	unsigned n = 0;
	char text[160];

	for (uint64_t i = s->first; i < s->next; i++)
		take_walk(list, &n, rd_store_walk(s, i), port);
	for (unsigned k = 0; k < n; k++) {
		snprintf(text, sizeof(text),
			"%5u %-6s %-5s %-20s %-20s %-12s %8u of the walks here", list[k].rule,
			list[k].drops ? "drop" : "allow", list[k].dir, "-", "-", "-",
			list[k].walks);
		rd_pane_line(v, g, a, line, 0, text);
		if (list[k].rule == rule_of(w))
			mark_row(v, g, a, line, list[k].drops);
		line++;
	}
	return line;
}

static void dfw_of_daemon(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a,
	int line, const json_t *rules, uint32_t decided)
{
	char text[128];

	rd_pane_line(v, g, a, line++, RD_ATTR_BOLD, "now, as the daemon has it:");
	line = rule_rows(v, g, a, line, rules, decided);
	line = rule_rows(v, g, a, line, rd_pane_facts(v, "policy", false), decided);
	snprintf(text, sizeof(text), "policy revision %lld", rd_pane_number(v->facts, "revision"));
	rd_pane_line(v, g, a, line, RD_ATTR_DIM, text);
}

void rd_draw_dfw(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const json_t *rules = rd_pane_facts(v, "rules", false);
	int line;

	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD,
		"    ID ACTION DIR   FROM                 TO                   SERVICE          HITS NAME");
	if (w == NULL)
		return;
	line = dfw_of_walk(v, w, g, &a);
	if (*rd_wk_guarded(w, NULL) == '\0')
		return;
	if (rules == NULL || a.rows >= RD_PANE_ROOMY)
		line = dfw_of_walks(v, s, g, &a, line);
	if (rules != NULL)
		dfw_of_daemon(v, g, &a, line, rules, rule_of(w));
	else
		rd_pane_unknown(v, g, &a, line,
			"not in a file: the rules' names, order, words and all hits; a live walk asks for them");
}

static void session_row(
	struct rd_grid *g, const struct rd_area *a, int row, const json_t *m, bool chosen)
{
	char text[512], left[32];

	if (json_is_integer(json_object_get(m, "left_s")))
		snprintf(left, sizeof(left), "%lld s", rd_pane_number(m, "left_s"));
	else
		snprintf(left, sizeof(left), "-");
	snprintf(text, sizeof(text), "%c%-12s %-9s %-4s %-8s %9lld %9lld %7lld %7s %s > %s  %s",
		chosen ? '>' : ' ', rd_pane_text(m, "session"), rd_pane_text(m, "oper"),
		rd_pane_text(m, "path"), rd_pane_text(m, "encap"), rd_pane_number(m, "matched"),
		rd_pane_number(m, "tx_ok"), rd_pane_number(m, "tx_drop"), left,
		rd_pane_text(m, "source"), rd_pane_text(m, "destination"),
		*rd_pane_text(m, "why") != '\0' ? rd_pane_text(m, "why")
						: rd_pane_text(m, "warning"));
	rd_grid_text(g, row, a->col, a->cols, 0, text);
	if (chosen)
		rd_grid_attr(g, row, a->col, a->cols, RD_ATTR_REVERSE);
}

void rd_draw_mirror(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, struct rd_area a)
{
	const json_t *sessions = rd_pane_facts(v, "mirrors", true), *m;
	size_t i;

	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD,
		" SESSION      STATE     PATH ENCAP      MATCHED      SENT DROPPED    LEFT SOURCE > TO");
	if (sessions == NULL) {
		rd_pane_unknown(v, g, &a, 0,
			"mirror sessions belong to a daemon: only a live walk can show and make them");
		return;
	}
	json_array_foreach (sessions, i, m)
		if ((int)i + 1 < a.rows - 1)
			session_row(g, &a, a.row + 1 + (int)i, m, (int)i == v->pick);
	if ((int)i + 1 < a.rows)
		rd_grid_text(g, a.row + 1 + (int)i, a.col + 1, a.cols - 1, RD_ATTR_DIM,
			w != NULL
				? "M mirrors the chosen walk's conversation, x stops the marked session"
				: "M mirrors the conversation of a walk, once there is one");
}
