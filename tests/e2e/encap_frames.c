/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirrored frames for mirror_heads_test.py: the golden ones, or random ones. What went into each header goes to standard output under
 * tshark's names, a line per frame: "erspan.version=1 erspan.vlan=0 ...". Our own decapsulator must find the same: else it says
 * where, and the program ends with 1.
 *
 *	encap_frames goldens FILE
 *	encap_frames random COUNT SEED FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "encap/decap.h"
#include "../unit/encap_golden.h"

static uint64_t state;

static uint32_t any(uint32_t below) // 0 to below - 1; xorshift64*
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % below);
}

static uint32_t any32(void)
{
	return any(0x10000) << 16 | any(0x10000);
}

static void put_file_head(FILE *f)
{
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};

	fwrite(head, sizeof(head), 1, f);
}

static void put_frame(FILE *f, uint32_t n, const struct bytes *b)
{
	const uint32_t head[4] = {n, 0, (uint32_t)b->len, (uint32_t)b->len};

	fwrite(head, sizeof(head), 1, f);
	fwrite(b->b, b->len, 1, f);
}

static struct rd_encap_conf any_conf(void)
{
	struct rd_encap_conf c = {.kind = (enum rd_encap_kind)any(RD_ENCAP_RSPAN),
		.family = any(2) ? 4 : 6,
		.ttl = (uint8_t)(1 + any(255)),
		.dscp = (uint8_t)any(64),
		.tci = any(4) == 0 ? (uint16_t)(1 + any(4094)) : 0,
		.session = (uint16_t)any(1024),
		.vni = any(1u << 24),
		.key = any32(),
		.has_key = any(2),
		.has_seq = any(2),
		.may_fragment = any(2),
		.gra = (enum rd_encap_gra)any(3),
		.opt_class = RD_ENCAP_OPT_CLASS,
		.options = (uint8_t)any(16),
		.switch_id = (uint16_t)any(1024)};

	if (c.kind == RD_ENCAP_ERSPAN3)
		c.sub_id = c.gra == RD_GRA_1588 ? 5 : (const uint8_t[]){0, 3, 7}[any(3)];
	for (unsigned i = 0; i < 16; i++) {
		c.src[i] = (uint8_t)any(256);
		c.dst[i] = (uint8_t)any(256);
	}
	// Not a group, not a net whose addresses tshark reads otherwise.
	c.src[0] = c.dst[0] = c.family == 4 ? 10 : 0x20;
	return c;
}

static struct rd_encap_copy any_copy(void)
{
	return (struct rd_encap_copy){.ns = (uint64_t)any32() << 28 | any(1u << 28),
		.packet_id = (uint64_t)any32() << 32 | any32(),
		.seq = any32(),
		.index = any(1u << 20),
		.wire_len = any(65536),
		.flow = any32(),
		.tci = (uint16_t)any(65536),
		.port = (uint16_t)any(1u << 14),
		.sgt = (uint16_t)any(65536),
		.reason = (uint16_t)any(200),
		.stage = (uint8_t)any(64),
		.en = (uint8_t)any(4),
		.bso = (uint8_t)any(4),
		.flags = (uint8_t)any(32)};
}

static void say_word(const struct rd_encap_conf *c, const struct rd_encap_copy *m)
{
	printf(" gre.sequence_number=%u erspan.vlan=%u erspan.cos=%u erspan.truncated=%u erspan.spanid=%u",
		m->seq, m->tci & 0xfff, m->tci >> 13, m->flags >> 1 & 1, c->session);
}

static uint64_t time_of(const struct rd_encap_conf *c, const struct rd_encap_copy *m)
{
	return c->gra == RD_GRA_1588 ? m->ns % 1000000000
				     : m->ns / (c->gra == RD_GRA_100US ? 100000 : 100);
}

static void say_erspan3(const struct rd_encap_conf *c, const struct rd_encap_copy *m)
{
	uint64_t time = time_of(c, m);

	printf(" erspan.version=2 erspan.bso=%u erspan.timestamp=%u erspan.sgt=%u erspan.p=1 erspan.ft=0"
	       " erspan.hw=%u erspan.direction=%u erspan.gra=%u erspan.o=%u",
		m->bso, (uint32_t)time, m->sgt, m->stage, m->flags & 1, c->gra, c->sub_id != 0);
	if (c->sub_id != 0)
		printf(" erspan.platid=%u", c->sub_id);
	if (c->sub_id == 3)
		printf(" erspan.pid3.port_index=%u erspan.pid3.timestamp=%u", m->port,
			(uint32_t)(time >> 32));
	if (c->sub_id == 5)
		printf(" erspan.pid5.switchid=%u erspan.pid5.port_index=%u erspan.pid5.timestamp=%u",
			c->switch_id, m->port, (uint32_t)(m->ns / 1000000000));
	if (c->sub_id == 7)
		printf(" erspan.pid7.source_index=%u erspan.pid7.timestamp=%u", m->index,
			(uint32_t)(time >> 32));
}

// The values of our options, as tshark lists those that it does not know.
static void say_options(const struct rd_encap_conf *c, const struct rd_encap_copy *m)
{
	const char *comma = "";

	if (c->options == 0)
		return;
	printf(" geneve.option.unknown.data=");
	if (c->options & RD_OPT_TIME) {
		printf("%016" PRIx64, m->ns);
		comma = ",";
	}
	if (c->options & RD_OPT_COPY) {
		printf("%s%08x%02x%02x%04x", comma, m->seq, m->stage, m->flags, m->reason);
		comma = ",";
	}
	if (c->options & RD_OPT_ORIGIN) {
		printf("%s%04x%04x%08x", comma, c->session, m->port, m->wire_len);
		comma = ",";
	}
	if (c->options & RD_OPT_PACKET)
		printf("%s%016" PRIx64, comma, m->packet_id);
}

