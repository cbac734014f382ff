/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fields of the show language and their values, see show_fields.h.
 */
#include "walk/show_fields.h"

#include "base/pkt.h"
#include "walk/words.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define LINK 0x10000u // what is not IP: its ethertype above the numbers of IP protocols

const struct rd_show_field rd_show_fields[RD_SHOW_IDS] = {
	[RD_SHOW_IP] = {"ip", "ip.addr", RD_SHOW_ADDRESS, false},
	[RD_SHOW_SRC] = {"src", "ip.src", RD_SHOW_ADDRESS, false},
	[RD_SHOW_DST] = {"dst", "ip.dst", RD_SHOW_ADDRESS, false},
	[RD_SHOW_L4] = {"l4", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_SPORT] = {"sport", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_DPORT] = {"dport", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_TCP] = {"tcp.port", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_UDP] = {"udp.port", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_PROTO] = {"proto", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_VNI] = {"vni", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_VLAN] = {"vlan", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_STAGE] = {"stage", NULL, RD_SHOW_NUMBER, true},
	[RD_SHOW_PORT] = {"port", NULL, RD_SHOW_STRING, false},
	[RD_SHOW_HOST] = {"host", NULL, RD_SHOW_STRING, false},
	[RD_SHOW_DIR] = {"dir", NULL, RD_SHOW_NUMBER, true},
	[RD_SHOW_VERDICT] = {"verdict", "obs", RD_SHOW_NUMBER, true},
	[RD_SHOW_REASON] = {"reason", NULL, RD_SHOW_STRING, true},
	[RD_SHOW_RULE] = {"rule", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_FLOW] = {"flow", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_CACHE] = {"fc", NULL, RD_SHOW_NUMBER, true},
	[RD_SHOW_LATENCY] = {"latency", "sum", RD_SHOW_TIME, false},
	[RD_SHOW_DNS] = {"dns", NULL, RD_SHOW_TIME, false},
	[RD_SHOW_LEN] = {"len", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_QUEUE] = {"queue", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_WORKER] = {"worker", "lcore", RD_SHOW_NUMBER, false},
	[RD_SHOW_HOPS] = {"hops", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_WALK] = {"walk", "id", RD_SHOW_NUMBER, false},
	[RD_SHOW_PACKET] = {"packet", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_PATH] = {"path", NULL, RD_SHOW_NUMBER, false},
	[RD_SHOW_MARK] = {"mark", NULL, RD_SHOW_FLAG, false},
	[RD_SHOW_COMMENT] = {"comment", NULL, RD_SHOW_STRING, false},
	[RD_SHOW_ANYWHERE] = {NULL, NULL, RD_SHOW_STRING, false},
};

struct word {
	const char *name;
	uint64_t value;
};

static const struct word protos[] = {{"arp", LINK | RD_ETHERTYPE_ARP}, {"icmp", IPPROTO_ICMP},
	{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"gre", IPPROTO_GRE}, {"icmp6", IPPROTO_ICMPV6},
	{"sctp", IPPROTO_SCTP}, {NULL, 0}};
static const struct word verdicts[] = {{"delivered", RD_WK_DELIVERED}, {"sent", RD_WK_SENT},
	{"drop", RD_WK_DROP}, {"dropped", RD_WK_DROP}, {"pass", RD_WK_PASS}, {NULL, 0}};
static const struct word caches[] = {{"hit", 1}, {"miss", 2}, {NULL, 0}};
static const struct word dirs[] = {{"rx", 1}, {"tx", 2}, {NULL, 0}};
static const struct word *const words[RD_SHOW_IDS] = {[RD_SHOW_PROTO] = protos,
	[RD_SHOW_VERDICT] = verdicts,
	[RD_SHOW_CACHE] = caches,
	[RD_SHOW_DIR] = dirs};

