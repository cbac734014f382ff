/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Dumps of differences, see walk_bytes.h. Main thread.
 */
#include "walk_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "text.h"
#include "decode/walk_edit.h"

#define PER_LINE 16u

bool pk_walk_diff_wants(const char *which, const struct pk_walk *w, unsigned i)
{
	uint64_t n;

	if (strcmp(which, "all") == 0 || strcmp(which, w->hops[i].r.stage->name) == 0)
		return true;
	return rd_parse_u64(which, 0, UINT16_MAX, &n) == 0 && n == w->hops[i].rec.hop;
}

// " + 0010  00 50 56 ..."
static int put_line(char sign, uint32_t off, const uint8_t *bytes, uint32_t n, struct rd_err *err)
{
	char line[96];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len, "  %c %04x ", sign, off);
	for (uint32_t i = 0; i < n; i++)
		rd_str_addf(line, sizeof(line), &len, " %02x", bytes[i]);
	return pk_text_line(line, len, err);
}

static int put_bytes(
	char sign, uint32_t off, const uint8_t *bytes, uint32_t len, struct rd_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < len && rc == 0; i += PER_LINE)
		rc = put_line(sign, off + i, bytes + off + i,
			len - i < PER_LINE ? len - i : PER_LINE, err);
	return rc;
}

static int put_same(const struct pk_edit *e, struct rd_err *err)
{
	char line[96];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len, "  = %04x  %u B", e->after, e->len);
	if (e->before != e->after)
		rd_str_addf(line, sizeof(line), &len, ", before at %04x", e->before);
	return pk_text_line(line, len, err);
}

static int put_edit(const struct pk_edit *e, const struct pk_frame *before,
	const struct pk_frame *after, struct rd_err *err)
{
	int rc;

	switch (e->kind) {
	case PK_EDIT_SAME:
		return put_same(e, err);
	case PK_EDIT_ADDED:
		return put_bytes('+', e->after, after->bytes, e->len, err);
	case PK_EDIT_REMOVED:
		return put_bytes('-', e->before, before->bytes, e->len, err);
	default: // old, then new
		rc = put_bytes('<', e->before, before->bytes, e->len, err);
		return rc < 0 ? rc : put_bytes('>', e->after, after->bytes, e->len, err);
	}
}

static int put_head(
	const struct pk_walk *w, unsigned i, const struct pk_edits *e, struct rd_err *err)
{
	const struct pk_hop *a = &w->hops[i], *b = &w->hops[i + 1];
	char line[256];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len,
		" diff of hop %u %s to hop %u %s: %u to %u B, %u added, %u removed, %u changed",
		a->rec.hop, a->r.stage->name, b->rec.hop, b->r.stage->name, a->rec.wire_len,
		b->rec.wire_len, e->added, e->removed, e->changed);
	return pk_text_line(line, len, err);
}

int pk_walk_print_bytes(const struct pk_walk *w, unsigned i, struct rd_err *err)
{
	const struct pk_hop *a = &w->hops[i], *b = &w->hops[i + 1];
	struct pk_frame before = {a->bytes, a->rec.cap_len, a->rec.wire_len};
	struct pk_frame after = {b->bytes, b->rec.cap_len, b->rec.wire_len};
	struct pk_edits e;
	int rc;

	pk_walk_edits(&before, &after, &e);
	rc = put_head(w, i, &e, err);
	for (unsigned k = 0; k < e.count && rc == 0; k++)
		rc = put_edit(&e.list[k], &before, &after, err);
	return rc;
}
