/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the pcapng reader. Input: a file; its first byte says in what pieces it arrives. Everything that comes out is
 * read; packets must lie within bounds, and what our writer makes of them must read back the same.
 */
#include "pcapng/read.h"
#include "pcapng/write.h"

#include "../harness/pieces.h"
#include "fuzz.h"

#include <string.h>

static size_t text_len(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

static size_t touch(const struct rd_pcapng_packet *p)
{
	size_t sum = text_len(p->comment) + text_len(p->json);

	FUZZ_CHECK(p->cap_len <= RD_PCAPNG_READ_MAX);
	for (uint32_t i = 0; i < p->cap_len; i++)
		sum += p->bytes[i];
	return sum;
}

static void same_text(const char *a, const char *b)
{
	FUZZ_CHECK((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0));
}

// Writes one packet as a file of its own and reads it.
static void round_trip(const struct rd_pcapng_packet *p)
{
	struct rd_pcapng_packet q = *p;
	struct rd_pcapng_buf b = {0};
	struct rd_pcapng_event ev;
	struct pieces in = {.piece = 4096};
	struct rd_pcapng_reader *r;

	q.iface = 0;
	FUZZ_CHECK(rd_pcapng_put_section(&b, &(struct rd_pcapng_section){0}) == 0);
	FUZZ_CHECK(rd_pcapng_put_iface(&b, &(struct rd_pcapng_iface){.link_type = 1}) == 0);
	FUZZ_CHECK(rd_pcapng_put_packet(&b, &q) == 0);
	in.data = b.data;
	in.len = b.len;
	r = rd_pcapng_reader_new(pieces_read, &in);
	FUZZ_CHECK(r != NULL);
	FUZZ_CHECK(rd_pcapng_next(r, &ev, NULL) == RD_PCAPNG_AT_SECTION);
	FUZZ_CHECK(rd_pcapng_next(r, &ev, NULL) == RD_PCAPNG_AT_IFACE);
	FUZZ_CHECK(rd_pcapng_next(r, &ev, NULL) == RD_PCAPNG_AT_PACKET);
	FUZZ_CHECK(ev.packet.cap_len == q.cap_len && ev.packet.wire_len == q.wire_len);
	FUZZ_CHECK(q.cap_len == 0 || memcmp(ev.packet.bytes, q.bytes, q.cap_len) == 0);
	FUZZ_CHECK(ev.packet.ns == q.ns && ev.packet.has == q.has && ev.packet.flags == q.flags);
	same_text(ev.packet.comment, q.comment);
	same_text(ev.packet.json, q.json);
	FUZZ_CHECK(rd_pcapng_next(r, &ev, NULL) == RD_PCAPNG_AT_END);
	rd_pcapng_reader_free(r);
	rd_pcapng_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces in = {.data = data + 1, .len = size - 1};
	struct rd_pcapng_event ev;
	struct rd_err err = {0};
	struct rd_pcapng_reader *r;
	int kind;

	if (size == 0)
		return 0;
	in.piece = 1u + data[0] * 16u;
	r = rd_pcapng_reader_new(pieces_read, &in);
	FUZZ_CHECK(r != NULL);
	while ((kind = rd_pcapng_next(r, &ev, &err)) > 0) {
		if (kind == RD_PCAPNG_AT_PACKET) {
			FUZZ_CHECK(ev.packet.iface < rd_pcapng_nb_ifaces(r));
			FUZZ_CHECK(touch(&ev.packet) < SIZE_MAX);
			round_trip(&ev.packet);
		} else if (kind == RD_PCAPNG_AT_IFACE) {
			FUZZ_CHECK(ev.iface + 1 == rd_pcapng_nb_ifaces(r));
			FUZZ_CHECK(text_len(rd_pcapng_iface(r, ev.iface)->name) <= 65535);
		} else if (kind == RD_PCAPNG_AT_SECTION) {
			FUZZ_CHECK(text_len(ev.section.comment) <= 65535);
		}
	}
	FUZZ_CHECK(kind == 0 || err.code == kind);
	FUZZ_CHECK(kind == 0 || rd_pcapng_next(r, &ev, NULL) < 0);
	rd_pcapng_reader_free(r);
	return 0;
}
