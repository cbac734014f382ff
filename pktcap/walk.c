/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keeps and prints a packet's walk, see walk.h. Main thread.
 */
#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "text.h"
#include "decode/walk_edit.h"

#define WHERE_MIN 20 // columns of the STAGE field, at least

struct pk_walk *pk_walk_new(uint64_t packet_id)
{
	struct pk_walk *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->packet_id = packet_id;
	return w;
}

static int grow(struct pk_walk *w)
{
	unsigned cap = w->cap ? w->cap * 2 : 8;
	struct pk_hop *hops;

	if (w->count < w->cap)
		return 0;
	hops = realloc(w->hops, cap * sizeof(*hops));
	if (hops == NULL)
		return -ENOMEM;
	w->hops = hops;
	w->cap = cap;
	return 0;
}

int pk_walk_add(struct pk_walk *w, const struct pk_rec *r)
{
	struct pk_hop *h;

	w->asked |= r->asked;
	if (w->count == PK_WALK_HOPS) {
		w->left_out++;
		return 0;
	}
	if (grow(w) < 0)
		return -ENOMEM;
	h = &w->hops[w->count];
	h->rec = *r->rec;
	h->r = *r;
	h->r.decap = "";
	h->bytes = malloc(r->rec->cap_len + 1u);
	if (h->bytes == NULL)
		return -ENOMEM;
	memcpy(h->bytes, r->bytes, r->rec->cap_len);
	w->count++;
	w->bytes += sizeof(*h) + r->rec->cap_len;
	return 0;
}

void pk_walk_free(struct pk_walk *w)
{
	if (w == NULL)
		return;
	for (unsigned i = 0; i < w->count; i++)
		free(w->hops[i].bytes);
	free(w->hops);
	free(w);
}

struct pk_rec pk_walk_rec(const struct pk_walk *w, unsigned i)
{
	struct pk_rec r = w->hops[i].r;

	r.rec = &w->hops[i].rec;
	r.bytes = w->hops[i].bytes;
	return r;
}

void pk_walk_packet(const struct pk_walk *w, struct rd_oneline *oneline, char *buf, size_t size)
{
	const struct pk_hop *h = &w->hops[0];
	uint32_t off = h->rec.inner_off < h->rec.cap_len ? h->rec.inner_off : 0;
	char line[RD_ONELINE_MAX];
	char *text;
	size_t len = 0;

	buf[0] = '\0';
	rd_oneline_frame(oneline, h->bytes + off, h->rec.cap_len - off, h->rec.wire_len - off, line,
		sizeof(line));
	text = strstr(line, ": ");
	rd_str_addf(buf, size, &len, "%s", text != NULL ? text + 2 : line);
}

void pk_walk_end(const struct pk_walk *w, char *buf, size_t size)
{
	struct pk_rec rec = pk_walk_rec(w, w->count - 1);
	const struct pk_rec *last = &rec;
	const char *verdict = pk_rec_verdict(last);
	size_t len = 0;

	buf[0] = '\0';
	if (strcmp(verdict, "drop") == 0)
		rd_str_addf(buf, size, &len, "DROPPED %s", pk_reason_name(last->rec->reason));
	else if (strcmp(verdict, "delivered") == 0)
		rd_str_addf(buf, size, &len, "DELIVERED");
	else if (strcmp(verdict, "sent") == 0)
		rd_str_addf(buf, size, &len, "SENT");
	else if (last->rec->stage == RD_STAGE_PUNT)
		rd_str_addf(buf, size, &len, "TO THE SWITCH");
	else
		rd_str_addf(buf, size, &len, "LAST SEEN AT %s", last->stage->name);
}

static const char *port_of(const struct pk_rec *r)
{
	return r->port != NULL ? pk_port_label(r->ports, r->port) : r->stage->name;
}

uint32_t pk_walk_made_rule(const struct pk_rec *first)
{
	return strcmp(pk_rec_maker(first), "firewall") == 0 ? first->rec->rule_id : 0;
}

