/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wireshark's questions, see answer.h. An answer is lines of {key=value} sentences. Main thread.
 */
#include "answer.h"

#include <string.h>

#include "api/msg.h"
#include "api/stages.h"
#include "filter/filter.h"

enum arg { // numbers of the options, in the order of the dialog
	ARG_STAGE,
	ARG_PORT,
	ARG_HOST,
	ARG_DIR,
	ARG_DROPS,
	ARG_FOLLOW,
	ARG_MATCH,
	ARG_SNAPLEN,
	ARG_META,
	ARG_COMMENT,
	ARG_BUFFER,
	ARG_SOCKET,
};

struct value {
	enum arg arg;
	const char *value, *display;
	bool is_default;
};

static const struct value fixed_values[] = {
	{ARG_DIR, "both", "both", true},
	{ARG_DIR, "rx", "into the switch (rx)", false},
	{ARG_DIR, "tx", "out of the switch (tx)", false},
	{ARG_MATCH, "both", "the frame, and the frame inside a tunnel", true},
	{ARG_MATCH, "outer", "only the frame as it is", false},
	{ARG_MATCH, "inner", "only the frame inside a tunnel", false},
	{ARG_META, "full", "everything", true},
	{ARG_META, "lean", "packet id, direction, queue, losses", false},
	{ARG_META, "none", "nothing but the stage", false},
	{ARG_COMMENT, "decisions", "where something was decided", true},
	{ARG_COMMENT, "all", "every packet", false},
	{ARG_COMMENT, "none", "no packet", false},
};

// Texts from elsewhere must not end a sentence, nor begin a line.
static void put_text(FILE *out, const char *s)
{
	for (; *s != '\0'; s++) {
		bool plain = (unsigned char)*s >= ' ' && *s != '{' && *s != '}' && *s != 0x7f;

		fputc(plain ? *s : '_', out);
	}
}

static void put_pair(FILE *out, const char *key, const char *value)
{
	fprintf(out, "{%s=", key);
	put_text(out, value);
	fputc('}', out);
}

static void put_value(FILE *out, const struct value *v)
{
	fprintf(out, "value {arg=%d}", (int)v->arg);
	put_pair(out, "value", v->value);
	put_pair(out, "display", v->display);
	fprintf(out, "{default=%s}\n", v->is_default ? "true" : "false");
}

static void put_fixed_values(FILE *out, enum arg arg)
{
	for (size_t i = 0; i < sizeof(fixed_values) / sizeof(fixed_values[0]); i++) {
		if (fixed_values[i].arg == arg)
			put_value(out, &fixed_values[i]);
	}
}

// --- interfaces ---

static bool is_first_of_host(const struct pk_ports *ports, unsigned i)
{
	for (unsigned k = 0; k < i; k++) {
		if (strcmp(ports->list[k]->host, ports->list[i]->host) == 0)
			return false;
	}
	return true;
}

// "reddot: host arm", "reddot: every host (reddotd is not running at ..)"
static void put_interface(FILE *out, const char *name, const char *what, const char *why)
{
	fprintf(out, "interface {value=" EX_NAME);
	put_text(out, name);
	fputs("}{display=reddot: ", out);
	put_text(out, what);
	fputs(strcmp(what, "host") == 0 ? " " : "", out);
	put_text(out, strcmp(what, "host") == 0 ? name : "");
	fputs(why[0] != '\0' ? " (" : "", out);
	put_text(out, why);
	fputs(why[0] != '\0' ? ")}\n" : "}\n", out);
}

static void put_control(
	FILE *out, enum ex_control n, const char *type, const char *display, const char *tip)
{
	fprintf(out, "control {number=%d}{type=%s}{display=%s}{tooltip=%s}\n", (int)n, type,
		display, tip);
}

