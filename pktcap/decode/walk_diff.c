/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares two records of a walk, see walk_diff.h. Main thread.
 */
#include "decode/walk_diff.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/pkt.h"
#include "base/str.h"

struct text {
	char *buf;
	size_t size, len;
};

#define put(t, ...) rd_str_addf((t)->buf, (t)->size, &(t)->len, __VA_ARGS__)

static void put_addrs(struct text *t, const uint8_t *l3, bool ip6)
{
	char a[RD_IP_TEXT], b[RD_IP_TEXT];

	if (ip6)
		put(t, "%s > %s", rd_fmt_ip(AF_INET6, l3 + 8, a), rd_fmt_ip(AF_INET6, l3 + 24, b));
	else
		put(t, "%s > %s", rd_fmt_ip(AF_INET, l3 + 12, a), rd_fmt_ip(AF_INET, l3 + 16, b));
}

static void put_tunnel(struct text *t, char sign, const struct pk_frame *f, const struct rd_pkt *p)
{
	struct rd_geneve g;

	put(t, "  %c udp %u > %u\n%c geneve", sign, p->sport, p->dport, sign);
	if (rd_pkt_geneve(f->bytes, f->cap_len, p, &g) != 0)
		return;
	put(t, " vni 0x%x (%u)", g.vni, g.vni);
	if (g.opt_len != 0)
		put(t, " opts %u B", g.opt_len);
}

// The headers in front of the inner frame.
static void put_outer(struct text *t, char sign, const struct pk_frame *f)
{
	char a[RD_MAC_TEXT], b[RD_MAC_TEXT];
	struct rd_pkt p;

	put(t, "%c eth %s > %s", sign, rd_fmt_mac(f->bytes + 6, a), rd_fmt_mac(f->bytes, b));
	if (rd_pkt_parse(f->bytes, f->cap_len, f->wire_len, 0, &p) != 0)
		return;
	if (p.tags > 0)
		put(t, "  %c vlan %u", sign, p.vlan);
	put(t, "  %c %s ", sign, p.flags & RD_PKT_IPV6 ? "ipv6" : "ipv4");
	put_addrs(t, f->bytes + p.l3_off, p.flags & RD_PKT_IPV6);
	if (p.flags & RD_PKT_L4)
		put_tunnel(t, sign, f, &p);
}

enum shown { // how a field's value is told
	NAMED, // not: checksums follow from the rest
	DECIMAL,
	HEX,
	MAC,
	ADDRESS
};

struct field {
	uint16_t off, len;
	const char *name;
	enum shown shown;
};

static const struct field eth_fields[] = {
	{0, 6, "eth dst", MAC}, {6, 6, "eth src", MAC}, {12, 2, "ethertype", HEX}};
static const struct field ip4_fields[] = {{0, 1, "ipv4 version", HEX}, {1, 1, "ipv4 tos", HEX},
	{2, 2, "ipv4 length", DECIMAL}, {4, 2, "ipv4 id", DECIMAL}, {6, 2, "ipv4 fragment", HEX},
	{8, 1, "ipv4 ttl", DECIMAL}, {9, 1, "ipv4 protocol", DECIMAL}, {10, 2, "ipv4 csum", NAMED},
	{12, 4, "ipv4 src", ADDRESS}, {16, 4, "ipv4 dst", ADDRESS}};
static const struct field ip6_fields[] = {{0, 4, "ipv6 class, label", HEX},
	{4, 2, "ipv6 length", DECIMAL}, {6, 1, "ipv6 next header", DECIMAL},
	{7, 1, "ipv6 hop limit", DECIMAL}, {8, 16, "ipv6 src", ADDRESS},
	{24, 16, "ipv6 dst", ADDRESS}};
static const struct field udp_fields[] = {{0, 2, "udp sport", DECIMAL},
	{2, 2, "udp dport", DECIMAL}, {4, 2, "udp length", DECIMAL}, {6, 2, "udp csum", NAMED}};
static const struct field tcp_fields[] = {{0, 2, "tcp sport", DECIMAL},
	{2, 2, "tcp dport", DECIMAL}, {4, 4, "tcp seq", DECIMAL}, {8, 4, "tcp ack", DECIMAL},
	{12, 2, "tcp flags", HEX}, {14, 2, "tcp window", DECIMAL}, {16, 2, "tcp csum", NAMED},
	{18, 2, "tcp urgent", DECIMAL}};
static const struct field icmp_fields[] = {{0, 1, "icmp type", DECIMAL},
	{1, 1, "icmp code", DECIMAL}, {2, 2, "icmp csum", NAMED}, {4, 4, "icmp id, seq", HEX}};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct compare {
	struct text *t;
	const uint8_t *a, *b;
	uint32_t len; // bytes of both
	uint32_t done; // compared so far
	unsigned changed;
	const struct field *last; // that had changed
};

static void put_value(struct text *t, const struct field *f, const uint8_t *bytes)
{
	char buf[RD_IP_TEXT > RD_MAC_TEXT ? RD_IP_TEXT : RD_MAC_TEXT];
	uint32_t n = 0;

	for (unsigned i = 0; i < f->len && f->len <= 4; i++)
		n = n << 8 | bytes[i];
	if (f->shown == MAC)
		put(t, "%s", rd_fmt_mac(bytes, buf));
	else if (f->shown == ADDRESS)
		put(t, "%s", rd_fmt_ip(f->len == 4 ? AF_INET : AF_INET6, bytes, buf));
	else
		put(t, f->shown == HEX ? "0x%x" : "%u", n);
}

