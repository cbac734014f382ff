/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `walk report FILE`: prints every walk of a capture, one block per hop: the picture, the port's row of net-stats -l, the
 * command that shows this hop, the packet, the time since the previous hop; and between hops the row of the
 * flow cache. With --json one object per hop. Ports and flows are asked from the daemon; nothing is known beforehand.
 */
#include "walk/walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd.h"
#include "walk/model.h"
#include "walk/picture.h"
#include "walk/rows.h"

struct report {
	struct rd_cli *cli;
	FILE *out;
	struct rd_walks w;
	char *default_host; // its ports need no "host/" in commands
	bool colour;
};

struct hop { // one block
	const struct rd_walk *walk;
	const struct rd_step *step;
	unsigned index, number, hops; // step in the walk; n of m
	uint64_t since_ns; // previous hop, 0 for the first
};

static int append(void *arg, const json_t *item)
{
	return json_array_append(arg, (json_t *)(uintptr_t)item) < 0 ? -ENOMEM : 0;
}

// A list method's items as an array; NULL with *err.
static json_t *list(struct rd_cli *cli, const char *method, struct rd_err *err)
{
	json_t *items = json_array();

	if (items != NULL && rd_cli_call(cli, method, NULL, append, items, NULL, err) < 0) {
		json_decref(items);
		return NULL;
	}
	return items;
}

static int find_default_host(struct report *r, struct rd_err *err)
{
	json_t *hosts = list(r->cli, "host.list", err);
	const json_t *h;
	size_t i;

	if (hosts == NULL)
		return -EIO;
	json_array_foreach (hosts, i, h)
		if (json_is_true(json_object_get(h, "default")) && r->default_host == NULL)
			r->default_host = strdup(rd_rec_str(h, "name"));
	json_decref(hosts);
	return 0;
}

static int fetch(struct report *r, const char *path, struct rd_err *err)
{
	int ret = rd_walks_load(&r->w, path, err);

	if (ret < 0)
		return ret;
	r->w.ports = list(r->cli, "port.list", err);
	r->w.flows = list(r->cli, "flow.list", err);
	if (r->w.ports == NULL || r->w.flows == NULL)
		return -EIO;
	ret = find_default_host(r, err);
	return ret < 0 ? ret : rd_walks_group(&r->w);
}

static void put_row(FILE *out, const char *row, int len)
{
	if (row != NULL)
		fprintf(out, "    %.*s\n", len, row);
}

// The port's row with the table's header, from the command that people know.
static int put_port(struct report *r, const struct hop *h, struct rd_err *err)
{
	char line[128], id[24], *text;
	const char *row;
	int len = 0;

	snprintf(line, sizeof(line), "net-stats -l host %s", rd_step_host(h->step));
	snprintf(id, sizeof(id), "%" PRIu64, rd_rec_num(h->step->rec, "port_id"));
	text = rd_rows_run(r->cli, line, err);
	if (text == NULL)
		return -EIO;
	fprintf(r->out, "  Port info:  reddot %s\n", line);
	put_row(r->out, text, (int)strcspn(text, "\n"));
	row = rd_rows_by_word(text, id, &len);
	put_row(r->out, row, len);
	free(text);
	return 0;
}

static void put_command(struct report *r, const struct hop *h)
{
	const char *port = rd_step_port(h->step), *host = rd_step_host(h->step);
	bool is_uplink =
		h->step->port != NULL && strcmp(rd_rec_str(h->step->port, "type"), "uplink") == 0;

	fputs("  Command:    pktcap ", r->out);
	if (!is_uplink)
		fprintf(r->out, "--switchport %" PRIu64, rd_rec_num(h->step->rec, "port_id"));
	else if (r->default_host != NULL && strcmp(host, r->default_host) == 0)
		fprintf(r->out, "--uplink %s", port + strlen(host) + 1);
	else
		fprintf(r->out, "--uplink %s", port);
	fputs(" --dir 2 -o - | tcpdump -enr -\n", r->out);
}

