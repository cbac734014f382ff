/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is between the outer IP or UDP header and the frame, see encap.h: GRE with ERSPAN's headers, VXLAN, Geneve, TZSP. Pure.
 */
#include <string.h>

#include "encap/encap_priv.h"

#define GRE_KEY 0x2000u
#define GRE_SEQ 0x1000u
#define PROTO_ERSPAN 0x88beu
#define PROTO_ERSPAN3 0x22ebu
#define ERSPAN2_LEN 8u
#define ERSPAN3_LEN 12u
#define ERSPAN_SUB_LEN 8u
#define ERSPAN3_ETHERNET 0x8000u // P: the payload is a frame
#define TUNNEL_LEN 8u // VXLAN's header, Geneve's fixed part
#define OPTION_LEN 12u // of each of ours
#define NB_OPTIONS 4u

static const uint8_t tzsp_head[] = {
	1, 0, 0, 1, 1}; // version 1, a received packet, Ethernet; the end of no tags

static int check_erspan(const struct rd_encap_conf *c, struct rd_err *err)
{
	if (c->session > 1023)
		return rd_err_set(err, -EINVAL, "session id %u: ERSPAN has 0 to 1023", c->session);
	if (c->kind != RD_ENCAP_ERSPAN3)
		return 0;
	if (c->gra > RD_GRA_1588)
		return rd_err_set(
			err, -EINVAL, "timestamps in units of 100us, 100ns or as IEEE 1588");
	if (c->sub_id != 0 && c->sub_id != 3 && c->sub_id != 5 && c->sub_id != 7)
		return rd_err_set(err, -EINVAL, "sub-header %u: 3, 5 or 7", c->sub_id);
	if ((c->gra == RD_GRA_1588) != (c->sub_id == 5))
		return rd_err_set(err, -EINVAL,
			"IEEE 1588 timestamps have their seconds in sub-header 5, others have none there");
	return c->switch_id > 1023
		? rd_err_set(err, -EINVAL, "switch id %u: 0 to 1023", c->switch_id)
		: 0;
}

int encap_shim_check(const struct rd_encap_conf *c, struct rd_err *err)
{
	switch (c->kind) {
	case RD_ENCAP_ERSPAN2:
	case RD_ENCAP_ERSPAN3:
		return check_erspan(c, err);
	case RD_ENCAP_VXLAN:
	case RD_ENCAP_GENEVE:
		return c->vni >> 24 != 0
			? rd_err_set(err, -EINVAL, "vni %u has more than 24 bits", c->vni)
			: 0;
	case RD_ENCAP_RSPAN:
		if (c->rspan_vid < 1 || c->rspan_vid > 4094)
			return rd_err_set(err, -EINVAL, "vlan %u: 1 to 4094", c->rspan_vid);
		if (c->rspan_tpid != RD_ETHERTYPE_VLAN && c->rspan_tpid != RD_ETHERTYPE_QINQ)
			return rd_err_set(err, -EINVAL, "a tag's type is 0x8100 or 0x88a8");
		return 0;
	default:
		return 0;
	}
}

static uint8_t *put_gre(uint8_t *p, uint16_t flags, uint16_t protocol)
{
	rd_put16(p, flags);
	rd_put16(p + 2, protocol);
	return p + ENCAP_GRE_LEN;
}

static uint8_t *prepare_gre(const struct rd_encap_conf *c, uint8_t *p)
{
	p = put_gre(p, (c->has_key ? GRE_KEY : 0) | (c->has_seq ? GRE_SEQ : 0), RD_ETHERTYPE_TEB);
	if (c->has_key) {
		rd_put32(p, c->key);
		p += 4;
	}
	return c->has_seq ? p + 4 : p;
}

static uint8_t *prepare_erspan3(const struct rd_encap_conf *c, uint8_t *p)
{
	p = put_gre(p, GRE_SEQ, PROTO_ERSPAN3) + 4 + ERSPAN3_LEN;
	return c->sub_id != 0 ? p + ERSPAN_SUB_LEN : p;
}

// An option's class, type, and length in words; its value comes with the copy.
static uint8_t *prepare_geneve(const struct rd_encap_conf *c, uint8_t *p)
{
	unsigned words = (unsigned)__builtin_popcount(c->options & ((1u << NB_OPTIONS) - 1)) * 3;

	p[0] = (uint8_t)words;
	rd_put16(p + 2, RD_ETHERTYPE_TEB);
	rd_put32(p + 4, c->vni << 8);
	p += TUNNEL_LEN;
	for (unsigned i = 0; i < NB_OPTIONS; i++) {
		if ((c->options >> i & 1) == 0)
			continue;
		rd_put16(p, c->opt_class);
		p[2] = (uint8_t)(i + 1);
		p[3] = 2;
		p += OPTION_LEN;
	}
	return p;
}