static void put_toolbar(FILE *out)
{
	put_control(out, EX_CONTROL_STAGE, "selector", "Stage",
		"Capture only here; also while the capture runs");
	fprintf(out, "value {control=%d}{value=}{display=as in the options}{default=true}\n",
		EX_CONTROL_STAGE);
	for (unsigned i = 0; i < rd_stages_count; i++)
		fprintf(out, "value {control=%d}{value=%s}{display=%s}\n", EX_CONTROL_STAGE,
			rd_stages[i].name, rd_stages[i].name);
	put_control(out, EX_CONTROL_FOLLOW, "boolean", "Follow",
		"What matched once is captured at every later stage as well");
	put_control(out, EX_CONTROL_DROPS, "boolean", "Drops only",
		"Only packets that the switch drops");
	fprintf(out,
		"control {number=%d}{type=button}{role=logger}{display=Log}"
		"{tooltip=Where this captures, and what was lost}\n",
		EX_CONTROL_LOG);
}

void ex_answer_interfaces(FILE *out, const struct pk_ports *ports, const char *why)
{
	fputs("extcap {version=" RD_VERSION "}{display=reddot}\n", out);
	put_interface(out, EX_ANY, "every host", why);
	for (unsigned i = 0; ports != NULL && ports->many_hosts && i < ports->count; i++) {
		if (is_first_of_host(ports, i))
			put_interface(out, ports->list[i]->host, "host", why);
	}
	put_toolbar(out);
}

void ex_answer_dlts(FILE *out)
{
	fputs("dlt {number=1}{name=EN10MB}{display=Ethernet}\n", out);
}

// --- options ---

static void put_stages(FILE *out)
{
	for (unsigned i = 0; i < rd_stages_count; i++) {
		fprintf(out, "value {arg=%d}{value=%s}{display=%s: ", ARG_STAGE, rd_stages[i].name,
			rd_stages[i].name);
		put_text(out, rd_stages[i].help);
		fputs("}{default=false}\n", out);
	}
}

static void put_hosts(FILE *out, const struct pk_ports *ports)
{
	put_value(out, &(struct value){ARG_HOST, "", "every host", true});
	for (unsigned i = 0; ports != NULL && i < ports->count; i++) {
		const char *host = ports->list[i]->host;

		if (is_first_of_host(ports, i))
			put_value(out, &(struct value){ARG_HOST, host, host, false});
	}
}

static void put_ports(FILE *out, const char *host, const struct pk_ports *ports)
{
	put_value(out, &(struct value){ARG_PORT, "", "every port", true});
	for (unsigned i = 0; ports != NULL && i < ports->count; i++) {
		const struct pk_port *p = ports->list[i];

		if (host != NULL && strcmp(host, p->host) != 0)
			continue;
		fprintf(out, "value {arg=%d}{value=", ARG_PORT);
		put_text(out, p->qname);
		fputs("}{display=", out);
		put_text(out, p->qname);
		fprintf(out, " (%s %u", p->type, p->id);
		if (p->bypass[0] != '\0') {
			fputs(", bypassed by ", out);
			put_text(out, p->bypass);
		}
		fputs(")}{default=false}\n", out);
	}
}

static void put_where(
	FILE *out, const struct ex_args *a, const char *host, const struct pk_ports *ports)
{
	const char *own = NULL;
	struct rd_err ignored = {0};
	bool of_one_host =
		ex_args_host(&(struct ex_args){.interface = a->interface}, &own, &ignored) == 0
		&& own != NULL;

	fprintf(out,
		"arg {number=%d}{call=--stage}{display=Stages}{type=multicheck}{group=Where}"
		"{tooltip=None: every stage, or where the port has its traffic}\n",
		ARG_STAGE);
	put_stages(out);
	fprintf(out,
		"arg {number=%d}{call=--port}{display=Port}{type=selector}{reload=true}"
		"{placeholder=Ask the daemon again}{group=Where}{tooltip=A name, or a number}\n",
		ARG_PORT);
	put_ports(out, host, ports);
	if (!of_one_host) {
		fprintf(out,
			"arg {number=%d}{call=--host}{display=Host}{type=selector}{reload=true}"
			"{placeholder=Ask the daemon again}{group=Where}{tooltip=Only this host's ports}\n",
			ARG_HOST);
		put_hosts(out, ports);
	}
	fprintf(out,
		"arg {number=%d}{call=--dir}{display=Direction}{type=selector}{group=Where}"
		"{tooltip=Seen from the switch: what a guest sends goes into it}\n",
		ARG_DIR);
	put_fixed_values(out, ARG_DIR);
	fprintf(out,
		"arg {number=%d}{call=--drops}{display=Drops only}{type=boolflag}{default=false}{group=Where}"
		"{tooltip=Only packets that the switch drops}\n",
		ARG_DROPS);
}

