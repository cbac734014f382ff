/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache's pane, and what panes share that tell what the daemon knows about the chosen walk. Of a file they tell what its
 * packets say. Pure drawing.
 */
#include "walk/panes.h"

#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

const char *rd_pane_text(const json_t *item, const char *key)
{
	const char *s = json_string_value(json_object_get(item, key));

	return s != NULL ? s : "";
}

long long rd_pane_number(const json_t *item, const char *key)
{
	return json_integer_value(json_object_get(item, key));
}

void rd_pane_line(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	unsigned attr, const char *text)
{
	int row = 1 + line - v->scroll;

	if (row > 0 && row < a->rows)
		rd_grid_text(g, a->row + row, a->col + 1, a->cols - 1, attr, text);
}

const json_t *rd_pane_facts(const struct rd_view *v, const char *name, bool any)
{
	const json_t *list = json_object_get(v->facts, name);

	if (!any && (uint64_t)rd_pane_number(v->facts, "walk") != v->walk)
		return NULL;
	return json_is_array(list) ? list : NULL;
}

void rd_pane_unknown(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const char *of_files)
{
	const char *error = rd_pane_text(v->facts, "error");
	char text[256];

	snprintf(text, sizeof(text), "%-*.*s", a->cols - 1, (int)sizeof(text) - 1,
		!v->live		 ? of_files
			: *error != '\0' ? error
					 : "the daemon is asked");
	if (line - v->scroll > a->rows - 2 && v->scroll == 0)
		line = a->rows - 2; // in sight, whatever else there is to say
	rd_pane_line(v, g, a, line, *error != '\0' ? RD_ATTR_RED : RD_ATTR_DIM, text);
}

const char *rd_wk_guarded(const struct rd_wk *w, const char **dir)
{
	for (unsigned i = 0; i < w->n; i++) {
		const struct rd_wk_hop *h = &w->hop[i];
		unsigned at = h->stage->kind == RD_STAGE_KIND_DROP ? h->facts.prev : h->stage->id;

		if (at != RD_STAGE_DFW_IN && at != RD_STAGE_DFW_OUT)
			continue;
		if (dir != NULL)
			*dir = at == RD_STAGE_DFW_IN ? "in" : "out";
		return h->port;
	}
	return "";
}

// The guest's own port, where the packet came to it: that of the DPU's tier has no device, and nothing is to be seen at its edge. A packet
// that did not get so far is copied where its firewall looks at it.
const char *rd_wk_guest(const struct rd_wk *w, const char **stages)
{
	const char *guarded = rd_wk_guarded(w, NULL);

	*stages = "";
	for (unsigned i = 0; i < w->n; i++)
		switch (w->hop[i].stage->id) {
		case RD_STAGE_VNIC_RX:
		case RD_STAGE_VNIC_TX:
		case RD_STAGE_UPT_RX:
		case RD_STAGE_UPT_TX:
			return w->hop[i].port;
		default:
			break;
		}
	if (*guarded == '\0')
		return w->n > 0 ? w->hop[0].port : "";
	*stages = " stage dfw_in,dfw_out";
	return guarded;
}

static void flow_row(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const json_t *f)
{
	const json_t *actions = json_object_get(f, "actions");
	char text[512], ends[160];
	size_t len = 0;

	snprintf(ends, sizeof(ends), "%s:%lld > %s:%lld", rd_pane_text(f, "src_ip"),
		rd_pane_number(f, "l4_src"), rd_pane_text(f, "dst_ip"),
		rd_pane_number(f, "l4_dst"));
	rd_str_addf(text, sizeof(text), &len, "%-3s %-5lld %-5s %6lld %6lld %-5s %-40s ",
		rd_pane_text(f, "ft"), rd_pane_number(f, "id"), rd_pane_text(f, "host"),
		rd_pane_number(f, "sw_hits"), rd_pane_number(f, "hw_hits"),
		rd_pane_text(f, "verdict"), ends);
	for (size_t i = 0; i < json_array_size(actions); i++)
		rd_str_addf(text, sizeof(text), &len, "%s; ",
			json_string_value(json_array_get(actions, i)));
	if (*rd_pane_text(f, "reason") != '\0')
		rd_str_addf(text, sizeof(text), &len, "%s ", rd_pane_text(f, "reason"));
	rd_str_addf(text, sizeof(text), &len, "rule %lld vni %lld%s", rd_pane_number(f, "rule"),
		rd_pane_number(f, "vni"),
		json_is_true(json_object_get(f, "stale")) ? " (decided again next time)" : "");
	rd_pane_line(v, g, a, line,
		strcmp(rd_pane_text(f, "verdict"), "drop") == 0 ? RD_ATTR_RED : 0, text);
}

// What the walk itself says of the cache: at which hops it was looked up, and the answer.
static int flow_of_walk(
	const struct rd_view *v, const struct rd_wk *w, struct rd_grid *g, const struct rd_area *a)
{
	unsigned before = 0;
	char text[256];
	int line = 0;

	for (unsigned i = 0; i < w->n; i++) {
		const struct rd_wk_hop *h = &w->hop[i];
		int host;

		if (h->flow == before || h->flow == 0)
			continue;
		before = h->flow;
		rd_wk_bare_port(h, &host);
		snprintf(text, sizeof(text), "hop %u %s: %s, entry %u of %.*s", i, h->stage->name,
			h->flow_hit[0] != '\0' ? h->flow_hit : "-", h->flow, host, h->port);
		rd_pane_line(v, g, a, line++, RD_ATTR_BOLD, text);
	}
	if (line == 0)
		rd_pane_line(v, g, a, line++, 0, "this walk met no entry of the flow cache");
	return line;
}

