/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rule sets as tries of rte_acl, one for each IP family. What a packet is besides its addresses and ports (its direction, and
 * whether it has ports at all) selects one of four categories, so it costs no step in the trie: a search gives the
 * best rule of all four.
 */
#include "tables/dfw_acl.h"

#include "base/pkt.h"
#include "tables/dfw_compile.h"

#include <arpa/inet.h>
#include <rte_acl.h>
#include <rte_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { // categories
	CAT_IN,
	CAT_OUT,
	CAT_NO_L4, // added to the direction's
	CATS = 4,
};

struct key4 { // network order, as the trie reads it
	uint8_t proto, pad[3];
	uint8_t src[4], dst[4];
	uint16_t sport, dport;
};
struct key6 {
	uint8_t proto, pad[3];
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
};

#define FIELDS4 5
#define FIELDS6 11
#define FIELD(type_, size_, n, word, off)                                                \
	{                                                                                \
		.type = RTE_ACL_FIELD_TYPE_##type_, .size = (size_), .field_index = (n), \
		.input_index = (word), .offset = (off)                                   \
	}

// The first field is one byte, the others go by words of four.
static const struct rte_acl_field_def fields4[FIELDS4] = {
	FIELD(BITMASK, 1, 0, 0, offsetof(struct key4, proto)),
	FIELD(MASK, 4, 1, 1, offsetof(struct key4, src)),
	FIELD(MASK, 4, 2, 2, offsetof(struct key4, dst)),
	FIELD(RANGE, 2, 3, 3, offsetof(struct key4, sport)),
	FIELD(RANGE, 2, 4, 3, offsetof(struct key4, dport)),
};
static const struct rte_acl_field_def fields6[FIELDS6] = {
	FIELD(BITMASK, 1, 0, 0, offsetof(struct key6, proto)),
	FIELD(MASK, 4, 1, 1, offsetof(struct key6, src)),
	FIELD(MASK, 4, 2, 2, offsetof(struct key6, src) + 4),
	FIELD(MASK, 4, 3, 3, offsetof(struct key6, src) + 8),
	FIELD(MASK, 4, 4, 4, offsetof(struct key6, src) + 12),
	FIELD(MASK, 4, 5, 5, offsetof(struct key6, dst)),
	FIELD(MASK, 4, 6, 6, offsetof(struct key6, dst) + 4),
	FIELD(MASK, 4, 7, 7, offsetof(struct key6, dst) + 8),
	FIELD(MASK, 4, 8, 8, offsetof(struct key6, dst) + 12),
	FIELD(RANGE, 2, 9, 9, offsetof(struct key6, sport)),
	FIELD(RANGE, 2, 10, 9, offsetof(struct key6, dport)),
};

RTE_ACL_RULE_DEF(rule6, FIELDS6);

// An address as words of a MASK field each.
static void put_address(struct rte_acl_field *f, unsigned words, const uint8_t *addr, unsigned len)
{
	for (unsigned i = 0; i < words; i++) {
		unsigned bits = len > 32 ? 32 : len;

		f[i].value.u32 = rd_be32(addr + 4 * i);
		f[i].mask_range.u32 = bits;
		len -= bits;
	}
}

static void put_range(struct rte_acl_field *f, const struct rd_dfw_term *t, bool source)
{
	f->value.u16 = !t->l4 ? 0 : source ? t->sport_lo : t->dport_lo;
	f->mask_range.u16 = !t->l4 ? UINT16_MAX : source ? t->sport_hi : t->dport_hi;
}

static void put_rule(struct rte_acl_rule_data *data, struct rte_acl_field *f, bool v6,
	const struct rd_dfw_term *t)
{
	unsigned words = v6 ? 4 : 1,
		 dir = t->dir; // RD_DFW_IN and OUT are the bits of CAT_IN, CAT_OUT

	data->category_mask = t->l4 ? dir : dir | dir << CAT_NO_L4;
	data->priority = (int32_t)(RTE_ACL_MAX_PRIORITY - t->rule);
	data->userdata = t->rule + 1;
	f[0].value.u8 = t->proto;
	f[0].mask_range.u8 = t->proto != 0 ? UINT8_MAX : 0;
	put_address(f + 1, words, t->src, t->src_len);
	put_address(f + 1 + words, words, t->dst, t->dst_len);
	put_range(f + 1 + 2 * words, t, true);
	put_range(f + 2 + 2 * words, t, false);
}

