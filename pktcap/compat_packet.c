/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap-uw's text of a packet, see compat.h. Main thread.
 */
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "compat.h"
#include "text.h"

#define ROW 16 // bytes in a line of hex

static const char *stage_point(unsigned stage)
{
	const struct rd_stage_desc *s = rd_stage_by_id(stage);

	if (s == NULL)
		return "unknown";
	return s->compat[0] != '\0' ? s->compat : s->name;
}

// Whether a word of --capture is the name of the record's point; then the catalogue's spelling of it.
static const char *asked_point(const char *word, const struct rd_cap_rec *rec)
{
	for (unsigned i = 0; i < pk_named_points_count; i++) {
		const struct pk_named_point *p = &pk_named_points[i];

		if (p->number != 0 && (p->stages >> rec->stage & 1)
			&& strncasecmp(p->name, word, strlen(p->name)) == 0
			&& strchr(",@", word[strlen(p->name)]) != NULL)
			return p->name;
	}
	return NULL;
}

// The name of the point where a record was made: the one that was asked for, or the stage's nearest.
static const char *point_of(const struct pk_opts *o, const struct rd_cap_rec *rec)
{
	for (const char *w = o->capture; w != NULL && *w != '\0';) {
		const char *name = asked_point(w, rec);

		if (name != NULL)
			return name;
		w += strcspn(w, ",");
		w += *w == ',';
	}
	if (o->nb_select > 0 && o->select[0].kind == PK_SELECT_DVFILTER && o->capture == NULL)
		return o->side == PK_SIDE_POST ? "PostDVFilter" : "PreDVFilter";
	return stage_point(rec->stage);
}

// "01:04:51.765509", local time.
static void add_time(char *line, size_t size, size_t *len, uint64_t ns)
{
	char time[PK_TIME_TEXT];

	rd_str_addf(line, size, len, "%.15s", pk_text_time(ns, time));
}

static int print_line(
	const struct pk_rec *r, const char *point, uint64_t number, struct rd_err *err)
{
	const struct rd_cap_rec *rec = r->rec;
	const struct rd_drop_desc *d = rd_drop_by_id(rec->reason);
	const uint8_t *b = r->bytes;
	char line[512];
	size_t len = 0;

	add_time(line, sizeof(line), &len, rec->ns);
	rd_str_addf(line, sizeof(line), &len,
		"[%llu] Captured at %s point, TSO not enabled, Checksum not offloaded and not "
		"verified, ",
		(unsigned long long)number, point);
	if (rec->cap_len >= 16 && rd_be16(b + 12) == 0x8100)
		rd_str_addf(line, sizeof(line), &len, "VLAN tag %u, ", rd_be16(b + 14) & 0xfffu);
	if (rec->cap_len < rec->wire_len)
		rd_str_addf(line, sizeof(line), &len, "capture length %u of %u.", rec->cap_len,
			rec->wire_len);
	else
		rd_str_addf(line, sizeof(line), &len, "length %u.", rec->wire_len);
	if (rec->stage == RD_STAGE_DROP)
		rd_str_addf(line, sizeof(line), &len, " Drop Reason '%s'. Drop Function '%s'.",
			d != NULL ? d->name : "UNKNOWN", pk_stage_name(rec->prev_stage));
	return pk_text_line(line, len, err);
}

static int print_path(const struct pk_walk *w, struct rd_err *err)
{
	int rc = pk_text_line("PATH:", 5, err);

	for (unsigned i = 0; i < w->count && rc == 0; i++) {
		const struct rd_cap_rec *rec = &w->hops[i].rec;
		char line[128];
		size_t len = 0;

		rd_str_addf(line, sizeof(line), &len, "+- [");
		add_time(line, sizeof(line), &len, rec->ns);
		rd_str_addf(line, sizeof(line), &len, "] | %s", stage_point(rec->stage));
		rc = pk_text_line(line, len, err);
	}
	return rc;
}

static int print_bytes(const struct pk_rec *r, struct rd_err *err)
{
	char line[128];
	size_t len = 0;
	int rc;

	rd_str_addf(line, sizeof(line), &len, "Segment[0] ---- %u bytes:", r->rec->cap_len);
	rc = pk_text_line(line, len, err);
	for (uint32_t at = 0; at < r->rec->cap_len && rc == 0; at += ROW) {
		len = 0;
		rd_str_addf(line, sizeof(line), &len, "0x%04x: ", at);
		for (uint32_t i = at; i < at + ROW && i < r->rec->cap_len; i++)
			rd_str_addf(line, sizeof(line), &len, "%s%02x", i % 2 == 0 ? " " : "",
				r->bytes[i]);
		rc = pk_text_line(line, len, err);
	}
	return rc;
}

int pk_compat_packet(
	const struct pk_rec *r, const struct pk_opts *o, uint64_t number, struct rd_err *err)
{
	int rc = print_line(r, point_of(o, r->rec), number, err);

	return rc == 0 ? print_bytes(r, err) : rc;
}

int pk_compat_walk(
	const struct pk_walk *w, const struct pk_opts *o, uint64_t number, struct rd_err *err)
{
	const struct pk_hop *last = &w->hops[w->count - 1];
	struct pk_rec r = last->r;
	int rc;

	(void)o;
	r.rec = &last->rec;
	r.bytes = last->bytes;
	rc = print_line(&r, "PktFree", number, err);
	if (rc == 0)
		rc = print_path(w, err);
	return rc == 0 ? print_bytes(&r, err) : rc;
}
