/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One reader for every capture file, see capfile.h. Its owner's thread.
 */
#include "pcapng/capfile.h"

#include <stdlib.h>
#include <string.h>

#include "pcapng/link.h"
#include "pcapng/pcap.h"
#include "pcapng/stream.h"

struct rd_capfile {
	struct rd_stream *stream;
	uint8_t first[4]; // looked at to tell the format, then read again
	size_t first_off, first_len;
	struct rd_pcapng_reader *ng; // one of the two
	struct rd_pcap_reader *pcap;
	struct rd_link link;
	uint64_t left_out;
	uint16_t left_out_link;
};

struct rd_capfile *rd_capfile_new(rd_pcapng_read_fn fn, void *arg)
{
	struct rd_capfile *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->stream = rd_stream_new(fn, arg);
	if (f->stream != NULL)
		return f;
	free(f);
	return NULL;
}

void rd_capfile_free(struct rd_capfile *f)
{
	if (f == NULL)
		return;
	rd_pcapng_reader_free(f->ng);
	rd_pcap_reader_free(f->pcap);
	rd_stream_free(f->stream);
	rd_link_free(&f->link);
	free(f);
}

static ssize_t read_on(void *arg, void *buf, size_t len)
{
	struct rd_capfile *f = arg;
	size_t n = f->first_len - f->first_off;

	if (n == 0)
		return rd_stream_read(f->stream, buf, len);
	n = n < len ? n : len;
	memcpy(buf, f->first + f->first_off, n);
	f->first_off += n;
	return (ssize_t)n;
}

// What the stream's errors mean to a person; other errors keep the reader's words.
static int explain(int rc, const struct rd_err *found, struct rd_err *err)
{
	if (rc == RD_STREAM_CUT)
		return rd_err_set(err, -EBADMSG, "the packed file ends before its end");
	if (rc == RD_STREAM_DAMAGED)
		return rd_err_set(
			err, -EBADMSG, "the packed file is damaged: it can't be unpacked");
	if (err != NULL && err->code == 0)
		*err = *found;
	return rc;
}

static int find_format(struct rd_capfile *f, struct rd_err *err)
{
	ssize_t n = 1;

	while (n > 0 && f->first_len < sizeof(f->first)) {
		n = rd_stream_read(
			f->stream, f->first + f->first_len, sizeof(f->first) - f->first_len);
		if (n < 0)
			return rd_err_set(err, (int)n, "can't read: %s", strerror((int)-n));
		f->first_len += (size_t)n;
	}
	if (f->first_len == 0)
		return rd_err_set(err, -EBADMSG, "the file is empty");
	if (f->first_len == sizeof(f->first) && rd_pcap_is_magic(f->first))
		f->pcap = rd_pcap_reader_new(read_on, f);
	else // says what is wrong if it is none of both
		f->ng = rd_pcapng_reader_new(read_on, f);
	if (f->pcap == NULL && f->ng == NULL)
		return rd_err_set(err, -ENOMEM, "no memory to read");
	return 0;
}

static int next_event(struct rd_capfile *f, struct rd_pcapng_event *ev, struct rd_err *err)
{
	int rc;

	if (f->pcap == NULL && f->ng == NULL) {
		rc = find_format(f, err);
		if (rc < 0)
			return rc;
	}
	if (f->ng != NULL)
		return rd_pcapng_next(f->ng, ev, err);
	rc = rd_pcap_next(f->pcap, &ev->packet, err);
	if (rc == RD_PCAPNG_AT_IFACE)
		ev->iface = 0;
	return rc;
}

// Makes the event's frame Ethernet. false: it can't be, and was counted.
static bool convert(struct rd_capfile *f, struct rd_pcapng_packet *p, int *rc)
{
	const struct rd_pcapng_iface *i = rd_capfile_iface(f, p->iface);

	*rc = rd_link_to_ethernet(&f->link, i->link_type, p);
	if (*rc != -ENOTSUP)
		return true;
	f->left_out++;
	f->left_out_link = i->link_type;
	return false;
}

int rd_capfile_next(struct rd_capfile *f, struct rd_pcapng_event *ev, struct rd_err *err)
{
	for (;;) {
		struct rd_err found = {0};
		int kind = next_event(f, ev, &found), rc;

		if (kind < 0)
			return explain(kind, &found, err);
		if (kind != RD_PCAPNG_AT_PACKET)
			return kind;
		if (!convert(f, &ev->packet, &rc))
			continue;
		return rc < 0 ? rd_err_set(err, rc, "no memory for a packet") : kind;
	}
}

const struct rd_pcapng_iface *rd_capfile_iface(const struct rd_capfile *f, uint32_t i)
{
	if (f->pcap != NULL)
		return i == 0 ? rd_pcap_iface(f->pcap) : NULL;
	return f->ng != NULL ? rd_pcapng_iface(f->ng, i) : NULL;
}

uint64_t rd_capfile_left_out(const struct rd_capfile *f, uint16_t *link_type)
{
	*link_type = f->left_out_link;
	return f->left_out;
}
