/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cuts a stream into records. Called by stdio when a command has printed; the thread of the command.
 */
#include "engine/lines.h"

#include <string.h>
#include <sys/types.h>

static void deliver(struct rd_lines *l, size_t len)
{
	size_t from = 0;

	if (!(l->flags & RD_RECORD_REST) && len > 0 && *l->text == RD_MARK_HEAD) {
		l->flags |= RD_RECORD_HEAD;
		from = 1;
	}
	l->text[len] = '\0';
	l->each(l->arg, l->text + from, len - from, l->flags);
	l->len = 0;
	l->flags = 0;
}

// The record that waits is complete when what comes next is no note.
void rd_lines_flush(struct rd_lines *l)
{
	if (l->closed)
		return;
	if (l->len > 0 && l->text[l->len - 1] == '\n')
		deliver(l, l->len - 1);
	else if (l->len > 0)
		deliver(l, l->len);
}

static void add(struct rd_lines *l, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t n = RD_RECORD_MAX - l->len < len ? RD_RECORD_MAX - l->len : len;

		memcpy(l->text + l->len, bytes, n);
		l->len += n;
		bytes += n;
		len -= n;
		if (l->len == RD_RECORD_MAX && len > 0) {
			deliver(l, l->len);
			l->flags = RD_RECORD_REST;
		}
	}
}

static ssize_t feed(void *cookie, const char *bytes, size_t len)
{
	struct rd_lines *l = cookie;

	for (size_t done = 0, n; done < len && !l->closed; done += n) {
		const char *end = memchr(bytes + done, '\n', len - done);
		bool whole = l->len > 0 && l->text[l->len - 1] == '\n';

		if (whole && bytes[done] != RD_MARK_NOTE)
			rd_lines_flush(l);
		n = end != NULL ? (size_t)(end + 1 - bytes) - done : len - done;
		add(l, bytes + done, n);
	}
	return l->closed ? 0 : (ssize_t)len; // 0 is an error to stdio
}

static int finish(void *cookie)
{
	rd_lines_flush(cookie);
	return 0;
}

FILE *rd_lines_open(struct rd_lines *l)
{
	const cookie_io_functions_t functions = {.write = feed, .close = finish};

	l->len = 0;
	l->flags = 0;
	return fopencookie(l, "w", functions);
}
