/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is inside the blocks of a pcapng file: fixed fields and options, every length checked. Called by read.c
 * only.
 */
#include "pcapng/read_priv.h"

#include <stdlib.h>
#include <string.h>

struct opt {
	uint16_t code;
	uint16_t len;
	uint8_t *bytes; // 4 bytes of room before them
};

static size_t pad4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

// The option at *off: 1 and *off moves on, 0 when there is none left (or the rest is malformed: what was read before
// it stays good, as Wireshark does).
static int next_opt(struct rd_pcapng_reader *r, size_t *off, struct opt *o)
{
	if (*off > r->len || r->len - *off < 4)
		return 0;
	o->code = read_u16(r, r->block + *off);
	o->len = read_u16(r, r->block + *off + 2);
	o->bytes = r->block + *off + 4;
	if (o->code == RD_PCAPNG_OPT_END || pad4(o->len) > r->len - *off - 4)
		return 0;
	*off += 4 + pad4(o->len);
	return 1;
}

// The option's text with a NUL, made in place: it moves over the option's own head. `skip` bytes are left out.
static const char *text_of(const struct opt *o, size_t skip)
{
	char *s = (char *)o->bytes - 4;

	if (o->len < skip)
		return NULL;
	memmove(s, o->bytes + skip, o->len - skip);
	s[o->len - skip] = '\0';
	return s;
}

static const char *json_of(struct rd_pcapng_reader *r, const struct opt *o)
{
	if (o->len < 4 || read_u32(r, o->bytes) != RD_PCAPNG_PEN)
		return NULL;
	return text_of(o, 4);
}

static void keep_first(const char **slot, const char *s)
{
	if (*slot == NULL)
		*slot = s;
}

int read_section(struct rd_pcapng_reader *r, struct rd_pcapng_section *s, struct rd_err *err)
{
	size_t off = 16;
	struct opt o;

	if (read_u16(r, r->block + 4) != 1)
		return rd_err_set(
			err, -EBADMSG, "pcapng version %u is not known", read_u16(r, r->block + 4));
	r->first_iface = r->nb_ifaces;
	while (next_opt(r, &off, &o)) {
		if (o.code == RD_PCAPNG_SHB_HARDWARE)
			keep_first(&s->hardware, text_of(&o, 0));
		else if (o.code == RD_PCAPNG_SHB_OS)
			keep_first(&s->os, text_of(&o, 0));
		else if (o.code == RD_PCAPNG_SHB_USERAPPL)
			keep_first(&s->userappl, text_of(&o, 0));
		else if (o.code == RD_PCAPNG_OPT_COMMENT)
			keep_first(&s->comment, text_of(&o, 0));
		else if (o.code == RD_PCAPNG_OPT_CUSTOM_TEXT && s->json == NULL)
			s->json = json_of(r, &o);
	}
	return 0;
}

static int add_iface(struct rd_pcapng_reader *r, struct read_iface **out, struct rd_err *err)
{
	if (r->nb_ifaces >= RD_PCAPNG_MAX_IFACES)
		return rd_err_set(err, -EBADMSG, "more than %u interfaces", RD_PCAPNG_MAX_IFACES);
	if (r->nb_ifaces == r->ifaces_cap) {
		uint32_t cap = r->ifaces_cap ? r->ifaces_cap * 2 : 16;
		struct read_iface *list = realloc(r->ifaces, cap * sizeof(*list));

		if (list == NULL)
			return rd_err_set(err, -ENOMEM, "no memory for an interface");
		r->ifaces = list;
		r->ifaces_cap = cap;
	}
	*out = &r->ifaces[r->nb_ifaces++];
	memset(*out, 0, sizeof(**out));
	(*out)->tsresol = 6;
	return 0;
}

// Copies a text that outlives the block. 0 or -ENOMEM.
static int keep_copy(const char **slot, const char *s)
{
	if (*slot != NULL || s == NULL)
		return 0;
	*slot = strdup(s);
	return *slot == NULL ? -ENOMEM : 0;
}

