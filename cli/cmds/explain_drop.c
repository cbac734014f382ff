/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain drop: the record of dropped packets, read for causes: which packets, at which stage and port, by which rule, how
 * that rule came to be, and what to type next. The filter is a pcap expression, tried outside and inside of tunnels.
 */
#include "cmds/explain.h"

#include "base/str.h"
#include "cmds/pcap_lib.h"
#include "decode/oneline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORDS_MAX 65536
#define CAUSES_MAX 64
#define BYTES_MAX 2048

struct cause {
	const json_t *newest, *oldest; // records; borrowed
	unsigned count;
	json_t *rule; // answer of explain.rule, NULL = no rule did it
};

struct causes {
	struct rd_cli *cli;
	json_t *records, *reasons;
	struct rd_pcap_expr filter;
	json_int_t since_ns;
	unsigned nb, dropped, blind; // blind: whose bytes may not be seen
	struct cause v[CAUSES_MAX];
};

static json_int_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (json_int_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static size_t bytes_of(const json_t *rec, uint8_t bytes[BYTES_MAX])
{
	size_t len = BYTES_MAX;

	return rd_parse_hex(rd_item_str(rec, "hex"), bytes, &len) == 0 ? len : 0;
}

static bool wanted(struct causes *c, const json_t *rec)
{
	uint8_t bytes[BYTES_MAX];
	uint32_t len, wire = (uint32_t)rd_item_int(rec, "len");

	if (rd_item_int(rec, "ns") < c->since_ns)
		return false;
	if (!c->filter.on)
		return true;
	len = (uint32_t)bytes_of(rec, bytes);
	c->blind += len == 0;
	wire = wire < len ? len : wire;
	return len > 0 && rd_pcap_expr_match(&c->filter, bytes, len, wire);
}

static bool same(const json_t *a, const json_t *b)
{
	return strcmp(rd_item_str(a, "stage"), rd_item_str(b, "stage")) == 0
		&& strcmp(rd_item_str(a, "port"), rd_item_str(b, "port")) == 0
		&& strcmp(rd_item_str(a, "reason"), rd_item_str(b, "reason")) == 0
		&& rd_item_int(a, "rule") == rd_item_int(b, "rule");
}

// Records come newest first.
static void sort_in(struct causes *c, const json_t *rec)
{
	unsigned i = 0;

	while (i < c->nb && !same(c->v[i].newest, rec))
		i++;
	c->dropped++;
	if (i == CAUSES_MAX)
		return;
	if (i == c->nb)
		c->v[c->nb++] = (struct cause){.newest = rec};
	c->v[i].oldest = rec;
	c->v[i].count++;
}

static bool by_rule(const json_t *rec)
{
	return strncmp(rd_item_str(rec, "stage"), "dfw_", 4) == 0
		&& rd_item_str(rec, "port")[0] != '\0';
}

static int ask_rule(struct causes *c, struct cause *k, struct rd_err *err)
{
	json_t *params;

	if (!by_rule(k->newest))
		return 0;
	params = json_pack("{s:s,s:I,s:I}", "port", rd_item_str(k->newest, "port"), "rule",
		rd_item_int(k->newest, "rule"), "ns", rd_item_int(k->oldest, "ns"));
	return rd_cli_call(c->cli, "explain.rule", params, NULL, NULL, &k->rule, err);
}

static const json_t *reason_of(const struct causes *c, const char *name)
{
	for (size_t i = 0; i < json_array_size(c->reasons); i++)
		if (strcmp(rd_item_str(json_array_get(c->reasons, i), "reason"), name) == 0)
			return json_array_get(c->reasons, i);
	return NULL;
}

// What could be typed next about a cause, an array of lines.
static json_t *next_of(const struct cause *k)
{
	const char *port = rd_item_str(k->newest, "port"), *hex = rd_item_str(k->newest, "hex");
	const char *reason = rd_item_str(k->newest, "reason");
	const json_t *rule = json_object_get(k->rule, "rule");
	json_t *list = json_array();

	if (rule != NULL && strncmp(rd_item_str(rule, "where"), "section", 7) == 0)
		json_array_append_new(list,
			json_sprintf("show dfw rules id %lld", (long long)rd_item_int(rule, "id")));
	else if (rule != NULL)
		json_array_append_new(list, json_sprintf("show dfw port %s", port));
	json_array_append_new(list, json_sprintf("show drop recent reason %s", reason));
	json_array_append_new(list, json_sprintf("explain reason %s", reason));
	if (port[0] != '\0' && hex[0] != '\0')
		json_array_append_new(list, json_sprintf("pktcap --first-drop %s --trace", reason));
	return list;
}

static json_t *cause_json(const struct causes *c, const struct cause *k)
{
	const json_t *reason = reason_of(c, rd_item_str(k->newest, "reason"));
	json_t *item = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:O}", "count",
		(int)k->count, "stage", rd_item_str(k->newest, "stage"), "port",
		rd_item_str(k->newest, "port"), "reason", rd_item_str(k->newest, "reason"),
		"meaning", rd_item_str(reason, "meaning"), "hint", rd_item_str(reason, "hint"),
		"rule_id", rd_item_int(k->newest, "rule"), "first_ns", rd_item_int(k->oldest, "ns"),
		"last_ns", rd_item_int(k->newest, "ns"), "cache", rd_item_str(k->newest, "cache"),
		"sample", (json_t *)(uintptr_t)k->newest);

	json_object_update(item, k->rule);
	json_object_set_new(item, "next", next_of(k));
	return item;
}

