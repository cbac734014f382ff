/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddot: runs commands against the daemon. Interactive, one-shot (reddot show ports), -c, -f; the words are the same in all.
 * The connection is made by the first command that needs it, so help and completion work without a daemon.
 */
#include "doctor/doctor.h"
#include "engine/cli.h"
#include "shell/screen.h"
#include "shell/shell.h"
#include "walk/walk.h"

#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	EXIT_INTERRUPTED = 130,
	OPT_SOCKET = 256,
	OPT_COMPLETE,
	OPT_DUMP,
	OPT_DUMP_KEYS,
	OPT_VERSION,
	OPT_COLOUR,
};

static const struct option options[] = {
	{"command", required_argument, NULL, 'c'},
	{"file", required_argument, NULL, 'f'},
	{"json", no_argument, NULL, 'j'},
	{"pretty", no_argument, NULL, 'p'},
	{"help", no_argument, NULL, 'h'},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"complete", required_argument, NULL, OPT_COMPLETE},
	{"dump-commands", no_argument, NULL, OPT_DUMP},
	{"dump-keys", no_argument, NULL, OPT_DUMP_KEYS},
	{"version", no_argument, NULL, OPT_VERSION},
	{"color", required_argument, NULL, OPT_COLOUR},
	{0},
};

static const char usage[] =
	"usage: reddot [OPTIONS]                 the interactive shell, on a terminal\n"
	"       reddot [OPTIONS] COMMAND...      run one command: reddot show ports\n"
	"       reddot [OPTIONS] -c COMMAND...   run each; stop at the first error\n"
	"       reddot [OPTIONS] -f FILE         run the lines of a file (- = stdin)\n"
	"  -j, --json          show: one JSON array of objects\n"
	"  -p, --pretty        JSON for people\n"
	"      --socket PATH   the daemon's socket ($REDDOT_SOCKET)\n"
	"      --complete LINE what may stand at the end of LINE, one word per line\n"
	"      --dump-commands all commands as sections of a manual page (scdoc)\n"
	"      --dump-keys     the keys, commands and settings of walk, alike\n"
	"      --color WHEN    auto, always, never; auto heeds $NO_COLOR and $CLICOLOR_FORCE\n"
	"  -h, --help          this text and the commands\n"
	"      --version       the release\n";

struct step { // -c and -f, in the order given
	bool is_file;
	const char *text;
};

struct app {
	bool json, pretty, help, dump;
	enum rd_colour colour;
	const char *complete;
	struct step *steps;
	unsigned nb_steps;
	struct rd_link link;
	struct rd_cli *cli;
	struct rd_screen *screen;
	struct rd_monitor *monitor;
};

static void put_candidate(void *arg, const char *word, const char *help)
{
	(void)help;
	if (word[0] != '\0')
		fprintf(arg, "%s\n", word);
}

// The words of argv as one line. What the shell passed as one word stays one word.
static char *join(char *const *argv)
{
	size_t size;
	char *line = NULL;
	FILE *out = open_memstream(&line, &size);

	if (out == NULL)
		return NULL;
	if (argv[1] == NULL) // reddot "show ports": a line, not a word with a blank in it
		fputs(*argv++, out);
	for (; *argv != NULL; argv++) {
		bool quote = **argv == '\0' || strpbrk(*argv, " \t\r\n\"\\#") != NULL;

		if (quote)
			fputc('"', out);
		for (const char *p = *argv; *p != '\0'; p++)
			fprintf(out, "%s%c", quote && (*p == '"' || *p == '\\') ? "\\" : "", *p);
		fprintf(out, "%s%s", quote ? "\"" : "", argv[1] != NULL ? " " : "");
	}
	if (fclose(out) != 0) {
		free(line);
		return NULL;
	}
	return line;
}

static int run_steps(const struct app *app, char *const *words, struct rd_err *err)
{
	struct rd_cli *cli = app->cli;
	char *line;
	int ret = 0;

	for (unsigned i = 0; i < app->nb_steps && ret == 0; i++)
		ret = app->steps[i].is_file ? rd_cli_run_file(cli, app->steps[i].text, err)
					    : rd_cli_run_line(cli, app->steps[i].text, err);
	if (ret < 0 || *words == NULL)
		return ret;
	line = join(words);
	if (line == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rd_cli_run_line(cli, line, err);
	free(line);
	return ret;
}

// Whether everything that was printed has arrived.
static int flush_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "error: the output can't be written: %s\n", strerror(errno));
	return EXIT_FAILURE;
}

static bool is_stopped(void *arg)
{
	(void)arg;
	return rd_link_stopped();
}

static void on_interrupt(int number)
{
	(void)number;
	rd_link_stop();
}

