/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Edit scripts, see walk_edit.h. Main thread.
 */
#include "decode/walk_edit.h"

#include <stdbool.h>
#include <string.h>

#include "base/pkt.h"

#define TAG_OFF 12u
#define TAG_LEN 4u

static uint32_t *counter(struct pk_edits *e, enum pk_edit_kind kind)
{
	switch (kind) {
	case PK_EDIT_ADDED:
		return &e->added;
	case PK_EDIT_REMOVED:
		return &e->removed;
	default:
		return &e->changed;
	}
}

static void add(
	struct pk_edits *e, enum pk_edit_kind kind, uint32_t before, uint32_t after, uint32_t len)
{
	if (len == 0 || e->count == PK_EDITS_MAX)
		return;
	e->list[e->count++] = (struct pk_edit){kind, before, after, len};
	if (kind != PK_EDIT_SAME)
		*counter(e, kind) += len;
}

struct pair { // what is compared: the same number of bytes of both
	const uint8_t *a, *b;
	uint32_t a_off, b_off; // where they start in their frames
	uint32_t len;
};

// The run of bytes from `from` on that are all equal or all different.
static uint32_t run_len(const struct pair *p, uint32_t from, bool same)
{
	uint32_t at = from;

	while (at < p->len && (p->a[at] == p->b[at]) == same)
		at++;
	return at - from;
}

static void compare(struct pk_edits *e, const struct pair *p)
{
	uint32_t at = 0;

	while (at < p->len) {
		bool same = p->a[at] == p->b[at];
		bool last = e->count + 2 >= PK_EDITS_MAX; // the rest is one change
		uint32_t n = last ? p->len - at : run_len(p, at, same);

		add(e, same && !last ? PK_EDIT_SAME : PK_EDIT_CHANGED, p->a_off + at, p->b_off + at,
			n);
		at += n;
	}
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

// Frames from these offsets on, which are as long as each other on the wire.
static void compare_from(struct pk_edits *e, const struct pk_frame *x, uint32_t x_off,
	const struct pk_frame *y, uint32_t y_off)
{
	compare(e,
		&(struct pair){x->bytes + x_off, y->bytes + y_off, x_off, y_off,
			least(x->cap_len - x_off, y->cap_len - y_off)});
}

// Nothing is known but what both have at the beginning and at the end; cut frames have no common end.
static void compare_ends(struct pk_edits *e, const struct pk_frame *x, uint32_t x_off,
	const struct pk_frame *y, uint32_t y_off)
{
	const uint8_t *a = x->bytes + x_off, *b = y->bytes + y_off;
	uint32_t xl = x->cap_len - x_off, yl = y->cap_len - y_off, len = least(xl, yl);
	bool whole = x->cap_len == x->wire_len && y->cap_len == y->wire_len;
	uint32_t head = 0, tail = 0;

	while (head < len && a[head] == b[head])
		head++;
	while (whole && tail < len - head && a[xl - 1 - tail] == b[yl - 1 - tail])
		tail++;
	add(e, PK_EDIT_SAME, x_off, y_off, head);
	add(e, PK_EDIT_REMOVED, x_off + head, y_off + head, xl - head - tail);
	add(e, PK_EDIT_ADDED, x_off + xl - tail, y_off + head, yl - head - tail);
	add(e, PK_EDIT_SAME, x_off + xl - tail, y_off + yl - tail, tail);
}

static void compare_rest(struct pk_edits *e, const struct pk_frame *x, uint32_t x_off,
	const struct pk_frame *y, uint32_t y_off)
{
	if (x->wire_len - x_off == y->wire_len - y_off)
		compare_from(e, x, x_off, y, y_off);
	else
		compare_ends(e, x, x_off, y, y_off);
}

// One tag more in `big`?
static bool is_tagged(const struct pk_frame *small, const struct pk_frame *big)
{
	return big->wire_len == small->wire_len + TAG_LEN && small->cap_len >= RD_ETH_LEN
		&& big->cap_len >= RD_ETH_LEN + TAG_LEN
		&& memcmp(small->bytes, big->bytes, TAG_OFF) == 0
		&& memcmp(small->bytes + TAG_OFF, big->bytes + TAG_OFF + TAG_LEN, 2) == 0;
}

void pk_walk_edits(
	const struct pk_frame *before, const struct pk_frame *after, struct pk_edits *out)
{
	uint32_t was = (uint32_t)rd_pkt_inner(
		before->bytes, before->cap_len, before->wire_len, RD_GENEVE_PORT);
	uint32_t is = (uint32_t)rd_pkt_inner(
		after->bytes, after->cap_len, after->wire_len, RD_GENEVE_PORT);

	memset(out, 0, sizeof(*out));
	if (was == 0 && is != 0) {
		add(out, PK_EDIT_ADDED, 0, 0, is);
		compare_rest(out, before, 0, after, is);
	} else if (was != 0 && is == 0) {
		add(out, PK_EDIT_REMOVED, 0, 0, was);
		compare_rest(out, before, was, after, 0);
	} else if (is_tagged(before, after)) {
		add(out, PK_EDIT_SAME, 0, 0, TAG_OFF);
		add(out, PK_EDIT_ADDED, TAG_OFF, TAG_OFF, TAG_LEN);
		compare_from(out, before, TAG_OFF, after, TAG_OFF + TAG_LEN);
	} else if (is_tagged(after, before)) {
		add(out, PK_EDIT_SAME, 0, 0, TAG_OFF);
		add(out, PK_EDIT_REMOVED, TAG_OFF, TAG_OFF, TAG_LEN);
		compare_from(out, before, TAG_OFF + TAG_LEN, after, TAG_OFF);
	} else {
		compare_rest(out, before, 0, after, 0);
	}
}