static void put_ago(FILE *out, json_int_t ns)
{
	json_int_t s = ns / 1000000000;

	if (s >= 3600)
		fprintf(out, "%lld h %lld m", (long long)(s / 3600), (long long)(s / 60 % 60));
	else if (s >= 60)
		fprintf(out, "%lld m %lld s", (long long)(s / 60), (long long)(s % 60));
	else
		fprintf(out, "%.3f s", (double)ns / 1e9);
}

static void time_text(json_int_t ns, char *buf, size_t len)
{
	json_t *item = json_pack("{s:I}", "ns", ns);

	rd_cell_time(item, buf, len);
	json_decref(item);
}

// What was done and who did it.
static void put_change(FILE *out, const char *title, const json_t *e, json_int_t first)
{
	char when[40];

	if (!json_is_object(e))
		return;
	time_text(rd_item_int(e, "ns"), when, sizeof(when));
	fprintf(out, "      %s %s, ", title, when);
	put_ago(out, first - rd_item_int(e, "ns"));
	fprintf(out, " before the first drop, by uid %lld", (long long)rd_item_int(e, "uid"));
	if (rd_item_int(e, "pid") != 0)
		fprintf(out, " (pid %lld)", (long long)rd_item_int(e, "pid"));
	fprintf(out, " with %s: %s\n", rd_item_str(e, "client"), rd_item_str(e, "text"));
}

static void put_rule(FILE *out, const json_t *item)
{
	const json_t *rule = json_object_get(item, "rule");
	const json_t *mine = json_object_get(item, "changed");
	const json_t *all = json_object_get(item, "policy_changed");
	json_int_t first = rd_item_int(item, "first_ns");

	if (!json_is_object(rule))
		return;
	fprintf(out, "      rule %lld \"%s\": %s %s (%s), revision %lld of the rules\n",
		(long long)rd_item_int(rule, "id"), rd_item_str(rule, "name"),
		rd_item_str(rule, "action"), rd_item_str(rule, "text"), rd_item_str(rule, "where"),
		(long long)rd_item_int(item, "revision"));
	put_change(out, "rule made", mine, first);
	if (json_is_object(mine) && rd_item_int(mine, "seq") != rd_item_int(all, "seq"))
		put_change(out, "rules changed", all, first);
}

