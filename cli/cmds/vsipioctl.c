/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vendor's layouts of rules, address sets, connections and counters of one filter: a filter is the firewall of a guest's port.
 */
#include "cmds/vendor.h"

// The port that a filter's name, or a port's own name, means; NULL with *err. The caller frees it.
static json_t *filter_port(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const char *want = rd_args_str(args, "filter");
	json_t *ports = rd_cli_fetch(cli, "port.list", NULL, err), *found = NULL;
	char name[96];

	for (size_t i = 0; found == NULL && i < json_array_size(ports); i++) {
		json_t *p = json_array_get(ports, i);

		rd_vendor_filter_name(p, name, sizeof(name));
		if (rd_vendor_is_guest(p)
			&& (strcmp(want, name) == 0 || strcmp(want, rd_item_str(p, "name")) == 0
				|| strcmp(want, rd_item_str(p, "qname")) == 0))
			found = json_incref(p);
	}
	if (ports != NULL && found == NULL) {
		rd_err_set(err, -ENOENT, "there is no filter %.100s", want);
		rd_err_hint(err, "vsipioctl getfilters");
		rd_args_blame(args, "filter");
	}
	json_decref(ports);
	return found;
}

static int getfilters(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *ports = rd_cli_fetch(cli, "port.list", NULL, err), *filters = json_array();
	char name[96];

	(void)args;
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *p = json_array_get(ports, i);

		if (!rd_vendor_is_guest(p))
			continue;
		rd_vendor_filter_name(p, name, sizeof(name));
		json_array_append_new(filters,
			json_pack(
				"{s:s,s:O}", "filter", name, "port", json_object_get(p, "qname")));
		if (!rd_cli_is_json(cli))
			fprintf(rd_cli_out(cli),
				"Filter Name              : %s\nPort                     : %s\n\n",
				name, rd_item_str(p, "qname"));
	}
	if (ports != NULL && rd_cli_is_json(cli))
		rd_cli_put_json(cli, filters);
	json_decref(filters);
	json_decref(ports);
	return ports == NULL ? err->code : 0;
}

static void put_ends(FILE *out, const json_t *rule, const char *key)
{
	const json_t *list = json_object_get(rule, key);
	size_t n = json_array_size(list);
	const char *one = n > 0 ? json_string_value(json_array_get(list, 0)) : "";
	bool others = one[0] == '!';

	if (n == 0)
		fprintf(out, " %s any", key);
	else if (n == 1)
		fprintf(out, " %s %s%s%s", key, others ? "! " : "",
			strpbrk(one, "/:") == NULL ? "addrset " : "", one + others);
	else
		fprintf(out, " %s %saddrset rule-%lld-%s", key, others ? "! " : "",
			(long long)rd_item_int(rule, "id"), key);
}

// "tcp/80:1-9" as the vendor has it: protocol tcp ... port 80.
static void put_rule(FILE *out, const json_t *rule, const char *service, unsigned at)
{
	const char *slash = strchr(service, '/');
	const char *action = rd_item_str(rule, "action");
	bool icmp = strncmp(service, "icmp", 4) == 0;

	fprintf(out, "  rule %lld at %u %s", (long long)rd_item_int(rule, "id"), at,
		rd_item_str(rule, "dir"));
	if (json_object_get(rule, "ethertype") != NULL)
		fprintf(out, " ethertype 0x%04llx",
			(unsigned long long)rd_item_int(rule, "ethertype"));
	else
		fprintf(out, " protocol %.*s",
			(int)(slash != NULL ? (size_t)(slash - service) : strlen(service)),
			service);
	put_ends(out, rule, "from");
	put_ends(out, rule, "to");
	if (slash != NULL)
		fprintf(out, " %s %.*s", icmp ? "icmptype" : "port", (int)strcspn(slash + 1, ":"),
			slash + 1);
	fprintf(out, " %s%s;\n", strcmp(action, "allow") == 0 ? "accept" : action,
		json_is_true(json_object_get(rule, "log")) ? " with log" : "");
}

struct rules {
	const json_t *port, *rules, *services;
	FILE *out;
	unsigned at;
};

static const json_t *named(const json_t *services, const char *name)
{
	for (size_t i = 0; i < json_array_size(services); i++)
		if (strcmp(rd_item_str(json_array_get(services, i), "name"), name) == 0)
			return json_object_get(json_array_get(services, i), "services");
	return NULL;
}

