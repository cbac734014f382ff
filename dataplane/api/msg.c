/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cuts a byte stream into messages. Used by the daemon's control thread and by clients; the bytes
 * are hostile.
 */
#include "api/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUF_MIN 4096u
#define BUF_KEEP 65536u // an empty reader gives back more than this

// Length of the unfinished line after these bytes, or more than RD_MSG_MAX if any line gets too
// long.
static size_t scan_lines(size_t line_len, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *nl = memchr(bytes, '\n', len);
		size_t part = nl != NULL ? (size_t)(nl - bytes) : len;

		line_len += part;
		if (line_len > RD_MSG_MAX || nl == NULL)
			return line_len;
		line_len = 0;
		bytes += part + 1;
		len -= part + 1;
	}
	return line_len;
}

// Makes room for len more bytes behind the unread ones.
static int make_room(struct rd_msg_reader *r, size_t len)
{
	size_t unread = r->len - r->off, want = unread + len, cap = r->cap > 0 ? r->cap : BUF_MIN;
	char *grown;

	if (r->off > 0) {
		memmove(r->buf, r->buf + r->off, unread);
		r->scanned -= r->off;
		r->len = unread;
		r->off = 0;
	}
	if (want <= r->cap)
		return 0;
	while (cap < want)
		cap *= 2;
	grown = realloc(r->buf, cap);
	if (grown == NULL)
		return -ENOMEM;
	r->buf = grown;
	r->cap = cap;
	return 0;
}

int rd_msg_feed(struct rd_msg_reader *r, const void *bytes, size_t len)
{
	size_t line_len = scan_lines(r->line_len, bytes, len);
	int rc;

	if (len == 0)
		return 0;
	if (line_len > RD_MSG_MAX) {
		r->line_len = line_len; // the stream is out of step: every further call fails, too
		return -EMSGSIZE;
	}
	if (len > r->cap - r->len) {
		rc = make_room(r, len);
		if (rc < 0)
			return rc;
	}
	memcpy(r->buf + r->len, bytes, len);
	r->len += len;
	r->line_len = line_len;
	return 0;
}

static int decode_line(const char *line, size_t len, json_t **msg, struct rd_err *err)
{
	json_error_t je;
	json_t *obj = json_loadb(line, len, JSON_REJECT_DUPLICATES, &je);

	if (obj == NULL)
		return rd_err_set(err, -EBADMSG, "not a JSON object: %s", je.text);
	if (!json_is_object(obj)) {
		json_decref(obj);
		return rd_err_set(err, -EBADMSG, "not a JSON object");
	}
	*msg = obj;
	return 1;
}

static void release_when_empty(struct rd_msg_reader *r)
{
	if (r->off < r->len)
		return;
	r->off = r->len = r->scanned = 0;
	if (r->cap > BUF_KEEP) {
		free(r->buf);
		r->buf = NULL;
		r->cap = 0;
	}
}

int rd_msg_next(struct rd_msg_reader *r, json_t **msg, struct rd_err *err)
{
	const char *line, *nl;
	int rc;

	*msg = NULL;
	if (r->scanned == r->len)
		return 0;
	line = r->buf + r->off;
	nl = memchr(r->buf + r->scanned, '\n', r->len - r->scanned);
	if (nl == NULL) {
		r->scanned = r->len;
		return 0;
	}
	rc = decode_line(line, (size_t)(nl - line), msg, err);
	r->off = (size_t)(nl - r->buf) + 1;
	r->scanned = r->off;
	release_when_empty(r);
	return rc;
}

void rd_msg_reader_free(struct rd_msg_reader *r)
{
	if (r == NULL)
		return;
	free(r->buf);
	*r = (struct rd_msg_reader){0};
}