// Fields of a layer stand in one line, MACs and addresses alone.
static void put_change(struct compare *c, const struct field *f, uint32_t at)
{
	bool same = c->last != NULL && f->shown < MAC && c->last->shown < MAC
		&& strncmp(f->name, c->last->name, 4) == 0;

	put(c->t, "%s%s", c->changed++ == 0 ? "~ " : same ? ", " : "\n~ ", f->name);
	c->last = f;
	if (f->shown == NAMED)
		return;
	put(c->t, " ");
	put_value(c->t, f, c->a + at);
	put(c->t, " > ");
	put_value(c->t, f, c->b + at);
}

static void compare_fields(struct compare *c, uint32_t off, const struct field *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t from = off + f[i].off, to = from + f[i].len;

		if (to <= c->len && memcmp(c->a + from, c->b + from, f[i].len) != 0)
			put_change(c, &f[i], from);
		if (to > c->done)
			c->done = to;
	}
}

static void compare_l4(struct compare *c, const struct rd_pkt *p)
{
	if ((p->flags & RD_PKT_L4) == 0)
		return;
	if (p->proto == RD_IPPROTO_TCP)
		compare_fields(c, p->l4_off, tcp_fields, COUNT(tcp_fields));
	else if (p->proto == RD_IPPROTO_UDP)
		compare_fields(c, p->l4_off, udp_fields, COUNT(udp_fields));
	else if (p->proto == RD_IPPROTO_ICMP || p->proto == RD_IPPROTO_ICMPV6)
		compare_fields(c, p->l4_off, icmp_fields, COUNT(icmp_fields));
}

// Names the fields in which two frames of the same length differ.
static void put_same_length(struct text *t, const struct pk_frame *x, const struct pk_frame *y)
{
	struct compare c = {.t = t, .a = x->bytes, .b = y->bytes};
	struct rd_pkt p;

	c.len = x->cap_len < y->cap_len ? x->cap_len : y->cap_len;
	if (memcmp(c.a, c.b, c.len) == 0) {
		put(t, "unchanged");
		return;
	}
	memset(&p, 0, sizeof(p));
	compare_fields(&c, 0, eth_fields, COUNT(eth_fields));
	rd_pkt_parse(
		y->bytes, y->cap_len, y->wire_len, 0, &p); // what is wrong in it leaves fewer names
	if (p.flags & RD_PKT_IPV4)
		compare_fields(&c, p.l3_off, ip4_fields, COUNT(ip4_fields));
	else if (p.flags & RD_PKT_IPV6)
		compare_fields(&c, p.l3_off, ip6_fields, COUNT(ip6_fields));
	compare_l4(&c, &p);
	if (c.done < c.len && memcmp(c.a + c.done, c.b + c.done, c.len - c.done) != 0)
		put(c.t, "%s", c.changed++ == 0 ? "~ payload" : "\n~ payload");
	if (c.changed == 0)
		put(t, "~ options");
}

// One tag more in `big`, all else equal?
static bool is_tag_added(const struct pk_frame *small, const struct pk_frame *big)
{
	uint32_t rest = small->cap_len < 12 ? 0 : small->cap_len - 12;

	if (big->wire_len != small->wire_len + 4 || big->cap_len < 16 || small->cap_len < 14)
		return false;
	if (rest > big->cap_len - 16)
		rest = big->cap_len - 16;
	return memcmp(small->bytes, big->bytes, 12) == 0
		&& memcmp(small->bytes + 12, big->bytes + 16, rest) == 0;
}

static void put_plain(struct text *t, const struct pk_frame *x, const struct pk_frame *y)
{
	if (x->wire_len == y->wire_len)
		put_same_length(t, x, y);
	else if (is_tag_added(x, y))
		put(t, "+ vlan %u", rd_be16(y->bytes + 14) & 0xfff);
	else if (is_tag_added(y, x))
		put(t, "- vlan %u", rd_be16(x->bytes + 14) & 0xfff);
	else
		put(t, "~ rewritten: %u B to %u B", x->wire_len, y->wire_len);
}

static struct pk_frame inner_of(const struct pk_frame *f, size_t off)
{
	return (struct pk_frame){.bytes = f->bytes + off,
		.cap_len = f->cap_len - (uint32_t)off,
		.wire_len = f->wire_len - (uint32_t)off};
}

const char *pk_walk_diff(
	const struct pk_frame *before, const struct pk_frame *after, char *buf, size_t size)
{
	size_t was = rd_pkt_inner(before->bytes, before->cap_len, before->wire_len, RD_GENEVE_PORT);
	size_t is = rd_pkt_inner(after->bytes, after->cap_len, after->wire_len, RD_GENEVE_PORT);
	struct text t = {.buf = buf, .size = size};
	struct pk_frame inner;

	buf[0] = '\0';
	if (was == 0 && is != 0) {
		inner = inner_of(after, is);
		put_outer(&t, '+', after);
		put(&t, "  = inner %u B ", inner.wire_len);
		put_plain(&t, before, &inner);
	} else if (was != 0 && is == 0) {
		inner = inner_of(before, was);
		put_outer(&t, '-', before);
		put(&t, "  = inner %u B ", inner.wire_len);
		put_plain(&t, &inner, after);
	} else {
		put_plain(&t, before, after);
	}
	return buf;
}
