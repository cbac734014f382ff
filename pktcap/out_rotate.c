/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files that follow each other, and how much of the disk they may take: an output that gives its records to one file after
 * another, whose format is its own business. Main thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "disk.h"
#include "manifest.h"
#include "names.h"
#include "out_rotate.h"

#define RECORD_MAX 4096u // what a format adds to a record, and the statistics at a file's end

struct kept { // a file of this run
	char *path;
	uint64_t bytes;
	bool removed; // its name stays used
};

struct rotate_out {
	struct pk_out out;
	struct pk_opts opts; // with the present file's name
	pk_out_make_fn make;
	struct pk_out *file; // NULL: the next record opens one
	struct pk_names names;
	char path[PK_NAME_MAX];
	char dir[PK_NAME_MAX]; // that it is in
	struct kept *kept;
	size_t nb_kept;
	uint64_t start_ns, slot; // monotonic; number of the -G period that the file is of
	uint64_t closed_written, closed_bytes; // of complete files that are there
	uint64_t lost; // told by records so far
	struct pk_manifest_entry entry;
	struct pk_manifest manifest;
	struct pk_disk disk;
};

static struct rotate_out *self(struct pk_out *out)
{
	return (struct rotate_out *)out;
}

static bool is_used(void *arg, const char *name)
{
	const struct rotate_out *r = arg;

	for (size_t i = 0; i < r->nb_kept; i++)
		if (strcmp(r->kept[i].path, name) == 0)
			return true;
	return false;
}

static int forget(struct rotate_out *r, struct kept *k, const char *why, struct rd_err *err)
{
	r->closed_bytes -= k->bytes;
	k->removed = true;
	return pk_manifest_removed(&r->manifest, k->path, why, err);
}

static int keep(struct rotate_out *r, struct rd_err *err)
{
	struct kept *list = realloc(r->kept, (r->nb_kept + 1) * sizeof(*list));
	char *path = strdup(r->path);

	if (list != NULL)
		r->kept = list;
	if (list == NULL || path == NULL) {
		free(path);
		return rd_err_set(err, -ENOMEM, "no memory for a file's name");
	}
	list[r->nb_kept++] = (struct kept){.path = path};
	return 0;
}

static struct kept *oldest(struct rotate_out *r)
{
	for (size_t i = 0; i < r->nb_kept; i++)
		if (!r->kept[i].removed && (r->file == NULL || i + 1 < r->nb_kept))
			return &r->kept[i];
	return NULL;
}

static size_t nb_there(const struct rotate_out *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nb_kept; i++)
		n += !r->kept[i].removed;
	return n;
}

// The names of -W without -G come again: the file of that name gives way, and its place in the list is the new one's.
static int overwrite(struct rotate_out *r, struct rd_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->nb_kept; i++) {
		if (strcmp(r->kept[i].path, r->path) != 0)
			continue;
		if (!r->kept[i].removed)
			rc = forget(r, &r->kept[i], "files", err);
		free(r->kept[i].path);
		memmove(&r->kept[i], &r->kept[i + 1], (--r->nb_kept - i) * sizeof(r->kept[0]));
		break;
	}
	return rc;
}

static int remove_oldest(struct rotate_out *r, const char *why, struct rd_err *err)
{
	struct kept *k = oldest(r);

	if (k == NULL)
		return -ENOENT;
	if (unlink(k->path) < 0 && errno != ENOENT)
		return rd_err_set(err, -errno, "can't remove %s: %s", k->path, strerror(errno));
	return forget(r, k, why, err);
}

static uint64_t slot_now(const struct rotate_out *r)
{
	return r->opts.rotate.seconds == 0
		? 0
		: (rd_monotonic_ns() - r->start_ns) / 1000000000 / r->opts.rotate.seconds;
}

static int open_next(struct rotate_out *r, struct rd_err *err)
{
	char *slash;
	int rc = pk_names_next(&r->names, time(NULL), r->path, sizeof(r->path));

	if (rc < 0)
		return rd_err_set(err, rc, "can't make a file's name of %s", r->names.pattern);
	rc = overwrite(r, err);
	while (rc == 0 && r->opts.rotate.files != 0 && nb_there(r) >= r->opts.rotate.files)
		rc = remove_oldest(r, "files", err);
	if (rc == 0)
		rc = keep(r, err);
	if (rc < 0)
		return rc;
	r->opts.outfile = r->path;
	rd_str_copy(r->dir, sizeof(r->dir), r->path);
	slash = strrchr(r->dir, '/');
	rd_str_copy(slash == NULL ? r->dir : slash + 1, 3, ".");
	r->slot = slot_now(r);
	r->entry = (struct pk_manifest_entry){.file = r->path, .number = r->names.made};
	r->file = r->make(&r->opts, err);
	return r->file == NULL ? err->code : 0;
}

static int close_file(struct rotate_out *r, const struct rd_capring_reader *totals, const char *why,
	struct rd_err *err)
{
	struct pk_out *file = r->file;
	int rc = file->ops->finish(file, totals, err), rc2;

