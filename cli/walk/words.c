/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words for hops, see words.h.
 */
#include "walk/words.h"

#include "base/str.h"
#include "decode/walk_diff.h"

#include <stdio.h>
#include <string.h>

struct pk_frame rd_wk_frame(const struct rd_wk_hop *h)
{
	return (struct pk_frame){h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen};
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
		return hop == 0 ? "RECEIVED" : "FORWARDED";
	}
}

void rd_wk_detail(const struct rd_wk *w, unsigned hop, char *buf, size_t size)
{
	const struct rd_wk_hop *h = &w->hop[hop], *before = hop > 0 ? h - 1 : NULL;
	size_t len = 0;

	buf[0] = '\0';
	if (h->reason[0] != '\0')
		rd_str_addf(buf, size, &len, "%s ", h->reason);
	if (h->rule != 0)
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

bool rd_wk_dropped(const struct rd_wk *w)
{
	return w->n > 0 && w->hop[w->n - 1].verdict == RD_WK_DROP;
}
