/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words for hops, see words.h.
 */
#include "walk/words.h"

#include "base/pkt.h"
#include "base/str.h"
#include "decode/walk_diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOLD_WITHIN 64 // walks behind it: what a router says of a packet comes at once

struct pk_frame rd_wk_frame(const struct rd_wk_hop *h)
{
	return (struct pk_frame){h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen};
}

static bool is_routed(const struct rd_wk *w, unsigned hop)
{
	return hop > 0 && w->hop[hop - 1].stage->id == RD_STAGE_ROUTE
		&& w->hop[hop].verdict != RD_WK_DROP;
}

bool rd_wk_is_made(const struct rd_wk *w)
{
	return w->n > 0 && w->hop[0].facts.parent_id != 0 && w->hop[0].facts.made;
}

static bool is_reject(const struct rd_wk *w)
{
	return rd_wk_is_made(w) && w->hop[0].facts.prev == RD_STAGE_REJECT;
}

// "by rule 1043 because of" of a firewall's, "because of" of a router's, "of" of a copy
static void put_origin(const struct rd_wk *w, char *buf, size_t size, size_t *len)
{
	if (is_reject(w) && w->hop[0].rule != 0)
		rd_str_addf(buf, size, len, "by rule %u ", w->hop[0].rule);
	else if (is_reject(w))
		rd_str_addf(buf, size, len, "by a firewall ");
	rd_str_addf(buf, size, len, "%s", rd_wk_is_made(w) ? "because of" : "of");
}

const char *rd_wk_observed(const struct rd_wk *w, unsigned hop)
{
	switch (w->hop[hop].verdict) {
	case RD_WK_DROP:
		return "DROPPED";
	case RD_WK_DELIVERED:
		return "DELIVERED";
	case RD_WK_SENT:
		return "SENT";
	default:
		break;
	}
	if (hop > 0)
		return is_routed(w, hop) ? "ROUTED" : "FORWARDED";
	return rd_wk_is_made(w) ? "MADE" : w->hop[0].facts.parent_id != 0 ? "COPIED" : "RECEIVED";
}

// The packet has just left its router: what that wrote into it, and where it goes.
static void put_routed(const struct rd_wk_hop *h, char *buf, size_t size, size_t *len)
{
	struct pk_frame f = rd_wk_frame(h);
	struct rd_pkt p = {0};
	char mac[RD_MAC_TEXT];

	if (h->caplen == 0 || rd_pkt_parse(f.bytes, f.cap_len, f.wire_len, 0, &p) != 0
		|| !(p.flags & (RD_PKT_IPV4 | RD_PKT_IPV6)))
		return;
	rd_str_addf(buf, size, len, "ttl %u to %s ",
		f.bytes[p.l3_off + (p.flags & RD_PKT_IPV4 ? 8 : 7)], rd_fmt_mac(f.bytes, mac));
}

void rd_wk_detail(const struct rd_wk *w, unsigned hop, char *buf, size_t size)
{
	const struct rd_wk_hop *h = &w->hop[hop], *before = hop > 0 ? h - 1 : NULL;
	size_t len = 0;

	buf[0] = '\0';
	if (is_routed(w, hop))
		put_routed(h, buf, size, &len);
	if (hop == 0 && h->facts.parent_id != 0) {
		put_origin(w, buf, size, &len);
		rd_str_addf(buf, size, &len, " packet %" PRIu64 " ", h->facts.parent_id);
	}
	if (h->reason[0] != '\0')
		rd_str_addf(buf, size, &len, "%s ", h->reason);
	if (h->rule != 0 && !(hop == 0 && is_reject(w)))
		rd_str_addf(buf, size, &len, "rule %u ", h->rule);
	if (h->flow_hit[0] != '\0')
		rd_str_addf(buf, size, &len, "flow %s ", h->flow_hit);
	if (h->vni != 0)
		rd_str_addf(buf, size, &len, "vni %u ", h->vni);
	if (before != NULL && before->len != h->len)
		rd_str_addf(buf, size, &len, "%+d B", (int)(h->len - before->len));
}

// "- eth A > B  - ipv4 ..  = inner 74 B unchanged": two blanks stand before a sign only.
static void one_layer_a_line(char *text)
{
	for (char *p = text; (p = strstr(p, "  ")) != NULL; p++) {
		if (p[2] == '\0' || strchr("+-~=", p[2]) == NULL || p[3] != ' ')
			continue;
		p[0] = '\n';
		memmove(p + 1, p + 2, strlen(p + 2) + 1);
	}
}

