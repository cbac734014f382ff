/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddotd's command line. Called by main() before anything runs.
 */
#include "options.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/msg.h"
#include "base/log.h"
#include "base/str.h"
#include "core/idle.h"

enum opt {
	OPT_FILE = 'f',
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_SOCKET = 256,
	OPT_SOCKET_MODE,
	OPT_STATE,
	OPT_WORKERS,
	OPT_MAIN_CORE,
	OPT_WORKER_CORES,
	OPT_MBUFS,
	OPT_FLOW_CAPACITY,
	OPT_CONN_CAPACITY,
	OPT_DROP_RING,
	OPT_DROP_SNAP,
	OPT_BUSY_POLL,
	OPT_IDLE,
	OPT_MODEL,
	OPT_HUGE,
	OPT_MEM,
	OPT_PCI,
	OPT_EAL,
	OPT_TEST,
	OPT_LOG,
	OPT_READY_FD,
	OPT_METRICS,
	OPT_TELEMETRY,
};

static const struct option longs[] = {
	{"file", required_argument, NULL, OPT_FILE},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"socket-mode", required_argument, NULL, OPT_SOCKET_MODE},
	{"state", required_argument, NULL, OPT_STATE},
	{"workers", required_argument, NULL, OPT_WORKERS},
	{"main-core", required_argument, NULL, OPT_MAIN_CORE},
	{"worker-cores", required_argument, NULL, OPT_WORKER_CORES},
	{"mbufs", required_argument, NULL, OPT_MBUFS},
	{"flow-capacity", required_argument, NULL, OPT_FLOW_CAPACITY},
	{"conn-capacity", required_argument, NULL, OPT_CONN_CAPACITY},
	{"drop-ring", required_argument, NULL, OPT_DROP_RING},
	{"drop-snap", required_argument, NULL, OPT_DROP_SNAP},
	{"busy-poll", no_argument, NULL, OPT_BUSY_POLL},
	{"idle", required_argument, NULL, OPT_IDLE},
	{"model", required_argument, NULL, OPT_MODEL},
	{"huge", no_argument, NULL, OPT_HUGE},
	{"mem", required_argument, NULL, OPT_MEM},
	{"pci", no_argument, NULL, OPT_PCI},
	{"eal", required_argument, NULL, OPT_EAL},
	{"test", no_argument, NULL, OPT_TEST},
	{"log", required_argument, NULL, OPT_LOG},
	{"metrics", required_argument, NULL, OPT_METRICS},
	{"telemetry", no_argument, NULL, OPT_TELEMETRY},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static const char usage[] =
	"usage: reddotd [-f FILE]... [OPTION]...\n"
	"\n"
	"The dataplane daemon: a virtual switch with a capture point at every stage. Needs neither root nor hugepages.\n"
	"\n"
	"  -f, --file FILE        run the commands of FILE at the start; can be given again\n"
	"      --socket PATH      control socket; default $REDDOT_SOCKET, /run/reddot/reddotd.sock for root,\n"
	"                         else $XDG_RUNTIME_DIR/reddot/reddotd.sock\n"
	"      --socket-mode MODE who may connect, in octal; default 0666: every user may look, and only root, the\n"
	"                         daemon's own user and members of the group reddot may change anything\n"
	"      --state FILE       what outlives the daemon: sequence numbers and sessions of mirrors; default: the\n"
	"                         socket's name and .state\n"
	"      --workers N        worker threads, 1 to 16; default 1\n"
	"      --main-core CPU    core of the control thread; default the first one\n"
	"      --worker-cores LIST  cores of the workers, as 2,4-6; default the ones after that\n"
	"      --model MODEL      who processes a packet: rtc, the worker that polls it (default); balanced, the one\n"
	"                         that the flow's hash names; hybrid, balanced but for what the NIC has spread\n"
	"      --idle WAY         what a worker does without packets: auto (default), interrupt, nap, spin\n"
	"      --busy-poll        the same as --idle spin\n"
	"      --mbufs N          packet buffers; default 32768\n"
	"      --flow-capacity N  flow entries per worker; default 1048576 (164 MB)\n"
	"      --conn-capacity N  connections of all firewalls; default 131072\n"
	"      --drop-ring N      dropped packets that are kept per worker; default 4096\n"
	"      --drop-snap BYTES  of each that are kept; default 128\n"
	"      --mem MB           memory for DPDK; default 512\n"
	"      --huge             take it from hugepages\n"
	"      --pci              look for PCI devices, so that ports can use them\n"
	"      --eal \"ARGS\"       further arguments for DPDK's EAL\n"
	"      --metrics [ADDRESS:]PORT  counters for Prometheus by HTTP; the address is 127.0.0.1 unless given\n"
	"      --telemetry        DPDK's telemetry socket, with commands below /reddot\n"
	"      --log MODULE=LEVEL err, warn, info or debug; MODULE all for every one; can be given again\n"
	"      --test             allow clock advance\n"
	"      --ready-fd N       write a byte to descriptor N when serving\n"
	"  -h, --help             this text\n"
	"  -V, --version          versions of reddotd and DPDK\n";

