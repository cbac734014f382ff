/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture files of every kind through one reader: classic pcap in its forms, packed files, links that become Ethernet, and
 * files that end too early. (That other programs' files are read is for tests/e2e/read_test.py.)
 */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "../harness/pieces.h"
#include "pcapng/capfile.h"
#include "pcapng/link.h"
#include "pcapng/write.h"

struct input {
	uint8_t b[8192];
	size_t len, piece;
	struct pieces read;
};

static void add(struct input *in, const void *bytes, size_t len)
{
	assert_true(in->len + len <= sizeof(in->b));
	memcpy(in->b + in->len, bytes, len);
	in->len += len;
}

static void add32(struct input *in, uint32_t v, bool big)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	uint8_t l[4] = {b[3], b[2], b[1], b[0]};

	add(in, big ? b : l, 4);
}

static void add_head(struct input *in, uint32_t magic, bool big, uint32_t link)
{
	add32(in, magic, big);
	add32(in, big ? 2u << 16 | 4 : 4u << 16 | 2, big); // versions are two 16-bit numbers
	add32(in, 0, big);
	add32(in, 0, big);
	add32(in, 65535, big);
	add32(in, link, big);
}

static void add_record(struct input *in, bool big, uint32_t frac, const void *bytes, uint32_t len)
{
	add32(in, 1700000000, big);
	add32(in, frac, big);
	add32(in, len, big);
	add32(in, len + 100, big);
	if (in->b[1] == 0xcd || in->b[2] == 0xcd) // the modified form
		add(in, "\0\0\0\7\0\0\0\0", 8);
	add(in, bytes, len);
}

static struct rd_capfile *open_input(struct input *in)
{
	struct rd_capfile *f;

	in->read = (struct pieces){.data = in->b, .len = in->len, .piece = in->piece};
	f = rd_capfile_new(pieces_read, &in->read);
	assert_non_null(f);
	return f;
}

static const uint8_t frame[60] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, [59] = 99};

// The next packet, or fails.
static struct rd_pcapng_packet packet_of(struct rd_capfile *f)
{
	struct rd_pcapng_event ev;
	int kind;

	do
		kind = rd_capfile_next(f, &ev, NULL);
	while (kind == RD_PCAPNG_AT_SECTION || kind == RD_PCAPNG_AT_IFACE);
	assert_int_equal(kind, RD_PCAPNG_AT_PACKET);
	return ev.packet;
}

struct form {
	uint32_t magic;
	bool big;
	uint32_t frac, ns;
};

static void classic_forms(void **state)
{
	static const struct form forms[] = {
		{0xa1b2c3d4, false, 123456, 123456000},
		{0xa1b2c3d4, true, 123456, 123456000},
		{0xa1b23c4d, false, 123456789, 123456789},
		{0xa1b23c4d, true, 123456789, 123456789},
		{0xa1b2cd34, false, 5, 5000},
		{0xa1b2cd34, true, 5, 5000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct input in = {.piece = i + 1};
		struct rd_pcapng_event ev;
		struct rd_pcapng_packet p;
		struct rd_capfile *f;

		add_head(&in, forms[i].magic, forms[i].big, 1);
		add_record(&in, forms[i].big, forms[i].frac, frame, sizeof(frame));
		add_record(&in, forms[i].big, 0, frame, 0);
		f = open_input(&in);
		p = packet_of(f);
		assert_int_equal(p.ns, UINT64_C(1700000000000000000) + forms[i].ns);
		assert_int_equal(p.cap_len, sizeof(frame));
		assert_int_equal(p.wire_len, sizeof(frame) + 100);
		assert_memory_equal(p.bytes, frame, sizeof(frame));
		assert_int_equal(packet_of(f).cap_len, 0);
		assert_int_equal(rd_capfile_next(f, &ev, NULL), RD_PCAPNG_AT_END);
		rd_capfile_free(f);
	}
}

// Files that end inside something: what was whole was given, then an error that names the place.
static void cut_classic(void **state)
{
	struct input whole = {.piece = 7};

	(void)state;
	add_head(&whole, 0xa1b2c3d4, false, 1);
	add_record(&whole, false, 0, frame, sizeof(frame));
	for (size_t len = 1; len < whole.len; len++) {
		struct input in = whole;
		struct rd_pcapng_event ev;
		struct rd_err err = {0};
		struct rd_capfile *f;
		int kind;

		in.len = len;
		f = open_input(&in);
		do
			kind = rd_capfile_next(f, &ev, &err);
		while (kind == RD_PCAPNG_AT_IFACE);
		assert_int_equal(kind, len == 24 ? 0 : -EBADMSG);
		assert_int_equal(err.code, kind);
		rd_capfile_free(f);
	}
}

static struct input small_file(void)
{
	struct input in = {.piece = 4096};

	add_head(&in, 0xa1b23c4d, false, 1);
	for (int i = 0; i < 3; i++)
		add_record(&in, false, (uint32_t)i, frame, sizeof(frame));
	return in;
}

static size_t gzip_part(const uint8_t *bytes, size_t len, uint8_t *out, size_t room)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)bytes;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static size_t zstd_part(const uint8_t *bytes, size_t len, uint8_t *out, size_t room)
{
	size_t n = ZSTD_compress(out, room, bytes, len, 1);

	assert_false(ZSTD_isError(n));
	return n;
}

