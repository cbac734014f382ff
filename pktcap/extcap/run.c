/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Captures for Wireshark, see run.h. Wireshark's pipe becomes standard output, so that the file is written packet by packet
 * as pktcap -o - does. When the toolbar's choices change, the session is started again with other points, into the same
 * file: interfaces that it gets by this are described in it when their first packet comes. Main thread.
 */
#include "run.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "session.h"
#include "toolbar.h"
#include "words.h"

#define LOOK_NS 10000000u // between two looks at toolbar and pipe
#define STATUS_NS 1000000000u // between two texts in the status bar

struct choice { // one session's options and points; what the outputs were made of is never freed before them
	struct ex_words words;
	struct pk_opts opts;
	struct pk_points points;
};

struct run {
	const struct ex_args *args;
	struct ex_toolbar toolbar;
	struct choice first, now;
	struct pk_ports ports;
	struct pk_session s;
	bool again; // another choice was made
	unsigned restarts;
	uint64_t looked_ns, status_ns;
	uint64_t lost, lost_before; // in all sessions; in those that have ended
	uint64_t told_captured, told_lost;
};

static int choose(struct run *r, struct choice *c, struct rd_err *err)
{
	int rc = ex_words_make(&c->words, r->args, &r->toolbar, err);

	if (rc < 0)
		return rc;
	optind = 0; // glibc: from the start, with nothing remembered
	rc = pk_opts_parse(&c->opts, c->words.n, c->words.v, err);
	return rc;
}

static void choice_free(struct choice *c)
{
	pk_points_free(&c->points);
	pk_opts_free(&c->opts);
	ex_words_free(&c->words);
	memset(c, 0, sizeof(*c));
}

static int select_points(struct run *r, struct choice *c, struct rd_err *err)
{
	int rc = pk_points_select(&c->points, &c->opts, &r->ports, err);

	r->s.opts = &c->opts;
	r->s.points = &c->points;
	return rc;
}

static void log_start(const struct run *r)
{
	const struct pk_points *pts = r->s.points;
	char line[768];
	size_t len = 0;

	rd_str_addf(line, sizeof(line), &len, "capturing at %u point%s", pts->count,
		pts->count == 1 ? "" : "s");
	if (pts->count == 1)
		rd_str_addf(line, sizeof(line), &len, ": %s%s%s",
			rd_stage_by_id(pts->list[0].stage)->name,
			pts->list[0].port != NULL ? "@" : "",
			pts->list[0].port != NULL ? pts->list[0].port->qname : "");
	rd_str_addf(line, sizeof(line), &len, "%s%s%.400s", r->s.opts->follow ? ", following" : "",
		r->s.opts->filter[0] != '\0' ? ", filter " : "", r->s.opts->filter);
	ex_toolbar_log(&r->toolbar, line);
	for (unsigned i = 0; i < pts->nb_asked; i++) {
		if (pts->asked[i]->bypass[0] == '\0')
			continue;
		len = 0;
		rd_str_addf(line, sizeof(line), &len, "port %s is bypassed: its traffic is at %s",
			pts->asked[i]->qname, pts->asked[i]->bypass);
		ex_toolbar_log(&r->toolbar, line);
	}
}

static void tell_status(struct run *r)
{
	uint64_t now = rd_monotonic_ns();
	char line[160];
	size_t len = 0;

	r->lost = r->lost_before + rd_capring_sum(r->s.reader).lost;
	if (now - r->status_ns < STATUS_NS
		|| (r->s.captured == r->told_captured && r->lost == r->told_lost))
		return;
	r->status_ns = now;
	rd_str_addf(line, sizeof(line), &len,
		"reddot: %" PRIu64 " packets at %u points, %" PRIu64 " lost", r->s.captured,
		r->s.points->count, r->lost);
	ex_toolbar_status(&r->toolbar, line);
	if (r->lost != r->told_lost) {
		len = 0;
		rd_str_addf(line, sizeof(line), &len,
			"%" PRIu64
			" packets were lost: a larger ring, a filter or fewer stages help",
			r->lost - r->told_lost);
		ex_toolbar_log(&r->toolbar, line);
	}
	r->told_captured = r->s.captured;
	r->told_lost = r->lost;
}