	r->entry.packets = file->written;
	r->entry.bytes = file->bytes;
	r->entry.why = rc < 0 ? "error" : why;
	r->closed_written += file->written;
	r->closed_bytes += file->bytes;
	r->kept[r->nb_kept - 1].bytes = file->bytes;
	r->file = NULL;
	file->ops->free(file);
	rc2 = pk_rotates(&r->opts.rotate) ? pk_manifest_add(&r->manifest, &r->entry, err) : 0;
	return rc < 0 ? rc : rc2;
}

// Why the present file is to be closed, NULL if it is not.
static const char *is_due(const struct rotate_out *r)
{
	if (r->opts.rotate.size != 0 && r->file->bytes >= r->opts.rotate.size)
		return "size";
	return r->opts.rotate.seconds != 0 && slot_now(r) != r->slot ? "time" : NULL;
}

// Room for the record: with -W the oldest files make it, else the capture ends before the disk is full.
static int make_room(struct rotate_out *r, uint64_t more, struct rd_err *err)
{
	const struct pk_rotate_opts *o = &r->opts.rotate;
	const char *limit;
	int rc = 0;

	while ((o->min_free != 0 || o->max_total != 0)
		&& (limit = pk_disk_limit(&r->disk, r->dir,
			    r->closed_bytes + (r->file != NULL ? r->file->bytes : 0),
			    more + RECORD_MAX, r->names.pattern))
			!= NULL) {
		if (o->files != 0)
			rc = remove_oldest(
				r, strcmp(limit, "--min-free") == 0 ? "free" : "total", err);
		if (o->files == 0 || rc == -ENOENT) {
			rd_err_set(err, -EDQUOT, "%s ends before the disk is full: %s", r->path,
				limit);
			rd_err_hint(err, "more room, or -W N -C SIZE: the oldest files give way");
			return -EDQUOT;
		}
		if (rc < 0)
			return rc;
		fprintf(stderr, "pktcap: %s: the oldest file was removed\n", limit);
		pk_disk_look_again(&r->disk);
	}
	return 0;
}

static void count(struct rotate_out *r, const struct rd_cap_rec *rec)
{
	if (r->entry.first_ns == 0)
		r->entry.first_ns = rec->ns;
	r->entry.last_ns = rec->ns;
	r->entry.lost += rec->lost;
	r->lost += rec->lost;
}

static void sum(struct rotate_out *r)
{
	r->out.written = r->closed_written + (r->file != NULL ? r->file->written : 0);
	r->out.bytes = r->closed_bytes + (r->file != NULL ? r->file->bytes : 0);
}

static int record(struct pk_out *out, const struct pk_rec *rec, struct rd_err *err)
{
	struct rotate_out *r = self(out);
	const char *why = r->file != NULL && r->entry.first_ns != 0 ? is_due(r) : NULL;
	int rc = why != NULL ? close_file(r, NULL, why, err) : 0;

	if (rc == 0)
		rc = make_room(r, rec->rec->cap_len, err);
	if (rc == 0 && r->file == NULL)
		rc = open_next(r, err);
	if (rc == 0) {
		count(r, rec->rec);
		rc = r->file->ops->record(r->file, rec, err);
	}
	sum(r);
	return rc;
}

static int flush(struct pk_out *out, struct rd_err *err)
{
	struct rotate_out *r = self(out);
	int rc = 0;

	if (r->file != NULL)
		rc = r->file->ops->flush(r->file, err);
	if (rc == 0 && r->file != NULL && r->entry.first_ns != 0 && is_due(r) != NULL)
		rc = close_file(r, NULL, is_due(r), err);
	sum(r);
	return rc;
}

// What was lost after the last record is in no record: the last file has it.
static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	struct rotate_out *r = self(out);
	uint64_t lost = rd_capring_sum(totals).lost;
	int rc = 0;

	if (r->file != NULL) {
		if (lost > r->lost)
			r->entry.lost += lost - r->lost;
		// The daemon's totals are the session's: one file's only if there is one.
		rc = close_file(r, r->names.made == 1 ? totals : NULL, "end", err);
	}
	pk_manifest_close(&r->manifest);
	sum(r);
	return rc;
}

static void rotate_free(struct pk_out *out)
{
	struct rotate_out *r = self(out);

	if (r->file != NULL)
		r->file->ops->free(r->file);
	for (size_t i = 0; i < r->nb_kept; i++)
		free(r->kept[i].path);
	free(r->kept);
	pk_manifest_close(&r->manifest);
	free(r);
}

static const struct pk_out_ops ops = {record, flush, finish, rotate_free};

struct pk_out *pk_out_rotate_new(const struct pk_opts *o, pk_out_make_fn make,
	struct rd_client *client, json_int_t session, struct rd_err *err)
{
	struct rotate_out *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	r->out.ops = &ops;
	r->opts = *o;
	r->make = make;
	r->names = (struct pk_names){
		.pattern = o->outfile, .opts = &r->opts.rotate, .is_used = is_used, .arg = r};
	r->disk = (struct pk_disk){.opts = &r->opts.rotate, .client = client, .session = session};
	r->start_ns = rd_monotonic_ns();
	r->manifest.fd = -1;
	if (open_next(r, err) < 0
		|| (pk_rotates(&o->rotate) && pk_manifest_open(&r->manifest, r->path, err) < 0)) {
		rotate_free(&r->out);
		return NULL;
	}
	return &r->out;
}
