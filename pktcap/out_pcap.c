/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Classic pcap with nanoseconds, or microseconds for old readers: bytes and times only. Main thread.
 */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "out.h"

#define MAGIC_NS 0xa1b23c4du
#define MAGIC_US 0xa1b2c3d4u

struct pcap_out {
	struct pk_out out;
	struct pk_file file;
	uint32_t unit; // of times within a second, in nanoseconds
};

struct pcap_file_hdr { // 24 bytes
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link_type;
};
_Static_assert(sizeof(struct pcap_file_hdr) == 24, "file format");

struct pcap_rec_hdr { // 16 bytes
	uint32_t sec, frac, cap_len, wire_len;
};
_Static_assert(sizeof(struct pcap_rec_hdr) == 16, "file format");

static struct pcap_out *self(struct pk_out *out)
{
	return (struct pcap_out *)out;
}

static size_t block_len(const uint8_t *bytes, bool *packet)
{
	struct pcap_rec_hdr h;
	uint32_t first;

	memcpy(&first, bytes, sizeof(first));
	if (first == MAGIC_NS || first == MAGIC_US) // no packet is from the year 2055
		return sizeof(struct pcap_file_hdr);
	memcpy(&h, bytes, sizeof(h));
	*packet = true;
	return sizeof(h) + h.cap_len;
}

static int append(struct rd_pcapng_buf *b, const void *bytes, size_t len)
{
	if (b->cap - b->len < len) {
		size_t cap = (b->len + len) * 2;
		uint8_t *data = realloc(b->data, cap);

		if (data == NULL)
			return -ENOMEM;
		b->data = data;
		b->cap = cap;
	}
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
	return 0;
}

static int record(struct pk_out *out, const struct pk_rec *r, struct rd_err *err)
{
	struct pk_file *f = &self(out)->file;
	size_t before = f->buf.len;
	struct pcap_rec_hdr h = {
		.sec = (uint32_t)(r->rec->ns / 1000000000u),
		.frac = (uint32_t)(r->rec->ns % 1000000000u) / self(out)->unit,
		.cap_len = r->rec->cap_len,
		.wire_len = r->rec->wire_len,
	};
	int rc;

	rc = append(&f->buf, &h, sizeof(h));
	if (rc == 0)
		rc = append(&f->buf, r->bytes, r->rec->cap_len);
	if (rc < 0) {
		f->buf.len = before;
		return rd_err_set(err, rc, "no memory for a packet");
	}
	rc = pk_file_added_packet(f, err);
	out->written = f->packets;
	out->bytes = pk_file_len(f);
	return rc;
}

static int flush(struct pk_out *out, struct rd_err *err)
{
	int rc = pk_file_flush(&self(out)->file, err);

	out->written = self(out)->file.packets;
	return rc;
}

static int finish(struct pk_out *out, const struct rd_capring_reader *totals, struct rd_err *err)
{
	int rc;

	(void)totals; // the format has no place for them
	rc = pk_file_close(&self(out)->file, err);
	out->written = self(out)->file.packets;
	out->bytes = pk_file_len(&self(out)->file);
	return rc;
}

static void pcap_free(struct pk_out *out)
{
	pk_file_free(&self(out)->file);
	free(out);
}

static const struct pk_out_ops ops = {record, flush, finish, pcap_free};

struct pk_out *pk_out_pcap_new(const struct pk_opts *o, struct rd_err *err)
{
	struct pcap_out *p = calloc(1, sizeof(*p));
	struct pcap_file_hdr h = {
		o->micro ? MAGIC_US : MAGIC_NS, 2, 4, 0, 0, o->snaplen, RD_PCAPNG_LINK_ETHERNET};

	if (p == NULL) {
		rd_err_set(err, -ENOMEM, "no memory for the output");
		return NULL;
	}
	p->out.ops = &ops;
	p->unit = o->micro ? 1000 : 1;
	if (pk_file_open(&p->file, o->outfile, block_len, err) < 0) {
		free(p);
		return NULL;
	}
	p->file.each = o->each_packet;
	if ((o->compress && pk_file_pack(&p->file, err) < 0)
		|| append(&p->file.buf, &h, sizeof(h)) < 0 || pk_file_added(&p->file, err) < 0) {
		rd_err_set(err, -ENOMEM, "can't begin the file");
		pcap_free(&p->out);
		return NULL;
	}
	return &p->out;
}