static int number(const char *what, const char *text, uint32_t min, uint32_t max, unsigned *out)
{
	uint32_t n;

	if (rd_parse_u32(text, min, max, &n) == 0) {
		*out = n;
		return 0;
	}
	fprintf(stderr, "reddotd: --%s wants a number from %u to %u, not \"%s\"\n", what, min, max,
		text);
	return -1;
}

static int set_log(const char *text)
{
	char module[64];
	const char *eq = strchr(text, '=');

	if (eq != NULL && (size_t)(eq - text) < sizeof(module)) {
		snprintf(module, sizeof(module), "%.*s", (int)(eq - text), text);
		if (rd_log_set(module, eq + 1) == 0)
			return 0;
	}
	fprintf(stderr,
		"reddotd: --log wants MODULE=LEVEL (err, warn, info, debug), not \"%s\"; modules:",
		text);
	for (const struct rd_log_module *m = rd_log_modules(); m != NULL; m = m->next)
		fprintf(stderr, " %s", m->name);
	fputc('\n', stderr);
	return -1;
}

static int set_mode(struct rd_options *o, const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text == '\0' || *end != '\0' || mode > 0777) {
		fprintf(stderr,
			"reddotd: --socket-mode wants an octal mode like 0660, not \"%s\"\n", text);
		return -1;
	}
	o->socket_mode = (mode_t)mode;
	return 0;
}

static int set_file(struct rd_options *o, const char *path)
{
	if (o->nb_files == RD_FILES_MAX) {
		fprintf(stderr, "reddotd: more than %d files\n", RD_FILES_MAX);
		return -1;
	}
	o->file[o->nb_files++] = path;
	return 0;
}

static int set_socket(struct rd_options *o, const char *path)
{
	if (rd_str_copy(o->socket, sizeof(o->socket), path) == 0)
		return 0;
	fprintf(stderr, "reddotd: the socket's path is too long\n");
	return -1;
}

static int set_ready(struct rd_options *o, const char *text)
{
	unsigned fd;

	if (number("ready-fd", text, 0, 65535, &fd) < 0)
		return -1;
	if (fcntl((int)fd, F_GETFD) < 0) {
		fprintf(stderr, "reddotd: --ready-fd %u is not open\n", fd);
		return -1;
	}
	o->ready_fd = (int)fd;
	return 0;
}

static int set_word(const char *option, const char *text, int (*parse)(const char *),
	const char *words, uint8_t *out)
{
	int value = parse(text);

	if (value < 0) {
		fprintf(stderr, "reddotd: --%s wants %s, not \"%s\"\n", option, words, text);
		return -1;
	}
	*out = (uint8_t)value;
	return 0;
}