static bool is_of(const struct rd_dfw_term *t, bool v6)
{
	return t->family == 0 || t->family == (v6 ? AF_INET6 : AF_INET);
}

static struct rte_acl_ctx *create(const struct rd_dfw *d, bool v6, uint32_t nb)
{
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = {.name = name,
		.socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(v6 ? FIELDS6 : FIELDS4),
		.max_rule_num = nb};

	snprintf(name, sizeof(name), "dfw%u.%d", d->serial, v6 ? 6 : 4);
	return rte_acl_create(&param);
}

// Its rules go in by portions, so that they need little memory twice.
static int add_rules(struct rte_acl_ctx *acl, const struct rd_dfw_term *term, uint32_t nb, bool v6)
{
	struct rule6 rule; // the longer one

	for (uint32_t i = 0; i < nb; i++) {
		int rc;

		if (!is_of(&term[i], v6))
			continue;
		memset(&rule, 0, sizeof(rule));
		put_rule(&rule.data, rule.field, v6, &term[i]);
		rc = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&rule, 1);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int build(struct rte_acl_ctx *acl, bool v6)
{
	struct rte_acl_config config = {
		.num_categories = CATS, .num_fields = v6 ? FIELDS6 : FIELDS4};

	memcpy(config.defs, v6 ? fields6 : fields4, v6 ? sizeof(fields6) : sizeof(fields4));
	return rte_acl_build(acl, &config);
}

static int build_family(
	struct rd_dfw *d, bool v6, const struct rd_dfw_term *term, uint32_t nb, struct rd_err *err)
{
	uint32_t mine = 0;
	int rc;

	for (uint32_t i = 0; i < nb; i++)
		mine += is_of(&term[i], v6);
	if (mine == 0)
		return 0;
	d->acl[v6] = create(d, v6, mine);
	rc = d->acl[v6] == NULL ? -ENOMEM : add_rules(d->acl[v6], term, nb, v6);
	if (rc == 0)
		rc = build(d->acl[v6], v6);
	if (rc == 0)
		return 0;
	rd_err_set(
		err, -ENOMEM, "no memory for a trie of %u IPv%d firewall rules", mine, v6 ? 6 : 4);
	rd_err_hint(err, "more memory (reddotd --mem), or rules that apply to fewer ports");
	return -ENOMEM;
}

int rd_dfw_acl_build(
	struct rd_dfw *d, const struct rd_dfw_term *term, uint32_t nb, struct rd_err *err)
{
	int rc = build_family(d, false, term, nb, err);

	return rc < 0 ? rc : build_family(d, true, term, nb, err);
}

void rd_dfw_acl_free(struct rd_dfw *d)
{
	rte_acl_free(d->acl[0]);
	rte_acl_free(d->acl[1]);
}

uint32_t rd_dfw_acl_match(const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	bool v6 = k->ethertype == RD_ETHERTYPE_IPV6, l4 = k->ft == RD_FT_L4;
	uint32_t found[CATS] = {0};
	uint16_t sport = htons(l4 ? k->sport : 0), dport = htons(l4 ? k->dport : 0);
	struct key4 k4 = {.proto = k->proto, .sport = sport, .dport = dport};
	struct key6 k6 = {.proto = k->proto, .sport = sport, .dport = dport};
	const uint8_t *data = v6 ? (const uint8_t *)&k6 : (const uint8_t *)&k4;

	if (d->acl[v6] == NULL)
		return 0;
	if (v6) {
		memcpy(k6.src, k->src, 16);
		memcpy(k6.dst, k->dst, 16);
	} else {
		memcpy(k4.src, k->src, 4);
		memcpy(k4.dst, k->dst, 4);
	}
	rte_acl_classify(d->acl[v6], &data, found, 1, CATS);
	return found[(dir == RD_DFW_IN ? CAT_IN : CAT_OUT) + (l4 ? 0 : CAT_NO_L4)];
}