static int read_iface_opt(struct rd_pcapng_reader *r, struct read_iface *i, const struct opt *o)
{
	switch (o->code) {
	case RD_PCAPNG_IF_NAME:
		return keep_copy(&i->pub.name, text_of(o, 0));
	case RD_PCAPNG_IF_DESCRIPTION:
		return keep_copy(&i->pub.description, text_of(o, 0));
	case RD_PCAPNG_IF_FILTER:
		if (o->len >= 1 && o->bytes[0] == 0) // 0: a libpcap expression
			return keep_copy(&i->pub.filter, text_of(o, 1));
		return 0;
	case RD_PCAPNG_IF_TSRESOL:
		if (o->len == 1)
			i->tsresol = o->bytes[0];
		return 0;
	case RD_PCAPNG_IF_TSOFFSET:
		if (o->len == 8)
			i->tsoffset = (int64_t)read_u64(r, o->bytes);
		return 0;
	default:
		return 0;
	}
}

int read_iface(struct rd_pcapng_reader *r, struct rd_err *err)
{
	struct read_iface *i = NULL;
	size_t off = 8;
	struct opt o;
	int rc;

	if (r->len < 8)
		return rd_err_set(err, -EBADMSG, "an interface block is too short");
	rc = add_iface(r, &i, err);
	if (rc < 0)
		return rc;
	i->pub.link_type = read_u16(r, r->block);
	i->pub.snaplen = read_u32(r, r->block + 4);
	while (next_opt(r, &off, &o)) {
		if (read_iface_opt(r, i, &o) < 0)
			return rd_err_set(err, -ENOMEM, "no memory for an interface's texts");
	}
	return 0;
}

// Units of 10^-n (or 2^-n when the high bit is set) to ns; what doesn't fit wraps, the file is to blame.
static uint64_t to_ns(const struct read_iface *i, uint64_t t)
{
	unsigned n = i->tsresol & 0x7f;
	uint64_t ns = t;

	if (i->tsresol & 0x80) {
		ns = n > 63 ? 0 : (uint64_t)(((unsigned __int128)t * 1000000000u) >> n);
	} else {
		for (unsigned k = n; k < 9; k++)
			ns *= 10;
		for (unsigned k = 9; k < n && ns > 0; k++)
			ns /= 10;
	}
	return ns + (uint64_t)i->tsoffset * 1000000000u;
}

static uint64_t read_time(
	const struct rd_pcapng_reader *r, const struct read_iface *i, const uint8_t *p)
{
	return to_ns(i, (uint64_t)read_u32(r, p) << 32 | read_u32(r, p + 4));
}

// Interface `n` of the current section, NULL if it was not described.
static const struct read_iface *iface_at(const struct rd_pcapng_reader *r, uint32_t n)
{
	return n < r->nb_ifaces - r->first_iface ? &r->ifaces[r->first_iface + n] : NULL;
}

static void read_packet_opt(
	struct rd_pcapng_reader *r, struct rd_pcapng_packet *p, const struct opt *o)
{
	if (o->code == RD_PCAPNG_EPB_FLAGS && o->len == 4) {
		p->flags = read_u32(r, o->bytes);
		p->has |= RD_PCAPNG_HAS_FLAGS;
	} else if (o->code == RD_PCAPNG_EPB_DROPCOUNT && o->len == 8) {
		p->dropcount = read_u64(r, o->bytes);
		p->has |= RD_PCAPNG_HAS_DROPCOUNT;
	} else if (o->code == RD_PCAPNG_EPB_PACKETID && o->len == 8) {
		p->packet_id = read_u64(r, o->bytes);
		p->has |= RD_PCAPNG_HAS_PACKETID;
	} else if (o->code == RD_PCAPNG_EPB_QUEUE && o->len == 4) {
		p->queue = read_u32(r, o->bytes);
		p->has |= RD_PCAPNG_HAS_QUEUE;
	} else if (o->code == RD_PCAPNG_OPT_COMMENT) {
		keep_first(&p->comment, text_of(o, 0));
	} else if (o->code == RD_PCAPNG_OPT_CUSTOM_TEXT && p->json == NULL) {
		p->json = json_of(r, o);
	}
}

