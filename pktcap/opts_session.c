/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What excludes what among the options of sessions, triggers and files. Main thread.
 */
#include "opts_session.h"

#include <string.h>

static int check_files(const struct pk_opts *o, struct rd_err *err)
{
	const struct pk_rotate_opts *r = &o->rotate;
	bool any = pk_rotates(r) || r->min_free != 0 || r->max_total != 0;

	if (r->files != 0 && !pk_rotates(r)) {
		rd_err_set(err, -EINVAL, "-W counts files, and there is only one");
		rd_err_hint(err, "-C SIZE or -G TIME");
		return -EINVAL;
	}
	if (!any || (o->outfile != NULL && strcmp(o->outfile, "-") != 0))
		return 0;
	rd_err_set(err, -EINVAL, "-C, -G, --min-free and --max-total are about files");
	rd_err_hint(err, "-o FILE");
	return -EINVAL;
}

static int check_trigger(const struct pk_opts *o, struct rd_err *err)
{
	const struct pk_trigger_opts *t = &o->trigger;

	if (t->start.given || t->stop.given || (t->before == 0 && !t->has_after))
		return 0;
	rd_err_set(err, -EINVAL, "--before and --after count from a trigger");
	rd_err_hint(err, "--start-on or --stop-on");
	return -EINVAL;
}

static int check_attach(const struct pk_opts *o, struct rd_err *err)
{
	const struct pk_session_opts *s = &o->session;

	if (s->attach == NULL)
		return 0;
	if (o->filter[0] == '\0' && o->nb_select == 0 && o->capture == NULL && s->name == NULL
		&& s->duration_ms == 0 && s->max_bytes == 0 && s->keep_s == 0 && !o->follow
		&& o->ring_size == 0 && s->max_cost == 0)
		return 0;
	rd_err_set(err, -EINVAL,
		"what session %s captures, and for how long, was said when it was started",
		s->attach);
	rd_err_hint(err, "pktcap show %s", s->attach);
	return -EINVAL;
}

// Where no daemon is, nobody keeps a session.
static int check_netdev(const struct pk_opts *o, struct rd_err *err)
{
	const struct pk_session_opts *s = &o->session;

	if (o->netdev == NULL)
		return 0;
	if (o->infile != NULL || o->nb_select != 0 || o->host != NULL || o->last_drops != 0) {
		rd_err_set(err, -EINVAL,
			"--netdev %s is where the packets come from: no -r, no ports", o->netdev);
		rd_err_hint(err, "--capture STAGE, or a filter");
		return -EINVAL;
	}
	if (s->attach != NULL || s->name != NULL || s->max_bytes != 0 || s->keep_s != 0
		|| s->max_cost != 0)
		return rd_err_set(err, -EINVAL,
			"--netdev asks no daemon: there is no session to name, keep or bound");
	return 0;
}

static int check_collect(const struct pk_opts *o, struct rd_err *err)
{
	bool live = o->infile == NULL && o->netdev == NULL && o->nb_select != 1;

	if (o->decap == 0
		&& (o->report || o->sent != NULL || o->sent_before != NULL || o->source_time
			|| o->from_reddot || o->geneve_class != 0)) {
		rd_err_set(err, -EINVAL,
			"--report, --sent, --sent-before, --source-time, --from-reddot and --geneve-class are about tunnels");
		rd_err_hint(err, "--decap");
		return -EINVAL;
	}
	if (o->sent_before != NULL && o->sent == NULL)
		return rd_err_set(err, -EINVAL, "--sent-before goes with --sent");
	if (o->sent != NULL && live)
		return rd_err_set(err, -EINVAL, "--sent is for --netdev, -i IFACE and -r");
	if (o->report && live)
		return rd_err_set(err, -EINVAL, "--report is for --netdev, -i IFACE and -r");
	if (o->report && (o->trace || o->console))
		return rd_err_set(
			err, -EINVAL, "--report prints no packets: no --trace, no --console");
	if (o->report && o->outfile != NULL && strcmp(o->outfile, "-") == 0)
		return rd_err_set(
			err, -EINVAL, "-o - and --report can't both go to standard output");
	return 0;
}

int pk_check_session(const struct pk_opts *o, struct rd_err *err)
{
	const struct pk_session_opts *s = &o->session;
	bool triggers = o->trigger.start.given || o->trigger.stop.given;
	bool live = s->attach != NULL || s->name != NULL || s->duration_ms != 0 || s->max_bytes != 0
		|| s->keep_s != 0 || s->max_cost != 0;

	if (check_files(o, err) < 0 || check_trigger(o, err) < 0 || check_attach(o, err) < 0
		|| check_netdev(o, err) < 0 || check_collect(o, err) < 0)
		return err->code;
	if (o->infile != NULL && (live || o->last_drops != 0))
		return rd_err_set(err, -EINVAL, "-r reads a file: there is no session");
	if (o->last_drops != 0 && (live || triggers || o->follow))
		return rd_err_set(err, -EINVAL,
			"--last-drops is no capture: no session, no trigger, no --follow");
	return 0;
}
