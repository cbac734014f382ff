/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Search: the next walk of the list, hop, change or byte that has what the person looks for. Pure; one thread.
 */
#include "walk/panes.h"

#include "base/str.h"
#include "walk/words.h"

#include <ctype.h>
#include <string.h>

// Pairs of hex digits with 0x before or blanks or colons between them are bytes; everything else is text.
unsigned rd_find_bytes(const char *text, uint8_t out[RD_SHOW_TEXT])
{
	const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
	size_t n = RD_SHOW_TEXT;
	bool pairs = digits != text;

	for (const char *p = text;
		!pairs && isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]); p += 3)
		if (p[2] != ' ' && p[2] != ':') {
			pairs = p[2] == '\0' && p > text;
			break;
		}
	if (pairs && rd_parse_hex(digits, out, &n) == 0 && n > 0)
		return (unsigned)n;
	n = strlen(text) < RD_SHOW_TEXT ? strlen(text) : RD_SHOW_TEXT;
	memcpy(out, text, n);
	return (unsigned)n;
}

// The first place of the bytes at or behind from (step 1), or the last at or before it; -1 if there is none.
static int place_of(const struct rd_wk_hop *h, const char *text, int from, int step)
{
	uint8_t want[RD_SHOW_TEXT];
	int n = (int)rd_find_bytes(text, want), last = (int)h->caplen - n;

	from = step < 0 && from > last ? last : from;
	for (; from >= 0 && from <= last; from += step)
		if (memcmp(h->bytes + from, want, (size_t)n) == 0)
			return from;
	return -1;
}

static bool hop_has(const struct rd_view *v, const struct rd_wk *w, unsigned hop)
{
	char text[2048], detail[160];
	size_t len = 0;

	if (v->pane == RD_PANE_DIFF) {
		if (hop == 0)
			return false; // there is nothing before it
		rd_wk_layers(&w->hop[hop - 1], &w->hop[hop], text, sizeof(text));
		if (v->find[0] == '\0')
			return strcmp(text, "unchanged") != 0;
		return strcasestr(text, v->find) != NULL;
	}
	rd_wk_where(&w->hop[hop], text, sizeof(text));
	len = strlen(text);
	rd_wk_detail(w, hop, detail, sizeof(detail));
	rd_str_addf(text, sizeof(text), &len, " %s %s", rd_wk_observed(w, hop), detail);
	return strcasestr(text, v->find) != NULL;
}

// Further on in the chosen hop's bytes; then the hops in their order, round the walk's end.
static bool find_bytes(struct rd_view *v, const struct rd_wk *w, int step)
{
	int at = v->found > 0 ? place_of(&w->hop[v->hop], v->find, v->found - 1 + step, step)
			      : place_of(&w->hop[v->hop], v->find, step > 0 ? 0 : INT32_MAX, step);

	for (unsigned i = 1; at < 0 && i <= w->n; i++) {
		v->hop = (v->hop + w->n + (unsigned)step) % w->n;
		at = place_of(&w->hop[v->hop], v->find, step > 0 ? 0 : INT32_MAX, step);
	}
	v->found = at + 1;
	return at >= 0;
}

static bool find_hop(struct rd_view *v, const struct rd_wk *w, int step)
{
	for (unsigned i = 1; i <= w->n; i++) {
		unsigned hop = (v->hop + w->n + (step > 0 ? i : w->n - i)) % w->n;

		if (!hop_has(v, w, hop))
			continue;
		v->hop = hop;
		return true;
	}
	return false;
}

static bool walk_has(const struct rd_wk *w, const char *find)
{
	char text[256], end[64];
	size_t len;

	rd_wk_title(w, text, sizeof(text));
	rd_wk_end(w, end, sizeof(end));
	len = strlen(text);
	rd_str_addf(text, sizeof(text), &len, " %s", end);
	return strcasestr(text, find) != NULL;
}

// Down the list, which begins with the newest, and round its end.
static bool find_walk(struct rd_view *v, const struct rd_store *s, int step)
{
	uint64_t number = v->walk;

	for (uint64_t i = 0; i < s->shown; i++) {
		number = rd_store_step(s, number - (uint64_t)(int64_t)step, -step);
		if (number == 0)
			number = rd_store_step(s, step > 0 ? s->next - 1 : s->first, -step);
		if (number == 0 || !walk_has(rd_store_walk(s, number), v->find))
			continue;
		rd_view_choose(v, number);
		return true;
	}
	return false;
}

void rd_find_next(struct rd_view *v, const struct rd_store *s, int step)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	bool found;

	if ((v->find[0] == '\0' && v->pane != RD_PANE_DIFF) || w == NULL || w->n == 0) {
		snprintf(v->notice, sizeof(v->notice), "F3 or :find TEXT, then n and N");
		return;
	}
	v->follow = false;
	v->playing = false;
	switch (v->pane) {
	case RD_PANE_WALKS:
		found = find_walk(v, s, step);
		break;
	case RD_PANE_HEX:
		v->scroll = 0;
		found = find_bytes(v, w, step);
		break;
	case RD_PANE_HOPS:
	case RD_PANE_DIFF:
		v->scroll = 0;
		found = find_hop(v, w, step);
		break;
	default:
		snprintf(v->notice, sizeof(v->notice), "panes 1 to 4 can be searched");
		return;
	}
	if (!found)
		snprintf(v->notice, sizeof(v->notice), "not found: %s",
			v->find[0] != '\0' ? v->find : "a change");
}