static void put_cause(FILE *out, const json_t *item)
{
	const json_t *sample = json_object_get(item, "sample"),
		     *next = json_object_get(item, "next");
	const char *cache = rd_item_str(item, "cache");
	char first[40], last[40], packet[RD_ONELINE_MAX] = "";

	time_text(rd_item_int(item, "first_ns"), first, sizeof(first));
	time_text(rd_item_int(item, "last_ns"), last, sizeof(last));
	rd_cell_packet(sample, packet, sizeof(packet));
	fprintf(out, "\n  %lldx  %s@%s  %s: %s\n", (long long)rd_item_int(item, "count"),
		rd_item_str(item, "stage"), rd_item_str(item, "port"), rd_item_str(item, "reason"),
		rd_item_str(item, "meaning"));
	put_rule(out, item);
	fprintf(out, "      first %s  last %s%s%s%s\n", first, last,
		cache[0] != '\0' ? "  flow cache: " : "", cache,
		json_is_true(json_object_get(sample, "tunnelled")) ? "  out of a tunnel" : "");
	fprintf(out, "      packet %lld%s%s\n", (long long)rd_item_int(sample, "packet_id"),
		packet[0] != '\0' ? ": " : "", packet);
	fprintf(out, "      try: %s\n      next:", rd_item_str(item, "hint"));
	for (size_t i = 0; i < json_array_size(next); i++)
		fprintf(out, "%s %s", i > 0 ? " |" : "",
			json_string_value(json_array_get(next, i)));
	fputc('\n', out);
}

static void put_all(const struct causes *c, const json_t *list)
{
	FILE *out = rd_cli_out(c->cli);

	fprintf(out, "%u packet%s dropped, %u cause%s\n", c->dropped, c->dropped == 1 ? "" : "s",
		c->nb, c->nb == 1 ? "" : "s");
	for (size_t i = 0; i < json_array_size(list); i++)
		put_cause(out, json_array_get(list, i));
	if (c->blind > 0)
		fprintf(out, "%u more were not looked into: only an admin may see their bytes\n",
			c->blind);
	if (c->nb == 0)
		fputs("next: show drop | explain what-if in PORT PACKET | pktcap --capture drop\n",
			out);
}

// "host A last 60s": the last two words are a time when they say so.
static int read_line(struct causes *c, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args);
	char *text = strdup(rd_item_str(params, "filter"));
	char *last = text != NULL ? strstr(text, "last ") : NULL;
	uint64_t ns;
	int ret = text != NULL ? 0 : -ENOMEM;

	for (char *p = last; p != NULL && (p = strstr(p + 1, "last ")) != NULL;)
		last = p;
	if (last != NULL && (last == text || last[-1] == ' ')
		&& rd_parse_duration(last + 5, &ns) == 0) {
		c->since_ns = now_ns() - (json_int_t)ns;
		*last = '\0';
	}
	if (ret == 0)
		ret = rd_pcap_expr_compile(&c->filter, text, err);
	if (ret < 0)
		rd_args_blame(args, "filter");
	free(text);
	json_decref(params);
	return ret;
}

static int collect(struct causes *c, struct rd_err *err)
{
	c->records =
		rd_cli_fetch(c->cli, "drop.recent", json_pack("{s:i}", "count", RECORDS_MAX), err);
	c->reasons = rd_cli_fetch(c->cli, "drop.list", json_pack("{s:b}", "all", 1), err);
	if (c->records == NULL || c->reasons == NULL)
		return err->code;
	for (size_t i = 0; i < json_array_size(c->records); i++)
		if (wanted(c, json_array_get(c->records, i)))
			sort_in(c, json_array_get(c->records, i));
	for (unsigned i = 0; i < c->nb; i++) {
		int ret = ask_rule(c, &c->v[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void put(struct causes *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->nb; i++)
		json_array_append_new(list, cause_json(c, &c->v[i]));
	if (rd_cli_is_json(c->cli)) {
		json_t *all = json_pack("{s:i,s:i,s:O}", "dropped", (int)c->dropped, "unread",
			(int)c->blind, "causes", list);

		rd_cli_put_json(c->cli, all);
		json_decref(all);
	} else {
		put_all(c, list);
	}
	json_decref(list);
}

int rd_explain_drop(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct causes *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	c->cli = cli;
	ret = read_line(c, args, err);
	if (ret == 0)
		ret = collect(c, err);
	if (ret == 0)
		put(c);
	for (unsigned i = 0; i < c->nb; i++)
		json_decref(c->v[i].rule);
	rd_pcap_expr_free(&c->filter);
	json_decref(c->records);
	json_decref(c->reasons);
	free(c);
	return ret;
}
