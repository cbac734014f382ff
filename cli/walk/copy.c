/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copying to the terminal's clipboard (OSC 52, xterm's control sequences): what is copied, as text that is cleaned before it is
 * encoded, so that neither the terminal nor whoever pastes it gets a packet's raw bytes. Pure; tui.c writes it.
 */
#include "walk/view.h"

#include "base/str.h"
#include "engine/clean.h"
#include "walk/words.h"

#include <inttypes.h>
#include <string.h>

static void put_hop(const struct rd_wk *w, unsigned hop, char *buf, size_t size)
{
	const struct rd_wk_hop *h = &w->hop[hop];
	char where[128], detail[160];
	size_t len = 0;

	rd_wk_where(h, where, sizeof(where));
	rd_wk_detail(w, hop, detail, sizeof(detail));
	rd_str_addf(buf, size, &len, "packet %" PRIu64 " hop %u %s %.3f us %u B %s %s",
		w->packet_id, hop, where, (double)rd_wk_since(w, 0, hop) / 1000, h->len,
		rd_wk_observed(w, hop), detail);
}

static void put_bytes(const struct rd_wk_hop *h, char *buf, size_t size)
{
	size_t len = 0;

	for (uint32_t i = 0; i < h->caplen && len + 4 < size; i++)
		rd_str_addf(buf, size, &len, "%s%02x", i > 0 ? " " : "", h->bytes[i]);
}

static int about(const struct rd_view *v)
{
	switch (v->pane) {
	case RD_PANE_WALKS:
		return 'i';
	case RD_PANE_HEX:
		return 'b';
	default:
		return 'h';
	}
}

// NULL: done, else why there is nothing.
static const char *put(
	const struct rd_view *v, const struct rd_store *s, int what, char *buf, size_t size)
{
	const struct rd_wk *w = rd_store_walk(s, v->walk);

	if (what == 'f') {
		snprintf(buf, size, "%s", v->filter[0] != '\0' ? v->filter : v->capture);
		return buf[0] != '\0' ? NULL : "no filter is in force";
	}
	if (w == NULL || v->hop >= w->n)
		return "no walk is chosen";
	if (what == 'i') {
		snprintf(buf, size, "%" PRIu64, w->packet_id);
	} else if (what == 'h') {
		put_hop(w, v->hop, buf, size);
	} else if (what == 'b') {
		if (w->hop[v->hop].caplen == 0)
			return "the record has no bytes";
		put_bytes(&w->hop[v->hop], buf, size);
	} else {
		return "y is followed by i, f, h, b or y";
	}
	return NULL;
}

bool rd_copy(struct rd_view *v, const struct rd_store *s, int what)
{
	char text[RD_COPY_TEXT] = "";
	const char *why = put(v, s, what == 'y' ? about(v) : what, text, sizeof(text));

	if (why != NULL) {
		snprintf(v->notice, sizeof(v->notice), "%s", why);
		return false;
	}
	rd_clean(text, strlen(text), sizeof(v->copy), v->copy, sizeof(v->copy));
	v->want |= RD_WANT_COPY;
	snprintf(v->notice, sizeof(v->notice), "copied: %.200s", v->copy);
	return true;
}

size_t rd_copy_sequence(const char *text, char out[RD_COPY_SEQUENCE])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strnlen(text, RD_COPY_TEXT - 1), at = 0;
	const uint8_t *t = (const uint8_t *)text;

	memcpy(out, "\033]52;c;", 7);
	at = 7;
	for (size_t i = 0; i < len; i += 3) { // RFC 4648, section 4
		unsigned n = len - i < 3 ? (unsigned)(len - i) : 3;
		uint32_t bits = (uint32_t)t[i] << 16 | (n > 1 ? (uint32_t)t[i + 1] << 8 : 0)
			| (n > 2 ? t[i + 2] : 0);

		for (unsigned k = 0; k < 4; k++)
			out[at++] = k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=';
	}
	out[at++] = '\a';
	out[at] = '\0';
	return at;
}
