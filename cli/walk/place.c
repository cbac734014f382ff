/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Places: a letter keeps a walk with its hop and pane, and leads back to it; '' leads to where the last jump began. Pure; one thread.
 */
#include "walk/view.h"

#include <inttypes.h>
#include <string.h>

static struct rd_place here(const struct rd_view *v)
{
	return (struct rd_place){v->walk, v->hop, (int)v->pane};
}

void rd_place_here(struct rd_view *v)
{
	if (v->walk != 0)
		v->was = here(v);
}

void rd_place_keep(struct rd_view *v, int letter)
{
	if (letter < 'a' || letter > 'z') {
		snprintf(v->notice, sizeof(v->notice), "a place is a letter from a to z");
		return;
	}
	if (v->walk == 0)
		return;
	v->place[letter - 'a'] = here(v);
	snprintf(v->notice, sizeof(v->notice), "place %c: walk %" PRIu64 ", hop %u", letter,
		v->walk, v->hop);
}

static const struct rd_place *place_of(const struct rd_view *v, int letter)
{
	if (letter == '\'')
		return &v->was;
	return letter >= 'a' && letter <= 'z' ? &v->place[letter - 'a'] : NULL;
}

void rd_place_go(struct rd_view *v, const struct rd_store *s, int letter)
{
	const struct rd_place *kept = place_of(v, letter);
	const struct rd_place to = kept != NULL ? *kept : (struct rd_place){0};
	const struct rd_wk *w = rd_store_walk(s, to.walk);

	if (kept == NULL)
		snprintf(v->notice, sizeof(v->notice), "a place is a letter from a to z");
	else if (to.walk == 0 && letter == '\'')
		snprintf(v->notice, sizeof(v->notice), "there was no jump yet");
	else if (to.walk == 0)
		snprintf(v->notice, sizeof(v->notice), "there is no place %c: m%c keeps one",
			letter, letter);
	else if (w == NULL)
		snprintf(v->notice, sizeof(v->notice), "walk %" PRIu64 " is gone", to.walk);
	else if (!w->shown)
		snprintf(v->notice, sizeof(v->notice), "walk %" PRIu64 " does not fit: %.160s",
			to.walk, v->filter);
	if (w == NULL || !w->shown)
		return;
	rd_place_here(v);
	v->follow = false;
	v->playing = false;
	rd_view_go(v, (enum rd_pane)to.pane);
	rd_view_choose(v, to.walk);
	v->hop = to.hop < w->n ? to.hop : 0;
}
