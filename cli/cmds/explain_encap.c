/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain encap: the layers of a tunnelled or mirrored frame, what each costs, and what the daemon knows of them.
 */
#include "cmds/explain.h"

#include "base/pkt.h"
#include "base/str.h"
#include "decode/oneline.h"
#include "encap/decap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MAX 65535u

struct layers {
	struct rd_cli *cli;
	const uint8_t *frame;
	uint32_t len;
	struct rd_decap d;
	json_t *list;
};

static const char *kind_name(enum rd_decap_kind kind)
{
	static const char *const names[] = {[RD_DECAP_NONE] = "",
		[RD_DECAP_GENEVE] = "geneve",
		[RD_DECAP_VXLAN] = "vxlan",
		[RD_DECAP_GRE] = "gre",
		[RD_DECAP_TZSP] = "tzsp",
		[RD_DECAP_ERSPAN1] = "erspan1",
		[RD_DECAP_ERSPAN2] = "erspan2",
		[RD_DECAP_ERSPAN3] = "erspan3"};

	return names[kind];
}

static void add(struct layers *l, const char *name, uint32_t off, uint32_t len, const char *text)
{
	json_array_append_new(l->list,
		json_pack("{s:s,s:i,s:i,s:s}", "layer", name, "off", (int)off, "len", (int)len,
			"text", text));
}

// "A > B".
static void pair(char *buf, size_t size, int family, const uint8_t *src, const uint8_t *dst)
{
	char a[RD_IP_TEXT], b[RD_IP_TEXT];

	snprintf(buf, size, "%s > %s", rd_fmt_ip(family, src, a), rd_fmt_ip(family, dst, b));
}

static void add_ether(struct layers *l, uint32_t end)
{
	char a[RD_MAC_TEXT], b[RD_MAC_TEXT], text[64];

	snprintf(text, sizeof(text), "%s > %s%s", rd_fmt_mac(l->frame + 6, a),
		rd_fmt_mac(l->frame, b), end > RD_ETH_LEN ? ", tagged" : "");
	add(l, "ethernet", 0, end, text);
}

// Where the header behind the outer IP header begins.
static uint32_t add_ip(struct layers *l)
{
	const uint8_t *ip = l->frame + l->d.ip_off;
	bool v4 = ip[0] >> 4 == 4;
	uint32_t len = v4 ? (ip[0] & 15) * 4u : 40;
	char text[2 * RD_IP_TEXT + 40];
	size_t used;

	pair(text, sizeof(text), v4 ? AF_INET : AF_INET6, ip + (v4 ? 12 : 8), ip + (v4 ? 16 : 24));
	used = strlen(text);
	rd_str_addf(
		text, sizeof(text), &used, ", %s %u", v4 ? "ttl" : "hop limit", v4 ? ip[8] : ip[7]);
	add(l, v4 ? "ipv4" : "ipv6", l->d.ip_off, len, text);
	return l->d.ip_off + len;
}

static uint32_t add_udp(struct layers *l, uint32_t off)
{
	char text[48];
	bool is_udp = l->d.kind == RD_DECAP_GENEVE || l->d.kind == RD_DECAP_VXLAN
		|| l->d.kind == RD_DECAP_TZSP;

	if (!is_udp)
		return off;
	snprintf(text, sizeof(text), "%u > %u", rd_be16(l->frame + off),
		rd_be16(l->frame + off + 2));
	add(l, "udp", off, 8, text);
	return off + 8;
}

static void add_shim(struct layers *l, uint32_t off)
{
	char text[160] = "";
	size_t n = 0;

	if (l->d.has_id)
		rd_str_addf(text, sizeof(text), &n, "%s %u (0x%x)",
			l->d.kind == RD_DECAP_GENEVE || l->d.kind == RD_DECAP_VXLAN ? "VNI"
				: l->d.kind == RD_DECAP_GRE			    ? "key"
										    : "session",
			l->d.id, l->d.id);
	if (l->d.has_seq)
		rd_str_addf(text, sizeof(text), &n, "%ssequence %u", n > 0 ? ", " : "", l->d.seq);
	if (l->d.opt_len > 0)
		rd_str_addf(text, sizeof(text), &n,
			", options %u B, the first of class 0x%04x type %u", l->d.opt_len,
			rd_be16(l->frame + l->d.opt_off), l->frame[l->d.opt_off + 2]);
	add(l, kind_name(l->d.kind), off, l->d.inner - off, text);
}

static void add_inner(struct layers *l)
{
	uint32_t have = l->len - l->d.inner, wire = l->d.inner_len;
	char text[RD_ONELINE_MAX] = "a packet without Ethernet header";

	if (l->d.protocol == RD_ETHERTYPE_TEB && have > 0)
		rd_oneline_frame(NULL, l->frame + l->d.inner, have < wire ? have : wire, wire, text,
			sizeof(text));
	add(l, "inner frame", l->d.inner, wire, text);
}