static void put_services(struct rules *r, const json_t *rule)
{
	const json_t *list = json_object_get(rule, "services");

	r->at++;
	if (json_array_size(list) == 0)
		put_rule(r->out, rule, "any", r->at);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		const json_t *more = named(r->services, text);

		for (size_t n = 0; n < json_array_size(more); n++)
			put_rule(r->out, rule, json_string_value(json_array_get(more, n)), r->at);
		if (more == NULL)
			put_rule(r->out, rule, text, r->at);
	}
}

static void put_ruleset(struct rules *r, bool l2)
{
	fprintf(r->out, "ruleset domain-c%lld%s {\n", (long long)rd_item_int(r->port, "idx"),
		l2 ? "_L2" : "");
	r->at = 0;
	for (size_t i = 0; i < json_array_size(r->rules); i++) {
		const json_t *rule = json_array_get(r->rules, i);

		if ((json_object_get(rule, "ethertype") != NULL) == l2
			&& !json_is_true(json_object_get(rule, "disabled")))
			put_services(r, rule);
	}
	fprintf(r->out, "}\n");
}

static int getrules(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *port = filter_port(cli, args, err);
	json_t *params =
		port == NULL ? NULL : json_pack("{s:O}", "port", json_object_get(port, "qname"));
	json_t *rules = port == NULL ? NULL : rd_cli_fetch(cli, "dfw_rule.list", params, err);
	json_t *services = rules == NULL ? NULL : rd_cli_fetch(cli, "dfw_service.list", NULL, err);
	struct rules r = {
		.port = port, .rules = rules, .services = services, .out = rd_cli_out(cli)};

	if (services != NULL && rd_cli_is_json(cli)) {
		rd_cli_put_json(cli, rules);
	} else if (services != NULL) {
		put_ruleset(&r, false);
		fprintf(r.out, "\n");
		put_ruleset(&r, true);
	}
	json_decref(port);
	json_decref(rules);
	json_decref(services);
	return services == NULL ? err->code : 0;
}

static const json_t *group_named(const json_t *groups, const char *name)
{
	for (size_t i = 0; i < json_array_size(groups); i++)
		if (strcmp(rd_item_str(json_array_get(groups, i), "name"), name) == 0)
			return json_array_get(groups, i);
	return NULL;
}

// A group's addresses and those of the groups in it, as keys of *all, each once; groups that it has met, too.
static void add_addresses(const json_t *groups, const json_t *g, json_t *all, json_t *met)
{
	const char *name = g == NULL ? "" : rd_item_str(g, "name");
	const json_t *list = json_object_get(g, "addresses"), *inner = json_object_get(g, "groups");

	if (g == NULL || json_object_get(met, name) != NULL)
		return;
	json_object_set_new(met, name, json_true());
	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_set_new(all, json_string_value(json_array_get(list, i)), json_true());
	for (size_t i = 0; i < json_array_size(inner); i++)
		add_addresses(groups,
			group_named(groups, json_string_value(json_array_get(inner, i))), all, met);
}

// A group as the vendor has it: a name and all its addresses.
static json_t *addrset(const json_t *groups, const json_t *g)
{
	json_t *all = json_object(), *met = json_object(), *list = json_array(), *v;
	const char *addr;

	add_addresses(groups, g, all, met);
	json_object_foreach (all, addr, v)
		json_array_append_new(list, json_string(addr));
	json_decref(all);
	json_decref(met);
	return json_pack("{s:s,s:o}", "name", rd_item_str(g, "name"), "addresses", list);
}

static void put_addrset(FILE *out, const json_t *set)
{
	const json_t *list = json_object_get(set, "addresses");

	fprintf(out, "addrset %s {\n", rd_item_str(set, "name"));
	for (size_t i = 0; i < json_array_size(list); i++)
		fprintf(out, "ip %s,\n", json_string_value(json_array_get(list, i)));
	fprintf(out, "}\n");
}

