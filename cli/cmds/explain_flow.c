/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain flow: what the dataplane remembers and says of a flow, both ways: entries of the flow cache, connections, drops.
 */
#include "cmds/explain.h"
#include "cmds/vendor.h"

#include "base/str.h"

#include <string.h>

struct query {
	struct rd_cli *cli;
	struct rd_words w;
	char from[RD_IP_TEXT], to[RD_IP_TEXT];
	json_t *entries, *conns;
};

// The ports that the line says, from this side's point of view.
static bool ports_fit(const struct rd_words *w, json_int_t from, json_int_t to)
{
	return (!w->from.has_port || w->from.port == from) && (!w->to.has_port || w->to.port == to);
}

static int add_entries(struct query *q, bool reply, struct rd_err *err)
{
	json_t *list = rd_cli_fetch(q->cli, "flow.list",
		json_pack("{s:s,s:s,s:i}", "src", reply ? q->to : q->from, "dst",
			reply ? q->from : q->to, "limit", 10000),
		err);

	if (list == NULL)
		return err->code;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *f = json_array_get(list, i);
		json_int_t s = rd_item_int(f, "l4_src"), d = rd_item_int(f, "l4_dst");

		if (!ports_fit(&q->w, reply ? d : s, reply ? s : d))
			continue;
		json_object_set_new(f, "way", json_string(reply ? "back" : "forth"));
		json_array_append(q->entries, f);
	}
	json_decref(list);
	return 0;
}

static bool conn_fits(const struct query *q, const json_t *c)
{
	const char *src = rd_item_str(c, "src"), *dst = rd_item_str(c, "dst");
	json_int_t sport = rd_item_int(c, "sport"), dport = rd_item_int(c, "dport");

	if (strcmp(src, q->from) == 0 && strcmp(dst, q->to) == 0)
		return ports_fit(&q->w, sport, dport);
	return strcmp(src, q->to) == 0 && strcmp(dst, q->from) == 0
		&& ports_fit(&q->w, dport, sport);
}

static int add_conn(void *arg, const json_t *conn)
{
	struct query *q = arg;

	if (!conn_fits(q, conn))
		return 0;
	return json_array_append_new(q->conns, json_deep_copy(conn)) < 0 ? -ENOMEM : 0;
}

static int add_conns(struct query *q, struct rd_err *err)
{
	return rd_cli_call(
		q->cli, "conn.list", json_pack("{s:s}", "ip", q->from), add_conn, q, NULL, err);
}

static void put_entry(FILE *out, const json_t *f)
{
	char actions[256];

	rd_cell_text(json_object_get(f, "actions"), actions, sizeof(actions));
	fprintf(out, "  %-5s %s:%lld > %s:%lld proto %lld, entry %lld of worker %lld%s\n",
		rd_item_str(f, "way"), rd_item_str(f, "src_ip"),
		(long long)rd_item_int(f, "l4_src"), rd_item_str(f, "dst_ip"),
		(long long)rd_item_int(f, "l4_dst"), (long long)rd_item_int(f, "proto"),
		(long long)rd_item_int(f, "id"), (long long)rd_item_int(f, "worker"),
		json_is_true(json_object_get(f, "stale")) ? ", stale: the next packet decides again"
							  : "");
	fprintf(out, "        in by %s, %s %s: %s\n", rd_item_str(f, "src_port_name"),
		rd_item_str(f, "next_hop")[0] != '\0' ? "routed to" : "out by", rd_flow_to(f),
		actions);
	fprintf(out, "        verdict %s%s%s%s%s, rule %lld, %lld packets, %lld bytes\n",
		rd_item_str(f, "verdict"), rd_item_str(f, "reason")[0] != '\0' ? " " : "",
		rd_item_str(f, "reason"), rd_item_str(f, "drop_stage")[0] != '\0' ? " at " : "",
		rd_item_str(f, "drop_stage"), (long long)rd_item_int(f, "rule"),
		(long long)rd_item_int(f, "sw_hits"), (long long)rd_item_int(f, "sw_bytes"));
}

static void put_conn(FILE *out, const json_t *c)
{
	fprintf(out,
		"  %s: %s:%lld > %s:%lld %s, let in by rule %lld, %lld packets forth and %lld back, "
		"idle %lld s, ends in %lld s\n",
		rd_item_str(c, "port"), rd_item_str(c, "src"), (long long)rd_item_int(c, "sport"),
		rd_item_str(c, "dst"), (long long)rd_item_int(c, "dport"), rd_item_str(c, "state"),
		(long long)rd_item_int(c, "rule"), (long long)rd_item_int(c, "packets"),
		(long long)rd_item_int(c, "reply_packets"), (long long)rd_item_int(c, "idle_s"),
		(long long)rd_item_int(c, "expires_s"));
}

static void put(const struct query *q)
{
	FILE *out = rd_cli_out(q->cli);

	fprintf(out, "flow cache: %zu entr%s\n", json_array_size(q->entries),
		json_array_size(q->entries) == 1 ? "y" : "ies");
	for (size_t i = 0; i < json_array_size(q->entries); i++)
		put_entry(out, json_array_get(q->entries, i));
	fprintf(out, "connections: %zu\n", json_array_size(q->conns));
	for (size_t i = 0; i < json_array_size(q->conns); i++)
		put_conn(out, json_array_get(q->conns, i));
	if (json_array_size(q->entries) == 0)
		fputs("no packet of it has passed lately: explain what-if in PORT tells what would "
		      "become of one\n",
			out);
	fprintf(out, "next: explain drop host %s and host %s | show connection ip %s\n", q->from,
		q->to, q->from);
}

int rd_explain_flow(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct query q = {.cli = cli, .entries = json_array(), .conns = json_array()};
	int ret = rd_words_ends(args, &q.w, err);

	if (ret == 0) {
		rd_fmt_ip(q.w.from.family, q.w.from.addr, q.from);
		rd_fmt_ip(q.w.to.family, q.w.to.addr, q.to);
		ret = add_entries(&q, false, err);
	}
	if (ret == 0)
		ret = add_entries(&q, true, err);
	if (ret == 0)
		ret = add_conns(&q, err);
	if (ret == 0 && rd_cli_is_json(cli)) {
		json_t *all = json_pack("{s:O,s:O}", "entries", q.entries, "connections", q.conns);

		rd_cli_put_json(cli, all);
		json_decref(all);
	} else if (ret == 0) {
		put(&q);
	}
	json_decref(q.entries);
	json_decref(q.conns);
	return ret;
}