static int run_shell(struct app *app)
{
	const struct rd_shell shell = {.cli = app->cli,
		.link = &app->link,
		.monitor = app->monitor,
		.colour = rd_colour_wanted(app->colour, stdout)};

	if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
		return rd_shell_run(&shell);
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static int run_words(struct app *app, char *const *words)
{
	// The first Ctrl-C ends the command in good order, a second one at once.
	const struct sigaction once = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct rd_err err = {0};
	int ret;

	sigaction(SIGINT, &once, NULL);
	ret = run_steps(app, words, &err);
	if (ret == 0)
		return flush_output();
	fflush(stdout);
	if (ret == -EINTR)
		return EXIT_INTERRUPTED;
	rd_cli_print_error(app->cli, stderr, &err);
	return EXIT_FAILURE;
}

static int run(struct app *app, char *const *words)
{
	if (app->help) {
		printf("%s\ncommands:\n", usage);
		rd_cli_run_line(app->cli, "help", NULL);
	} else if (app->complete != NULL) {
		rd_cli_complete(app->cli, app->complete, NULL, put_candidate, stdout);
	} else if (app->dump) {
		rd_cli_dump_scdoc(app->cli, stdout);
	} else if (app->nb_steps == 0 && *words == NULL) {
		return run_shell(app);
	} else {
		return run_words(app, words);
	}
	return flush_output();
}

static int parse_colour(struct app *app, const char *when)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(when, words[i]) == 0) {
			app->colour = (enum rd_colour)i;
			return 0;
		}
	}
	fprintf(stderr, "error: --color %s\ntry:   auto, always, never\n", when);
	return EXIT_USAGE;
}

static void add_step(struct app *app, bool is_file, const char *text)
{
	app->steps[app->nb_steps++] = (struct step){is_file, text};
}

// EXIT_USAGE, or 0 and optind at the first word of a command.
static int parse_options(struct app *app, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+c:f:jph", options, NULL)) != -1) {
		switch (c) {
		case 'c':
		case 'f':
			add_step(app, c == 'f', optarg);
			break;
		case 'p':
			app->pretty = true; // nobody wants pretty tables: it implies JSON
			app->json = true;
			break;
		case 'j':
			app->json = true;
			break;
		case 'h':
			app->help = true;
			break;
		case OPT_SOCKET:
			app->link.socket = optarg;
			setenv("REDDOT_SOCKET", optarg, 1); // for the pktcap of walk
			break;
		case OPT_COMPLETE:
			app->complete = optarg;
			break;
		case OPT_DUMP:
			app->dump = true;
			break;
		case OPT_DUMP_KEYS:
			rd_walk_dump_scdoc(stdout);
			exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
		case OPT_COLOUR:
			if (parse_colour(app, optarg) != 0)
				return EXIT_USAGE;
			break;
		case OPT_VERSION:
			printf("reddot %s\n", RD_VERSION);
			exit(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	return 0;
}

// A terminal gets a screen; a file or pipe gets what commands print, byte for byte.
static int set_up(struct app *app, bool interactive)
{
	const struct rd_cli_transport transport = {rd_link_call, &app->link};
	struct rd_cli_screen hooks = {.stopped = is_stopped};
	int ret;

	app->cli = rd_cli_new(&transport);
	ret = app->cli != NULL ? rd_cmds_register(app->cli) : -ENOMEM;
	if (ret == 0)
		ret = rd_walk_register(app->cli);
	if (ret == 0)
		ret = rd_doctor_register(app->cli);
	if (ret == 0)
		ret = rd_shell_register(app->cli);
	if (ret < 0)
		return ret;
	app->monitor = rd_monitor_new(app->cli, !interactive);
	if (app->monitor == NULL)
		return -ENOMEM;
	rd_cli_set_json(app->cli, app->json, app->pretty);
	rd_cli_set_screen(app->cli, &hooks);
	if (isatty(STDOUT_FILENO) != 1 || app->dump || app->complete != NULL)
		return 0;
	app->screen = rd_screen_new(stdout, rd_colour_wanted(app->colour, stdout), rd_link_stopped);
	if (app->screen == NULL)
		return -ENOMEM;
	hooks = rd_screen_hooks(app->screen);
	rd_cli_set_screen(app->cli, &hooks);
	return 0;
}

int main(int argc, char **argv)
{
	struct app app = {.steps = calloc((size_t)argc, sizeof(*app.steps))};
	int ret;

	if (app.steps == NULL)
		return EXIT_FAILURE;
	setlocale(LC_CTYPE, "");
	ret = parse_options(&app, argc, argv);
	if (ret != 0) {
		free(app.steps);
		return ret;
	}
	ret = set_up(&app, app.nb_steps == 0 && argv[optind] == NULL);
	if (ret == 0) {
		ret = run(&app, argv + optind);
	} else {
		fprintf(stderr, "error: the commands can't be set up: %s\n", strerror(-ret));
		ret = EXIT_FAILURE;
	}
	rd_cli_free(app.cli);
	rd_monitor_free(app.monitor);
	rd_screen_free(app.screen);
	rd_link_close(&app.link);
	free(app.steps);
	return ret;
}
