/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules of mirror sessions and their text, see rule.h. Pure.
 */
#include "session/rule.h"

#include <ctype.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "session/rule_words.h"

#define RULE_TEXT_MAX 400
#define RULE_HINT "permit|deny [outer|inner] [either-way] [proto P] [from PREFIX] [to PREFIX] ..."

static const struct {
	const char *name;
	uint16_t number;
} ethertypes[] = {
	{"ipv4", RD_ETHERTYPE_IPV4},
	{"ipv6", RD_ETHERTYPE_IPV6},
	{"arp", RD_ETHERTYPE_ARP},
};
#define NB_ETHERTYPES (sizeof(ethertypes) / sizeof(ethertypes[0]))

static int bad(struct rd_err *err, const char *word, const char *value, const char *allowed)
{
	return rd_err_set(err, -EINVAL, "%s %.60s: %s", word, value, allowed);
}

static int number(struct rd_err *err, const char *word, const char *value, uint32_t min,
	uint32_t max, uint32_t *out)
{
	if (rd_parse_u32(value, min, max, out) == 0)
		return 0;
	return rd_err_set(err, -ERANGE, "%s %.60s: %u to %u", word, value, min, max);
}

static int set_proto(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	uint32_t n = 0;

	for (size_t i = 0; i < NB_PROTOS; i++)
		if (strcmp(v, protos[i].name) == 0)
			n = protos[i].number;
	if (n == 0 && rd_parse_u32(v, 0, 255, &n) < 0)
		return bad(err, "proto", v, "tcp, udp, icmp, icmpv6, sctp or 0 to 255");
	r->proto = (uint8_t)n;
	r->has |= RD_MIRROR_HAS_PROTO;
	return 0;
}

static int set_ethertype(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	uint32_t n = 0;

	for (size_t i = 0; i < NB_ETHERTYPES; i++)
		if (strcmp(v, ethertypes[i].name) == 0)
			n = ethertypes[i].number;
	if (n == 0 && rd_parse_u32(v, 0x600, 0xffff, &n) < 0)
		return bad(
			err, "ethertype", v, "ipv4, ipv6, arp or 1536 to 65535 (0x600 to 0xffff)");
	r->ethertype = (uint16_t)n;
	r->has |= RD_MIRROR_HAS_ETHERTYPE;
	return 0;
}

static int set_prefix(struct rd_mirror_rule *r, bool src, const char *v, struct rd_err *err)
{
	uint8_t addr[16] = {0}, len;
	int family;

	if (rd_parse_prefix(v, &family, addr, &len) < 0)
		return bad(err, src ? "from" : "to", v, "an address, or a prefix like 10.0.0.0/8");
	if (family == 0) // any
		return 0;
	if (r->family != 0 && r->family != family)
		return rd_err_set(err, -EINVAL, "one address is IPv4 and the other one IPv6");
	for (unsigned bit = len; bit < 128; bit++)
		addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	r->family = (uint8_t)family;
	memcpy(src ? r->src : r->dst, addr, sizeof(addr));
	*(src ? &r->src_len : &r->dst_len) = len;
	r->has |= src ? RD_MIRROR_HAS_SRC : RD_MIRROR_HAS_DST;
	return 0;
}
static int set_from(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	return set_prefix(r, true, v, err);
}
static int set_to(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	return set_prefix(r, false, v, err);
}

static int set_sport(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	if (rd_parse_range(v, &r->sport_lo, &r->sport_hi) < 0)
		return bad(err, "sport", v, "0 to 65535, or a range like 1000-2000");
	r->has |= RD_MIRROR_HAS_SPORT;
	return 0;
}
static int set_dport(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	if (rd_parse_range(v, &r->dport_lo, &r->dport_hi) < 0)
		return bad(err, "dport", v, "0 to 65535, or a range like 1000-2000");
	r->has |= RD_MIRROR_HAS_DPORT;
	return 0;
}
static int set_length(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	if (rd_parse_range(v, &r->len_lo, &r->len_hi) < 0)
		return bad(err, "length", v, "0 to 65535, or a range like 0-128");
	r->has |= RD_MIRROR_HAS_LENGTH;
	return 0;
}

// "syn,!ack": set and not set.
static int set_flags(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	for (const char *at = v; *at != '\0';) {
		size_t len = strcspn(at, ",");
		bool not = *at == '!';
		uint8_t bit = 0;

		for (size_t i = 0; i < NB_TCP_FLAGS; i++)
			if (len == 3u + not &&strncmp(at + not, tcp_flags[i].name, 3) == 0)
				bit = tcp_flags[i].bit;
		if (bit == 0 || (r->tcp_mask & bit) != 0)
			return bad(err, "flags", v,
				"fin syn rst psh ack urg ece cwr, once each, with commas; ! = not set");
		r->tcp_mask |= bit;
		r->tcp_value |= not ? 0 : bit;
		at += len + (at[len] == ',');
	}
	r->has |= RD_MIRROR_HAS_TCP_FLAGS;
	return 0;
}

static int set_vlan(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	uint32_t n;

	if (number(err, "vlan", v, 1, 4094, &n) < 0)
		return -ERANGE;
	r->vlan = (uint16_t)n;
	r->has |= RD_MIRROR_HAS_VLAN;
	return 0;
}
static int set_vni(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	r->has |= RD_MIRROR_HAS_VNI;
	return number(err, "vni", v, 0, 0xffffff, &r->vni);
}
static int set_dscp(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	uint32_t n;

	if (number(err, "dscp", v, 0, 63, &n) < 0)
		return -ERANGE;
	r->dscp = (uint8_t)n;
	r->has |= RD_MIRROR_HAS_DSCP;
	return 0;
}
static int set_smac(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	r->has |= RD_MIRROR_HAS_SMAC;
	return rd_parse_mac(v, r->smac) == 0 ? 0 : bad(err, "smac", v, "like 00:50:56:a1:99:9e");
}
static int set_dmac(struct rd_mirror_rule *r, const char *v, struct rd_err *err)
{
	r->has |= RD_MIRROR_HAS_DMAC;
	return rd_parse_mac(v, r->dmac) == 0 ? 0 : bad(err, "dmac", v, "like 00:50:56:a1:99:9e");
}

