/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP. Sequence numbers are relative to the first that was seen of the connection, as tcpdump prints them.
 * Its owner's thread.
 */
#include <string.h>
#include <sys/socket.h>

#include "decode/print.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10
#define URG 0x20
#define RST_DATA_MAX 30

static void put_flags(struct print *p, uint8_t flags)
{
	static const char names[] = "FSRP.UEW";

	put(p, "Flags [");
	for (unsigned i = 0; i < 8; i++) {
		if (flags & 1u << i)
			put(p, "%c", names[i]);
	}
	put(p, "%s]", flags == 0 ? "none" : "");
}

// The entry of a connection: an existing one, or the bucket's oldest, which is then marked as new.
static struct seq_base *seq_find(struct rd_oneline *o, const struct seq_base *key, bool *is_new)
{
	struct seq_base *bucket = o->seq[key->ports % SEQ_BUCKETS];
	struct seq_base *oldest = bucket;

	*is_new = false;
	for (unsigned i = 0; i < SEQ_WAYS; i++) {
		if (bucket[i].used != 0 && bucket[i].ports == key->ports
			&& memcmp(bucket[i].addr, key->addr, sizeof(key->addr)) == 0)
			return &bucket[i];
		if (bucket[i].used < oldest->used)
			oldest = &bucket[i];
	}
	*is_new = true;
	return oldest;
}

void seq_relative(
	struct rd_oneline *o, const struct print_ip *ip, const uint8_t *tcp, struct seq_rel *r)
{
	size_t alen = ip->family == AF_INET ? 4 : 16;
	uint16_t sport = rd_be16(tcp), dport = rd_be16(tcp + 2);
	uint32_t seq = rd_be32(tcp + 4), ack = rd_be32(tcp + 8);
	// One entry serves both directions; which one comes first is arbitrary, but always the same.
	bool rev = sport > dport || (sport == dport && memcmp(ip->addr[0], ip->addr[1], alen) > 0);
	struct seq_base key = {
		.ports = rev ? (uint32_t)dport << 16 | sport : (uint32_t)sport << 16 | dport};
	struct seq_base *base;
	bool is_new;

	memcpy(key.addr[0], ip->addr[rev], alen);
	memcpy(key.addr[1], ip->addr[!rev], alen);
	base = seq_find(o, &key, &is_new);
	if (is_new || (tcp[13] & SYN)) {
		*base = key;
		base->seq = rev ? ack - 1 : seq;
		base->ack = rev ? seq : ack - 1;
	} else {
		r->seq = rev ? base->ack : base->seq;
		r->ack = rev ? base->seq : base->ack;
	}
	r->sack = rev ? base->seq : base->ack;
	base->used = ++o->clock;
}

static void put_csum(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint16_t is = rd_be16(at + 16), want;

	if (p->verbose == 0 || p->unverified || ip->fragment || !have(p, at, len))
		return;
	want = right_csum(at, len, 16, ip, RD_IPPROTO_TCP);
	put(p, ", cksum 0x%04x ", is);
	if (is == want)
		put(p, "(correct)");
	else
		put(p, "(incorrect -> 0x%04x)", want);
}

// What a reset says: Unix puts words there.
static void put_reset(struct print *p, const uint8_t *at, uint32_t len)
{
	put(p, " [%sRST%s ", have(p, at, len) ? "" : "!", len > RST_DATA_MAX ? "+" : "");
	len = len > RST_DATA_MAX ? RST_DATA_MAX : len;
	for (; len > 0 && have(p, at, 1); len--, at++) {
		uint8_t c = *at & 0x7f;

		if (*at & 0x80)
			put(p, "M-");
		if (c < ' ' || c == 0x7f)
			put(p, "^%c", c ^ 0x40);
		else
			put(p, "%c", c);
	}
	put(p, "]");
}

static void put_payload_note(struct print *p, const uint8_t *at, uint32_t hlen)
{
	if (have(p, at, hlen))
		return;
	put(p, " [remaining caplen(%u) < header length(%u)]", (unsigned)(p->end - at), hlen);
	cut(p, "tcp");
}

static void print_segment(
	struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint32_t hlen = (at[12] >> 4) * 4u;
	uint8_t flags = at[13];
	struct seq_rel rel = {0};
	uint32_t payload = len - hlen;

	put_flags(p, flags);
	if (p->memory != NULL && (flags & ACK))
		seq_relative(p->memory, ip, at, &rel);
	if (hlen > len) {
		put(p, " [bad hdr length %u - too long, > %u]", hlen, len);
		return;
	}
	put_csum(p, at, len, ip);
	if (p->verbose > 1 || payload > 0 || (flags & (SYN | FIN | RST))) {
		put(p, ", seq %u", rd_be32(at + 4) - rel.seq);
		if (payload > 0)
			put(p, ":%u", rd_be32(at + 4) - rel.seq + payload);
	}
	if (flags & ACK)
		put(p, ", ack %u", rd_be32(at + 8) - rel.ack);
	put(p, ", win %u", rd_be16(at + 14));
	if (flags & URG)
		put(p, ", urg %u", rd_be16(at + 18));
	if (hlen > 20 && !print_tcp_options(p, at + 20, hlen - 20, &rel))
		return;
	put(p, ", length %u", payload);
	if (payload > 0 && p->verbose > 0 && (flags & RST) && have(p, at, hlen))
		put_reset(p, at + hlen, payload);
	else if (payload > 0)
		put_payload_note(p, at, hlen);
}

void print_tcp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip)
{
	uint32_t hlen;

	if (!have(p, at, 4)) {
		print_addrs(p, ip, ":");
		cut(p, "tcp");
		return;
	}
	print_ports(p, ip, rd_be16(at), rd_be16(at + 2));
	if (!have(p, at, 20)) {
		cut(p, "tcp");
		return;
	}
	hlen = (at[12] >> 4) * 4u;
	if (hlen < 20) {
		put(p, " tcp %u [bad hdr length %u - too short, < 20]", len - hlen, hlen);
		return;
	}
	if (!p->quiet) {
		print_segment(p, at, len, ip);
		return;
	}
	put(p, "tcp %u", len - hlen);
	if (hlen > len)
		put(p, " [bad hdr length %u - too long, > %u]", hlen, len);
}
