/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The pcapng reader, see read.h: takes blocks off the stream and hands them to read_block.c. Its owner's thread.
 */
#include "pcapng/read.h"

#include <stdlib.h>
#include <string.h>

#include "pcapng/read_priv.h"

#define CHUNK 65536u // a block's memory grows with the bytes that came, not with its claimed length

struct rd_pcapng_reader *rd_pcapng_reader_new(rd_pcapng_read_fn fn, void *arg)
{
	struct rd_pcapng_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->fn = fn;
	r->arg = arg;
	return r;
}

void rd_pcapng_reader_free(struct rd_pcapng_reader *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->nb_ifaces; i++) {
		free((void *)(uintptr_t)r->ifaces[i].pub.name);
		free((void *)(uintptr_t)r->ifaces[i].pub.description);
		free((void *)(uintptr_t)r->ifaces[i].pub.filter);
	}
	free(r->ifaces);
	free(r->block);
	free(r);
}

uint32_t rd_pcapng_nb_ifaces(const struct rd_pcapng_reader *r)
{
	return r->nb_ifaces;
}

const struct rd_pcapng_iface *rd_pcapng_iface(const struct rd_pcapng_reader *r, uint32_t i)
{
	return i < r->nb_ifaces ? &r->ifaces[i].pub : NULL;
}

uint16_t read_u16(const struct rd_pcapng_reader *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

uint32_t read_u32(const struct rd_pcapng_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

uint64_t read_u64(const struct rd_pcapng_reader *r, const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap64(v) : v;
}

static int malformed(const struct rd_pcapng_reader *r, struct rd_err *err, const char *what)
{
	int rc = rd_err_set(err, -EBADMSG, "%s", what);

	rd_err_where(err, "block at byte %llu", (unsigned long long)r->offset);
	return rc;
}

// Fills buf as far as the stream goes: bytes read, or a negative errno.
static ssize_t read_some(struct rd_pcapng_reader *r, uint8_t *buf, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = r->fn(r->arg, buf + got, len - got);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		got += (size_t)n < len - got ? (size_t)n : len - got;
	}
	return (ssize_t)got;
}

static int reserve(struct rd_pcapng_reader *r, size_t cap)
{
	uint8_t *block;

	if (cap <= r->cap)
		return 0;
	block = realloc(r->block, cap);
	if (block == NULL)
		return -ENOMEM;
	r->block = block;
	r->cap = cap;
	return 0;
}

// Reads until r->block holds `want` bytes.
static int fill(struct rd_pcapng_reader *r, size_t want, struct rd_err *err)
{
	while (r->len < want) {
		size_t step = want - r->len < CHUNK ? want - r->len : CHUNK;
		ssize_t n;

		if (reserve(r, r->len + step) < 0)
			return rd_err_set(err, -ENOMEM, "no memory for a block");
		n = read_some(r, r->block + r->len, step);
		if (n < 0)
			return rd_err_set(err, (int)n, "can't read: %s", strerror((int)-n));
		if ((size_t)n < step)
			return malformed(r, err, "the file ends inside a block");
		r->len += step;
	}
	return 0;
}

// A section header tells its own byte order in its first word, before its length can be understood.
static int find_order(struct rd_pcapng_reader *r, struct rd_err *err)
{
	uint32_t magic;
	int rc;

	rc = fill(r, 4, err);
	if (rc < 0)
		return rc;
	memcpy(&magic, r->block, sizeof(magic));
	if (magic != RD_PCAPNG_MAGIC && __builtin_bswap32(magic) != RD_PCAPNG_MAGIC)
		return malformed(r, err, "the section's byte-order magic is wrong");
	r->swapped = magic != RD_PCAPNG_MAGIC;
	r->in_section = true;
	return 0;
}

// Reads a block whose first 8 bytes are in head. Afterwards r->block is its body.
static int read_body(
	struct rd_pcapng_reader *r, const uint8_t head[8], bool section, struct rd_err *err)
{
	uint32_t total;
	int rc;

	r->len = 0;
	if (section) {
		rc = find_order(r, err);
		if (rc < 0)
			return rc;
	}
	total = read_u32(r, head + 4);
	if (total < (section ? 28 : 12) || total % 4 != 0)
		return malformed(r, err, "impossible block length");
	if (total > RD_PCAPNG_READ_MAX)
		return malformed(r, err, "a block is longer than 16 MiB");
	rc = fill(r, total - 8, err);
	if (rc < 0)
		return rc;
	r->len -= 4;
	if (read_u32(r, r->block + r->len) != total)
		return malformed(r, err, "a block's two lengths differ");
	return 0;
}

// 1 with r->block and *type, 0 at the end, or a negative errno.
static int next_block(struct rd_pcapng_reader *r, uint32_t *type, struct rd_err *err)
{
	uint8_t head[8];
	ssize_t n = read_some(r, head, sizeof(head));
	bool section;
	int rc;

	if (n == 0)
		return 0;
	if (n < 0)
		return rd_err_set(err, (int)n, "can't read: %s", strerror((int)-n));
	if (n < (ssize_t)sizeof(head))
		return malformed(r, err, "the file ends inside a block");
	memcpy(type, head, sizeof(*type));
	section = *type == RD_PCAPNG_SHB; // reads the same in both orders
	if (!section && !r->in_section)
		return malformed(r, err, "not a pcapng file: no section header at its start");
	rc = read_body(r, head, section, err);
	if (rc < 0)
		return rc;
	*type = read_u32(r, head);
	return 1;
}

// What the block holds: an event, 0 if it is none of ours, or a negative errno.
static int decode(
	struct rd_pcapng_reader *r, uint32_t type, struct rd_pcapng_event *ev, struct rd_err *err)
{
	int rc;

	memset(ev, 0, sizeof(*ev));
	switch (type) {
	case RD_PCAPNG_SHB:
		rc = read_section(r, &ev->section, err);
		return rc < 0 ? rc : RD_PCAPNG_AT_SECTION;
	case RD_PCAPNG_IDB:
		rc = read_iface(r, err);
		ev->iface = r->nb_ifaces - 1;
		return rc < 0 ? rc : RD_PCAPNG_AT_IFACE;
	case RD_PCAPNG_EPB:
		rc = read_packet(r, &ev->packet, err);
		return rc < 0 ? rc : RD_PCAPNG_AT_PACKET;
	case RD_PCAPNG_SPB:
		rc = read_simple_packet(r, &ev->packet, err);
		return rc < 0 ? rc : RD_PCAPNG_AT_PACKET;
	case RD_PCAPNG_ISB:
		rc = read_stats(r, &ev->stats, err);
		return rc < 0 ? rc : RD_PCAPNG_AT_STATS;
	default:
		return 0;
	}
}

int rd_pcapng_next(struct rd_pcapng_reader *r, struct rd_pcapng_event *ev, struct rd_err *err)
{
	int rc = 0;

	if (r->dead)
		return rd_err_set(err, -EBADMSG, "the file was malformed before");
	while (rc == 0) {
		uint32_t type = 0;

		rc = next_block(r, &type, err);
		if (rc == 0)
			return RD_PCAPNG_AT_END;
		if (rc > 0)
			rc = decode(r, type, ev, err);
		if (rc < 0) {
			rd_err_where(err, "block at byte %llu", (unsigned long long)r->offset);
			r->dead = true;
			return rc;
		}
		r->offset += r->len + 12;
	}
	return rc;
}
