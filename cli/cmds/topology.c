/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show topology: what leads where, made of the lists of ports, segments, routers' interfaces and tunnels; as a table, as JSON, or as a graph for
 * Graphviz's dot.
 */
#include "cmds/cmds.h"

#include <stdlib.h>
#include <string.h>

// "arm/vmnic1"; the caller frees it.
static json_t *qualified(const char *host, const char *name)
{
	return json_sprintf("%s/%s", host, name);
}

static void add_lead(json_t *leads, const char *what, json_t *to)
{
	json_array_append_new(leads, json_pack("{s:s,s:o}", "what", what, "to", to));
}

// A thing of the topology: it is a row, a JSON object, or a node. leads is stolen.
static void add_item(json_t *items, const json_t *from, const char *type, json_t *leads)
{
	const char *host = rd_item_str(from, "host"), *sw = rd_item_str(from, "switch");

	json_array_append_new(items,
		json_pack("{s:s,s:s,s:o,s:o,s:s,s:s,s:s,s:o}", "host", host, "switch", sw, "place",
			sw[0] != '\0' ? qualified(host, sw) : json_string(host), "id",
			qualified(host, rd_item_str(from, "name")), "name",
			rd_item_str(from, "name"), "type", type, "link", rd_item_str(from, "link"),
			"leads_to", leads));
}

// "link x86/vmnic2": a word, and what it is about.
static void add_device(json_t *leads, const char *device)
{
	const char *blank = strchr(device, ' ');
	char word[16];

	if (blank == NULL)
		return;
	snprintf(word, sizeof(word), "%.*s", (int)(blank - device), device);
	add_lead(leads, word, json_string(blank + 1));
}

static void add_port(json_t *items, const json_t *p)
{
	const json_t *team = json_object_get(p, "team");
	const char *segment = rd_item_str(p, "segment"), *bypass = rd_item_str(p, "bypass");
	json_t *leads = json_array();

	if (segment[0] != '\0')
		add_lead(leads, "segment", json_string(segment));
	add_device(leads, rd_item_str(p, "device"));
	if (bypass[0] != '\0')
		add_lead(leads, "bypass", json_string(bypass));
	for (size_t i = 0; i < json_array_size(team); i++)
		add_lead(leads, "team",
			qualified(rd_item_str(p, "host"),
				json_string_value(json_array_get(team, i))));
	add_item(items, p, rd_item_str(p, "type"), leads);
}

static void add_segment(json_t *items, const json_t *s)
{
	const json_t *tunnels = json_object_get(s, "tunnels");
	json_t *leads = json_array();

	for (size_t i = 0; i < json_array_size(tunnels); i++)
		add_lead(leads, "tunnel",
			qualified(rd_item_str(s, "host"),
				json_string_value(json_array_get(tunnels, i))));
	add_item(items, s, "segment", leads);
}

static void add_tunnel(json_t *items, const json_t *t)
{
	json_t *leads = json_array();

	add_lead(leads, "remote", json_string(rd_item_str(t, "remote")));
	add_item(items, t, "tunnel", leads);
}

static void add_interface(json_t *items, const json_t *i)
{
	json_t *leads = json_array();

	add_lead(leads, "segment", json_string(rd_item_str(i, "segment")));
	add_lead(leads, "router", json_string(rd_item_str(i, "router")));
	add_item(items, i, "interface", leads);
}

static void add_router(json_t *items, const json_t *r)
{
	add_item(items, r, "router", json_array());
}

static int add_all(struct rd_cli *cli, const char *method, const char *host,
	void (*add)(json_t *items, const json_t *one), json_t *items, struct rd_err *err)
{
	json_t *list = rd_cli_fetch(cli, method, NULL, err);

	if (list == NULL)
		return err->code;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (host == NULL || strcmp(host, rd_item_str(one, "host")) == 0)
			add(items, one);
	}
	json_decref(list);
	return 0;
}

static void cell_leads(const json_t *item, char *buf, size_t len)
{
	const json_t *leads = json_object_get(item, "leads_to");
	size_t used = 0;

	snprintf(buf, len, "-");
	for (size_t i = 0; i < json_array_size(leads) && used < len; i++) {
		const json_t *lead = json_array_get(leads, i);
		char to[256];

		rd_cell_text(json_object_get(lead, "to"), to, sizeof(to));
		used += (size_t)snprintf(buf + used, len - used, "%s%s %s", i > 0 ? ", " : "",
			rd_item_str(lead, "what"), to);
	}
}

