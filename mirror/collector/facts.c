/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a copy says of itself, see facts.h. Pure.
 */
#include "collector/facts.h"

#include <string.h>

#include "api/stages.h"
#include "base/pkt.h"
#include "base/str.h"

#define OPTION_HEAD 4u
#define OPTION_CRITICAL 0x80u
#define OPTION_BODY 8u // of each of ours
#define FRAME_MAX 262144u // longer ones are nobody's, and readers of files refuse them
#define INDEX_EGRESS (UINT32_C(1) << 19)

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)rd_be32(p) << 32 | rd_be32(p + 4);
}

static void read_copy(const uint8_t *body, struct rd_facts *f)
{
	f->seq = rd_be32(body);
	f->stage = body[4];
	f->flags = body[5];
	f->reason = rd_be16(body + 6);
	f->has |= RD_FACT_SEQ | RD_FACT_STAGE | RD_FACT_REASON | RD_FACT_DIR;
}

static void read_origin(const uint8_t *body, struct rd_facts *f)
{
	f->session = rd_be16(body);
	f->port = rd_be16(body + 2);
	f->wire_len = rd_be32(body + 4);
	f->has |= RD_FACT_SESSION | RD_FACT_PORT | RD_FACT_WIRE_LEN;
}

// One of our class. false: of no type that we know, or of another length.
static bool read_ours(uint8_t type, const uint8_t *body, size_t len, struct rd_facts *f)
{
	if (len != OPTION_BODY)
		return false;
	switch (type) {
	case 1:
		f->ns = be64(body);
		f->has |= RD_FACT_TIME;
		break;
	case 2:
		read_copy(body, f);
		break;
	case 3:
		read_origin(body, f);
		break;
	case 4:
		f->packet_id = be64(body);
		f->has |= RD_FACT_PACKET;
		break;
	default:
		return false;
	}
	f->has |= RD_FACT_OPTIONS;
	return true;
}

void rd_facts_options(const uint8_t *options, size_t len, uint16_t opt_class, struct rd_facts *f)
{
	for (size_t at = 0; at < len;) {
		const uint8_t *o = options + at;
		size_t body;

		if (len - at < OPTION_HEAD) {
			f->malformed = true;
			return;
		}
		body = (o[3] & 0x1fu) * 4u;
		if (body > len - at - OPTION_HEAD) {
			f->malformed = true;
			return;
		}
		if (rd_be16(o) != opt_class || !read_ours(o[2], o + OPTION_HEAD, body, f)) {
			f->strange++;
			f->critical |= (o[2] & OPTION_CRITICAL) != 0;
		}
		at += OPTION_HEAD + body;
	}
}

static void read_index(uint32_t index, struct rd_facts *f)
{
	f->stage = index >> 14 & 0x1f;
	f->port = index & 0x3fff;
	f->flags |= index & INDEX_EGRESS ? RD_COPY_EGRESS : 0;
	f->has |= RD_FACT_STAGE | RD_FACT_PORT | RD_FACT_DIR;
}

// Sub-headers that have a port: rd_encap writes it there, too.
static void read_sub(const struct rd_erspan *e, struct rd_facts *f)
{
	uint8_t id = e->sub[0] >> 2;
	uint32_t word = rd_be32(e->sub);

	if (id != 3 && id != 5 && id != 6)
		return;
	f->port = id == 3 ? word & 0x3fff : word & 0xffff;
	f->has |= RD_FACT_PORT;
}

static void read_erspan(const struct rd_decap *d, bool reddot, struct rd_facts *f)
{
	const struct rd_erspan *e = &d->erspan;

	f->flags |= e->truncated ? RD_COPY_TRUNCATED : 0;
	if (d->kind == RD_DECAP_ERSPAN3) {
		f->flags |= e->egress ? RD_COPY_EGRESS : 0;
		f->has |= RD_FACT_DIR;
		if (e->has_sub)
			read_sub(e, f);
	}
	if (!reddot)
		return;
	if (d->kind == RD_DECAP_ERSPAN2) {
		read_index(e->index, f);
		return;
	}
	f->stage = e->hw_id;
	f->reason = e->sgt;
	f->has |= RD_FACT_STAGE | RD_FACT_REASON;
}

