/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reader of classic pcap, see pcap.h. Its owner's thread.
 */
#include "pcapng/pcap.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u
#define HEAD_LEN 24u
#define RECORD_LEN 16u
#define MODIFIED_LEN 24u
#define CHUNK 65536u // memory grows with the bytes that came, not with a claimed length

struct rd_pcap_reader {
	rd_pcapng_read_fn fn;
	void *arg;
	struct rd_pcapng_iface iface;
	uint64_t offset; // of the next record in the file
	uint8_t *bytes;
	size_t cap;
	uint32_t frac_ns; // nanoseconds per unit of the time's second half
	uint32_t record_len; // of a record's head
	uint16_t minor;
	bool begun, swapped, dead;
};

struct rd_pcap_reader *rd_pcap_reader_new(rd_pcapng_read_fn fn, void *arg)
{
	struct rd_pcap_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->fn = fn;
	r->arg = arg;
	return r;
}

void rd_pcap_reader_free(struct rd_pcap_reader *r)
{
	if (r == NULL)
		return;
	free(r->bytes);
	free(r);
}

const struct rd_pcapng_iface *rd_pcap_iface(const struct rd_pcap_reader *r)
{
	return &r->iface;
}

static bool is_known(uint32_t magic)
{
	return magic == MAGIC_US || magic == MAGIC_NS || magic == MAGIC_MODIFIED;
}

bool rd_pcap_is_magic(const uint8_t first[4])
{
	uint32_t magic;

	memcpy(&magic, first, sizeof(magic));
	return is_known(magic) || is_known(__builtin_bswap32(magic));
}

static uint32_t get32(const struct rd_pcap_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct rd_pcap_reader *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

static int malformed(struct rd_pcap_reader *r, struct rd_err *err, const char *what)
{
	int rc = rd_err_set(err, -EBADMSG, "%s", what);

	rd_err_where(err, "record at byte %llu", (unsigned long long)r->offset);
	r->dead = true;
	return rc;
}

// Fills buf as far as the stream goes: bytes read, or a negative errno with *err.
static ssize_t read_some(struct rd_pcap_reader *r, uint8_t *buf, size_t len, struct rd_err *err)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = r->fn(r->arg, buf + got, len - got);

		if (n < 0) {
			r->dead = true;
			return rd_err_set(err, (int)n, "can't read: %s", strerror((int)-n));
		}
		if (n == 0)
			break;
		got += (size_t)n < len - got ? (size_t)n : len - got;
	}
	return (ssize_t)got;
}

static int read_head(struct rd_pcap_reader *r, struct rd_err *err)
{
	uint8_t head[HEAD_LEN];
	ssize_t n = read_some(r, head, sizeof(head), err);
	uint32_t magic;

	if (n < 0)
		return (int)n;
	if (n < (ssize_t)sizeof(head))
		return malformed(r, err, "the file ends inside its header");
	if (!rd_pcap_is_magic(head))
		return malformed(r, err, "not a pcap file: its first bytes are none of pcap's");
	memcpy(&magic, head, sizeof(magic));
	r->swapped = !is_known(magic);
	magic = get32(r, head);
	r->frac_ns = magic == MAGIC_NS ? 1 : 1000;
	r->record_len = magic == MAGIC_MODIFIED ? MODIFIED_LEN : RECORD_LEN;
	r->minor = get16(r, head + 6);
	r->iface.snaplen = get32(r, head + 16);
	r->iface.link_type = (uint16_t)get32(r, head + 20); // above: what is known of the FCS
	r->offset = HEAD_LEN;
	r->begun = true;
	return RD_PCAPNG_AT_IFACE;
}

static int reserve(struct rd_pcap_reader *r, size_t len, struct rd_err *err)
{
	uint8_t *bytes;

	if (len <= r->cap)
		return 0;
	bytes = realloc(r->bytes, len);
	if (bytes == NULL) {
		r->dead = true;
		return rd_err_set(err, -ENOMEM, "no memory for a packet");
	}
	r->bytes = bytes;
	r->cap = len;
	return 0;
}

static int read_bytes(struct rd_pcap_reader *r, size_t len, struct rd_err *err)
{
	size_t got = 0;

	while (got < len) {
		size_t step = len - got < CHUNK ? len - got : CHUNK;
		int rc = reserve(r, got + step, err);
		ssize_t n = rc < 0 ? rc : read_some(r, r->bytes + got, step, err);

		if (n < 0)
			return (int)n;
		if ((size_t)n < step)
			return malformed(r, err, "the file ends inside a packet");
		got += step;
	}
	return 0;
}

// Files of 1998 and before (2.3 and older) have the lengths in the other order.
static void put_lengths(
	const struct rd_pcap_reader *r, const uint8_t *h, struct rd_pcapng_packet *p)
{
	uint32_t first = get32(r, h + 8), second = get32(r, h + 12);
	bool other = r->minor < 3 || (r->minor == 3 && first > second);

	p->cap_len = other ? second : first;
	p->wire_len = other ? first : second;
	if (p->wire_len < p->cap_len)
		p->wire_len = p->cap_len;
}

static int read_record(struct rd_pcap_reader *r, struct rd_pcapng_packet *p, struct rd_err *err)
{
	uint8_t h[MODIFIED_LEN];
	ssize_t n = read_some(r, h, r->record_len, err);
	int rc;

	memset(p, 0, sizeof(*p));
	if (n <= 0)
		return (int)n;
	if (n < (ssize_t)r->record_len)
		return malformed(r, err, "the file ends inside a record's head");
	put_lengths(r, h, p);
	if (p->cap_len > RD_PCAPNG_READ_MAX)
		return malformed(r, err, "a packet is longer than 16 MiB");
	rc = read_bytes(r, p->cap_len, err);
	if (rc < 0)
		return rc;
	p->ns = get32(r, h) * UINT64_C(1000000000) + get32(r, h + 4) * (uint64_t)r->frac_ns;
	p->bytes = r->bytes;
	r->offset += r->record_len + p->cap_len;
	return RD_PCAPNG_AT_PACKET;
}

int rd_pcap_next(struct rd_pcap_reader *r, struct rd_pcapng_packet *p, struct rd_err *err)
{
	if (r->dead)
		return rd_err_set(err, -EBADMSG, "the file was malformed before");
	return r->begun ? read_record(r, p, err) : read_head(r, err);
}
