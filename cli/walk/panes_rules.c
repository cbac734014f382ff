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
static int rule_rows(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const json_t *rules, uint32_t decided)
{
	const json_t *r;
	size_t i;

	json_array_foreach (rules, i, r) {
		int row = a->row + 1 + line - v->scroll;

		rule_row(v, g, a, line++, r);
		if (decided == 0 || rd_pane_number(r, "id") != (long long)decided || row <= a->row
			|| row >= a->row + a->rows)
			continue;
		rd_grid_text(g, row, a->col, 1, RD_ATTR_BOLD, ">");
		rd_grid_attr(g, row, a->col, a->cols,
			strcmp(rd_pane_text(r, "action"), "allow") == 0
				? RD_ATTR_BOLD
				: RD_ATTR_BOLD | RD_ATTR_RED);
	}
	return line;
}

// Of the walk alone: where a firewall was met, and which rule decided.
static int dfw_of_walk(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, const struct rd_area *a)
{
	const char *port = rd_wk_guarded(w);
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

// The rules that the file's walks of this port met, and how often.
static void dfw_of_file(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	const struct rd_area *a, int line)
{
	enum {
		RULES = 16
	};
	const char *port = rd_wk_guarded(rd_store_walk(s, v->walk));
	uint32_t rules[RULES];
	unsigned hits[RULES], n = 0, k;
	char text[128];

	for (uint64_t i = s->first; i < s->next; i++) {
		const struct rd_wk *w = rd_store_walk(s, i);
		uint32_t rule = rule_of(w);

		if (rule == 0 || strcmp(rd_wk_guarded(w), port) != 0)
			continue;
		for (k = 0; k < n && rules[k] != rule; k++)
			;
		if (k == RULES)
			continue;
		hits[k] = k < n ? hits[k] + 1 : 1;
		rules[k] = rule;
		n += k == n;
	}
	for (k = 0; k < n; k++) {
		snprintf(text, sizeof(text), "rule %u decided about %u walks here", rules[k],
			hits[k]);
		rd_pane_line(v, g, a, line++, 0, text);
	}
	rd_pane_unknown(v, g, a, line,
		"names, order and counters of the rules: only a live walk can ask for them");
}

void rd_draw_dfw(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const json_t *rules = rd_pane_facts(v, "rules", false);
	char text[128];
	int line;

	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD,
		"    ID ACTION DIR   FROM                 TO                   SERVICE          HITS NAME");
	if (w == NULL)
		return;
	line = dfw_of_walk(v, w, g, &a);
	if (*rd_wk_guarded(w) == '\0')
		return;
	if (rules == NULL) {
		dfw_of_file(v, s, g, &a, line);
		return;
	}
	line = rule_rows(v, g, &a, line, rules, rule_of(w));
	line = rule_rows(v, g, &a, line, rd_pane_facts(v, "policy", false), rule_of(w));
	snprintf(text, sizeof(text), "policy revision %lld", rd_pane_number(v->facts, "revision"));
	rd_pane_line(v, g, &a, line, RD_ATTR_DIM, text);
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