uint8_t *encap_shim_prepare(const struct rd_encap_conf *c, uint8_t *p)
{
	switch (c->kind) {
	case RD_ENCAP_ERSPAN1:
		return put_gre(p, 0, PROTO_ERSPAN);
	case RD_ENCAP_ERSPAN2:
		return put_gre(p, GRE_SEQ, PROTO_ERSPAN) + 4 + ERSPAN2_LEN;
	case RD_ENCAP_ERSPAN3:
		return prepare_erspan3(c, p);
	case RD_ENCAP_GRE:
		return prepare_gre(c, p);
	case RD_ENCAP_VXLAN:
		p[0] = 8; // the VNI is valid
		rd_put32(p + 4, c->vni << 8);
		return p + TUNNEL_LEN;
	case RD_ENCAP_GENEVE:
		return prepare_geneve(c, p);
	case RD_ENCAP_TZSP:
		memcpy(p, tzsp_head, sizeof(tzsp_head));
		return p + sizeof(tzsp_head);
	default:
		return p;
	}
}

// The first word of types II and III; bits 19 and 20 are En or BSO.
static uint32_t erspan_word(uint32_t version, uint32_t en, const struct rd_encap_conf *c,
	const struct rd_encap_copy *copy)
{
	uint32_t vlan = copy->tci & 0xfff, cos = copy->tci >> 13;
	uint32_t truncated = (copy->flags & RD_COPY_TRUNCATED) != 0;

	return version << 28 | vlan << 16 | cos << 13 | en << 11 | truncated << 10 | c->session;
}

static void fill_erspan2(
	const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *gre)
{
	rd_put32(gre + 4, copy->seq);
	rd_put32(gre + 8, erspan_word(1, copy->en & 3u, c, copy));
	rd_put32(gre + 12, copy->index & 0xfffff);
}

static uint64_t erspan_time(enum rd_encap_gra gra, uint64_t ns)
{
	if (gra == RD_GRA_1588)
		return ns % 1000000000u;
	return ns / (gra == RD_GRA_100US ? 100000u : 100u);
}

static void fill_sub(const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *sub)
{
	uint32_t id = (uint32_t)c->sub_id << 26;
	uint32_t upper = (uint32_t)(erspan_time(c->gra, copy->ns) >> 32);

	switch (c->sub_id) {
	case 3:
		rd_put32(sub, id | (copy->port & 0x3fffu));
		rd_put32(sub + 4, upper);
		break;
	case 5:
		rd_put32(sub, id | (uint32_t)c->switch_id << 16 | copy->port);
		rd_put32(sub + 4, (uint32_t)(copy->ns / 1000000000u));
		break;
	default: // 7
		rd_put32(sub, id | (copy->index & 0xfffff));
		rd_put32(sub + 4, upper);
		break;
	}
}

static void fill_erspan3(
	const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *gre)
{
	uint32_t egress = (copy->flags & RD_COPY_EGRESS) != 0, sub = c->sub_id != 0;

	rd_put32(gre + 4, copy->seq);
	rd_put32(gre + 8, erspan_word(2, copy->bso & 3u, c, copy));
	rd_put32(gre + 12, (uint32_t)erspan_time(c->gra, copy->ns));
	rd_put16(gre + 16, copy->sgt);
	rd_put16(gre + 18,
		(uint16_t)(ERSPAN3_ETHERNET | (copy->stage & 0x3fu) << 4 | egress << 3
			| (uint32_t)c->gra << 1 | sub));
	if (sub)
		fill_sub(c, copy, gre + ENCAP_GRE_LEN + 4 + ERSPAN3_LEN);
}

static void fill_option(
	unsigned i, const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *value)
{
	switch (1u << i) {
	case RD_OPT_TIME:
		encap_put64(value, copy->ns);
		break;
	case RD_OPT_COPY:
		rd_put32(value, copy->seq);
		value[4] = copy->stage;
		value[5] = copy->flags;
		rd_put16(value + 6, copy->reason);
		break;
	case RD_OPT_ORIGIN:
		rd_put16(value, c->session);
		rd_put16(value + 2, copy->port);
		rd_put32(value + 4, copy->wire_len);
		break;
	default: // RD_OPT_PACKET
		encap_put64(value, copy->packet_id);
		break;
	}
}

static void fill_geneve(const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *p)
{
	p += TUNNEL_LEN;
	for (unsigned i = 0; i < NB_OPTIONS; i++) {
		if ((c->options >> i & 1) == 0)
			continue;
		fill_option(i, c, copy, p + 4);
		p += OPTION_LEN;
	}
}

void encap_shim_fill(const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *shim)
{
	switch (c->kind) {
	case RD_ENCAP_ERSPAN2:
		fill_erspan2(c, copy, shim);
		break;
	case RD_ENCAP_ERSPAN3:
		fill_erspan3(c, copy, shim);
		break;
	case RD_ENCAP_GRE:
		if (c->has_seq)
			rd_put32(shim + ENCAP_GRE_LEN + (c->has_key ? 4 : 0), copy->seq);
		break;
	case RD_ENCAP_GENEVE:
		fill_geneve(c, copy, shim);
		break;
	default: // nothing of theirs differs
		break;
	}
}
