/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Limits of the disk, see disk.h. Main thread.
 */
#include "disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"

#define LOOK_BYTES (64u << 10) // look at the file system after so many, or
#define LOOK_NS 100000000u // so long: others write, too
#define TELL_NS 1000000000u // tell the others how much we have; sooner after
#define TELL_PART 64 // such a part of the limit
#define BUFFERED (512u << 10) // what pk_file may hold back, twice

static bool is_stale(uint64_t now, uint64_t then, uint64_t ns, uint64_t more, uint64_t bytes)
{
	return then == 0 || now - then >= ns || more >= bytes;
}

static void look(struct pk_disk *d, const char *path, uint64_t mine, uint64_t now)
{
	struct statvfs v;

	if (!is_stale(now, d->looked_ns, LOOK_NS, mine - d->looked_bytes, LOOK_BYTES))
		return;
	d->looked_ns = now;
	d->looked_bytes = mine;
	if (statvfs(path, &v) == 0)
		d->free = (uint64_t)v.f_bavail * v.f_frsize;
}

// Our files to the daemon; the sum of all to us.
static void tell(struct pk_disk *d, const char *path, uint64_t mine, uint64_t now, const char *file)
{
	struct stat st;
	json_t *result = NULL;
	struct rd_err ignored = {0};

	if (d->client == NULL
		|| !is_stale(now, d->told_ns, TELL_NS, mine - d->told_bytes,
			d->opts->max_total / TELL_PART))
		return;
	d->told_ns = now;
	d->told_bytes = mine;
	if (stat(path, &st) < 0)
		return;
	if (rd_client_call(d->client, "capture.note",
		    json_pack("{s:I,s:I,s:I,s:s}", "session", d->session, "device",
			    (json_int_t)st.st_dev, "bytes", (json_int_t)mine, "file", file),
		    NULL, NULL, &result, &ignored)
		== 0)
		d->others = (uint64_t)json_integer_value(json_object_get(result, "others"));
	json_decref(result);
}

const char *pk_disk_limit(
	struct pk_disk *d, const char *path, uint64_t mine, uint64_t more, const char *file)
{
	uint64_t now = rd_monotonic_ns();

	if (d->opts->min_free != 0) {
		look(d, path, mine, now);
		if (d->free < d->opts->min_free + BUFFERED + LOOK_BYTES + more)
			return "--min-free";
	}
	if (d->opts->max_total != 0) {
		tell(d, path, mine, now, file);
		if (mine + more + d->others > d->opts->max_total)
			return "--max-total";
	}
	return NULL;
}

void pk_disk_look_again(struct pk_disk *d)
{
	d->looked_ns = d->told_ns = 0;
}