static int getaddrsets(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *port = filter_port(cli, args, err);
	json_t *groups = port == NULL ? NULL : rd_cli_fetch(cli, "dfw_group.list", NULL, err);
	json_t *sets = json_array();

	for (size_t i = 0; i < json_array_size(groups); i++) {
		json_array_append_new(sets, addrset(groups, json_array_get(groups, i)));
		if (!rd_cli_is_json(cli))
			put_addrset(rd_cli_out(cli), json_array_get(sets, i));
	}
	if (groups != NULL && rd_cli_is_json(cli))
		rd_cli_put_json(cli, sets);
	json_decref(sets);
	json_decref(port);
	json_decref(groups);
	return groups == NULL ? err->code : 0;
}

static int put_connection(void *out, const json_t *c)
{
	const char *orig = rd_item_str(c, "orig_state");

	fprintf(out, "%s:%lld -> %s:%lld in protocol %s state %s%s%s\n", rd_item_str(c, "src"),
		(long long)rd_item_int(c, "sport"), rd_item_str(c, "dst"),
		(long long)rd_item_int(c, "dport"), rd_item_str(c, "proto"),
		orig[0] != '\0' ? orig : rd_item_str(c, "state"), orig[0] != '\0' ? ":" : "",
		rd_item_str(c, "reply_state"));
	return 0;
}

// As they come: there may be a million.
static int getflows(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static const struct rd_table no_table;
	json_t *port = filter_port(cli, args, err), *params;
	int ret;

	if (port == NULL)
		return err->code;
	params = json_pack("{s:O}", "port", json_object_get(port, "qname"));
	ret = rd_cli_is_json(cli)
		? rd_cli_show(cli, "conn.list", params, &no_table, err)
		: rd_cli_call(cli, "conn.list", params, put_connection, rd_cli_out(cli), NULL, err);
	json_decref(port);
	return ret;
}

static void put_stat_head(FILE *out, const char *title)
{
	fprintf(out, "%-18s %14s %14s\n%-18.*s %14s %14s\n", title, "IN", "OUT", (int)strlen(title),
		"------------------", "---", "---");
}

// Families without a packet are left out, but for IPv4; reasons come without zeros.
static bool in_filterstat(const json_t *row)
{
	return strncmp(rd_item_str(row, "what"), "v4", 2) == 0 || rd_item_int(row, "in") != 0
		|| rd_item_int(row, "out") != 0;
}

static void put_filterstat(FILE *out, const json_t *rows)
{
	bool reasons = false;

	put_stat_head(out, "PACKETS");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *r = json_array_get(rows, i);

		if (!in_filterstat(r))
			continue;
		if (!reasons && strcmp(rd_item_str(r, "kind"), "reason") == 0) {
			reasons = true;
			fputc('\n', out);
			put_stat_head(out, "DROP REASON");
		}
		fprintf(out, "%-18s %14lld %14lld\n", rd_item_str(r, "what"),
			(long long)rd_item_int(r, "in"), (long long)rd_item_int(r, "out"));
	}
}

static int getfilterstat(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *port = filter_port(cli, args, err);
	json_t *params =
		port == NULL ? NULL : json_pack("{s:O}", "port", json_object_get(port, "qname"));
	json_t *rows = port == NULL ? NULL : rd_cli_fetch(cli, "dfw.counts", params, err);

	if (rows != NULL && rd_cli_is_json(cli))
		rd_cli_put_json(cli, rows);
	else if (rows != NULL)
		put_filterstat(rd_cli_out(cli), rows);
	json_decref(port);
	json_decref(rows);
	return rows == NULL ? err->code : 0;
}

static const struct rd_arg_desc filter_args[] = {
	{.key = "filter",
		.type = RD_ARG_TEXT,
		.help = "as vsipioctl getfilters has it, or the port's name",
		.names = &rd_names_port},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "vsipioctl", .help = "ESXi's view of a port's firewall"},
	{"vsipioctl getfilters", "names of the firewalls", "port.list", NULL, getfilters},
	{"vsipioctl getrules -f FILTER", "ESXi's form of show dfw rules", "dfw_rule.list",
		filter_args, getrules},
	{"vsipioctl getaddrsets -f FILTER", "ESXi's form of show dfw groups", "dfw_group.list",
		filter_args, getaddrsets},
	{"vsipioctl getflows -f FILTER", "ESXi's form of show connection", "conn.list", filter_args,
		getflows},
	{"vsipioctl getfilterstat -f FILTER", "ESXi's form of show dfw counts", "dfw.counts",
		filter_args, getfilterstat},
};
const struct rd_cmd_set rd_cmds_vsipioctl = RD_CMD_SET(cmds);