static const struct {
	const char *word;
	uint32_t has; // set already = given twice
	int (*set)(struct rd_mirror_rule *r, const char *v, struct rd_err *err);
} words[] = {
	{"proto", RD_MIRROR_HAS_PROTO, set_proto},
	{"from", RD_MIRROR_HAS_SRC, set_from},
	{"to", RD_MIRROR_HAS_DST, set_to},
	{"sport", RD_MIRROR_HAS_SPORT, set_sport},
	{"dport", RD_MIRROR_HAS_DPORT, set_dport},
	{"flags", RD_MIRROR_HAS_TCP_FLAGS, set_flags},
	{"length", RD_MIRROR_HAS_LENGTH, set_length},
	{"ethertype", RD_MIRROR_HAS_ETHERTYPE, set_ethertype},
	{"vlan", RD_MIRROR_HAS_VLAN, set_vlan},
	{"vni", RD_MIRROR_HAS_VNI, set_vni},
	{"dscp", RD_MIRROR_HAS_DSCP, set_dscp},
	{"smac", RD_MIRROR_HAS_SMAC, set_smac},
	{"dmac", RD_MIRROR_HAS_DMAC, set_dmac},
};
#define NB_WORDS (sizeof(words) / sizeof(words[0]))

static int set_word(
	struct rd_mirror_rule *r, const char *word, const char *value, struct rd_err *err)
{
	for (size_t i = 0; i < NB_WORDS; i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		if (value == NULL)
			return rd_err_set(err, -EINVAL, "a rule's %s needs a value", word);
		if (r->has & words[i].has)
			return rd_err_set(err, -EINVAL, "a rule has %s twice", word);
		return words[i].set(r, value, err);
	}
	rd_err_set(err, -EINVAL, "a rule knows no \"%.40s\"", word);
	rd_err_hint(err, RULE_HINT);
	return -EINVAL;
}

// What cannot all be.
static int check(const struct rd_mirror_rule *r, struct rd_err *err)
{
	uint16_t ip = r->family == AF_INET ? RD_ETHERTYPE_IPV4 : RD_ETHERTYPE_IPV6;
	bool ports = r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT);
	bool proto = r->has & RD_MIRROR_HAS_PROTO;

	if (r->family != 0 && (r->has & RD_MIRROR_HAS_ETHERTYPE) && r->ethertype != ip)
		return rd_err_set(err, -EINVAL, "an IPv%d address never has ethertype 0x%04x",
			r->family == AF_INET ? 4 : 6, r->ethertype);
	if ((r->has & RD_MIRROR_HAS_ETHERTYPE) && r->ethertype == RD_ETHERTYPE_ARP
		&& (proto || ports || (r->has & (RD_MIRROR_HAS_DSCP | RD_MIRROR_HAS_TCP_FLAGS))))
		return rd_err_set(err, -EINVAL, "arp has no protocol, ports, flags or dscp");
	if (ports && proto && r->proto != RD_IPPROTO_TCP && r->proto != RD_IPPROTO_UDP
		&& r->proto != IPPROTO_SCTP_)
		return rd_err_set(err, -EINVAL, "sport and dport are of tcp, udp and sctp");
	if ((r->has & RD_MIRROR_HAS_TCP_FLAGS) && proto && r->proto != RD_IPPROTO_TCP)
		return rd_err_set(err, -EINVAL, "flags are of tcp");
	return 0;
}

// The next word, copied; false at the end.
static bool next_word(const char **at, char *word, size_t size)
{
	size_t len = 0;

	while (isspace((unsigned char)**at))
		(*at)++;
	while (**at != '\0' && !isspace((unsigned char)**at)) {
		if (len + 1 < size)
			word[len++] = **at;
		(*at)++;
	}
	word[len] = '\0';
	return len != 0;
}

int rd_mirror_rule_parse(struct rd_mirror_rule *r, const char *text, struct rd_err *err)
{
	char word[64], value[64];

	*r = (struct rd_mirror_rule){0};
	if (strlen(text) > RULE_TEXT_MAX)
		return rd_err_set(err, -E2BIG, "a rule is at most %d bytes long", RULE_TEXT_MAX);
	if (!next_word(&text, word, sizeof(word))
		|| (strcmp(word, "permit") != 0 && strcmp(word, "deny") != 0)) {
		rd_err_set(err, -EINVAL, "a rule begins with permit or deny, not \"%.40s\"", word);
		rd_err_hint(err, RULE_HINT);
		return -EINVAL;
	}
	r->deny = *word == 'd';
	while (next_word(&text, word, sizeof(word))) {
		int ret = 0;

		if (strcmp(word, "outer") == 0)
			r->layer = RD_MIRROR_OUTER;
		else if (strcmp(word, "inner") == 0)
			r->layer = RD_MIRROR_INNER;
		else if (strcmp(word, "either-way") == 0)
			r->either_way = true;
		else if (strcmp(word, "all") != 0) {
			bool more = next_word(&text, value, sizeof(value));

			ret = set_word(r, word, more ? value : NULL, err);
		}
		if (ret < 0)
			return ret;
	}
	return check(r, err);
}
