/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text forms of what firewall rules are made of, and back. Control thread.
 */
#include "control/dfw_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/dfw_model.h"

static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{"any", 0},
	{"icmp", RD_IPPROTO_ICMP},
	{"tcp", RD_IPPROTO_TCP},
	{"udp", RD_IPPROTO_UDP},
	{"icmpv6", RD_IPPROTO_ICMPV6},
	{"gre", 47},
	{"esp", 50},
	{"sctp", 132},
};
#define NB_PROTOS (sizeof(protos) / sizeof(protos[0]))

const char *rd_dfw_proto_text(uint8_t proto, char buf[8])
{
	for (size_t i = 0; i < NB_PROTOS; i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	snprintf(buf, 8, "%u", proto);
	return buf;
}

int rd_dfw_proto_parse(const char *text, uint8_t *proto)
{
	uint32_t n;

	for (size_t i = 0; i < NB_PROTOS; i++) {
		if (strcmp(protos[i].name, text) == 0) {
			*proto = protos[i].proto;
			return 0;
		}
	}
	if (rd_parse_u32(text, 0, 255, &n) < 0)
		return -EINVAL;
	*proto = (uint8_t)n;
	return 0;
}

const char *rd_dfw_dir_text(unsigned dir)
{
	return dir == RD_DFW_IN ? "in" : dir == RD_DFW_OUT ? "out" : "inout";
}

const char *rd_dfw_action_text(unsigned action)
{
	static const char *const names[] = {"allow", "drop", "reject"};

	return action < sizeof(names) / sizeof(names[0]) ? names[action] : "?";
}

const char *rd_dfw_range_text(uint16_t lo, uint16_t hi, char buf[12])
{
	if (lo == 0 && hi == UINT16_MAX)
		return "any";
	snprintf(buf, 12, lo == hi ? "%u" : "%u-%u", lo, hi);
	return buf;
}

const char *rd_dfw_prefix_text(
	uint8_t family, const uint8_t *addr, uint8_t len, char buf[RD_PREFIX_TEXT])
{
	return family == 0 ? "any" : rd_fmt_prefix(family, addr, len, buf);
}

static bool has_l4(const struct rd_dfw_service *s)
{
	return s->sport_lo != 0 || s->sport_hi != UINT16_MAX || s->dport_lo != 0
		|| s->dport_hi != UINT16_MAX;
}

static bool is_icmp(uint8_t proto)
{
	return proto == RD_IPPROTO_ICMP || proto == RD_IPPROTO_ICMPV6;
}

// The ranges of a service in the order of its text: the destination port first, but ICMP's type, which is where source ports are.
struct ranges {
	uint16_t *lo[2], *hi[2];
};

static struct ranges ranges_of(struct rd_dfw_service *s)
{
	struct ranges r = {{&s->dport_lo, &s->sport_lo}, {&s->dport_hi, &s->sport_hi}};

	if (is_icmp(s->proto))
		r = (struct ranges){{&s->sport_lo, &s->dport_lo}, {&s->sport_hi, &s->dport_hi}};
	return r;
}

int rd_dfw_service_parse(const char *text, struct rd_dfw_service *s)
{
	const char *slash = strchr(text, '/'), *colon = slash != NULL ? strchr(slash, ':') : NULL;
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char word[16];
	struct ranges r;

	*s = (struct rd_dfw_service){.sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX};
	if (len >= sizeof(word))
		return -EINVAL;
	snprintf(word, sizeof(word), "%.*s", (int)len, text);
	if (rd_dfw_proto_parse(word, &s->proto) < 0)
		return -EINVAL;
	if (slash == NULL)
		return s->proto != 0 ? 0 : -EINVAL; // any alone is an empty list
	r = ranges_of(s);
	len = colon != NULL ? (size_t)(colon - slash - 1) : strlen(slash + 1);
	if (len >= sizeof(word))
		return -EINVAL;
	snprintf(word, sizeof(word), "%.*s", (int)len, slash + 1);
	if (rd_parse_range(word, r.lo[0], r.hi[0]) < 0)
		return -EINVAL;
	return colon == NULL ? 0 : rd_parse_range(colon + 1, r.lo[1], r.hi[1]);
}

const char *rd_dfw_service_text(const struct rd_dfw_service *s, char buf[RD_DFW_SERVICE_TEXT])
{
	struct rd_dfw_service copy = *s;
	struct ranges r = ranges_of(&copy);
	char proto[8], first[12], second[12];
	size_t len = 0;

	buf[0] = '\0';
	rd_str_addf(buf, RD_DFW_SERVICE_TEXT, &len, "%s", rd_dfw_proto_text(s->proto, proto));
	if (has_l4(s))
		rd_str_addf(buf, RD_DFW_SERVICE_TEXT, &len, "/%s",
			rd_dfw_range_text(*r.lo[0], *r.hi[0], first));
	if (*r.lo[1] != 0 || *r.hi[1] != UINT16_MAX)
		rd_str_addf(buf, RD_DFW_SERVICE_TEXT, &len, ":%s",
			rd_dfw_range_text(*r.lo[1], *r.hi[1], second));
	return buf;
}

const char *rd_dfw_addr_text(
	const struct rd_dfw_model *m, const struct rd_dfw_addr *a, char buf[RD_DFW_NAME_LEN])
{
	if (a->group != 0)
		return m->group[a->group] != NULL ? m->group[a->group]->name : "?";
	if (a->family == RD_DFW_L2)
		return rd_fmt_mac(a->addr, buf);
	return rd_dfw_prefix_text(a->family, a->addr, a->len, buf);
}

const char *rd_dfw_target_text(
	const struct rd_dfw_model *m, const struct rd_dfw_target *t, char buf[RD_DFW_TARGET_TEXT])
{
	char name[RD_QNAME_LEN];
	const struct rd_segment *s;

	if (t->kind == RD_DFW_ON_GROUP) {
		snprintf(buf, RD_DFW_TARGET_TEXT, "group:%s",
			m->group[t->idx] != NULL ? m->group[t->idx]->name : "?");
	} else if (t->kind == RD_DFW_ON_SEGMENT) {
		s = rd_segment_at(t->idx);
		snprintf(buf, RD_DFW_TARGET_TEXT, "segment:%s",
			s != NULL ? rd_ctl_segment_qname(s, name) : "?");
	} else {
		snprintf(buf, RD_DFW_TARGET_TEXT, "port:%s", rd_ctl_port_qname(t->idx, name));
	}
	return buf;
}