enum rd_show_id rd_show_field(const char *name)
{
	for (unsigned i = 0; i < RD_SHOW_ANYWHERE; i++) {
		const struct rd_show_field *f = &rd_show_fields[i];

		if (strcmp(f->name, name) == 0 || (f->other != NULL && strcmp(f->other, name) == 0))
			return (enum rd_show_id)i;
	}
	return RD_SHOW_IDS;
}

const char *rd_show_word(enum rd_show_id id, unsigned i)
{
	if (id == RD_SHOW_STAGE)
		return i < rd_stages_count ? rd_stages[i].name : NULL;
	if (id == RD_SHOW_REASON)
		return i < rd_drops_count ? rd_drops[i].name : NULL;
	return words[id] != NULL ? words[id][i].name : NULL;
}

bool rd_show_word_value(enum rd_show_id id, const char *word, uint64_t *value)
{
	const struct rd_stage_desc *stage = id == RD_SHOW_STAGE ? rd_stage_by_name(word) : NULL;

	if (stage != NULL)
		*value = stage->id;
	for (const struct word *at = words[id]; at != NULL && at->name != NULL; at++)
		if (strcasecmp(at->name, word) == 0) {
			*value = at->value;
			return true;
		}
	return stage != NULL;
}

unsigned rd_show_times(enum rd_show_id id, const struct rd_wk *w)
{
	switch (id) {
	case RD_SHOW_VNI:
	case RD_SHOW_VLAN:
	case RD_SHOW_STAGE:
	case RD_SHOW_PORT:
	case RD_SHOW_HOST:
	case RD_SHOW_DIR:
	case RD_SHOW_REASON:
	case RD_SHOW_RULE:
	case RD_SHOW_FLOW:
	case RD_SHOW_CACHE:
	case RD_SHOW_DNS:
	case RD_SHOW_LEN:
	case RD_SHOW_QUEUE:
	case RD_SHOW_WORKER:
	case RD_SHOW_COMMENT:
		return w->n;
	case RD_SHOW_ANYWHERE:
		return w->n + 1; // first the packet and its end, then the hops
	default:
		return 1;
	}
}

static unsigned one(uint64_t value, uint64_t out[2])
{
	out[0] = value;
	return 1;
}

static unsigned l4_ports(enum rd_show_id id, const struct rd_wk_tuple *t, uint64_t out[2])
{
	if (!t->ports || (id == RD_SHOW_TCP && t->proto != IPPROTO_TCP)
		|| (id == RD_SHOW_UDP && t->proto != IPPROTO_UDP))
		return 0;
	if (id == RD_SHOW_SPORT || id == RD_SHOW_DPORT)
		return one(id == RD_SHOW_SPORT ? t->sport : t->dport, out);
	out[0] = t->sport;
	out[1] = t->dport;
	return 2;
}

// The innermost Ethernet frame of a hop. False where there is none.
static bool parse(const struct rd_wk_hop *h, bool innermost, struct rd_pkt *p)
{
	uint32_t wire_len = h->len > h->caplen ? h->len : h->caplen;
	size_t at = innermost && h->caplen > 0
		? rd_pkt_inner(h->bytes, h->caplen, wire_len, RD_GENEVE_PORT)
		: 0;

	*p = (struct rd_pkt){0};
	if (h->caplen > 0)
		rd_pkt_parse(h->bytes, h->caplen, wire_len, at,
			p); // what it got before an error is good
	return p->ethertype != 0;
}

static unsigned protocol(const struct rd_show_facts *f, uint64_t out[2])
{
	struct rd_pkt p;

	if (f->tuple.is_ip)
		return one(f->tuple.proto, out);
	return f->w->n > 0 && parse(&f->w->hop[0], true, &p) ? one(LINK | p.ethertype, out) : 0;
}

static unsigned hop_numbers(
	enum rd_show_id id, const struct rd_wk *w, unsigned hop, uint64_t out[2])
{
	const struct rd_wk_hop *h = &w->hop[hop];
	struct rd_pkt p;