void rd_facts_read(const uint8_t *frame, const struct rd_decap *d, const struct rd_facts_how *how,
	struct rd_facts *f)
{
	memset(f, 0, sizeof(*f));
	if (d->kind == RD_DECAP_GENEVE)
		rd_facts_options(frame + d->opt_off, d->opt_len, how->opt_class, f);
	else if (d->kind == RD_DECAP_ERSPAN2 || d->kind == RD_DECAP_ERSPAN3)
		read_erspan(d, how->reddot, f);
	if (d->has_seq) {
		f->seq = d->seq;
		f->has |= RD_FACT_SEQ;
	}
}

// A truncated frame says in its IP header how long it was, at least.
static uint32_t length_by_ip(const uint8_t *inner, size_t len)
{
	size_t off = RD_ETH_LEN;
	uint16_t type;

	if (len < RD_ETH_LEN + 20)
		return 0;
	type = rd_be16(inner + 12);
	for (; (type == RD_ETHERTYPE_VLAN || type == RD_ETHERTYPE_QINQ) && off + 4 + 20 <= len;
		off += 4)
		type = rd_be16(inner + off + 2);
	if (type == RD_ETHERTYPE_IPV4 && inner[off] >> 4 == 4)
		return (uint32_t)off + rd_be16(inner + off + 2);
	if (type == RD_ETHERTYPE_IPV6 && inner[off] >> 4 == 6)
		return (uint32_t)off + 40 + rd_be16(inner + off + 4);
	return 0;
}

uint32_t rd_facts_wire_len(
	const uint8_t *inner, size_t len, const struct rd_decap *d, const struct rd_facts *f)
{
	uint32_t wire = 0;

	if (f->has & RD_FACT_WIRE_LEN)
		wire = f->wire_len;
	else if ((f->flags & RD_COPY_TRUNCATED) && d->protocol == RD_ETHERTYPE_TEB)
		wire = length_by_ip(inner, len);
	if (wire > FRAME_MAX)
		wire = FRAME_MAX;
	return wire > d->inner_len ? wire : d->inner_len;
}

static void put_stage(const struct rd_facts *f, char *buf, size_t size, size_t *len)
{
	const struct rd_stage_desc *stage = rd_stage_by_id(f->stage);

	if (stage != NULL)
		rd_str_addf(buf, size, len, " stage=%s", stage->name);
	else if (f->stage != 0)
		rd_str_addf(buf, size, len, " stage=%u", f->stage);
}

static void put_reason(const struct rd_facts *f, char *buf, size_t size, size_t *len)
{
	const struct rd_drop_desc *drop = rd_drop_by_id(f->reason);

	if (drop != NULL)
		rd_str_addf(buf, size, len, " reason=%s", drop->name);
	else if (f->reason != 0)
		rd_str_addf(buf, size, len, " reason=%u", f->reason);
}

static void put_flags(const struct rd_facts *f, char *buf, size_t size, size_t *len)
{
	static const struct {
		uint8_t flag;
		const char *word;
	} words[] = {{RD_COPY_EGRESS, "egress"}, {RD_COPY_TRUNCATED, "truncated"},
		{RD_COPY_PARTIAL_CSUM, "partial-checksum"}, {RD_COPY_SUPER_FRAME, "super-frame"},
		{RD_COPY_SAMPLED, "sampled"}};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (f->flags & words[i].flag)
			rd_str_addf(buf, size, len, " %s", words[i].word);
}

const char *rd_facts_text(const struct rd_facts *f, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (f->has & RD_FACT_OPTIONS) { // what ERSPAN's header says is told by rd_decap_text()
		if (f->has & RD_FACT_SEQ)
			rd_str_addf(buf, size, &len, " seq=%u", f->seq);
		put_flags(f, buf, size, &len);
	}
	if (f->has & RD_FACT_SESSION)
		rd_str_addf(buf, size, &len, " session=%u", f->session);
	if (f->has & RD_FACT_STAGE)
		put_stage(f, buf, size, &len);
	if (f->has & RD_FACT_PORT)
		rd_str_addf(buf, size, &len, " port=%u", f->port);
	if (f->has & RD_FACT_REASON)
		put_reason(f, buf, size, &len);
	if (f->has & RD_FACT_PACKET)
		rd_str_addf(buf, size, &len, " packet=%llu", (unsigned long long)f->packet_id);
	if (f->has & RD_FACT_WIRE_LEN)
		rd_str_addf(buf, size, &len, " of=%u", f->wire_len);
	if (f->critical)
		rd_str_addf(buf, size, &len, " unknown-critical-option");
	return buf;
}