void rd_wk_layers(
	const struct rd_wk_hop *before, const struct rd_wk_hop *after, char *buf, size_t size)
{
	struct pk_frame a = rd_wk_frame(before), b = rd_wk_frame(after);

	pk_walk_diff(&a, &b, buf, size);
	one_layer_a_line(buf);
}

uint64_t rd_wk_since(const struct rd_wk *w, unsigned from, unsigned hop)
{
	return w->hop[hop].ns > w->hop[from].ns ? w->hop[hop].ns - w->hop[from].ns : 0;
}

void rd_wk_where(const struct rd_wk_hop *h, char *buf, size_t size)
{
	snprintf(buf, size, "%s@%s", h->stage->name, h->port);
}

const char *rd_wk_bare_port(const struct rd_wk_hop *h, int *host_len)
{
	const char *slash = strchr(h->port, '/');

	*host_len = slash != NULL ? (int)(slash - h->port) : 0;
	return slash != NULL ? slash + 1 : h->port;
}

bool rd_wk_is_port(const struct rd_wk_hop *h)
{
	return h->stage->kind == RD_STAGE_KIND_RX || h->stage->kind == RD_STAGE_KIND_TX;
}

bool rd_wk_is_router(const struct rd_wk_hop *h)
{
	return h->stage->id == RD_STAGE_ROUTE;
}

bool rd_wk_dropped(const struct rd_wk *w)
{
	return w->n > 0 && w->hop[w->n - 1].verdict == RD_WK_DROP;
}

static const struct rd_wk *told_by(const struct rd_store *s, const struct rd_wk *w)
{
	for (uint64_t i = w->number + 1; i < s->next && i < w->number + TOLD_WITHIN; i++) {
		const struct rd_wk *other = rd_store_walk(s, i);

		if (other->n > 0 && other->hop[0].facts.parent_id == w->packet_id
			&& rd_wk_is_made(other))
			return other;
	}
	return NULL;
}

static void why_dropped(
	const struct rd_store *s, const struct rd_wk *w, char *buf, size_t size, size_t *len)
{
	const struct rd_wk_hop *h = &w->hop[w->n - 1];
	const struct rd_stage_desc *stage = rd_stage_by_id(h->facts.prev);
	const struct rd_drop_desc *d = rd_drop_by_name(h->reason);
	const struct rd_wk *told = told_by(s, w);

	rd_str_addf(buf, size, len, "%s", h->reason);
	if (stage != NULL)
		rd_str_addf(buf, size, len, " in %s", stage->name);
	if (h->rule != 0)
		rd_str_addf(buf, size, len, " by rule %u", h->rule);
	if (d != NULL)
		rd_str_addf(buf, size, len, ": %s", d->meaning);
	if (told != NULL)
		rd_str_addf(buf, size, len, " (walk %" PRIu64 ")", told->number);
	if (d != NULL)
		rd_str_addf(buf, size, len, ". Try: %s", d->hint);
}

void rd_wk_why(const struct rd_store *s, const struct rd_wk *w, char *buf, size_t size)
{
	const struct rd_wk *parent = rd_store_find(s, w->n > 0 ? w->hop[0].facts.parent_id : 0);
	size_t len = 0;
	char end[64];

	buf[0] = '\0';
	if (w->n == 0)
		return;
	if (parent != NULL) {
		rd_str_addf(buf, size, &len, "%s",
			is_reject(w)		   ? "made "
				: rd_wk_is_made(w) ? ""
						   : "copy ");
		put_origin(w, buf, size, &len);
		rd_str_addf(buf, size, &len, " walk %" PRIu64 "; ", parent->number);
	}
	if (rd_wk_dropped(w)) {
		why_dropped(s, w, buf, size, &len);
		return;
	}
	rd_wk_end(w, end, sizeof(end));
	rd_str_addf(buf, size, &len, "%s at %s, %.3f us", end, w->hop[w->n - 1].port,
		(double)rd_wk_since(w, 0, w->n - 1) / 1000);
	for (unsigned i = 0; i < w->n; i++)
		if (is_routed(w, i))
			rd_str_addf(buf, size, &len, ", routed at hop %u", i - 1);
	if (w->hop[w->n - 1].rule != 0)
		rd_str_addf(buf, size, &len, ", rule %u", w->hop[w->n - 1].rule);
}