int read_packet(struct rd_pcapng_reader *r, struct rd_pcapng_packet *p, struct rd_err *err)
{
	const struct read_iface *i;
	struct opt o;
	size_t off;

	if (r->len < 20)
		return rd_err_set(err, -EBADMSG, "a packet block is too short");
	i = iface_at(r, read_u32(r, r->block));
	if (i == NULL)
		return rd_err_set(
			err, -EBADMSG, "a packet names an interface that was not described");
	p->iface = (uint32_t)(i - r->ifaces);
	p->ns = read_time(r, i, r->block + 4);
	p->cap_len = read_u32(r, r->block + 12);
	p->wire_len = read_u32(r, r->block + 16);
	if (p->cap_len > r->len - 20)
		return rd_err_set(err, -EBADMSG, "a packet is longer than its block");
	p->bytes = r->block + 20;
	off = 20 + pad4(p->cap_len);
	while (next_opt(r, &off, &o))
		read_packet_opt(r, p, &o);
	return 0;
}

int read_simple_packet(struct rd_pcapng_reader *r, struct rd_pcapng_packet *p, struct rd_err *err)
{
	const struct read_iface *i = iface_at(r, 0);

	if (r->len < 4)
		return rd_err_set(err, -EBADMSG, "a packet block is too short");
	if (i == NULL)
		return rd_err_set(
			err, -EBADMSG, "a packet names an interface that was not described");
	p->iface = r->first_iface;
	p->wire_len = read_u32(r, r->block);
	p->cap_len = p->wire_len;
	if (i->pub.snaplen != 0 && p->cap_len > i->pub.snaplen)
		p->cap_len = i->pub.snaplen;
	if (p->cap_len > r->len - 4)
		p->cap_len = (uint32_t)(r->len - 4);
	p->bytes = r->block + 4;
	return 0;
}

static void read_stats_opt(struct rd_pcapng_reader *r, struct rd_pcapng_stats *s,
	const struct read_iface *i, const struct opt *o)
{
	if (o->len != 8)
		return;
	switch (o->code) {
	case RD_PCAPNG_ISB_STARTTIME:
		s->start_ns = read_time(r, i, o->bytes);
		break;
	case RD_PCAPNG_ISB_ENDTIME:
		s->end_ns = read_time(r, i, o->bytes);
		break;
	case RD_PCAPNG_ISB_IFRECV:
		s->received = read_u64(r, o->bytes);
		break;
	case RD_PCAPNG_ISB_IFDROP:
		s->dropped = read_u64(r, o->bytes);
		break;
	case RD_PCAPNG_ISB_FILTERACCEPT:
		s->accepted = read_u64(r, o->bytes);
		break;
	case RD_PCAPNG_ISB_USRDELIV:
		s->delivered = read_u64(r, o->bytes);
		break;
	default:
		break;
	}
}

int read_stats(struct rd_pcapng_reader *r, struct rd_pcapng_stats *s, struct rd_err *err)
{
	const struct read_iface *i;
	size_t off = 12;
	struct opt o;

	if (r->len < 12)
		return rd_err_set(err, -EBADMSG, "a statistics block is too short");
	i = iface_at(r, read_u32(r, r->block));
	if (i == NULL)
		return rd_err_set(
			err, -EBADMSG, "statistics name an interface that was not described");
	s->iface = (uint32_t)(i - r->ifaces);
	while (next_opt(r, &off, &o))
		read_stats_opt(r, s, i, &o);
	return 0;
}
