/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys that move: through lists, hops and panes. Pure.
 */
#include "walk/keys.h"

void rd_view_choose(struct rd_view *v, uint64_t number)
{
	if (number == 0 || number == v->walk)
		return;
	v->walk = number;
	v->hop = 0;
	v->scroll = 0;
	v->found = 0;
}

// In a split the other pane stays; the one that is there already is only the first one then.
void rd_view_go(struct rd_view *v, enum rd_pane pane)
{
	if (pane >= RD_PANES || pane == v->pane)
		return;
	if (v->split && pane == v->beside)
		v->right = !v->right;
	if (!v->split || pane == v->beside)
		v->beside = v->pane;
	v->pane = pane;
	v->scroll = 0;
	v->found = 0;
}

// amount rows down the list, which begins with the newest.
static bool move_walk(struct rd_view *v, struct rd_store *s, int amount)
{
	int step = amount > 0 ? -1 : 1;

	v->follow = false;
	for (int i = 0; i != amount; i -= step) {
		uint64_t next = rd_store_step(s, v->walk + (uint64_t)(int64_t)step, step);

		if (next == 0)
			break;
		rd_view_choose(v, next);
	}
	return true;
}

bool rd_key_hop(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);
	int hop = (int)v->hop + amount;

	if (w != NULL && hop >= 0 && hop < (int)w->n)
		v->hop = (unsigned)hop;
	v->scroll = 0;
	v->found = 0;
	v->playing = false;
	v->follow = false; // the dot stays where the person put it
	return true;
}

void rd_view_move_hop(struct rd_view *v, struct rd_store *s, int amount)
{
	rd_key_hop(v, s, amount);
}

bool rd_key_down(struct rd_view *v, struct rd_store *s, int amount)
{
	if (v->pane == RD_PANE_WALKS)
		return move_walk(v, s, amount);
	if (v->pane == RD_PANE_HOPS)
		return rd_key_hop(v, s, amount);
	if (v->pane == RD_PANE_MIRROR) {
		int last = (int)json_array_size(rd_pane_facts(v, "mirrors", true)) - 1;

		v->pick = v->pick + amount > last ? last : v->pick + amount;
		v->pick = v->pick > 0 ? v->pick : 0;
		return true;
	}
	v->scroll += amount;
	if (v->pane != RD_PANE_LADDER && v->found == 0
		&& v->scroll < 0) // those stand at the dot, or the found
		v->scroll = 0;
	return true;
}

void rd_view_down(struct rd_view *v, struct rd_store *s, int amount)
{
	rd_key_down(v, s, amount);
}

bool rd_key_page(struct rd_view *v, struct rd_store *s, int amount)
{
	return rd_key_down(v, s, amount * (v->page > 1 ? v->page : 10));
}

bool rd_key_half_page(struct rd_view *v, struct rd_store *s, int amount)
{
	return rd_key_down(v, s, amount * (v->page > 3 ? v->page / 2 : 5));
}

bool rd_key_ends(struct rd_view *v, struct rd_store *s, int amount)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	rd_place_here(v);
	if (v->pane == RD_PANE_HOPS && w != NULL)
		v->hop = amount < 0 || w->n == 0 ? 0 : w->n - 1;
	else if (v->pane == RD_PANE_WALKS)
		rd_view_choose(v,
			amount < 0 ? rd_store_step(s, s->next - 1, -1)
				   : rd_store_step(s, s->first, 1));
	v->scroll = 0;
	v->follow = false;
	return true;
}

bool rd_key_next_pane(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	rd_view_go(v, (enum rd_pane)((v->pane + RD_PANES + (unsigned)amount) % RD_PANES));
	return true;
}

void rd_view_open(struct rd_view *v)
{
	v->follow = false;
	if (v->pane == RD_PANE_WALKS)
		rd_view_go(v, RD_PANE_HOPS);
	else if (v->pane == RD_PANE_HOPS)
		rd_view_go(v, RD_PANE_DIFF);
}

bool rd_key_open(struct rd_view *v, struct rd_store *s, int amount)
{
	(void)s;
	(void)amount;
	rd_view_open(v);
	return true;
}

bool rd_key_next_mark(struct rd_view *v, struct rd_store *s, int step)
{
	uint64_t number = rd_store_next_mark(s, v->walk + (uint64_t)(int64_t)step, step);

	if (number == 0) // round the end
		number = rd_store_next_mark(s, step < 0 ? s->next - 1 : s->first, step);
	v->follow = false;
	if (number == 0)
		snprintf(v->notice, sizeof(v->notice), "no walk is marked: space marks one");
	else if (!rd_store_walk(s, number)->shown)
		snprintf(v->notice, sizeof(v->notice), "the marked walk %llu does not fit: %s",
			(unsigned long long)number, v->filter);
	else
		rd_view_choose(v, number);
	return true;
}
