/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The manifest, see manifest.h. A line is one write, so that a reader never meets half of one. Main thread.
 */
#include "manifest.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

int pk_manifest_open(struct pk_manifest *m, const char *first, struct rd_err *err)
{
	size_t len = 0;

	m->path[0] = '\0';
	rd_str_addf(m->path, sizeof(m->path), &len, "%s.manifest", first);
	m->fd = open(m->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (m->fd < 0)
		return rd_err_set(err, -errno, "can't write %s: %s", m->path, strerror(errno));
	return 0;
}

// Takes the object.
static int put(struct pk_manifest *m, json_t *line, struct rd_err *err)
{
	char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t len = text != NULL ? strlen(text) : 0;
	int rc = 0;

	json_decref(line);
	if (text == NULL)
		return rd_err_set(err, -EINVAL, "a file's name is not UTF-8");
	text[len] = '\n'; // in the place of the NUL
	if (m->fd >= 0 && write(m->fd, text, len + 1) != (ssize_t)len + 1)
		rc = rd_err_set(err, -EIO, "can't write %s: %s", m->path, strerror(errno));
	free(text);
	return rc;
}

int pk_manifest_add(struct pk_manifest *m, const struct pk_manifest_entry *e, struct rd_err *err)
{
	return put(m,
		json_pack("{s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "v", 1, "file", e->file,
			"number", (json_int_t)e->number, "first_ns", (json_int_t)e->first_ns,
			"last_ns", (json_int_t)e->last_ns, "packets", (json_int_t)e->packets,
			"bytes", (json_int_t)e->bytes, "lost", (json_int_t)e->lost, "closed",
			e->why),
		err);
}

int pk_manifest_removed(
	struct pk_manifest *m, const char *file, const char *why, struct rd_err *err)
{
	return put(m, json_pack("{s:i,s:s,s:s}", "v", 1, "file", file, "removed", why), err);
}

void pk_manifest_close(struct pk_manifest *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