static int set_number(struct rd_options *o, int opt, const char *text)
{
	switch (opt) {
	case OPT_WORKERS:
		return number("workers", text, 1, RD_WORKER_MAX, &o->eal.nb_workers);
	case OPT_MBUFS:
		return number("mbufs", text, 1024, 1u << 26, &o->core.nb_mbufs);
	case OPT_FLOW_CAPACITY:
		return number("flow-capacity", text, 64, 1u << 24, &o->core.flow_capacity);
	case OPT_CONN_CAPACITY:
		return number("conn-capacity", text, 64, 1u << 24, &o->core.conn_capacity);
	case OPT_DROP_RING:
		return number("drop-ring", text, 64, RD_DROPLOG_SLOTS_MAX, &o->core.drop_slots);
	case OPT_DROP_SNAP:
		return number("drop-snap", text, 16, RD_DROPLOG_SNAP_MAX, &o->core.drop_snap);
	case OPT_MEM:
		return number("mem", text, 64, 1u << 22, &o->eal.mem_mb);
	default:
		return -1;
	}
}

static bool set_flag(struct rd_options *o, int opt)
{
	switch (opt) {
	case OPT_BUSY_POLL:
		o->core.idle = RD_IDLE_SPIN;
		return true;
	case OPT_HUGE:
		o->eal.huge = true;
		return true;
	case OPT_PCI:
		o->eal.pci = true;
		return true;
	case OPT_TELEMETRY:
		o->eal.telemetry = true;
		return true;
	case OPT_TEST:
		o->test = true;
		return true;
	default:
		return false;
	}
}

static int set_option(struct rd_options *o, int opt, const char *text)
{
	switch (opt) {
	case OPT_FILE:
		return set_file(o, text);
	case OPT_SOCKET:
		return set_socket(o, text);
	case OPT_SOCKET_MODE:
		return set_mode(o, text);
	case OPT_STATE:
		if (rd_str_copy(o->state, sizeof(o->state), text) == 0)
			return 0;
		fprintf(stderr, "reddotd: the state file's path is too long\n");
		return -1;
	case OPT_MAIN_CORE:
		o->eal.main_core = text;
		return 0;
	case OPT_WORKER_CORES:
		o->eal.worker_cores = text;
		return 0;
	case OPT_IDLE:
		return set_word(
			"idle", text, rd_idle_parse, "spin, nap, interrupt or auto", &o->core.idle);
	case OPT_MODEL:
		return set_word(
			"model", text, rd_model_parse, "rtc, balanced or hybrid", &o->core.model);
	case OPT_EAL:
		o->eal.extra = text;
		return 0;
	case OPT_LOG:
		return set_log(text);
	case OPT_METRICS:
		o->metrics = text;
		return 0;
	case OPT_READY_FD:
		return set_ready(o, text);
	case OPT_HELP:
		fputs(usage, stdout);
		return 1;
	case OPT_VERSION:
		printf("reddotd %s (%s)\n", RD_VERSION, rd_eal_version());
		return 1;
	case '?':
		fputs("reddotd --help says what there is\n", stderr);
		return -1;
	default:
		return set_flag(o, opt) ? 0 : set_number(o, opt, text);
	}
}

int rd_options_parse(struct rd_options *o, int argc, char **argv)
{
	int opt, ret = 0;

	*o = (struct rd_options){.socket_mode = 0666,
		.eal = {.nb_workers = 1, .mem_mb = 512},
		.core = {.nb_mbufs = 32768, .flow_capacity = 1048576, .idle = RD_IDLE_AUTO},
		.ready_fd = -1};
	rd_socket_path(o->socket, sizeof(o->socket));
	while (ret == 0 && (opt = getopt_long(argc, argv, "f:hV", longs, NULL)) != -1)
		ret = set_option(o, opt, optarg);
	if (ret == 0 && optind < argc) {
		fprintf(stderr, "reddotd: what is \"%s\"? a command file is given by -f FILE\n",
			argv[optind]);
		ret = -1;
	}
	return ret;
}