// The names of the stages between the previous hop and this one.
static void put_time(struct report *r, const struct hop *h)
{
	unsigned i = h->index;

	if (h->number == 1)
		return;
	fprintf(r->out, "  Time:       %" PRIu64 " ns since the previous hop", h->since_ns);
	while (i > 0 && !rd_step_is_hop(&h->walk->step[i - 1]))
		i--;
	for (const char *sep = ", through "; i < h->index; i++, sep = " > ")
		fprintf(r->out, "%s%s", sep, h->walk->step[i].stage->name);
	fputc('\n', r->out);
}

// Number of this flow among those of its host: the dump lists them in the same order.
static unsigned row_of_flow(const json_t *flows, unsigned flow, const char *host)
{
	unsigned row = 0;

	for (unsigned i = 0; i < flow; i++)
		if (strcmp(rd_rec_str(json_array_get(flows, i), "host"), host) == 0)
			row++;
	return row;
}

// The entry of the flow cache that took the packet on from here, if it passed one.
static int put_flow(struct report *r, const struct hop *h, struct rd_err *err)
{
	unsigned next = rd_walk_hop(h->walk, h->index + 1);
	int flow = next < h->walk->n ? rd_walk_flow(&r->w, h->walk, h->index, next) : -1, len = 0;
	const char *host = rd_step_host(h->step), *row;
	char line[128], *text;

	if (flow < 0)
		return 0;
	snprintf(line, sizeof(line), "ens flow-table dump host %s", host);
	text = rd_rows_run(r->cli, line, err);
	if (text == NULL)
		return -EIO;
	row = rd_rows_nth(text, row_of_flow(r->w.flows, (unsigned)flow, host), &len);
	fprintf(r->out, "\n  Flow cache: reddot %s\n", line);
	put_row(r->out, text, (int)strcspn(text, "\n"));
	put_row(r->out, row, len);
	free(text);
	return 0;
}

// What became of the packet. Dropped ones say why.
static void put_end(struct report *r, const struct rd_walk *walk)
{
	const json_t *rec = walk->step[walk->n - 1].rec;
	const char *verdict = rd_rec_str(rec, "verdict");

	if (strcmp(verdict, "delivered") == 0 || strcmp(verdict, "sent") == 0)
		fprintf(r->out, "\nPacket %s.\n", verdict);
	else if (strcmp(verdict, "drop") == 0)
		fprintf(r->out, "\nPacket dropped: %s.\n", rd_rec_str(rec, "reason"));
}

static int put_hop(struct report *r, const struct hop *h, struct rd_err *err)
{
	int ret;

	fprintf(r->out, "\n--- hop %u of %u: %s at %s ---\n\n", h->number, h->hops,
		h->step->stage->name, rd_step_port(h->step));
	rd_picture_draw(r->out, h->walk, &r->w.walk[0], h->index, r->colour);
	fputc('\n', r->out);
	ret = put_port(r, h, err);
	if (ret < 0)
		return ret;
	put_command(r, h);
	fprintf(r->out, "  Packet:     %s\n", rd_rec_str(h->step->rec, "summary"));
	put_time(r, h);
	return put_flow(r, h, err);
}

static int put_hop_json(struct report *r, const struct hop *h, struct rd_err *err)
{
	static const char *const keys[] = {
		"stage", "port", "port_id", "dir", "len", "ns", "packet_id", "flow", "verdict"};
	json_t *o = json_object();

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *v = json_object_get(h->step->rec, keys[i]);

		json_object_set_new(o, keys[i], v != NULL ? json_incref(v) : json_null());
	}
	json_object_set_new(o, "since_ns", json_integer((json_int_t)h->since_ns));
	if (o == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	rd_cli_put_json(r->cli, o);
	json_decref(o);
	return 0;
}

