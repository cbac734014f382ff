/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks: the records of one packet id, collected until the packet has been quiet for a moment, then printed
 * as one table. Main thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "compat.h"
#include "out.h"
#include "text.h"
#include "walk.h"

#define QUIET_NS 50000000u // a packet that was not seen for so long has arrived
#define MAX_OPEN 1024 // walks at once; then the oldest is printed as it is

struct walk_out {
	struct pk_out out;
	struct pk_walk *open[MAX_OPEN]; // by begin
	unsigned count;
	const struct pk_opts *opts;
	uint64_t limit; // walks to print, 0 = no limit
	struct rd_oneline *oneline;
};

static struct walk_out *self(struct pk_out *out)
{
	return (struct walk_out *)out;
}

static int print_oldest(struct walk_out *w, struct rd_err *err)
{
	struct pk_walk *walk = w->open[0];
	int rc = 0;

	memmove(w->open, w->open + 1, (w->count - 1) * sizeof(w->open[0]));
	w->count--;
	if (walk->asked && (w->limit == 0 || w->out.walks < w->limit)) {
		w->out.walks++;
		rc = w->opts->style == PK_COMPAT ? pk_compat_walk(walk, w->opts, w->out.walks, err)
						 : pk_walk_print(walk, w->oneline, err);
	}
	pk_walk_free(walk);
	return rc;
}

static struct pk_walk *find(struct walk_out *w, uint64_t packet_id)
{
	for (unsigned i = w->count; i > 0; i--) { // the newest is the likeliest
		if (w->open[i - 1]->packet_id == packet_id)
			return w->open[i - 1];
	}
	return NULL;
}

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	struct walk_out *w = self(out);
	struct pk_walk *walk = find(w, r->rec->packet_id);
	int rc = 0;

	if (walk == NULL) {
		if (w->count == MAX_OPEN)
			rc = print_oldest(w, err);
		walk = pk_walk_new(r->rec->packet_id);
		if (walk == NULL)
			return rd_err_set(err, -ENOMEM, "no memory for a walk");
		w->open[w->count++] = walk;
	}
	walk->seen_ns = rd_monotonic_ns();
	if (rc == 0 && pk_walk_add(walk, r) < 0)
		return rd_err_set(err, -ENOMEM, "no memory for a walk");
	out->written++;
	return rc;
}

static int flush(struct pk_out *out, struct rd_err *err)
{
	struct walk_out *w = self(out);
	uint64_t now = rd_monotonic_ns();
	int rc = 0;

	while (rc == 0 && w->count > 0 && now - w->open[0]->seen_ns >= QUIET_NS)
		rc = print_oldest(w, err);
	return rc == 0 ? pk_text_flush(err) : rc;
}

static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	struct walk_out *w = self(out);
	int rc = 0;

	(void)totals;
	while (rc == 0 && w->count > 0)
		rc = print_oldest(w, err);
	return rc == 0 ? pk_text_flush(err) : rc;
}

static void walk_out_free(struct pk_out *out)
{
	struct walk_out *w = self(out);

	for (unsigned i = 0; i < w->count; i++)
		pk_walk_free(w->open[i]);
	rd_oneline_free(w->oneline);
	free(w);
}

static const struct pk_out_ops ops = {record, flush, finish, walk_out_free};

struct pk_out *pk_out_walk_new(const struct pk_opts *o, struct rd_err *err)
{
	struct walk_out *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->oneline = rd_oneline_new();
	if (w == NULL || w->oneline == NULL) {
		free(w);
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	w->out.ops = &ops;
	w->opts = o;
	w->limit = o->count;
	return &w->out;
}
