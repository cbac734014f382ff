/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pcapng: one interface per host/stage@port, added when its first packet comes, and the walk's facts with every
 * packet. Main thread.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "file.h"
#include "ifaces.h"
#include "out.h"
#include "schema.h"

struct pcapng_out {
	struct pk_out out;
	struct pk_file file;
	enum pk_meta meta;
	enum pk_comment comment;
	uint32_t snaplen;
	const char *filter;
	unsigned one_in; // as told last: 1 packet in so many is in the file
	struct pk_ifaces ifaces;
};

static struct pcapng_out *self(struct pk_out *out)
{
	return (struct pcapng_out *)out;
}

static size_t block_len(const uint8_t *bytes, bool *packet)
{
	uint32_t head[2];

	memcpy(head, bytes, sizeof(head));
	*packet = head[0] == RD_PCAPNG_EPB;
	return head[1];
}

static int put_iface(struct pcapng_out *p, const struct pk_rec *r)
{
	char name[PK_IFACE_TEXT], text[512];
	struct rd_pcapng_iface i = {.name = name,
		.description = text,
		.filter = p->filter[0] ? p->filter : NULL,
		.snaplen = p->snaplen,
		.link_type = RD_PCAPNG_LINK_ETHERNET};
	size_t len = 0;

	pk_rec_iface(r, name, sizeof(name));
	text[0] = '\0';
	rd_str_addf(text, sizeof(text), &len, "stage=%s", r->stage->name);
	if (r->port != NULL) {
		rd_str_addf(text, sizeof(text), &len, " port=%s port-id=%u type=%s mac=%s",
			r->port->qname, r->port->id, r->port->type, r->port->mac);
		if (strcmp(r->port->used_by, r->port->name) != 0)
			rd_str_addf(text, sizeof(text), &len, " used-by=%s", r->port->used_by);
	}
	rd_str_addf(text, sizeof(text), &len, " snaplen=%u clock=realtime", p->snaplen);
	return rd_pcapng_put_iface(&p->file.buf, &i);
}

// The number of the record's interface, described in the file first if it is new. Negative errno if that fails.
static int find_iface(struct pcapng_out *p, const struct pk_rec *r)
{
	int n = pk_ifaces_find(&p->ifaces, r->rec);

	if (n >= 0)
		return n;
	n = put_iface(p, r);
	return n < 0 ? n : pk_ifaces_add(&p->ifaces, r->rec);
}

// --max-cost: where the file goes from all packets to 1 in N, or to another N.
static void note_thinned(
	struct pcapng_out *p, const struct rd_cap_rec *rec, char *comment, size_t size)
{
	unsigned n = rec->one_in > 1 ? rec->one_in : 1;
	size_t len = strlen(comment);

	if (n == p->one_in || p->comment == PK_COMMENT_NONE)
		return;
	p->one_in = n;
	rd_str_addf(comment, size, &len, "%sfrom here 1 packet in %u is captured (--max-cost)",
		len > 0 ? "; " : "", n);
}

static int put_packet(struct pcapng_out *p, const struct pk_rec *r, uint32_t iface)
{
	const struct rd_cap_rec *rec = r->rec;
	char comment[PK_COMMENT_TEXT], json[PK_JSON_TEXT];
	struct rd_pcapng_packet pkt = {.bytes = r->bytes,
		.ns = rec->ns,
		.iface = iface,
		.cap_len = rec->cap_len,
		.wire_len = rec->wire_len};

	if (p->meta != PK_META_NONE) {
		pkt.has = RD_PCAPNG_HAS_FLAGS | RD_PCAPNG_HAS_PACKETID | RD_PCAPNG_HAS_QUEUE;
		if (rec->lost != 0)
			pkt.has |= RD_PCAPNG_HAS_DROPCOUNT;
		pkt.flags = rec->dir; // the same numbers: 1 in, 2 out
		pkt.packet_id = rec->packet_id;
		pkt.queue = rec->queue;
		pkt.dropcount = rec->lost;
	}
	if (p->meta == PK_META_FULL) {
		pk_rec_comment(r, p->comment, comment, sizeof(comment));
		note_thinned(p, rec, comment, sizeof(comment));
		pkt.comment = comment[0] ? comment : NULL;
		pkt.json = pk_rec_json(r, json, sizeof(json));
	}
	return rd_pcapng_put_packet(&p->file.buf, &pkt);
}

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	struct pcapng_out *p = self(out);
	int iface = find_iface(p, r);
	int rc = iface < 0 ? iface : put_packet(p, r, (uint32_t)iface);

	if (rc < 0)
		return rd_err_set(err, rc, "can't store a packet: %s", strerror(-rc));
	p->ifaces.list[iface].packets++;
	p->ifaces.list[iface].lost += r->rec->lost;
	p->ifaces.list[iface].last_ns = r->rec->ns;
	rc = pk_file_added_packet(&p->file, err);
	out->written = p->file.packets;
	out->bytes = pk_file_len(&p->file);
	return rc;
}