// " (copy of 7)", " (because of 7)", " (made by rule 1043, because of 7)"
static void put_parent(const struct pk_rec *first, char *buf, size_t size, size_t *len)
{
	if (first->rec->parent_id == 0)
		return;
	rd_str_addf(buf, size, len, " (");
	if (pk_walk_made_rule(first) != 0)
		rd_str_addf(buf, size, len, "made by rule %u, ", first->rec->rule_id);
	else if (strcmp(pk_rec_maker(first), "firewall") == 0)
		rd_str_addf(buf, size, len, "made by a firewall, ");
	rd_str_addf(buf, size, len, "%s %" PRIu64 ")",
		pk_rec_is_made(first) ? "because of" : "copy of", first->rec->parent_id);
}

static int print_head(
	const struct pk_walk *w, struct rd_oneline *oneline, bool form, struct rd_err *err)
{
	struct pk_rec first = pk_walk_rec(w, 0), last = pk_walk_rec(w, w->count - 1);
	char line[RD_ONELINE_MAX + 512], packet[RD_ONELINE_MAX], end[96];
	size_t len = 0;

	pk_walk_packet(w, oneline, packet, sizeof(packet));
	pk_walk_end(w, end, sizeof(end));
	rd_str_addf(line, sizeof(line), &len, "walk %" PRIu64, w->packet_id);
	put_parent(&first, line, sizeof(line), &len);
	rd_str_addf(line, sizeof(line), &len, "  %s -> %s  %s  %s  %.2f us  %u hops",
		port_of(&first), port_of(&last), packet, end,
		(double)(last.rec->ns - first.rec->ns) / 1000.0, w->count);
	if (form && first.rec->match != RD_CAP_MATCH_NONE)
		rd_str_addf(line, sizeof(line), &len, "  matched %s", pk_rec_match(&first));
	return pk_text_line(line, len, err);
}

// What the numbers of the next record say that this stage decided.
static void put_decision(
	const struct pk_rec *r, const struct pk_rec *next, char *buf, size_t size, size_t *len)
{
	switch (r->rec->stage) {
	case RD_STAGE_FLOW_LOOKUP:
		if (next->rec->flags & (RD_CAP_F_HIT | RD_CAP_F_MISS))
			rd_str_addf(buf, size, len, "%s", pk_rec_flow_hit(next));
		if (next->rec->flow_id != 0)
			rd_str_addf(buf, size, len, " entry %u", next->rec->flow_id);
		rd_str_addf(buf, size, len, "%s", *len ? "; " : "");
		break;
	case RD_STAGE_DFW_IN:
	case RD_STAGE_DFW_OUT:
		if (next->rec->stage != RD_STAGE_DROP)
			rd_str_addf(buf, size, len, "allow%s", next->rec->rule_id ? " " : "; ");
		if (next->rec->rule_id != 0)
			rd_str_addf(buf, size, len, "rule %u; ", next->rec->rule_id);
		break;
	case RD_STAGE_TUNNEL_DECAP:
		break; // the removed headers say it all
	default:
		if (r->rec->stage == RD_STAGE_ROUTE && next->rec->stage != RD_STAGE_DROP)
			rd_str_addf(buf, size, len, "routed; ");
		if (r->rec->vni != next->rec->vni && next->rec->vni != 0)
			rd_str_addf(buf, size, len, "segment vni %u; ", next->rec->vni);
	}
	if (next->port != NULL && next->port != r->port && next->rec->stage != RD_STAGE_DROP)
		rd_str_addf(buf, size, len, "to %s; ", port_of(next));
	if (next->rec->stage == RD_STAGE_DROP)
		rd_str_addf(buf, size, len, "dropped; ");
}

// The advice of drops.def, with the port's name where it says PORT.
static void put_hint(const struct pk_rec *r, const char *hint, char *buf, size_t size, size_t *len)
{
	const char *word = strstr(hint, "PORT");

	if (word == NULL || r->port == NULL)
		rd_str_addf(buf, size, len, "\ntry: %s", hint);
	else
		rd_str_addf(buf, size, len, "\ntry: %.*s%s%s", (int)(word - hint), hint,
			r->port->qname, word + 4);
}

// What the last record says by itself.
static void put_last(const struct pk_rec *r, char *buf, size_t size, size_t *len)
{
	const struct rd_drop_desc *d = rd_drop_by_id(r->rec->reason);

	if (r->rec->stage != RD_STAGE_DROP) {
		rd_str_addf(buf, size, len, "-");
		return;
	}
	rd_str_addf(buf, size, len, "%s in %s", pk_reason_name(r->rec->reason),
		pk_stage_name(r->rec->prev_stage));
	if (r->rec->rule_id != 0)
		rd_str_addf(buf, size, len, ", rule %u", r->rec->rule_id);
	if (d != NULL) {
		rd_str_addf(buf, size, len, ": %s", d->meaning);
		put_hint(r, d->hint, buf, size, len);
	}
}

