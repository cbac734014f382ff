/* SPDX-License-Identifier: BSD-3-Clause
 *
 * reddot: runs commands against the daemon. One-shot (reddot show ports), -c, -f; the words are the same in all.
 * The connection is made by the first command that needs it, so help and completion work without a daemon.
 */
#include "engine/cli.h"
#include "walk/walk.h"
#include "walk/walk.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXIT_USAGE = 2,
	OPT_SOCKET = 256,
	OPT_COMPLETE,
	OPT_DUMP,
	OPT_VERSION,
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
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

static const char usage[] =
	"usage: reddot [OPTIONS] COMMAND...      run one command: reddot show ports\n"
	"       reddot [OPTIONS] -c COMMAND...   run each; stop at the first error\n"
	"       reddot [OPTIONS] -f FILE         run the lines of a file (- = stdin)\n"
	"  -j, --json          show: one JSON array of objects\n"
	"  -p, --pretty        JSON for people\n"
	"      --socket PATH   the daemon's socket ($REDDOT_SOCKET)\n"
	"      --complete LINE what may stand at the end of LINE, one word per line\n"
	"      --dump-commands all commands as sections of a manual page (scdoc)\n"
	"  -h, --help          this text and the commands\n"
	"      --version       the release\n";

struct step { // -c and -f, in the order given
	bool is_file;
	const char *text;
};

struct app {
	const char *socket;
	bool json, pretty, help, dump;
	const char *complete;
	struct step *steps;
	unsigned nb_steps;
	struct rd_client *client;
};

static int call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	struct app *app = arg;

	if (app->client == NULL)
		app->client = rd_client_open(app->socket, "reddot", err);
	if (app->client == NULL) {
		json_decref(params);
		return err != NULL && err->code < 0 ? err->code : -ENOTCONN;
	}
	return rd_client_call(app->client, method, params, each, each_arg, result, err);
}

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

static int run_steps(
	struct rd_cli *cli, const struct app *app, char *const *words, struct rd_err *err)
{
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

static int run(struct rd_cli *cli, const struct app *app, char *const *words)
{
	struct rd_err err = {0};

	if (app->help) {
		printf("%s\ncommands:\n", usage);
		rd_cli_run_line(cli, "help", NULL);
	} else if (app->complete != NULL) {
		rd_cli_complete(cli, app->complete, NULL, put_candidate, stdout);
	} else if (app->dump) {
		rd_cli_dump_scdoc(cli, stdout);
	} else if (app->nb_steps == 0 && *words == NULL) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	} else if (run_steps(cli, app, words, &err) < 0) {
		fflush(stdout);
		rd_cli_print_error(cli, stderr, &err);
		return EXIT_FAILURE;
	}
	return flush_output();
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
			app->socket = optarg;
			break;
		case OPT_COMPLETE:
			app->complete = optarg;
			break;
		case OPT_DUMP:
			app->dump = true;
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

int main(int argc, char **argv)
{
	struct app app = {.steps = calloc((size_t)argc, sizeof(*app.steps))};
	const struct rd_cli_transport transport = {call, &app};
	struct rd_cli *cli;
	int ret = EXIT_FAILURE;

	if (app.steps == NULL)
		return EXIT_FAILURE;
	ret = parse_options(&app, argc, argv);
	if (ret != 0) {
		free(app.steps);
		return ret;
	}
	cli = rd_cli_new(&transport);
	ret = cli != NULL ? rd_cmds_register(cli) : -ENOMEM;
	if (ret == 0)
		ret = rd_walk_register(cli);
	if (ret == 0)
		ret = rd_walk_register(cli);
	if (ret == 0) {
		rd_cli_set_json(cli, app.json, app.pretty);
		ret = run(cli, &app, argv + optind);
	} else {
		fprintf(stderr, "error: the commands can't be set up: %s\n", strerror(-ret));
		ret = EXIT_FAILURE;
	}
	rd_cli_free(cli);
	rd_client_close(app.client);
	free(app.steps);
	return ret;
}
