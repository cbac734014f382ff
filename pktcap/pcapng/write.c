/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The pcapng writer, see write.h. Any thread.
 */
#include "pcapng/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPT_MAX 65532u // longest option text that pads to a 16-bit length
#define CAP_FIRST (512u << 10) // a batch and the block that ends it
#define BLOCK_MAX (64u << 20) // far above any snaplen

void rd_pcapng_buf_free(struct rd_pcapng_buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	memset(b, 0, sizeof(*b));
}

static size_t pad4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static int grow(struct rd_pcapng_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : CAP_FIRST;
	uint8_t *data;

	if (more <= b->cap - b->len)
		return 0;
	while (cap - b->len < more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (data == NULL)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

// The callers below reserve the room of a whole block first, so adding can't fail.
static void add(struct rd_pcapng_buf *b, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	memset(b->data + b->len + len, 0, pad4(len) - len);
	b->len += pad4(len);
}

static void add32(struct rd_pcapng_buf *b, uint32_t v)
{
	add(b, &v, sizeof(v));
}

static void add_opt(struct rd_pcapng_buf *b, uint16_t code, const void *bytes, size_t len)
{
	uint16_t head[2] = {code, (uint16_t)len};

	add(b, head, sizeof(head));
	add(b, bytes, len);
}

// Bytes of a text that go into the file: cut at OPT_MAX, but never inside a UTF-8 character.
static size_t text_len(const char *s)
{
	size_t n = strnlen(s, OPT_MAX + 1);

	if (n <= OPT_MAX)
		return n;
	n = OPT_MAX;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static size_t room_text(const char *s)
{
	return s == NULL ? 0 : 4 + pad4(text_len(s));
}

static void add_text(struct rd_pcapng_buf *b, uint16_t code, const char *s)
{
	if (s != NULL)
		add_opt(b, code, s, text_len(s));
}

static void add_json(struct rd_pcapng_buf *b, const char *json)
{
	uint32_t pen = RD_PCAPNG_PEN;
	uint16_t head[2];

	// A cut JSON text would be worse than none.
	if (json == NULL || strlen(json) > OPT_MAX - sizeof(pen))
		return;
	head[0] = RD_PCAPNG_OPT_CUSTOM_TEXT;
	head[1] = (uint16_t)(sizeof(pen) + strlen(json));
	add(b, head, sizeof(head));
	add32(b, pen);
	add(b, json, strlen(json));
}

static void add_u64_high_first(struct rd_pcapng_buf *b, uint16_t code, uint64_t v)
{
	uint32_t words[2] = {(uint32_t)(v >> 32), (uint32_t)v};

	add_opt(b, code, words, sizeof(words));
}

// Reserves room and writes the head; the length comes with end_block(). Returns where the block starts.
static int begin_block(struct rd_pcapng_buf *b, uint32_t type, size_t room, size_t *start)
{
	int rc;

	if (room > BLOCK_MAX)
		return -EMSGSIZE;
	rc = grow(b,
		room + 64); // head, length twice, opt_endofopt, and the fixed fields of any block
	if (rc < 0)
		return rc;
	*start = b->len;
	add32(b, type);
	add32(b, 0);
	return 0;
}

static void end_block(struct rd_pcapng_buf *b, size_t start)
{
	uint32_t len;

	add32(b, RD_PCAPNG_OPT_END);
	len = (uint32_t)(b->len + 4 - start);
	add32(b, len);
	memcpy(b->data + start + 4, &len, sizeof(len));
}

int rd_pcapng_put_section(struct rd_pcapng_buf *b, const struct rd_pcapng_section *s)
{
	uint16_t version[2] = {1, 0};
	size_t room = room_text(s->hardware) + room_text(s->os) + room_text(s->userappl)
		+ room_text(s->comment) + room_text(s->json) + 8;
	size_t start;
	int rc;

	rc = begin_block(b, RD_PCAPNG_SHB, room, &start);
	if (rc < 0)
		return rc;
	add32(b, RD_PCAPNG_MAGIC);
	add(b, version, sizeof(version));
	add32(b, UINT32_MAX); // section length: not known in advance
	add32(b, UINT32_MAX);
	add_text(b, RD_PCAPNG_SHB_HARDWARE, s->hardware);
	add_text(b, RD_PCAPNG_SHB_OS, s->os);
	add_text(b, RD_PCAPNG_SHB_USERAPPL, s->userappl);
	add_text(b, RD_PCAPNG_OPT_COMMENT, s->comment);
	add_json(b, s->json);
	end_block(b, start);
	return 0;
}

// if_filter: a code byte (0 = libpcap expression) and the text.
static void add_filter(struct rd_pcapng_buf *b, const char *filter)
{
	size_t len = text_len(filter);
	uint16_t head[2];
	uint8_t *p;

	if (len == OPT_MAX)
		len--; // room for the code byte
	head[0] = RD_PCAPNG_IF_FILTER;
	head[1] = (uint16_t)(len + 1);
	add(b, head, sizeof(head));
	p = b->data + b->len;
	memset(p, 0, pad4(len + 1));
	memcpy(p + 1, filter, len);
	b->len += pad4(len + 1);
}

int rd_pcapng_put_iface(struct rd_pcapng_buf *b, const struct rd_pcapng_iface *i)
{
	uint16_t link[2] = {i->link_type, 0};
	uint8_t tsresol = 9;
	size_t room = room_text(i->name) + room_text(i->description) + room_text(i->filter) + 16;
	size_t start;
	int rc;

	rc = begin_block(b, RD_PCAPNG_IDB, room, &start);
	if (rc < 0)
		return rc;
	add(b, link, sizeof(link));
	add32(b, i->snaplen);
	add_text(b, RD_PCAPNG_IF_NAME, i->name);
	add_text(b, RD_PCAPNG_IF_DESCRIPTION, i->description);
	add_opt(b, RD_PCAPNG_IF_TSRESOL, &tsresol, sizeof(tsresol));
	if (i->filter != NULL)
		add_filter(b, i->filter);
	end_block(b, start);
	return 0;
}

// A packet block's head, and the options that every packet has at --meta lean: most packets are written by these two and their
// bytes. Word by word to where they belong: made elsewhere and copied as one piece, the copy waits for the words.
static uint8_t *put32(uint8_t *to, uint32_t v)
{
	memcpy(to, &v, sizeof(v));
	return to + sizeof(v);
}

static uint8_t *put_opt_head(uint8_t *to, uint16_t code, uint16_t len)
{
	memcpy(to, &code, sizeof(code));
	memcpy(to + sizeof(code), &len, sizeof(len));
	return to + 2 * sizeof(code);
}

#define HAS_LEAN (RD_PCAPNG_HAS_FLAGS | RD_PCAPNG_HAS_PACKETID | RD_PCAPNG_HAS_QUEUE)

// Everything after the packet's bytes but the block's end.
static uint8_t *put_options(uint8_t *to, const struct rd_pcapng_packet *p)
{
	if ((p->has & HAS_LEAN) != HAS_LEAN)
		return to;
	to = put32(put_opt_head(to, RD_PCAPNG_EPB_FLAGS, sizeof(p->flags)), p->flags);
	to = put_opt_head(to, RD_PCAPNG_EPB_PACKETID, sizeof(p->packet_id));
	memcpy(to, &p->packet_id, sizeof(p->packet_id));
	to += sizeof(p->packet_id);
	return put32(put_opt_head(to, RD_PCAPNG_EPB_QUEUE, sizeof(p->queue)), p->queue);
}

static uint8_t *put_end(uint8_t *to, uint8_t *start)
{
	uint32_t end[2] = {RD_PCAPNG_OPT_END, (uint32_t)(to + 8 - start)};

	memcpy(to, end, sizeof(end));
	memcpy(start + 4, &end[1], sizeof(end[1]));
	return to + sizeof(end);
}

static uint8_t *put_bytes(uint8_t *to, const struct rd_pcapng_packet *p)
{
	uint32_t zero = 0;
	size_t len = pad4(p->cap_len);

	if (p->cap_len == 0)
		return to;
	// The padding first: the bytes go over what of it is not padding.
	memcpy(to + len - sizeof(zero), &zero, sizeof(zero));
	memcpy(to, p->bytes, p->cap_len);
	return to + len;
}

static uint8_t *put_head(uint8_t *to, const struct rd_pcapng_packet *p)
{
	to = put32(to, RD_PCAPNG_EPB);
	to = put32(to, 0); // the block's length, when it is known
	to = put32(to, p->iface);
	to = put32(to, (uint32_t)(p->ns >> 32));
	to = put32(to, (uint32_t)p->ns);
	to = put32(to, p->cap_len);
	return put32(to, p->wire_len);
}

// Options that few packets have. Their room is reserved.
static void add_rare_options(struct rd_pcapng_buf *b, const struct rd_pcapng_packet *p)
{
	if ((p->has & HAS_LEAN) != HAS_LEAN) {
		if (p->has & RD_PCAPNG_HAS_FLAGS)
			add_opt(b, RD_PCAPNG_EPB_FLAGS, &p->flags, sizeof(p->flags));
		if (p->has & RD_PCAPNG_HAS_PACKETID)
			add_opt(b, RD_PCAPNG_EPB_PACKETID, &p->packet_id, sizeof(p->packet_id));
		if (p->has & RD_PCAPNG_HAS_QUEUE)
			add_opt(b, RD_PCAPNG_EPB_QUEUE, &p->queue, sizeof(p->queue));
	}
	if (p->has & RD_PCAPNG_HAS_DROPCOUNT)
		add_opt(b, RD_PCAPNG_EPB_DROPCOUNT, &p->dropcount, sizeof(p->dropcount));
	add_text(b, RD_PCAPNG_OPT_COMMENT, p->comment);
	add_json(b, p->json);
}

int rd_pcapng_put_packet(struct rd_pcapng_buf *b, const struct rd_pcapng_packet *p)
{
	size_t room = pad4(p->cap_len) + 128;
	size_t start = b->len;
	uint8_t *to;
	int rc;

	if (p->comment != NULL || p->json != NULL)
		room += room_text(p->comment) + room_text(p->json) + 8;
	if (room > BLOCK_MAX)
		return -EMSGSIZE;
	rc = grow(b, room);
	if (rc < 0)
		return rc;
	to = put_options(put_bytes(put_head(b->data + start, p), p), p);
	if (p->comment != NULL || p->json != NULL || (p->has != HAS_LEAN && p->has != 0)) {
		b->len = (size_t)(to - b->data);
		add_rare_options(b, p);
		to = b->data + b->len;
	}
	b->len = (size_t)(put_end(to, b->data + start) - b->data);
	return 0;
}

int rd_pcapng_put_stats(struct rd_pcapng_buf *b, const struct rd_pcapng_stats *s)
{
	size_t start;
	int rc;

	rc = begin_block(b, RD_PCAPNG_ISB, 96 + room_text(s->comment), &start);
	if (rc < 0)
		return rc;
	add32(b, s->iface);
	add32(b, (uint32_t)(s->end_ns >> 32));
	add32(b, (uint32_t)s->end_ns);
	if (s->start_ns != 0)
		add_u64_high_first(b, RD_PCAPNG_ISB_STARTTIME, s->start_ns);
	if (s->end_ns != 0)
		add_u64_high_first(b, RD_PCAPNG_ISB_ENDTIME, s->end_ns);
	add_opt(b, RD_PCAPNG_ISB_IFRECV, &s->received, sizeof(s->received));
	add_opt(b, RD_PCAPNG_ISB_IFDROP, &s->dropped, sizeof(s->dropped));
	add_opt(b, RD_PCAPNG_ISB_FILTERACCEPT, &s->accepted, sizeof(s->accepted));
	add_opt(b, RD_PCAPNG_ISB_USRDELIV, &s->delivered, sizeof(s->delivered));
	add_text(b, RD_PCAPNG_OPT_COMMENT, s->comment);
	end_block(b, start);
	return 0;
}