static int flush(struct pk_out *out, struct rd_err *err)
{
	int rc = pk_file_flush(&self(out)->file, err);

	out->written = self(out)->file.packets;
	return rc;
}

static unsigned ifaces_of_stage(const struct pcapng_out *p, uint8_t stage)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < p->ifaces.count; i++)
		n += p->ifaces.list[i].stage == stage;
	return n;
}

// The daemon counts per stage. They are the interface's numbers only if it is the only one of its stage in the file;
// else what we saw has to do, and the stage's are told in words.
static int put_stats(struct pcapng_out *p, uint32_t n, const struct rd_capring_reader *totals)
{
	const struct pk_iface *i = &p->ifaces.list[n];
	struct rd_pcapng_stats s = {.iface = n,
		.start_ns = i->first_ns,
		.end_ns = i->last_ns,
		.received = i->packets + i->lost,
		.dropped = i->lost,
		.accepted = i->packets + i->lost,
		.delivered = i->packets};
	struct rd_capring_stage t;
	char text[200];
	size_t len = 0;

	if (totals == NULL || i->stage >= RD_STAGE_MAX)
		return rd_pcapng_put_stats(&p->file.buf, &s);
	t = rd_capring_totals(totals, i->stage);
	if (ifaces_of_stage(p, i->stage) == 1) {
		s.received = t.seen;
		s.accepted = t.matched;
		s.dropped = t.lost;
	}
	text[0] = '\0';
	rd_str_addf(text, sizeof(text), &len,
		"stage=%s seen=%llu accepted=%llu filtered=%llu lost=%llu", pk_stage_name(i->stage),
		(unsigned long long)t.seen, (unsigned long long)t.matched,
		(unsigned long long)(t.seen - t.matched - t.skipped), (unsigned long long)t.lost);
	if (t.skipped != 0)
		rd_str_addf(
			text, sizeof(text), &len, " skipped=%llu", (unsigned long long)t.skipped);
	s.comment = text;
	return rd_pcapng_put_stats(&p->file.buf, &s);
}

static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	struct pcapng_out *p = self(out);
	int rc = 0;

	for (uint32_t i = 0; i < p->ifaces.count && rc == 0 && !p->file.broken; i++)
		rc = put_stats(p, i, totals);
	if (rc < 0)
		rd_err_set(err, rc, "can't store the statistics: %s", strerror(-rc));
	if (pk_file_close(&p->file, err) < 0 && rc == 0)
		rc = err->code;
	out->written = p->file.packets;
	out->bytes = pk_file_len(&p->file);
	return rc;
}

static void pcapng_free(struct pk_out *out)
{
	pk_file_free(&self(out)->file);
	pk_ifaces_free(&self(out)->ifaces);
	free(out);
}

static const struct pk_out_ops ops = {record, flush, finish, pcapng_free};

// What was asked for, in words: the expression may be long, and is in if_filter whole.
static const char *describe(const struct pk_opts *o, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "snaplen=%u follow=%s", o->snaplen, o->follow ? "yes" : "no");
	if (o->infile != NULL)
		rd_str_addf(buf, size, &len, " from=%s", o->infile);
	if (o->filter != NULL && o->filter[0] != '\0')
		rd_str_addf(buf, size, &len, " filter=%s", o->filter);
	return buf;
}

static int put_section(struct pcapng_out *p, const struct pk_opts *o)
{
	char os[256], comment[512];
	struct rd_pcapng_section s = {.userappl = "pktcap " RD_VERSION " (reddot)",
		.comment = describe(o, comment, sizeof(comment)),
		.json = p->meta == PK_META_FULL ? pk_schema() : NULL};
	struct utsname u;
	size_t len = 0;

	if (uname(&u) == 0) {
		rd_str_addf(os, sizeof(os), &len, "%s %s", u.sysname, u.release);
		s.os = os;
		s.hardware = u.machine;
	}
	return rd_pcapng_put_section(&p->file.buf, &s);
}

struct pk_out *pk_out_pcapng_new(const struct pk_opts *o, struct rd_err *err)
{
	struct pcapng_out *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	p->out.ops = &ops;
	p->one_in = 1;
	p->meta = o->meta == PK_META_AUTO ? PK_META_FULL : o->meta;
	p->comment = o->comment == PK_COMMENT_AUTO ? PK_COMMENT_DECISIONS : o->comment;
	p->snaplen = o->snaplen;
	p->filter = o->filter;
	if (pk_file_open(&p->file, o->outfile, block_len, err) < 0) {
		free(p);
		return NULL;
	}
	p->file.each = o->each_packet;
	if ((o->compress && pk_file_pack(&p->file, err) < 0) || put_section(p, o) < 0
		|| pk_file_added(&p->file, err) < 0) {
		rd_err_set(err, -ENOMEM, "can't begin the file");
		pcapng_free(&p->out);
		return NULL;
	}
	return &p->out;
}