static void say_shim(const struct rd_encap_conf *c, const struct rd_encap_copy *m)
{
	switch (c->kind) {
	case RD_ENCAP_ERSPAN1:
		printf(" gre.proto=0x88be");
		break;
	case RD_ENCAP_ERSPAN2:
		say_word(c, m);
		printf(" gre.proto=0x88be erspan.version=1 erspan.encap=%u erspan.index=%u", m->en,
			m->index);
		break;
	case RD_ENCAP_ERSPAN3:
		printf(" gre.proto=0x22eb");
		say_word(c, m);
		say_erspan3(c, m);
		break;
	case RD_ENCAP_GRE:
		printf(" gre.proto=0x6558");
		if (c->has_key)
			printf(" gre.key=0x%08x", c->key);
		if (c->has_seq)
			printf(" gre.sequence_number=%u", m->seq);
		break;
	case RD_ENCAP_VXLAN:
		printf(" vxlan.vni=%u", c->vni);
		break;
	case RD_ENCAP_GENEVE:
		printf(" geneve.vni=0x%06x", c->vni);
		say_options(c, m);
		break;
	default:
		printf(" tzsp.version=1 tzsp.type=0");
		break;
	}
}

static void say(const struct rd_encap_conf *c, const struct rd_encap_copy *m, size_t len)
{
	printf("frame.len=%zu", len);
	if (c->tci != 0)
		printf(" vlan.id=%u", c->tci & 0xfff);
	if (c->family == 4)
		printf(" ip.dsfield.dscp=%u ip.ttl=%u ip.flags.df=%u", c->dscp, c->ttl,
			!c->may_fragment);
	else
		printf(" ipv6.tclass.dscp=%u ipv6.hlim=%u", c->dscp, c->ttl);
	say_shim(c, m);
	printf("\n");
}

// Whether our decapsulator reads what was written.
static bool agrees(const struct rd_encap_conf *c, const struct rd_encap_copy *m,
	const struct bytes *f, const struct bytes *inner)
{
	bool erspan = c->kind == RD_ENCAP_ERSPAN2 || c->kind == RD_ENCAP_ERSPAN3;
	struct rd_decap d;

	if (rd_decap(f->b, f->len, f->len, &d) != RD_DECAP_YES || d.inner_len != inner->len
		|| memcmp(f->b + d.inner, inner->b, inner->len) != 0
		|| strcmp(rd_decap_name(d.kind), rd_encap_name(c->kind)) != 0)
		return false;
	if (c->kind == RD_ENCAP_VXLAN || c->kind == RD_ENCAP_GENEVE)
		return d.id == c->vni;
	if (c->kind == RD_ENCAP_GRE)
		return d.has_id == c->has_key && d.has_seq == c->has_seq
			&& (!d.has_id || d.id == c->key) && (!d.has_seq || d.seq == m->seq);
	if (!erspan)
		return true;
	return d.id == c->session && d.seq == m->seq && d.erspan.vlan == (m->tci & 0xfff)
		&& d.erspan.cos == m->tci >> 13 && d.erspan.truncated == (m->flags >> 1 & 1)
		&& (c->kind == RD_ENCAP_ERSPAN2
				? d.erspan.en == m->en && d.erspan.index == m->index
				: d.erspan.bso == m->bso && d.erspan.hw_id == m->stage
					&& d.erspan.sgt == m->sgt && d.erspan.gra == c->gra
					&& d.erspan.egress == (m->flags & 1)
					&& d.erspan.time == (uint32_t)time_of(c, m)
					&& d.erspan.has_sub == (c->sub_id != 0));
}

static int random_frames(uint32_t count, FILE *out)
{
	const struct bytes inner = from_hex(SYN);

	for (uint32_t n = 0; n < count; n++) {
		struct rd_encap_conf c = any_conf();
		struct rd_encap_copy m = any_copy();
		struct rd_encap e;
		struct bytes f;

		if (rd_encap_prepare(&e, &c, NULL) < 0) {
			fprintf(stderr, "encap_frames: frame %u is refused\n", n + 1);
			return 1;
		}
		rd_encap_head(&e, &m, inner.b, (uint32_t)inner.len, f.b);
		memcpy(f.b + e.len, inner.b, inner.len);
		f.len = e.len + inner.len;
		if (!agrees(&c, &m, &f, &inner)) {
			fprintf(stderr, "encap_frames: frame %u is decapsulated otherwise\n",
				n + 1);
			return 1;
		}
		say(&c, &m, f.len);
		put_frame(out, n, &f);
	}
	return 0;
}

static int golden_frames(FILE *out)
{
	for (uint32_t n = 0; n < NB_GOLDENS; n++) {
		struct bytes f;

		if (golden_make(&goldens[n], &f) < 0)
			return 1;
		printf("%s\n", goldens[n].name);
		put_frame(out, n, &f);
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool golden = argc == 3 && strcmp(argv[1], "goldens") == 0;
	FILE *out;
	int rc;

	if (!golden && (argc != 5 || strcmp(argv[1], "random") != 0)) {
		fprintf(stderr, "usage: encap_frames goldens FILE | random COUNT SEED FILE\n");
		return 2;
	}
	out = fopen(argv[argc - 1], "wb");
	if (out == NULL) {
		perror(argv[argc - 1]);
		return 1;
	}
	put_file_head(out);
	state = golden ? 1 : strtoull(argv[3], NULL, 0) * 2 + 1;
	rc = golden ? golden_frames(out) : random_frames((uint32_t)strtoul(argv[2], NULL, 0), out);
	return fclose(out) != 0 ? 1 : rc;
}