// The name that a list method has for what the frame says; "" if there is none, or no daemon.
static json_t *known(struct layers *l, const char *method, const char *field, const char *value,
	const char *name)
{
	struct rd_err err = {0};
	json_t *list = rd_cli_fetch(l->cli, method, NULL, &err), *found = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		char text[80];

		rd_cell_text(json_object_get(item, field), text, sizeof(text));
		if (found == NULL && strcmp(text, value) == 0)
			found = json_string(rd_item_str(item, name));
	}
	json_decref(list);
	return found != NULL ? found : json_string("");
}

static json_t *names(struct layers *l)
{
	const uint8_t *ip = l->frame + l->d.ip_off;
	bool v4 = ip[0] >> 4 == 4, vni = l->d.kind == RD_DECAP_GENEVE;
	char from[RD_IP_TEXT], to[RD_IP_TEXT], id[16];

	snprintf(id, sizeof(id), "%u", l->d.id);
	rd_fmt_ip(v4 ? AF_INET : AF_INET6, ip + (v4 ? 12 : 8), from);
	rd_fmt_ip(v4 ? AF_INET : AF_INET6, ip + (v4 ? 16 : 24), to);
	return json_pack("{s:o,s:o,s:o}", "segment",
		vni ? known(l, "segment.list", "vni", id, "qname") : json_string(""), "sender",
		known(l, "tunnel.list", "remote", from, "name"), "endpoint",
		known(l, "tep.list", "ip", to, "host"));
}

static void put_text(const struct layers *l, const json_t *all)
{
	const json_t *who = json_object_get(all, "known");
	FILE *out = rd_cli_out(l->cli);

	for (size_t i = 0; i < json_array_size(l->list); i++) {
		const json_t *layer = json_array_get(l->list, i);

		fprintf(out, "%6lld  %-12s %5lld B  %s\n", (long long)rd_item_int(layer, "off"),
			rd_item_str(layer, "layer"), (long long)rd_item_int(layer, "len"),
			rd_item_str(layer, "text"));
	}
	fprintf(out,
		"%u of %u bytes are headers; behind them at most %lld bytes fit into an MTU of 1500\n",
		l->d.inner, l->len, (long long)rd_item_int(all, "inner_max"));
	fprintf(out, "here: segment %s, sender %s, endpoint %s\n",
		rd_item_str(who, "segment")[0] ? rd_item_str(who, "segment") : "unknown",
		rd_item_str(who, "sender")[0] ? rd_item_str(who, "sender") : "unknown",
		rd_item_str(who, "endpoint")[0] ? rd_item_str(who, "endpoint") : "not ours");
}

static int explain(struct layers *l, struct rd_err *err)
{
	enum rd_decap_result r = rd_decap(l->frame, l->len, l->len, &l->d);
	json_t *all;

	if (r != RD_DECAP_YES) {
		rd_err_set(err, -EINVAL, "the frame is %s",
			r == RD_DECAP_NO ? "in no tunnel that is known here"
					 : "a broken tunnel packet");
		rd_err_hint(
			err, "explain what-if in PORT hex BYTES tells what we would do with it");
		return -EINVAL;
	}
	add_ether(l, l->d.ip_off);
	add_shim(l, add_udp(l, add_ip(l)));
	add_inner(l);
	all = json_pack("{s:s,s:I,s:i,s:i,s:i,s:O,s:o}", "kind", kind_name(l->d.kind), "id",
		(json_int_t)l->d.id, "overhead", (int)l->d.inner, "len", (int)l->len, "inner_max",
		1500 - (int)(l->d.inner - l->d.ip_off), "layers", l->list, "known", names(l));
	if (rd_cli_is_json(l->cli))
		rd_cli_put_json(l->cli, all);
	else
		put_text(l, all);
	json_decref(all);
	return 0;
}

int rd_explain_encap(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static uint8_t bytes[FRAME_MAX];
	struct layers l = {.cli = cli, .frame = bytes, .list = json_array()};
	size_t len = sizeof(bytes);
	json_t *hex;
	int ret = rd_explain_hex(cli, args, &hex, err);

	if (ret == 0 && rd_parse_hex(json_string_value(hex), bytes, &len) < 0) {
		rd_args_blame(args, "hex");
		ret = rd_err_set(err, -EINVAL, "these are no bytes of a frame");
	}
	l.len = (uint32_t)len;
	if (ret == 0)
		ret = explain(&l, err);
	json_decref(hex);
	json_decref(l.list);
	return ret;
}