// Wireshark closes its end when it has enough; with nothing to write we would never be told.
static bool is_read(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = 0};

	return poll(&p, 1, 0) <= 0 || (p.revents & (POLLERR | POLLNVAL)) == 0;
}

static bool go_on(void *arg)
{
	struct run *r = arg;
	uint64_t now = rd_monotonic_ns();

	if (now - r->looked_ns < LOOK_NS)
		return true;
	r->looked_ns = now;
	r->again = ex_toolbar_read(&r->toolbar);
	tell_status(r);
	return !r->again && is_read();
}

static int start_again(struct run *r, struct rd_err *err)
{
	int rc;

	r->again = false;
	r->restarts++;
	r->lost_before += rd_capring_sum(r->s.reader).lost;
	choice_free(&r->now);
	rc = choose(r, &r->now, err);
	if (rc == 0)
		rc = select_points(r, &r->now, err);
	if (rc == 0)
		rc = pk_session_restart(&r->s, err);
	if (rc == 0)
		log_start(r);
	return rc;
}

static int collect(struct run *r, struct rd_err *err)
{
	int rc = pk_session_collect(&r->s, err);

	while (rc == 0 && r->again && r->s.end == PK_END_SIGNAL) {
		rc = start_again(r, err);
		if (rc == 0)
			rc = pk_session_collect(&r->s, err);
	}
	// The daemon's counts are of the last session alone: what the file itself shows is better then.
	if (r->restarts != 0) {
		rd_capring_close(r->s.reader);
		r->s.reader = NULL;
	}
	return pk_session_end(&r->s, rc, err);
}

static int open_fifo(const char *path, struct rd_err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC); // waits for Wireshark's end
	int rc = 0;

	if (fd < 0)
		return rd_err_set(
			err, -errno, "can't open Wireshark's pipe %s: %s", path, strerror(errno));
	if (dup2(fd, STDOUT_FILENO) < 0)
		rc = rd_err_set(
			err, -errno, "can't write to Wireshark's pipe: %s", strerror(errno));
	close(fd);
	return rc;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = pk_session_interrupt, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int start(struct run *r, struct rd_err *err)
{
	int rc = pk_ports_load(&r->ports, r->s.client, err);

	if (rc == 0)
		rc = select_points(r, &r->first, err);
	if (rc == 0)
		rc = pk_session_start(&r->s, err);
	if (rc < 0)
		return rc;
	r->s.outs[0] = pk_out_pcapng_new(&r->first.opts, err);
	if (r->s.outs[0] == NULL)
		return err->code;
	r->s.nb_outs = 1;
	log_start(r);
	return 0;
}

static int run_with_toolbar(struct run *r, struct rd_err *err)
{
	char text[700];
	int rc;

	// The pipe first: with nobody at its end Wireshark would wait for ever, and not tell what went wrong. While it is
	// being opened, a signal ends us at once.
	rc = open_fifo(r->args->fifo, err);
	if (rc < 0)
		return rc;
	catch_signals();
	ex_toolbar_wait(&r->toolbar);
	rc = choose(r, &r->first, err);
	if (rc == 0) {
		r->s.client = rd_client_open(r->first.opts.socket, "reddot-extcap", err);
		rc = r->s.client != NULL ? start(r, err) : err->code;
	}
	if (rc == 0)
		rc = collect(r, err);
	if (rc == 0 && r->s.captured == 0)
		pk_warn_bypassed(&r->s);
	if (rc < 0)
		ex_toolbar_error(&r->toolbar, rd_err_text(err, text, sizeof(text)));
	return rc;
}

int ex_run(const struct ex_args *a, struct rd_err *err)
{
	struct run r = {.args = a};
	struct rd_client *client;
	int rc;

	r.s.ports = &r.ports;
	r.s.go_on = go_on;
	r.s.go_on_arg = &r;
	rc = ex_toolbar_open(&r.toolbar, a, err);
	if (rc == 0)
		rc = run_with_toolbar(&r, err);
	client = r.s.client;
	pk_session_free(&r.s);
	rd_client_close(client);
	pk_ports_free(&r.ports);
	choice_free(&r.now);
	choice_free(&r.first);
	ex_toolbar_close(&r.toolbar);
	return rc;
}
