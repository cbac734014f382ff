/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The text of a mirror session's rule, as rule.c reads it. Pure.
 */
#include "session/rule.h"

#include "base/str.h"
#include "session/rule_words.h"

static const char *range(uint16_t lo, uint16_t hi, char buf[12])
{
	size_t len = 0;

	rd_str_addf(buf, 12, &len, "%u", lo);
	if (lo != hi)
		rd_str_addf(buf, 12, &len, "-%u", hi);
	return buf;
}

static void add_l2(const struct rd_mirror_rule *r, char *buf, size_t size, size_t *len)
{
	char mac[RD_MAC_TEXT];

	if (r->has & RD_MIRROR_HAS_SMAC)
		rd_str_addf(buf, size, len, " smac %s", rd_fmt_mac(r->smac, mac));
	if (r->has & RD_MIRROR_HAS_DMAC)
		rd_str_addf(buf, size, len, " dmac %s", rd_fmt_mac(r->dmac, mac));
	if (r->has & RD_MIRROR_HAS_VLAN)
		rd_str_addf(buf, size, len, " vlan %u", r->vlan);
	if (r->has & RD_MIRROR_HAS_VNI)
		rd_str_addf(buf, size, len, " vni %u", r->vni);
	if (r->has & RD_MIRROR_HAS_ETHERTYPE)
		rd_str_addf(buf, size, len, " ethertype 0x%04x", r->ethertype);
}

static void add_proto(const struct rd_mirror_rule *r, char *buf, size_t size, size_t *len)
{
	for (size_t i = 0; i < NB_PROTOS; i++) {
		if (protos[i].number != r->proto)
			continue;
		rd_str_addf(buf, size, len, " proto %s", protos[i].name);
		return;
	}
	rd_str_addf(buf, size, len, " proto %u", r->proto);
}

static void add_flags(const struct rd_mirror_rule *r, char *buf, size_t size, size_t *len)
{
	const char *sep = " flags ";

	for (size_t i = 0; i < NB_TCP_FLAGS; i++) {
		if ((r->tcp_mask & tcp_flags[i].bit) == 0)
			continue;
		rd_str_addf(buf, size, len, "%s%s%s", sep,
			r->tcp_value & tcp_flags[i].bit ? "" : "!", tcp_flags[i].name);
		sep = ",";
	}
}

static void add_ip(const struct rd_mirror_rule *r, char *buf, size_t size, size_t *len)
{
	char prefix[RD_PREFIX_TEXT], text[12];

	if (r->has & RD_MIRROR_HAS_PROTO)
		add_proto(r, buf, size, len);
	if (r->has & RD_MIRROR_HAS_SRC)
		rd_str_addf(buf, size, len, " from %s",
			rd_fmt_prefix(r->family, r->src, r->src_len, prefix));
	if (r->has & RD_MIRROR_HAS_DST)
		rd_str_addf(buf, size, len, " to %s",
			rd_fmt_prefix(r->family, r->dst, r->dst_len, prefix));
	if (r->has & RD_MIRROR_HAS_SPORT)
		rd_str_addf(buf, size, len, " sport %s", range(r->sport_lo, r->sport_hi, text));
	if (r->has & RD_MIRROR_HAS_DPORT)
		rd_str_addf(buf, size, len, " dport %s", range(r->dport_lo, r->dport_hi, text));
	if (r->has & RD_MIRROR_HAS_TCP_FLAGS)
		add_flags(r, buf, size, len);
	if (r->has & RD_MIRROR_HAS_DSCP)
		rd_str_addf(buf, size, len, " dscp %u", r->dscp);
}

const char *rd_mirror_rule_text(const struct rd_mirror_rule *r, char *buf, size_t size)
{
	static const char *const layers[] = {"", " outer", " inner"};
	size_t len = 0;
	char text[12];

	rd_str_addf(buf, size, &len, "%s%s%s", r->deny ? "deny" : "permit", layers[r->layer % 3],
		r->either_way ? " either-way" : "");
	add_l2(r, buf, size, &len);
	add_ip(r, buf, size, &len);
	if (r->has & RD_MIRROR_HAS_LENGTH)
		rd_str_addf(buf, size, &len, " length %s", range(r->len_lo, r->len_hi, text));
	if (r->has == 0)
		rd_str_addf(buf, size, &len, " all");
	return buf;
}