static void put_counts(const struct pk_edits *e, char *buf, size_t size, size_t *len)
{
	if (e->added != 0)
		rd_str_addf(buf, size, len, "  (+%u B)", e->added);
	if (e->removed != 0)
		rd_str_addf(buf, size, len, "  (-%u B)", e->removed);
	if (e->changed != 0)
		rd_str_addf(buf, size, len, "  (%u B changed)", e->changed);
}

static void put_change(const struct pk_walk *w, unsigned i, char *buf, size_t size)
{
	struct pk_rec r = pk_walk_rec(w, i), next;
	struct pk_frame before, after;
	struct pk_edits edits;
	char diff[768];
	size_t len = 0;

	buf[0] = '\0';
	if (i + 1 == w->count) {
		put_last(&r, buf, size, &len);
		return;
	}
	next = pk_walk_rec(w, i + 1);
	if (next.rec->hop > r.rec->hop + 1)
		rd_str_addf(buf, size, &len, "(up to hop %u) ", next.rec->hop);
	put_decision(&r, &next, buf, size, &len);
	before = (struct pk_frame){r.bytes, r.rec->cap_len, r.rec->wire_len};
	after = (struct pk_frame){next.bytes, next.rec->cap_len, next.rec->wire_len};
	rd_str_addf(buf, size, &len, "%s", pk_walk_diff(&before, &after, diff, sizeof(diff)));
	pk_walk_edits(&before, &after, &edits);
	put_counts(&edits, buf, size, &len);
}

// Columns that the longest "stage@port" of the walk needs.
static int where_width(const struct pk_walk *w)
{
	int width = WHERE_MIN;

	for (unsigned i = 0; i < w->count; i++) {
		struct pk_rec r = pk_walk_rec(w, i);
		char where[PK_IFACE_TEXT];
		int n = (int)strlen(pk_rec_where(&r, where, sizeof(where)));

		width = n > width ? n : width;
	}
	return width;
}

static int print_hop(const struct pk_walk *w, unsigned i, int width, struct rd_err *err)
{
	struct pk_rec r = pk_walk_rec(w, i);
	char line[512], where[PK_IFACE_TEXT], change[1024], delta[24] = "-";
	char *rest = change;
	size_t len = 0, dlen = 0;
	int rc = 0;

	put_change(w, i, change, sizeof(change));
	if (i > 0)
		rd_str_addf(
			delta, sizeof(delta), &dlen, "%" PRIu64, r.rec->ns - w->hops[i - 1].rec.ns);
	rd_str_addf(line, sizeof(line), &len, " %3u %-*s %9s %5u  ", r.rec->hop, width,
		pk_rec_where(&r, where, sizeof(where)), delta, r.rec->wire_len);
	while (rc == 0 && rest != NULL) {
		char *part = strsep(&rest, "\n");

		rd_str_addf(line, sizeof(line), &len, "%s", part);
		rc = pk_text_line(line, len, err);
		len = 0;
		rd_str_addf(line, sizeof(line), &len, "%*s", width + 23, "");
	}
	return rc;
}

int pk_walk_print(
	const struct pk_walk *w, struct rd_oneline *oneline, bool form, struct rd_err *err)
{
	int width = where_width(w);
	char line[PK_IFACE_TEXT + 64];
	size_t len = 0;
	int rc;

	if (w->count == 0)
		return 0;
	rc = print_head(w, oneline, form, err);
	rd_str_addf(line, sizeof(line), &len, " HOP %-*s       dNS   LEN  WHAT CHANGED", width,
		"STAGE");
	if (rc == 0)
		rc = pk_text_line(line, len, err);
	for (unsigned i = 0; i < w->count && rc == 0; i++)
		rc = print_hop(w, i, width, err);
	if (rc == 0 && w->left_out != 0) {
		len = 0;
		rd_str_addf(line, sizeof(line), &len, " ... and %u hops more", w->left_out);
		rc = pk_text_line(line, len, err);
	}
	return rc == 0 ? pk_text_line("", 0, err) : rc;
}
