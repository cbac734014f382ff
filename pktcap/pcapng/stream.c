/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Unpacks what is read, see stream.h. Its owner's thread.
 */
#include "pcapng/stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define IN_LEN 65536u
#define GZIP_WINDOW (15 + 16) // inflateInit2: the largest window, gzip header

enum packing {
	UNKNOWN,
	PLAIN,
	GZIP,
	ZSTD
};

struct rd_stream {
	rd_stream_fn fn;
	void *arg;
	enum packing packing;
	bool ended; // fn has no more
	bool inside; // a member or a frame has begun and not ended
	size_t off, len; // of the input that is not yet used
	z_stream gzip;
	ZSTD_DStream *zstd;
	uint8_t in[IN_LEN];
};

struct rd_stream *rd_stream_new(rd_stream_fn fn, void *arg)
{
	struct rd_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->fn = fn;
	s->arg = arg;
	return s;
}

void rd_stream_free(struct rd_stream *s)
{
	if (s == NULL)
		return;
	if (s->packing == GZIP)
		inflateEnd(&s->gzip);
	ZSTD_freeDStream(s->zstd);
	free(s);
}

// Adds to the input. Bytes that were added, 0 at the end, or a negative errno.
static ssize_t fill(struct rd_stream *s)
{
	ssize_t n;

	if (s->off > 0) {
		memmove(s->in, s->in + s->off, s->len - s->off);
		s->len -= s->off;
		s->off = 0;
	}
	if (s->ended || s->len == IN_LEN)
		return 0;
	n = s->fn(s->arg, s->in + s->len, IN_LEN - s->len);
	if (n > 0)
		s->len += (size_t)n;
	s->ended = n == 0;
	return n;
}

static bool starts_with(const struct rd_stream *s, const uint8_t *magic, size_t len)
{
	return s->len - s->off >= len && memcmp(s->in + s->off, magic, len) == 0;
}

static int begin_gzip(struct rd_stream *s)
{
	if (inflateInit2(&s->gzip, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	s->packing = GZIP;
	return 0;
}

static int begin_zstd(struct rd_stream *s)
{
	s->zstd = ZSTD_createDStream();
	if (s->zstd == NULL)
		return -ENOMEM;
	s->packing = ZSTD;
	return 0;
}

static int find_packing(struct rd_stream *s)
{
	static const uint8_t gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	ssize_t n = 1;

	while (n > 0 && s->len < sizeof(zstd))
		n = fill(s);
	if (n < 0)
		return (int)n;
	if (starts_with(s, gzip, sizeof(gzip)))
		return begin_gzip(s);
	if (starts_with(s, zstd, sizeof(zstd)))
		return begin_zstd(s);
	s->packing = PLAIN;
	return 0;
}

static ssize_t read_plain(struct rd_stream *s, void *buf, size_t len)
{
	size_t n = s->len - s->off;

	if (n == 0 && !s->ended)
		return s->fn(s->arg, buf, len);
	n = n < len ? n : len;
	memcpy(buf, s->in + s->off, n);
	s->off += n;
	return (ssize_t)n;
}

// One step of the unpackers below: unpacks from the input into buf. Bytes made (0: more input is needed), or
// RD_STREAM_DAMAGED.
static ssize_t step_gzip(struct rd_stream *s, void *buf, size_t len)
{
	int rc;

	if (!s->inside && inflateReset(&s->gzip) != Z_OK)
		return RD_STREAM_DAMAGED;
	s->inside = true;
	s->gzip.next_in = s->in + s->off;
	s->gzip.avail_in = (uInt)(s->len - s->off);
	s->gzip.next_out = buf;
	s->gzip.avail_out = (uInt)len;
	rc = inflate(&s->gzip, Z_NO_FLUSH);
	s->off = s->len - s->gzip.avail_in;
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return rc == Z_MEM_ERROR ? -ENOMEM : RD_STREAM_DAMAGED;
	s->inside = rc != Z_STREAM_END;
	return (ssize_t)(len - s->gzip.avail_out);
}

static ssize_t step_zstd(struct rd_stream *s, void *buf, size_t len)
{
	ZSTD_inBuffer in = {s->in + s->off, s->len - s->off, 0};
	ZSTD_outBuffer out = {buf, len, 0};
	size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);

	s->off += in.pos;
	if (ZSTD_isError(rc))
		return RD_STREAM_DAMAGED;
	s->inside = rc != 0;
	return (ssize_t)out.pos;
}

static ssize_t read_packed(struct rd_stream *s, void *buf, size_t len)
{
	for (;;) {
		size_t before = s->len - s->off;
		ssize_t n = 0;

		// Between members only more input can begin one; inside, output may be left without any.
		if (before > 0 || s->inside)
			n = s->packing == GZIP ? step_gzip(s, buf, len) : step_zstd(s, buf, len);
		if (n != 0)
			return n;
		if (s->len - s->off != before)
			continue; // it took some, and may take more
		n = fill(s);
		if (n < 0)
			return n;
		if (n == 0)
			return s->inside || s->off < s->len ? RD_STREAM_CUT : 0;
	}
}

ssize_t rd_stream_read(void *stream, void *buf, size_t len)
{
	struct rd_stream *s = stream;
	int rc;

	if (len == 0)
		return 0;
	if (s->packing == UNKNOWN) {
		rc = find_packing(s);
		if (rc < 0)
			return rc;
	}
	return s->packing == PLAIN ? read_plain(s, buf, len) : read_packed(s, buf, len);
}