typedef size_t (*pack_fn)(const uint8_t *bytes, size_t len, uint8_t *out, size_t room);

// Two members or frames, as if two packed files had been put together.
static struct input packed(pack_fn pack)
{
	struct input plain = small_file(), in = {.piece = 5};

	in.len = pack(plain.b, 100, in.b, sizeof(in.b));
	in.len += pack(plain.b + 100, plain.len - 100, in.b + in.len, sizeof(in.b) - in.len);
	return in;
}

static void packed_files(void **state)
{
	static const pack_fn packs[] = {gzip_part, zstd_part};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct input in = packed(packs[i]);
		struct rd_capfile *f = open_input(&in);
		struct rd_pcapng_event ev;

		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(packet_of(f).ns, UINT64_C(1700000000000000000) + n);
		assert_int_equal(rd_capfile_next(f, &ev, NULL), RD_PCAPNG_AT_END);
		rd_capfile_free(f);
	}
}

// A packed file that lost its tail, or has a wrong byte, is never taken for a whole one.
static void packed_and_cut(void **state)
{
	static const pack_fn packs[] = {gzip_part, zstd_part};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct input all = packed(packs[i]);

		for (size_t len = all.len - 20; len < all.len; len++) {
			struct input in = all;
			struct rd_capfile *f;
			struct rd_pcapng_event ev;
			struct rd_err err = {0};
			int kind;

			in.len = len;
			f = open_input(&in);
			do
				kind = rd_capfile_next(f, &ev, &err);
			while (kind > 0);
			assert_int_equal(kind, -EBADMSG);
			assert_non_null(strstr(err.what, "packed file"));
			rd_capfile_free(f);
		}
	}
}

struct cooked {
	uint16_t link;
	const char *bytes;
	uint32_t len;
	const char *eth; // 14 bytes
	uint32_t skip;
};

static void other_links(void **state)
{
	static const struct cooked cooked[] = {
		{101, "\x45\0\0\x14", 4, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 0},
		{101, "\x60\0\0\0", 4, "\0\0\0\0\0\0\0\0\0\0\0\0\x86\xdd", 0},
		{0, "\2\0\0\0\x45", 5, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 4},
		{108, "\0\0\0\x18\x60", 5, "\0\0\0\0\0\0\0\0\0\0\0\0\x86\xdd", 4},
		{113, "\0\4\0\1\0\6\1\2\3\4\5\6\0\0\x08\0\x45", 17,
			"\0\0\0\0\0\0\1\2\3\4\5\6\x08\0", 16},
		{276, "\x08\0\0\0\0\0\0\1\0\1\4\6\1\2\3\4\5\6\0\0\x45", 21,
			"\0\0\0\0\0\0\1\2\3\4\5\6\x08\0", 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cooked) / sizeof(cooked[0]); i++) {
		const struct cooked *c = &cooked[i];
		struct input in = {.piece = 64};
		struct rd_pcapng_packet p;
		struct rd_capfile *f;

		add_head(&in, 0xa1b2c3d4, true, c->link);
		add_record(&in, true, 0, c->bytes, c->len);
		f = open_input(&in);
		p = packet_of(f);
		assert_int_equal(p.cap_len, 14 + c->len - c->skip);
		assert_int_equal(p.wire_len, 14 + c->len + 100 - c->skip);
		assert_memory_equal(p.bytes, c->eth, 14);
		assert_memory_equal(p.bytes + 14, c->bytes + c->skip, c->len - c->skip);
		if (c->skip >= 16)
			assert_int_equal(p.flags, RD_PCAPNG_DIR_OUT);
		rd_capfile_free(f);
	}
}

// Links that we can't read, and cooked frames that are too short: left out and counted, never misread.
static void left_out(void **state)
{
	struct input in = {.piece = 64};
	struct rd_pcapng_event ev;
	struct rd_capfile *f;
	uint16_t link = 0;

	(void)state;
	add_head(&in, 0xa1b2c3d4, false, 105);
	add_record(&in, false, 0, frame, sizeof(frame));
	add_record(&in, false, 0, frame, 3);
	f = open_input(&in);
	assert_int_equal(rd_capfile_next(f, &ev, NULL), RD_PCAPNG_AT_IFACE);
	assert_int_equal(rd_capfile_next(f, &ev, NULL), RD_PCAPNG_AT_END);
	assert_int_equal(rd_capfile_left_out(f, &link), 2);
	assert_int_equal(link, 105);
	assert_string_equal(rd_link_name(link), "IEEE802_11");
	rd_capfile_free(f);
}

// Neither the one nor the other, and nothing at all.
static void no_capture_file(void **state)
{
	static const char *const texts[] = {"", "a", "hello, this is a text"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct input in = {.piece = 64};
		struct rd_pcapng_event ev;
		struct rd_err err = {0};
		struct rd_capfile *f;

		add(&in, texts[i], strlen(texts[i]));
		f = open_input(&in);
		assert_int_equal(rd_capfile_next(f, &ev, &err), -EBADMSG);
		assert_int_equal(err.code, -EBADMSG);
		assert_true(rd_capfile_next(f, &ev, NULL) < 0);
		rd_capfile_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classic_forms),
		cmocka_unit_test(cut_classic),
		cmocka_unit_test(packed_files),
		cmocka_unit_test(packed_and_cut),
		cmocka_unit_test(other_links),
		cmocka_unit_test(left_out),
		cmocka_unit_test(no_capture_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