	switch (id) {
	case RD_SHOW_VNI:
		return one(h->vni, out);
	case RD_SHOW_VLAN:
		return parse(h, false, &p) ? one(p.vlan, out) : 0;
	case RD_SHOW_STAGE:
		return one(h->stage->id, out);
	case RD_SHOW_DIR:
		return one(h->facts.dir, out);
	case RD_SHOW_RULE:
		return one(h->rule, out);
	case RD_SHOW_FLOW:
		return one(h->flow, out);
	case RD_SHOW_CACHE:
		return h->flow_hit[0] != '\0' ? one(h->flow_hit[0] == 'h' ? 1 : 2, out) : 0;
	case RD_SHOW_DNS:
		return hop > 0 ? one(rd_wk_since(w, hop - 1, hop), out) : 0;
	case RD_SHOW_LEN:
		return one(h->len, out);
	case RD_SHOW_QUEUE:
		return one(h->facts.queue, out);
	default:
		return one(h->facts.worker, out);
	}
}

unsigned rd_show_numbers(
	enum rd_show_id id, const struct rd_show_facts *f, unsigned hop, uint64_t out[2])
{
	const struct rd_wk *w = f->w;

	switch (id) {
	case RD_SHOW_L4:
	case RD_SHOW_SPORT:
	case RD_SHOW_DPORT:
	case RD_SHOW_TCP:
	case RD_SHOW_UDP:
		return l4_ports(id, &f->tuple, out);
	case RD_SHOW_PROTO:
		return protocol(f, out);
	case RD_SHOW_VERDICT:
		return w->n > 0 ? one(w->hop[w->n - 1].verdict, out) : 0;
	case RD_SHOW_LATENCY:
		return w->n > 0 ? one(rd_wk_since(w, 0, w->n - 1), out) : 0;
	case RD_SHOW_HOPS:
		return one(w->n + w->left_out, out);
	case RD_SHOW_WALK:
		return one(w->number, out);
	case RD_SHOW_PACKET:
		return one(w->packet_id, out);
	case RD_SHOW_PATH:
		return one(w->path, out);
	case RD_SHOW_MARK:
		return one(w->marked, out);
	default:
		return hop < w->n ? hop_numbers(id, w, hop, out) : 0;
	}
}

unsigned rd_show_addresses(enum rd_show_id id, const struct rd_show_facts *f, const char *out[2])
{
	if (!f->tuple.is_ip)
		return 0;
	out[0] = id == RD_SHOW_DST ? f->tuple.dst : f->tuple.src;
	out[1] = f->tuple.dst;
	return id == RD_SHOW_IP ? 2 : 1;
}

static const char *packet_and_end(const struct rd_wk *w, char *buf, size_t size)
{
	char title[160], end[64];

	rd_wk_title(w, title, sizeof(title));
	rd_wk_end(w, end, sizeof(end));
	snprintf(buf, size, "%s %s", title, end);
	return buf;
}

const char *rd_show_string(
	enum rd_show_id id, const struct rd_show_facts *f, unsigned hop, char *buf, size_t size)
{
	const struct rd_wk_hop *h;
	size_t len = 0;
	int host;

	if (id == RD_SHOW_ANYWHERE && hop == 0)
		return packet_and_end(f->w, buf, size);
	h = &f->w->hop[id == RD_SHOW_ANYWHERE ? hop - 1 : hop];
	buf[0] = '\0';
	switch (id) {
	case RD_SHOW_ANYWHERE:
		rd_wk_where(h, buf, size);
		return buf;
	case RD_SHOW_PORT:
		return h->port;
	case RD_SHOW_HOST:
		rd_wk_bare_port(h, &host);
		rd_str_addf(buf, size, &len, "%.*s", host, h->port);
		return buf;
	case RD_SHOW_REASON:
		return h->reason;
	default: // the comment: what the list of hops says
		rd_str_addf(buf, size, &len, "%s ", rd_wk_observed(f->w, hop));
		rd_wk_detail(f->w, hop, buf + len, size - len);
		return buf;
	}
}