static const struct rd_column columns[] = {
	{"NAME", "name", 0, NULL},
	{"TYPE", "type", 0, NULL},
	{"LINK", "link", 0, NULL},
	{"LEADS TO", NULL, 0, cell_leads},
};
static const struct rd_table table = RD_TABLE_BY(columns, "place");

// A text between quotation marks in dot's language. Control characters never get there.
static void put_quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc((unsigned char)*s < ' ' ? ' ' : *s, out);
	}
	fputc('"', out);
}

static void put_edges(FILE *out, const json_t *item)
{
	const char *id = rd_item_str(item, "id");
	const json_t *leads = json_object_get(item, "leads_to");

	for (size_t i = 0; i < json_array_size(leads); i++) {
		const json_t *lead = json_array_get(leads, i);
		const char *what = rd_item_str(lead, "what"), *to = rd_item_str(lead, "to");
		bool both = strcmp(what, "link") == 0;

		if (both && strcmp(id, to) > 0) // the other end has drawn it
			continue;
		fputs("\t", out);
		put_quoted(out, id);
		fputs(" -> ", out);
		put_quoted(out, to);
		fprintf(out, " [label=%s%s];\n", what, both ? ", dir=both" : "");
	}
}

// Ports of one switch are drawn in one box, and what belongs to the host as a whole in one of its own.
static void put_dot(FILE *out, const json_t *items)
{
	const char *place = "";

	fputs("digraph topology {\n\trankdir=LR;\n\tnode [shape=box];\n", out);
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		if (strcmp(place, rd_item_str(item, "place")) != 0) {
			fprintf(out, "%s\tsubgraph ", place[0] != '\0' ? "\t}\n" : "");
			place = rd_item_str(item, "place");
			fprintf(out, "cluster_%zu {\n\t\tlabel=", i);
			put_quoted(out, place);
			fputs(";\n", out);
		}
		fputs("\t\t", out);
		put_quoted(out, rd_item_str(item, "id"));
		fputs(" [label=", out);
		put_quoted(out, rd_item_str(item, "name"));
		fprintf(out, ", tooltip=%s%s];\n", rd_item_str(item, "type"),
			strcmp(rd_item_str(item, "link"), "down") == 0 ? ", style=dashed" : "");
	}
	fputs(place[0] != '\0' ? "\t}\n" : "", out);
	for (size_t i = 0; i < json_array_size(items); i++)
		put_edges(out, json_array_get(items, i));
	fputs("}\n", out);
}

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(rd_item_str(x, "place"), rd_item_str(y, "place"));

	return order != 0 ? order : strcmp(rd_item_str(x, "name"), rd_item_str(y, "name"));
}

static int sort(json_t *items)
{
	size_t n = json_array_size(items);
	json_t **v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		v[i] = json_incref(json_array_get(items, i));
	qsort(v, n, sizeof(*v), by_place);
	for (size_t i = 0; i < n; i++)
		json_array_set_new(items, i, v[i]);
	free(v);
	return 0;
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const char *host = rd_args_str(args, "host");
	json_t *items = json_array();
	int ret = add_all(cli, "port.list", host, add_port, items, err);

	if (ret == 0)
		ret = add_all(cli, "segment.list", host, add_segment, items, err);
	if (ret == 0)
		ret = add_all(cli, "tunnel.list", host, add_tunnel, items, err);
	if (ret == 0)
		ret = add_all(cli, "router.list", host, add_router, items, err);
	if (ret == 0)
		ret = add_all(cli, "router_interface.list", host, add_interface, items, err);
	if (ret == 0 && sort(items) < 0)
		ret = rd_err_set(err, -ENOMEM, "out of memory");
	if (ret == 0 && rd_args_has(args, "--dot") && !rd_cli_is_json(cli))
		put_dot(rd_cli_out(cli), items);
	else if (ret == 0)
		ret = rd_cli_show_items(cli, items, &table);
	json_decref(items);
	return ret;
}

static const struct rd_arg_desc topology_args[] = {
	{.key = "host", .type = RD_ARG_NAME, .help = "only this host's", .names = &rd_names_host},
	{.key = "--dot", .type = RD_ARG_FLAG, .help = "as a graph: | save x.dot, and dot -Tsvg"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"show topology [host HOST] [--dot]", "what leads where", "port.list", topology_args, show},
};
const struct rd_cmd_set rd_cmds_topology = RD_CMD_SET(cmds);
