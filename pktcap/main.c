/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap: captures packets at the stages of reddotd's switches. One thread. Data goes to standard output or a file;
 * everything else that is said goes to stderr.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "collect.h"
#include "compat.h"
#include "last_drops.h"
#include "lint.h"
#include "list.h"
#include "live.h"
#include "opts.h"
#include "out_rotate.h"
#include "replay.h"
#include "session.h"
#include "sessions.h"

static int complain(const struct rd_err *err)
{
	char text[700];

	fprintf(stderr, "pktcap: %s\n", rd_err_text(err, text, sizeof(text)));
	return 1;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

// One port's traffic, in and out: all that classic pcap can tell apart.
static bool is_simple(const struct pk_points *pts)
{
	for (unsigned i = 0; i < pts->count; i++) {
		if (pts->list[i].port == NULL || pts->list[i].port != pts->list[0].port)
			return false;
	}
	return pts->count <= 2;
}

// -P and --pcap decide; else the file's suffix; else --meta or several stages make it pcapng.
static bool is_pcapng(const struct pk_opts *o, const struct pk_points *pts)
{
	if (o->style == PK_COMPAT) // pktcap-uw's rule: pcapng only when asked for
		return o->format == PK_FORMAT_PCAPNG;
	if (o->format != PK_FORMAT_AUTO)
		return o->format == PK_FORMAT_PCAPNG;
	if (o->meta != PK_META_AUTO || o->comment != PK_COMMENT_AUTO
		|| ends_with(o->outfile, ".pcapng"))
		return true;
	return !ends_with(o->outfile, ".pcap") && !is_simple(pts);
}

static int add_out(struct pk_session *s, struct pk_out *out, const struct rd_err *err)
{
	if (out == NULL)
		return err->code;
	s->outs[s->nb_outs++] = out;
	return 0;
}

static struct pk_out *make_file(struct pk_session *s, struct rd_err *err)
{
	const struct pk_opts *o = s->opts;
	pk_out_make_fn make = is_pcapng(o, s->points) ? pk_out_pcapng_new : pk_out_pcap_new;

	if (!pk_rotates(&o->rotate) && o->rotate.min_free == 0 && o->rotate.max_total == 0)
		return make(o, err);
	return pk_out_rotate_new(o, make, s->client, s->number, err);
}

// Walks that are chosen by where they passed are known only when they have: then their file waits as well.
static struct pk_out *chosen_file(struct pk_session *s)
{
	struct pk_out *file = s->nb_outs > 0 ? s->outs[0] : NULL;

	if (s->opts->nb_select == 0 && s->opts->capture == NULL)
		return NULL;
	s->nb_outs = 0;
	return file;
}

static int make_outs(struct pk_session *s, struct rd_err *err)
{
	const struct pk_opts *o = s->opts;
	int rc = 0;

	if (o->outfile != NULL)
		rc = add_out(s, make_file(s, err), err);
	if (rc < 0)
		return rc;
	if (o->trace)
		return add_out(s, pk_out_walk_new(o, chosen_file(s), err), err);
	if (o->report)
		return 0; // it comes at the end
	if (o->json)
		return add_out(s, pk_out_json_new(o->hex > 0, err), err);
	if (o->style == PK_COMPAT && (o->console || o->outfile == NULL))
		return add_out(s, pk_out_compat_new(o, err), err);
	if (o->console || o->outfile == NULL)
		return add_out(s, pk_out_console_new(o, err), err);
	return 0;
}

static void catch_signals(void)
{
	// Wakes poll() in any case; a write() that it interrupts goes on, or its record would be half written.
	struct sigaction stop = {.sa_handler = pk_session_interrupt, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL); // write() says EPIPE
	sigaction(SIGXFSZ, &ignore, NULL); // write() says EFBIG
}

static void say_start(const struct pk_session *s)
{
	const struct pk_points *pts = s->points;

	if (s->opts->style == PK_COMPAT) {
		pk_compat_banner(s);
		return;
	}
	if (s->opts->session.attach != NULL)
		fprintf(stderr, "pktcap: capturing at the points of session %s", s->name);
	else if (pts->count == 1 && pts->list[0].port != NULL)
		fprintf(stderr, "pktcap: capturing at %s@%s",
			rd_stage_by_id(pts->list[0].stage)->name, pts->list[0].port->qname);
	else
		fprintf(stderr, "pktcap: capturing at %u point%s", pts->count,
			pts->count == 1 ? "" : "s");
	fprintf(stderr, ", snapshot length %u bytes\n", s->opts->snaplen);
}

static int last_drops(struct pk_session *s, struct rd_err *err)
{
	int rc = make_outs(s, err);

	if (rc < 0)
		return complain(err);
	catch_signals();
	if (pk_last_drops(s, err) < 0)
		return complain(err);
	fprintf(stderr, "%llu dropped packet%s\n", (unsigned long long)s->captured,
		s->captured == 1 ? "" : "s");
	return 0;
}

static int capture_with(struct pk_session *s, struct rd_err *err)
{
	int rc;

	// The session first: a filter with a mistake must not have emptied the file.
	rc = pk_session_start(s, err);
	if (rc == 0)
		rc = make_outs(s, err);
	if (rc < 0)
		return complain(err);
	catch_signals();
	pk_warn_bypassed(s);
	pk_warn_points(s);
	say_start(s);
	rc = pk_session_run(s, err);
	pk_summary(s);
	return rc < 0 ? complain(err) : 0;
}

static int capture(struct pk_opts *o, struct rd_client *client, struct pk_ports *ports)
{
	struct rd_err err = {0};
	struct pk_points points;
	struct pk_session s = {.opts = o, .client = client, .ports = ports, .points = &points};
	int rc;

	if (pk_points_select(&points, o, ports, &err) < 0) {
		pk_points_free(&points);
		return complain(&err);
	}
	rc = o->last_drops != 0 ? last_drops(&s, &err) : capture_with(&s, &err);
	pk_session_free(&s);
	pk_points_free(&points);
	return rc;
}

// From a kernel's interface, or, if that is NULL, from a file.
static int feed(struct pk_session *s, const char *iface, struct rd_err *err)
{
	struct pk_collect *collect = NULL;
	int rc;

	if (s->opts->decap != 0) {
		collect = pk_collect_new(s->opts, s->ports, iface != NULL, err);
		if (collect == NULL)
			return err->code;
	}
	rc = iface != NULL ? pk_live(s, iface, collect, err) : pk_replay(s, collect, err);
	if (rc == 0 && collect != NULL && s->end != PK_END_PIPE)
		rc = pk_collect_report(collect, err);
	pk_collect_free(collect);
	return rc == -EPIPE ? 0 : rc;
}

static int without_daemon(struct pk_opts *o, const char *iface)
{
	struct rd_err err = {0};
	struct pk_ports ports = {
		.many_hosts = iface == NULL}; // the file's end may name another host
	struct pk_points points = {0};
	struct pk_session s = {.opts = o, .ports = &ports, .points = &points};
	int rc;

	o->nb_select = 0; // iface says it
	rc = pk_points_select(&points, o, &ports, &err);
	catch_signals();
	if (rc == 0)
		rc = make_outs(&s, &err);
	if (rc == 0)
		rc = feed(&s, iface, &err);
	pk_session_free(&s);
	pk_points_free(&points);
	pk_ports_free(&ports);
	return rc < 0 ? complain(&err) : 0;
}

static int with_daemon(struct pk_opts *o)
{
	struct rd_err err = {0};
	struct pk_ports ports = {0};
	struct rd_client *client = rd_client_open(o->socket, "pktcap", &err);
	const char *iface = o->mode == PK_CAPTURE ? pk_live_iface(o) : NULL;
	int rc;

	if (client == NULL)
		return iface != NULL ? without_daemon(o, iface) : complain(&err);
	if (o->mode != PK_CAPTURE && o->mode != PK_LIST_PORTS) {
		rc = pk_sessions(o, client, &err) < 0 ? complain(&err) : 0;
		rd_client_close(client);
		return rc;
	}
	rc = pk_ports_load(&ports, client, &err);
	if (rc < 0) {
		rc = complain(&err);
	} else if (iface != NULL && pk_ports_find(&ports, iface, o->host, &err) == NULL) {
		rc = without_daemon(o, iface);
	} else if (o->mode == PK_LIST_PORTS) {
		pk_list_ports(&ports, o->host);
	} else {
		rc = capture(o, client, &ports);
	}
	pk_ports_free(&ports);
	rd_client_close(client);
	return rc;
}

static void advise(const struct pk_opts *o)
{
	char text[PK_LINT_TEXT];
	char *rest = text, *line;

	pk_lint_filter(o->filter, text, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			fprintf(stderr, "pktcap: warning: %s\n", line);
	if (o->dir_given && o->capture != NULL && o->nb_select > 0)
		fputs("pktcap: warning: --capture says where, --dir changes nothing; write: one of them\n",
			stderr);
}

static int run(struct pk_opts *o)
{
	switch (o->mode) {
	case PK_HELP:
		pk_print_help(o->style);
		return 0;
	case PK_DUMP_OPTIONS:
		pk_print_options(o->style);
		return 0;
	case PK_DUMP_MAN:
		pk_print_man(o->style);
		return 0;
	case PK_VERSION:
		puts("pktcap " RD_VERSION);
		return 0;
	case PK_LIST_POINTS:
		pk_list_points();
		return 0;
	case PK_LIST_FUNCTIONS:
		pk_list_functions();
		return 0;
	default:
		if (o->mode == PK_CAPTURE)
			advise(o);
		// One packet followed on the terminal is a walk.
		if (o->follow && o->count == 1 && o->outfile == NULL && !o->json && !o->console)
			o->trace = true;
		if (o->each_line)
			setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
		return o->infile != NULL || o->netdev != NULL ? without_daemon(o, o->netdev)
							      : with_daemon(o);
	}
}

int main(int argc, char **argv)
{
	struct rd_err err = {0};
	struct pk_opts opts;
	int rc;

	if (pk_opts_parse(&opts, argc, argv, &err) < 0)
		rc = complain(&err);
	else
		rc = run(&opts);
	pk_opts_free(&opts);
	return rc;
}