static int put_walk(struct report *r, const struct rd_walk *walk, struct rd_err *err)
{
	struct hop h = {.walk = walk, .hops = rd_walk_hops(walk)};
	bool json = rd_cli_is_json(r->cli);
	uint64_t before = 0;
	int ret = 0;

	if (!json && h.hops != 0)
		fprintf(r->out, "\n=== walk %u of %u: packet %" PRIu64 ", %u hops ===\n",
			(unsigned)(walk - r->w.walk) + 1, r->w.n, walk->packet_id, h.hops);
	for (unsigned i = rd_walk_hop(walk, 0); ret == 0 && i < walk->n;
		i = rd_walk_hop(walk, i + 1)) {
		h.step = &walk->step[i];
		h.index = i;
		h.number++;
		h.since_ns = before != 0 && h.step->ns > before ? h.step->ns - before : 0;
		before = h.step->ns;
		ret = json ? put_hop_json(r, &h, err) : put_hop(r, &h, err);
	}
	if (ret == 0 && !json && h.hops != 0)
		put_end(r, walk);
	return ret;
}

// A red dot needs a terminal that shows it; elsewhere it is a star.
static bool has_colour(FILE *out)
{
	const char *locale = getenv("LC_ALL");

	if (locale == NULL || *locale == '\0')
		locale = getenv("LANG");
	return isatty(fileno(out)) == 1 && locale != NULL && strstr(locale, "UTF-8") != NULL;
}

static int run_report(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct report r = {
		.cli = cli, .out = rd_cli_out(cli), .colour = has_colour(rd_cli_out(cli))};
	char *path = rd_args_path(args, "file");
	int ret = path != NULL ? fetch(&r, path, err) : -ENOMEM;

	if (ret == 0 && r.w.n == 0)
		ret = rd_err_set(err, -ENODATA, "%s holds no packet at a stage", path);
	for (unsigned i = 0; ret == 0 && i < r.w.n; i++)
		ret = put_walk(&r, &r.w.walk[i], err);
	rd_walks_free(&r.w);
	free(r.default_host);
	free(path);
	return ret;
}

static const struct rd_arg_desc report_args[] = {
	{.key = "file",
		.type = RD_ARG_FILE,
		.help = "what pktcap --json wrote, - for standard input"},
	{0},
};

static const struct rd_arg_desc follow_args[] = {
	{.key = "-r",
		.type = RD_ARG_FILE,
		.help = "a capture file, or what pktcap --json -x wrote; - for standard input; else live"},
	{.key = "filter", .type = RD_ARG_TEXT, .help = "pcap-filter(7), in quotation marks"},
	{.key = "--show",
		.type = RD_ARG_TEXT,
		.help = "only walks that fit this: 'stage drop and dport 80'; reddot(1) tells of it"},
	{.key = "--export",
		.type = RD_ARG_WORD,
		.help = "write the walks instead: a page to read anywhere, a graph, JSON, text, a capture"},
	{.key = "-o", .type = RD_ARG_FILE, .help = "the export's file; else the output"},
	{.key = "--id",
		.type = RD_ARG_NUM,
		.min = 1,
		.max = INT64_MAX,
		.help = "only this walk: its number in the list, or its packet id"},
	{0},
};

static const struct rd_cmd commands[] = {
	{.grammar = "walk", .help = "the way of single packets through the stages"},
	{.grammar = "walk [-r FILE] [filter FILTER] [--show EXPR] [--export (html|dot|json|text|pcapng)] [-o FILE] [--id N]",
		.help = "packets on their way, full-screen: hops, times, changes, bytes, paths; ? helps",
		.args = follow_args,
		.run = rd_walk_follow},
	{.grammar = "walk report FILE",
		.help = "every hop of the packets in a capture: picture, port, command, packet, time",
		.args = report_args,
		.run = run_report},
};

int rd_walk_register(struct rd_cli *cli)
{
	struct rd_err err = {0};

	return rd_cli_add(cli, commands, sizeof(commands) / sizeof(commands[0]), &err);
}
