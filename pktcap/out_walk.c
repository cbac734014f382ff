/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks: the records of one packet id, collected until the packet has been quiet for a moment, then printed as one table or
 * object, or counted for the summary. Main thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "compat.h"
#include "out.h"
#include "paths.h"
#include "text.h"
#include "walk_bytes.h"
#include "walk_json.h"
#include "walks.h"

#define QUIET_NS 50000000u // a packet that was not seen for so long has arrived

struct walk_out {
	struct pk_out out;
	const struct pk_opts *opts;
	struct pk_walks *walks;
	struct pk_paths *paths; // --summary
	struct pk_out *
		file; // gets the records of the walks that are shown; NULL: it has all records anyway
	struct rd_oneline *oneline;
};

static struct walk_out *self(struct pk_out *out)
{
	return (struct walk_out *)out;
}

static int print_json(struct walk_out *w, const struct pk_walk *walk, struct rd_err *err)
{
	json_t *o = pk_walk_json(walk, w->oneline);
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int rc;

	json_decref(o);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for a walk");
	rc = pk_text_line(line, strlen(line), err);
	free(line);
	return rc;
}

static int print_text(struct walk_out *w, const struct pk_walk *walk, struct rd_err *err)
{
	const char *which = w->opts->diff;
	unsigned dumps = 0;
	int rc;

	if (w->opts->style == PK_COMPAT)
		return pk_compat_walk(walk, w->opts, w->out.walks, err);
	rc = pk_walk_print(walk, w->oneline, w->opts->filter[0] != '\0', err);
	for (unsigned i = 0; which != NULL && i + 1 < walk->count && rc == 0; i++) {
		if (!pk_walk_diff_wants(which, walk, i))
			continue;
		rc = pk_walk_print_bytes(walk, i, err);
		dumps++;
	}
	return rc == 0 && dumps > 0 ? pk_text_line("", 0, err) : rc;
}

static int store(struct walk_out *w, const struct pk_walk *walk, struct rd_err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < walk->count && rc == 0; i++) {
		struct pk_rec r = pk_walk_rec(walk, i);

		rc = w->file->ops->record(w->file, &r, err);
	}
	return rc;
}

static int end_walk(struct walk_out *w, struct pk_walk *walk, struct rd_err *err)
{
	uint64_t limit = w->opts->count;
	int rc = 0;

	if (walk->asked && walk->count > 0 && (limit == 0 || w->out.walks < limit)) {
		w->out.walks++;
		if (w->paths != NULL)
			rc = pk_paths_add(w->paths, walk);
		else
			rc = w->opts->json ? print_json(w, walk, err) : print_text(w, walk, err);
		if (rc == 0 && w->file != NULL)
			rc = store(w, walk, err);
	}
	pk_walk_free(walk);
	return rc == -ENOMEM ? rd_err_set(err, rc, "no memory for a walk") : rc;
}

static int end_those_over(struct walk_out *w, uint64_t now, uint64_t quiet_ns, struct rd_err *err)
{
	struct pk_walk *walk;
	int rc = 0;

	while (rc == 0 && (walk = pk_walks_take_over(w->walks, now, quiet_ns)) != NULL)
		rc = end_walk(w, walk, err);
	return rc;
}

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	struct walk_out *w = self(out);
	uint64_t now = rd_monotonic_ns();

	if (pk_walks_add(w->walks, r, now) < 0)
		return rd_err_set(err, -ENOMEM, "no memory for a walk");
	out->written++;
	// Not those that are only quiet: we may have been slow ourselves.
	return end_those_over(w, now, UINT64_MAX, err);
}

static int flush(struct pk_out *out, struct rd_err *err)
{
	struct walk_out *w = self(out);
	int rc = end_those_over(w, rd_monotonic_ns(), QUIET_NS, err);

	if (rc == 0 && w->file != NULL)
		rc = w->file->ops->flush(w->file, err);
	return rc == 0 ? pk_text_flush(err) : rc;
}

static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	struct walk_out *w = self(out);
	struct pk_walk *walk;
	int rc = 0;

	while (rc == 0 && (walk = pk_walks_take(w->walks)) != NULL)
		rc = end_walk(w, walk, err);
	if (rc == 0 && w->paths != NULL)
		rc = w->opts->json ? pk_paths_print_json(w->paths, err)
				   : pk_paths_print(w->paths, err);
	if (w->file != NULL) {
		int closed = w->file->ops->finish(w->file, totals, err);

		rc = rc == 0 ? closed : rc;
	}
	return rc == 0 ? pk_text_flush(err) : rc;
}

static void walk_out_free(struct pk_out *out)
{
	struct walk_out *w = self(out);

	pk_walks_free(w->walks);
	pk_paths_free(w->paths);
	if (w->file != NULL)
		w->file->ops->free(w->file);
	rd_oneline_free(w->oneline);
	free(w);
}

static const struct pk_out_ops ops = {record, flush, finish, walk_out_free};

struct pk_out *pk_out_walk_new(const struct pk_opts *o, struct pk_out *file, struct rd_err *err)
{
	struct walk_out *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		if (file != NULL)
			file->ops->free(file);
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	w->out.ops = &ops;
	w->opts = o;
	w->file = file;
	w->walks = pk_walks_new();
	w->oneline = rd_oneline_new();
	w->paths = o->summary ? pk_paths_new() : NULL;
	if (w->walks != NULL && w->oneline != NULL && (w->paths != NULL || !o->summary))
		return &w->out;
	walk_out_free(&w->out);
	rd_err_set(err, -ENOMEM, "no memory for the output");
	return NULL;
}