static void put_which(FILE *out)
{
	fprintf(out,
		"arg {number=%d}{call=--follow}{display=Follow}{type=boolflag}{default=false}{group=Which packets}"
		"{tooltip=What matched once is captured at every later stage as well}\n",
		ARG_FOLLOW);
	fprintf(out,
		"arg {number=%d}{call=--match}{display=The filter looks at}{type=selector}{group=Which packets}"
		"{tooltip=Where the capture filter is tried}\n",
		ARG_MATCH);
	put_fixed_values(out, ARG_MATCH);
	fprintf(out,
		"arg {number=%d}{call=--snaplen}{display=Bytes per packet}{type=unsigned}{default=0}"
		"{range=0,262144}{group=Which packets}{tooltip=0: whole packets; else at least 24}\n",
		ARG_SNAPLEN);
}

static void put_what(FILE *out)
{
	fprintf(out,
		"arg {number=%d}{call=--meta}{display=Carry with each packet}{type=selector}{group=In the file}"
		"{tooltip=What the file tells of each packet}\n",
		ARG_META);
	put_fixed_values(out, ARG_META);
	fprintf(out,
		"arg {number=%d}{call=--comment}{display=Comments on}{type=selector}{group=In the file}"
		"{tooltip=Rule, flow cache, VNI, drop reason}\n",
		ARG_COMMENT);
	put_fixed_values(out, ARG_COMMENT);
}

static void put_daemon(FILE *out, const struct ex_args *a)
{
	char path[256];

	fprintf(out,
		"arg {number=%d}{call=--buffer-size}{display=Ring per worker, KiB}{type=unsigned}{default=4096}"
		"{range=4,1048576}{group=Daemon}{tooltip=More of it survives longer bursts}\n",
		ARG_BUFFER);
	fprintf(out, "arg {number=%d}{call=--socket}{display=Daemon's socket}{type=string}",
		ARG_SOCKET);
	put_pair(
		out, "default", a->socket != NULL ? a->socket : rd_socket_path(path, sizeof(path)));
	fputs("{group=Daemon}{tooltip=Of the reddotd to capture from}\n", out);
}

void ex_answer_config(
	FILE *out, const struct ex_args *a, const char *host, const struct pk_ports *ports)
{
	put_where(out, a, host, ports);
	put_which(out);
	put_what(out);
	put_daemon(out, a);
}

void ex_answer_reload(
	FILE *out, const struct ex_args *a, const char *host, const struct pk_ports *ports)
{
	const char *name = a->reload + strspn(a->reload, "-");

	if (strcmp(name, "port") == 0)
		put_ports(out, host, ports);
	else if (strcmp(name, "host") == 0)
		put_hosts(out, ports);
	else if (strcmp(name, "stage") == 0)
		put_stages(out);
}

// --- the filter ---

void ex_answer_filter(FILE *out, const struct ex_args *a)
{
	struct rd_filter f = {0};
	struct rd_err err = {0};

	if (rd_filter_compile(&f, a->filter, RD_FILTER_BOTH, &err) < 0) {
		put_text(out, err.what);
		fputc('\n', out);
	}
	rd_filter_free(&f);
}
