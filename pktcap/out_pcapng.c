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
#include "out.h"

struct iface {
	uint32_t port_id;
	uint16_t port_idx;
	uint8_t stage;
	uint64_t packets, lost;
	uint64_t first_ns, last_ns;
};

struct pcapng_out {
	struct pk_out out;
	struct pk_file file;
	enum pk_meta meta;
	enum pk_comment comment;
	uint32_t snaplen;
	const char *filter;
	struct iface *ifaces;
	uint32_t nb_ifaces;
	uint32_t last; // the interface of the previous packet: mostly this one's, too
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

static bool is_iface(const struct iface *i, const struct rd_cap_rec *rec)
{
	return i->stage == rec->stage && i->port_id == rec->port_id && i->port_idx == rec->port_idx;
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
	return rd_pcapng_put_iface(&p->file.buf, &i);
}

// The number of the record's interface, described in the file first if it is new. Negative errno if that fails.
static int find_iface(struct pcapng_out *p, const struct pk_rec *r)
{
	struct iface *list;
	int rc;

	if (p->nb_ifaces > 0 && is_iface(&p->ifaces[p->last], r->rec))
		return (int)p->last;
	for (uint32_t i = 0; i < p->nb_ifaces; i++) {
		if (is_iface(&p->ifaces[i], r->rec))
			return (int)(p->last = i);
	}
	list = realloc(p->ifaces, (p->nb_ifaces + 1) * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	p->ifaces = list;
	rc = put_iface(p, r);
	if (rc < 0)
		return rc;
	list[p->nb_ifaces] = (struct iface){.port_id = r->rec->port_id,
		.port_idx = r->rec->port_idx,
		.stage = r->rec->stage,
		.first_ns = r->rec->ns};
	p->last = p->nb_ifaces;
	return (int)p->nb_ifaces++;
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
	p->ifaces[iface].packets++;
	p->ifaces[iface].lost += r->rec->lost;
	p->ifaces[iface].last_ns = r->rec->ns;
	rc = pk_file_added(&p->file, err);
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

	for (uint32_t i = 0; i < p->nb_ifaces; i++)
		n += p->ifaces[i].stage == stage;
	return n;
}

// The daemon counts per stage. They are the interface's numbers only if it is the only one of its stage in the file;
// else what we saw has to do.
static int put_stats(struct pcapng_out *p, uint32_t n, const struct rd_capring_reader *totals)
{
	const struct iface *i = &p->ifaces[n];
	struct rd_pcapng_stats s = {.iface = n,
		.start_ns = i->first_ns,
		.end_ns = i->last_ns,
		.received = i->packets + i->lost,
		.dropped = i->lost,
		.accepted = i->packets + i->lost,
		.delivered = i->packets};

	if (totals != NULL && i->stage < RD_STAGE_MAX && ifaces_of_stage(p, i->stage) == 1) {
		struct rd_capring_stage t = rd_capring_totals(totals, i->stage);

		s.received = t.seen;
		s.accepted = t.matched;
		s.dropped = t.lost;
	}
	return rd_pcapng_put_stats(&p->file.buf, &s);
}

static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	struct pcapng_out *p = self(out);
	int rc = 0;

	for (uint32_t i = 0; i < p->nb_ifaces && rc == 0 && !p->file.broken; i++)
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
	free(self(out)->ifaces);
	free(out);
}

static const struct pk_out_ops ops = {record, flush, finish, pcapng_free};

static int put_section(struct pcapng_out *p)
{
	struct rd_pcapng_section s = {.userappl = "pktcap " RD_VERSION " (reddot)"};
	struct utsname u;
	char os[256];
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
	p->meta = o->meta == PK_META_AUTO ? PK_META_FULL : o->meta;
	p->comment = o->comment == PK_COMMENT_AUTO ? PK_COMMENT_DECISIONS : o->comment;
	p->snaplen = o->snaplen;
	p->filter = o->filter;
	if (pk_file_open(&p->file, o->outfile, block_len, err) < 0) {
		free(p);
		return NULL;
	}
	if (put_section(p) < 0 || pk_file_added(&p->file, err) < 0) {
		rd_err_set(err, -ENOMEM, "can't begin the file");
		pcapng_free(&p->out);
		return NULL;
	}
	return &p->out;
}
