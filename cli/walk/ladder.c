/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The steps of a conversation, see ladder.h.
 */
#include "walk/ladder.h"

#include "walk/words.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct talk {
	const struct rd_wk *w[RD_LADDER_WALKS];
	struct rd_wk_tuple tuple[RD_LADDER_WALKS];
	unsigned n;
};

// The chosen walk and the nearest others of its connection, in their order.
static void find_walks(struct talk *t, const struct rd_store *s, uint64_t chosen)
{
	const struct rd_wk *w = rd_store_walk(s, chosen);
	uint64_t from = chosen, n;
	unsigned before = 0;

	for (n = chosen; w->conn != 0 && n >= s->first && before < RD_LADDER_WALKS / 2; n--)
		if (rd_store_walk(s, n)->conn == w->conn) {
			from = n;
			before++;
		}
	for (n = from; n < s->next && t->n < RD_LADDER_WALKS; n++) {
		const struct rd_wk *other = rd_store_walk(s, n);

		if (other != w && (w->conn == 0 || other->conn != w->conn))
			continue;
		rd_wk_tuple(other, &t->tuple[t->n]);
		t->w[t->n++] = other;
	}
}

static bool is_retransmit(const struct talk *t, unsigned i)
{
	const struct rd_wk_tuple *x = &t->tuple[i];

	if (x->proto != IPPROTO_TCP || !x->ports || (x->payload == 0 && !(x->tcp_flags & 3)))
		return false;
	for (unsigned k = 0; k < i; k++)
		if (t->tuple[k].seq == x->seq && t->tuple[k].payload == x->payload
			&& ((t->tuple[k].tcp_flags ^ x->tcp_flags) & 3) == 0
			&& rd_wk_same_way(x, &t->tuple[k], false))
			return true;
	return false;
}

// What stands above the column of a hop; NULL when the hop has none.
static const char *name_of(const struct rd_wk_hop *h, bool ports)
{
	int host;

	if (rd_wk_is_port(h))
		return rd_wk_bare_port(h, &host);
	if (ports)
		return NULL;
	switch (h->stage->id) {
	case RD_STAGE_TUNNEL_DECAP:
		return "decap";
	case RD_STAGE_TUNNEL_ENCAP:
		return "encap";
	case RD_STAGE_FLOW_LOOKUP:
		return "flow$";
	case RD_STAGE_DFW_IN:
	case RD_STAGE_DFW_OUT:
		return "dfw";
	case RD_STAGE_PUNT:
		return "punt";
	case RD_STAGE_ROUTE:
		return "router";
	default:
		return NULL;
	}
}

// The hop's column: the one that it has, or a new one beside the step before. -1: no room for it.
static int column(
	struct rd_ladder *l, const struct rd_wk_hop *h, const char *name, int beside, bool turned)
{
	char key[64];
	int host, at;

	rd_wk_bare_port(h, &host);
	snprintf(key, sizeof(key), "%.*s/%s", host, h->port, name);
	for (unsigned i = 0; i < l->cols; i++)
		if (strcmp(l->col[i], key) == 0)
			return (int)i;
	if (l->cols == RD_LADDER_COLS)
		return -1;
	at = beside < 0 ? (int)l->cols : turned ? beside : beside + 1;
	memmove(l->col[at + 1], l->col[at], (l->cols - (unsigned)at) * sizeof(l->col[0]));
	snprintf(l->col[at], sizeof(l->col[at]), "%s", key);
	l->cols++;
	for (unsigned i = 0; i < l->steps; i++) { // those that stood right of it
		l->step[i].from += l->step[i].from >= at;
		l->step[i].to += l->step[i].to >= at;
	}
	return at;
}

static void add_walk(struct rd_ladder *l, const struct talk *t, unsigned i, bool ports)
{
	const struct rd_wk *w = t->w[i];
	bool turned = i > 0 && rd_wk_same_way(&t->tuple[0], &t->tuple[i], true)
		&& !rd_wk_same_way(&t->tuple[0], &t->tuple[i], false);
	bool again = is_retransmit(t, i);
	unsigned begin = l->steps;

	l->retransmits += again;
	for (unsigned h = 0; h < w->n; h++) {
		const char *name = name_of(&w->hop[h], ports);
		bool drop = w->hop[h].verdict == RD_WK_DROP, first = l->steps == begin;
		int last = first ? -1 : l->step[l->steps - 1].to, to;

		if (name == NULL && !drop)
			continue;
		to = drop && !first
			? last
			: column(l, &w->hop[h], name != NULL ? name : "drop", last, turned);
		if (to < 0)
			continue;
		last = first ? -1 : l->step[l->steps - 1].to; // a new column may have moved it
		l->step[l->steps++] = (struct rd_ladder_step){w, h, last, to, first, turned, again};
	}
}

static int by_time(const void *a, const void *b)
{
	const struct rd_ladder_step *x = a, *y = b;
	uint64_t p = x->w->hop[x->hop].ns, q = y->w->hop[y->hop].ns;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->w != y->w)
		return x->w->number < y->w->number ? -1 : 1;
	return x->hop < y->hop ? -1 : 1;
}

// The first walk, the first one back, and what lay between them.
static void set_times(struct rd_ladder *l, const struct talk *t)
{
	const struct rd_wk *there = t->w[0], *back = NULL;

	for (unsigned i = 1; i < t->n && back == NULL; i++)
		if (rd_wk_same_way(&t->tuple[0], &t->tuple[i], true))
			back = t->w[i];
	l->there_ns = rd_wk_since(there, 0, there->n - 1);
	if (back == NULL)
		return;
	l->back_ns = rd_wk_since(back, 0, back->n - 1);
	if (back->hop[0].ns > there->hop[there->n - 1].ns)
		l->between_ns = back->hop[0].ns - there->hop[there->n - 1].ns;
}

int rd_ladder_make(struct rd_ladder *l, const struct rd_store *s, uint64_t walk, bool ports)
{
	const struct rd_wk *w = rd_store_walk(s, walk);
	struct talk *t = w != NULL && w->n > 0 ? calloc(1, sizeof(*t)) : NULL;
	size_t hops = 0;

	memset(l, 0, sizeof(*l));
	if (w == NULL || w->n == 0)
		return 0;
	if (t == NULL)
		return -ENOMEM;
	find_walks(t, s, walk);
	for (unsigned i = 0; i < t->n; i++)
		hops += t->w[i]->n;
	l->step = calloc(hops, sizeof(*l->step));
	for (unsigned i = 0; i < t->n && l->step != NULL; i++)
		add_walk(l, t, i, ports);
	if (l->step != NULL)
		qsort(l->step, l->steps, sizeof(*l->step), by_time);
	l->first_ns = l->steps > 0 ? l->step[0].w->hop[l->step[0].hop].ns : 0;
	set_times(l, t);
	free(t);
	return l->step != NULL ? 0 : -ENOMEM;
}

void rd_ladder_free(struct rd_ladder *l)
{
	free(l->step);
	l->step = NULL;
}
