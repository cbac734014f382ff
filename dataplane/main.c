/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddotd, the dataplane daemon: starts everything in order, runs the command files, serves the control socket until
 * it is told to stop, and takes everything down in the opposite order. The main thread is the control thread.
 */
#include "options.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cmds/cmds.h"
#include "control/ctl_mirror.h"
#include "control/device.h"
#include "control/metrics.h"
#include "control/notify.h"
#include "control/server.h"
#include "control/telemetry.h"
#include "core/idle.h"
#include "core/worker.h"
#include "engine/cli.h"
#include "session/session.h"
#include "tables/tables.h"

RD_LOG_MODULE(main);

#define FDB_CAPACITY 65536
#define NB_SIGNALS 3
#define BIG_BLOCK (1 << 20)

struct daemon {
	struct rd_options opts;
	struct rd_server server;
	struct rd_ctl ctl;
	struct rd_metrics *metrics; // NULL: nobody wants them
	struct event_base *base;
	struct event *signals[NB_SIGNALS];
};

static int fail(const struct rd_err *err)
{
	char text[sizeof(*err)];

	fprintf(stderr, "reddotd: %s\n", rd_err_text(err, text, sizeof(text)));
	return -1;
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_ENDING), "signal %d: the end", (int)sig);
	rd_ctl_stop(&d->ctl);
}

static int catch_signals(struct daemon *d)
{
	static const int sigs[NB_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

	for (int i = 0; i < NB_SIGNALS; i++) {
		d->signals[i] = evsignal_new(d->base, sigs[i], on_signal, d);
		if (d->signals[i] == NULL || event_add(d->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int run_file(struct rd_cli *cli, const char *path)
{
	struct rd_err err = {0};
	int ret = rd_cli_run_file(cli, path, &err);

	if (ret < 0)
		rd_cli_print_error(cli, stderr, &err);
	return ret;
}

// The same path as live changes: workers are running, and every line is a method call.
static int run_files(struct daemon *d)
{
	const struct rd_cli_transport local = {.call = rd_ctl_call, .arg = &d->ctl};
	struct rd_err err = {0};
	struct rd_cli *cli;
	int ret = 0;

	if (d->opts.nb_files == 0)
		return 0;
	rd_device_hold();
	cli = rd_cli_new(&local);
	if (cli == NULL || rd_cmds_register(cli) < 0)
		ret = -ENOMEM;
	for (unsigned i = 0; ret == 0 && i < d->opts.nb_files; i++)
		ret = run_file(cli, d->opts.file[i]);
	rd_cli_free(cli);
	if (ret == 0 && rd_device_release(&err) < 0)
		ret = fail(&err);
	return ret;
}

static int serve(struct daemon *d)
{
	char byte = '\n';

	if (rd_server_serve(&d->server, &d->ctl) < 0)
		return -ENOMEM;
	rd_log_tagged(RD_LOG_INFO, (.id = RD_EVENT_SERVING), "serving at %s, %u worker%s",
		d->server.path, rd_nb_workers, rd_nb_workers == 1 ? "" : "s");
	if (d->opts.ready_fd >= 0) {
		if (write(d->opts.ready_fd, &byte, 1) != 1)
			rd_log_warn("nobody is waiting at --ready-fd %d", d->opts.ready_fd);
		close(d->opts.ready_fd);
	}
	rd_notify_serving(&d->ctl);
	if (!d->ctl.stopping)
		event_base_dispatch(d->base);
	rd_notify_ending();
	return 0;
}

static int start_readers(struct daemon *d)
{
	struct rd_err err = {0};

	if (d->opts.eal.telemetry && rd_telemetry_start(&d->ctl, &err) < 0)
		return fail(&err);
	if (d->opts.metrics == NULL)
		return 0;
	d->metrics = rd_metrics_start(&d->ctl, d->opts.metrics, &err);
	return d->metrics != NULL ? 0 : fail(&err);
}

static int run_control(struct daemon *d)
{
	int ret = -ENOMEM;

	d->ctl.test = d->opts.test;
	if (d->opts.state[0] == '\0')
		(void)snprintf(
			d->opts.state, sizeof(d->opts.state), "%.240s.state", d->server.path);
	rd_mirror_open_state(d->opts.state);
	d->base = event_base_new();
	if (d->base != NULL && rd_ctl_init(&d->ctl, d->base) == 0 && catch_signals(d) == 0)
		ret = rd_workers_start();
	if (ret < 0)
		rd_log_err("can't start: out of memory or lcores");
	if (ret == 0)
		ret = run_files(d);
	if (ret == 0) {
		rd_mirror_restore();
		rd_ctl_mirror_clock(&d->ctl);
	}
	if (ret == 0)
		ret = start_readers(d);
	if (ret == 0)
		ret = serve(d);
	rd_metrics_stop(d->metrics);
	rd_telemetry_stop();
	rd_server_close(&d->server);
	rd_ctl_fini(&d->ctl);
	rd_workers_stop();
	rd_device_close_all();
	rd_mirror_fini();
	rd_tables_fini();
	for (int i = 0; i < NB_SIGNALS; i++)
		if (d->signals[i] != NULL)
			event_free(d->signals[i]);
	if (d->base != NULL)
		event_base_free(d->base);
	libevent_global_shutdown();
	return ret;
}

static int run_dataplane(struct daemon *d)
{
	struct rd_err err = {0};
	int ret = rd_eal_start(&d->opts.eal, &err);

	if (ret < 0)
		return fail(&err);
	d->opts.core.nb_workers = d->opts.eal.nb_workers;
	if (d->opts.eal.busy_cores_shared && d->opts.core.idle == RD_IDLE_SPIN)
		rd_log_warn("--busy-poll, but threads share cores: they will wait for each other");
	rd_coarse_tick(); // from here on it is never 0, which means "never" in the tables
	ret = rd_core_init(&d->opts.core);
	if (ret < 0) {
		rd_err_set(&err, ret, "the dataplane does not start");
		rd_err_hint(&err, "a smaller --mbufs or --flow-capacity, or more --mem");
		fail(&err);
	} else {
		ret = rd_fdb_init(FDB_CAPACITY);
	}
	if (ret == 0)
		ret = run_control(d);
	rd_core_fini();
	rd_eal_stop();
	return ret;
}

// Building the rules of a port takes dozens of MB for some hundred milliseconds. Left to itself glibc takes such blocks from the heap
// once it has seen one, where one small block above them keeps all of them: the daemon would grow with changes of rules.
static void give_big_blocks_back(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, BIG_BLOCK); // and it stays there
#endif
}

int main(int argc, char **argv)
{
	struct daemon d = {.server = {.sock = -1}};
	struct rd_err err = {0};
	int ret = rd_options_parse(&d.opts, argc, argv);

	if (ret != 0)
		return ret > 0 ? 0 : 2;
	give_big_blocks_back();
	rd_log_to_journal();
	signal(SIGPIPE, SIG_IGN); // also for a log that nobody reads any more
	if (rd_server_listen(&d.server, d.opts.socket, d.opts.socket_mode, &err) < 0) {
		fail(&err);
		return 1;
	}
	ret = run_dataplane(&d);
	rd_server_close(&d.server); // where it did not come to run_control()
	return ret < 0 ? 1 : 0;
}