struct seen { // an entry, as the walks of a conversation met it
	uint32_t id, rule, vni;
	int host_len;
	const char *host;
	const struct rd_wk *first;
	unsigned hits, misses;
	bool dropped;
};

enum {
	SEEN = 16 // entries of one conversation; more are not told apart
};

static struct seen *seen_of(
	struct seen *list, unsigned *n, const struct rd_wk *w, const struct rd_wk_hop *h)
{
	int len;
	struct seen *e;

	rd_wk_bare_port(h, &len);
	for (e = list; e < list + *n; e++)
		if (e->id == h->flow && e->host_len == len
			&& strncmp(e->host, h->port, (size_t)len) == 0)
			return e;
	if (*n == SEEN)
		return NULL;
	*e = (struct seen){.id = h->flow, .host = h->port, .host_len = len, .first = w};
	++*n;
	return e;
}

// Each walk counts once for each entry; what the hops behind the lookup tell belongs to the entry.
static void take_walk(struct seen *list, unsigned *n, const struct rd_wk *w)
{
	uint64_t counted = 0; // by place in the list

	for (unsigned i = 0; i < w->n; i++) {
		const struct rd_wk_hop *h = &w->hop[i];
		struct seen *e = h->flow != 0 ? seen_of(list, n, w, h) : NULL;

		if (e == NULL)
			continue;
		if (h->flow_hit[0] != '\0' && !(counted & 1u << (e - list))) {
			e->hits += h->flow_hit[0] == 'h';
			e->misses += h->flow_hit[0] == 'm';
			counted |= 1u << (e - list);
		}
		e->rule = h->rule != 0 ? h->rule : e->rule;
		e->vni = h->vni != 0 ? h->vni : e->vni;
		e->dropped |= h->verdict == RD_WK_DROP;
	}
}

static void seen_row(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a, int line,
	const struct seen *e)
{
	char text[400], ends[160], more[64] = "";
	size_t len = 0;

	rd_wk_title(e->first, ends, sizeof(ends));
	if (e->rule != 0)
		rd_str_addf(more, sizeof(more), &len, " rule %u", e->rule);
	if (e->vni != 0)
		rd_str_addf(more, sizeof(more), &len, " vni %u", e->vni);
	snprintf(text, sizeof(text), "%-3s %-5u %-5.*s %6u %6s %-5s %-40s missed %u%s", "-", e->id,
		e->host_len, e->host, e->hits, "-", e->dropped ? "drop" : "allow", ends, e->misses,
		more);
	rd_pane_line(v, g, a, line, e->dropped ? RD_ATTR_RED : 0, text);
}

// The entries as the walks that are here met them, and how often these walks hit and missed: what a file knows as well.
static int flow_of_walks(const struct rd_view *v, const struct rd_store *s, struct rd_grid *g,
	const struct rd_area *a, int line)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	unsigned hits = 0, misses = 0, walks = 0, n = 0;
	struct seen list[SEEN];
	char text[200];

	for (uint64_t i = s->first; i < s->next; i++) {
		const struct rd_wk *other = rd_store_walk(s, i);
		bool miss = false, hit = false;

		if (other->conn != w->conn)
			continue;
		for (unsigned k = 0; k < other->n; k++) {
			miss |= strcmp(other->hop[k].flow_hit, "miss") == 0;
			hit |= strcmp(other->hop[k].flow_hit, "hit") == 0;
		}
		walks++;
		misses += miss;
		hits += hit && !miss;
		take_walk(list, &n, other);
	}
	for (unsigned i = 0; i < n; i++)
		seen_row(v, g, a, line++, &list[i]);
	snprintf(text, sizeof(text),
		"the walks of this conversation: %u, of which %u missed and %u only hit", walks,
		misses, hits);
	rd_pane_line(v, g, a, line++, 0, text);
	return line;
}

static void flow_of_daemon(const struct rd_view *v, struct rd_grid *g, const struct rd_area *a,
	int line, const json_t *flows)
{
	const json_t *f;
	size_t i;

	rd_pane_line(v, g, a, line++, RD_ATTR_BOLD, "now, as the daemon has it:");
	if (json_array_size(flows) == 0)
		rd_pane_line(v, g, a, line, 0, "no entry: never installed, evicted or aged out");
	json_array_foreach (flows, i, f)
		flow_row(v, g, a, line++, f);
}

void rd_draw_flow(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	const json_t *flows = rd_pane_facts(v, "flows", false);
	int line;

	rd_grid_text(g, a.row, a.col, a.cols, RD_ATTR_BOLD,
		" FT  ID    HOST    HITS HWHITS VERD. CONVERSATION                             ACTIONS");
	if (w == NULL)
		return;
	line = flow_of_walk(v, w, g, &a);
	if (flows == NULL || a.rows >= RD_PANE_ROOMY)
		line = flow_of_walks(v, s, g, &a, line);
	if (flows != NULL)
		flow_of_daemon(v, g, &a, line, flows);
	else
		rd_pane_unknown(v, g, &a, line,
			"not in a file: the entries' actions, all their hits, offload; a live walk asks for them");
}
