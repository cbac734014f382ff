/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Filter options, see terms.h. Main thread.
 */
#include "terms.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

enum kind {
	MAC,
	NUMBER16, // Ethertype, hex as pktcap-uw wants it, or decimal
	NUMBER8,
	VLAN,
	PREFIX,
	PORT,
	VNI,
	VXLAN,
};

struct term {
	const char *option;
	enum kind kind;
	const char *before; // the expression in front of the value
};

static const struct term terms[] = {
	{"srcmac", MAC, "ether src"},
	{"dstmac", MAC, "ether dst"},
	{"mac", MAC, "ether host"},
	{"ethtype", NUMBER16, "ether proto"},
	{"vlan", VLAN, "vlan"},
	{"srcip", PREFIX, "src net"},
	{"dstip", PREFIX, "dst net"},
	{"ip", PREFIX, "net"},
	{"srcip6", PREFIX, "src net"},
	{"dstip6", PREFIX, "dst net"},
	{"ip6", PREFIX, "net"},
	{"proto", NUMBER8, "proto"},
	{"srcport", PORT, "tcp src port"},
	{"dstport", PORT, "tcp dst port"},
	{"tcpport", PORT, "tcp port"},
	{"srctcpport", PORT, "tcp src port"},
	{"dsttcpport", PORT, "tcp dst port"},
	{"udpport", PORT, "udp port"},
	{"srcudpport", PORT, "udp src port"},
	{"dstudpport", PORT, "udp dst port"},
	{"vni", VNI, "geneve"},
	{"geneve", VNI, "geneve"},
	{"vxlan", VXLAN, "vxlan"},
};

static bool is_number(const char *s, uint32_t max)
{
	uint32_t n;

	return rd_parse_u32(s, 0, max, &n) == 0;
}

static bool is_valid(enum kind kind, const char *s)
{
	uint8_t bytes[16], len;
	int family;

	switch (kind) {
	case MAC:
		return rd_parse_mac(s, bytes) == 0;
	case PREFIX:
		return rd_parse_prefix(s, &family, bytes, &len) == 0 && family != 0;
	case NUMBER8:
		return is_number(s, UINT8_MAX);
	case VLAN:
		return is_number(s, 4095);
	case VNI:
	case VXLAN:
		return is_number(s, 0xffffff);
	default:
		return is_number(s, UINT16_MAX);
	}
}

static const struct term *find_term(const char *option)
{
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		if (strcmp(terms[i].option, option) == 0)
			return &terms[i];
	return NULL;
}

// libpcap has no word for VXLAN: the VNI is read behind the UDP header, of IPv4 and IPv6.
#define VXLAN_TERM "udp dst port 4789 and (udp[12:4] >> 8 = %s or (ip6 and ip6[52:4] >> 8 = %s))"

static void add_shift(struct pk_terms *t, const struct term *term, const char *value)
{
	size_t len = 0;

	if (term->kind == VLAN)
		rd_str_addf(t->vlan, sizeof(t->vlan), &len, "%s %s", term->before, value);
	else if (term->kind == VNI)
		rd_str_addf(t->tunnel, sizeof(t->tunnel), &len, "%s %s", term->before, value);
	else
		rd_str_addf(t->tunnel, sizeof(t->tunnel), &len, VXLAN_TERM, value, value);
}

int pk_terms_add(struct pk_terms *t, const char *option, const char *value, struct rd_err *err)
{
	const struct term *term = find_term(option);
	size_t len = strlen(t->text), room = sizeof(t->text);

	if (term == NULL || !is_valid(term->kind, value))
		return rd_err_set(err, -EINVAL, "--%s %s is not possible", option, value);
	if (t->count == PK_TERMS_GIVEN)
		return rd_err_set(err, -EINVAL, "more than %d filter options", PK_TERMS_GIVEN);
	t->given[t->count++] = (struct pk_term_given){term->option, value};
	if (term->kind == VLAN || term->kind == VNI || term->kind == VXLAN) {
		add_shift(t, term, value);
		return 0;
	}
	if (len + strlen(term->before) + strlen(value) + 10 > room)
		return rd_err_set(err, -EINVAL, "too many filter options");
	rd_str_addf(t->text, room, &len, "%s%s %s", len ? " and " : "", term->before, value);
	return 0;
}

int pk_terms_add_expression(struct pk_terms *t, const char *expr, struct rd_err *err)
{
	size_t len = strlen(t->text);

	if (len + strlen(expr) + 8 > sizeof(t->text))
		return rd_err_set(err, -EINVAL, "too many filter options");
	rd_str_addf(t->text, sizeof(t->text), &len, "%s(%s)", len ? " and " : "", expr);
	return 0;
}
