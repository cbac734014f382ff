/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs one line: help, or a command and the pipe behind it. The command is understood as a whole before anything is opened or
 * printed.
 */
#include "engine/flags.h"
#include "engine/pipe.h"
#include "engine/rate.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS 100 // how late a wish to stop may be noticed

bool rd_cli_wait(const struct rd_cli *cli, unsigned ms)
{
	for (unsigned slice; ms > 0; ms -= slice) {
		if (rd_cli_stopped(cli))
			return false;
		slice = ms < SLICE_MS ? ms : SLICE_MS;
		poll(NULL, 0, (int)slice); // a signal only makes it shorter
	}
	return !rd_cli_stopped(cli);
}

bool rd_cli_on_screen(const struct rd_cli *cli)
{
	return cli->screen.open != NULL && cli->pipe == NULL;
}

bool rd_cli_flush(struct rd_cli *cli)
{
	if (fflush(cli->out) != 0 || ferror(cli->out))
		return false;
	if (cli->pipe == NULL || cli->pipe->n == 0)
		return true;
	rd_lines_flush(&cli->pipe->lines);
	return fflush(cli->pipe->to) == 0 && !ferror(cli->pipe->to);
}

// The daemon names the parameter that it dislikes: the caret goes under its value.
static void blame_param(struct rd_cli *cli, const struct rd_args *args, const struct rd_err *err)
{
	for (unsigned i = 0; i < args->n && !cli->blamed; i++) {
		const struct rd_arg_desc *d = args->v[i].item->desc;
		const char *param = d->param != NULL ? d->param : d->key;

		if (strcmp(param, err->where) == 0) {
			cli->blame_off = args->tokens->v[args->v[i].token].off;
			cli->blamed = true;
		}
	}
}

struct flow { // where the output of one run goes
	FILE *own, *screen, *stream;
	bool json, marks;
};

static int open_flow(struct rd_cli *cli, struct flow *f, struct rd_err *err)
{
	struct rd_pipe *p = cli->pipe;
	bool again = p != NULL && p->refresh;

	*f = (struct flow){cli->out, cli->out, NULL, cli->json, false};
	if (cli->screen.open != NULL) {
		f->screen = cli->screen.open(
			cli->screen.arg, !again && (p == NULL || !p->no_more), again);
		if (f->screen == NULL)
			return rd_err_set(err, -ENOMEM, "out of memory");
		f->marks = true;
	}
	f->stream = f->screen;
	if (p != NULL && p->n > 0)
		f->stream = rd_pipe_open(p, f->screen, f->marks, err);
	cli->marks = f->marks || (p != NULL && p->n > 0);
	if (p != NULL && p->json)
		cli->json = true;
	cli->by_line = cli->json && p != NULL && (p->watch || rd_pipe_filters(p));
	cli->out = f->stream;
	return f->stream != NULL ? 0 : -EIO;
}

// True when the person has seen enough.
static bool close_flow(struct rd_cli *cli, struct flow *f, int *ret, struct rd_err *err)
{
	bool left = false;
	int fault;

	if (f->stream != NULL && f->stream != f->screen) {
		fault = rd_pipe_close(cli->pipe, f->stream, err);
		*ret = *ret == 0 ? fault : *ret;
	}
	if (f->screen != NULL && f->screen != f->own)
		left = cli->screen.close(cli->screen.arg, f->screen);
	cli->out = f->own;
	cli->json = f->json;
	cli->marks = false;
	cli->by_line = false;
	return left;
}

static int run_handler(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return args->cmd->run != NULL ? args->cmd->run(cli, args, err)
				      : rd_args_call(cli, args, err);
}

// The reading that others are compared with, which nobody sees.
static int first_reading(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	FILE *own = cli->out;
	int ret;

	if (args->cmd->rates == NULL)
		return rd_err_set(err, -EINVAL,
			"this command shows no counters: --rate is for those that do");
	cli->rate = rd_rate_new(args->cmd);
	cli->out = fopen("/dev/null", "we");
	if (cli->rate == NULL || cli->out == NULL) {
		cli->out = own;
		return rd_err_set(err, -ENOMEM, "out of memory");
	}
	rd_rate_begin(cli->rate);
	ret = run_handler(cli, args, err);
	fclose(cli->out);
	cli->out = own;
	if (ret == 0 && !rd_cli_wait(cli, cli->rate_ms))
		ret = rd_err_set(err, -EINTR, "interrupted");
	return ret;
}

static void begin_rate(struct rd_cli *cli)
{
	rd_rate_begin(cli->rate);
	if (cli->json)
		return;
	if (cli->marks)
		fputc(RD_MARK_HEAD, cli->out);
	fprintf(cli->out, "per second, over %.1f s\n", rd_rate_seconds(cli->rate));
}

static int run_once(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct flow f;
	int ret = open_flow(cli, &f, err);

	if (ret == 0 && cli->rate != NULL)
		begin_rate(cli);
	if (ret == 0)
		ret = run_handler(cli, args, err);
	if (close_flow(cli, &f, &ret, err) && ret == -EPIPE) {
		memset(err, 0, sizeof(*err));
		ret = 0;
	}
	return ret;
}

// Until the next run. false: the person has seen enough.
static bool wait_again(const struct rd_cli *cli)
{
	unsigned ms = cli->pipe->refresh_ms;

	if (cli->screen.pause != NULL)
		return cli->screen.pause(cli->screen.arg, ms);
	return rd_cli_wait(cli, ms);
}

static int run_command(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	bool again = cli->pipe != NULL && cli->pipe->refresh;
	int ret = cli->rate_ms != 0 ? first_reading(cli, args, err) : 0;

	while (ret == 0) {
		ret = run_once(cli, args, err);
		if (ret == 0 && again && fflush(cli->out) != 0)
			ret = -EPIPE;
		if (ret < 0 || !again || !wait_again(cli))
			break;
	}
	rd_rate_free(cli->rate);
	cli->rate = NULL;
	if (ret < 0 && rd_cli_stopped(cli)) {
		memset(err, 0, sizeof(*err));
		if (again) // there is no other end
			return 0;
		return rd_err_set(err, -EINTR, "interrupted");
	}
	if (ret < 0)
		rd_err_set(
			err, ret, "the output can't be written"); // unless something else is said
	return ret;
}

int rd_cli_run_tokens(struct rd_cli *cli, const struct rd_item *tree,
	const struct rd_tokens *tokens, rd_cmd_fn run, struct rd_err *err)
{
	struct rd_args *args = calloc(1, sizeof(*args));
	struct rd_match m;
	int ret;

	if (args == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	args->cli = cli;
	ret = rd_match_run(&m, tree, tokens, args);
	if (ret < 0) {
		rd_cli_parse_error(cli, tokens, &m, err);
		if (tree == cli->stages && m.fail_leaves == NULL)
			snprintf(err->hint, sizeof(err->hint),
				"a text with blanks in quotation marks; | before the next stage");
	} else {
		ret = run(cli, args, err);
		if (ret < 0)
			blame_param(cli, args, err);
	}
	rd_match_free(&m);
	free(args);
	return ret;
}

// A line with a bar, or that is to be run again and again.
static int run_pipe(struct rd_cli *cli, const struct rd_tokens *tokens,
	const struct rd_tokens *command, const struct rd_flags *flags, struct rd_err *err)
{
	unsigned bar = rd_pipe_first(tokens);
	int ret;

	if (bar == 0) {
		cli->blamed = true;
		rd_err_set(err, -EINVAL, "a command is missing in front of the bar");
		rd_err_hint(err, "show port | match vnic");
		return -EINVAL;
	}
	if (rd_pipe_parse(cli, tokens, bar, err) == NULL)
		return err->code;
	if (flags->watch_ms != 0 && cli->pipe->refresh) {
		ret = rd_err_set(err, -EINVAL, "--watch and refresh say the same: one is enough");
	} else {
		cli->pipe->watch = flags->watch_ms != 0;
		cli->pipe->refresh |= flags->watch_ms != 0;
		if (flags->watch_ms != 0)
			cli->pipe->refresh_ms = flags->watch_ms;
		ret = rd_cli_run_tokens(cli, cli->tree, command, run_command, err);
	}
	rd_pipe_free(cli->pipe);
	cli->pipe = NULL;
	return ret;
}

// "?", or what one types where there is no shell.
static bool asks_help(const struct rd_tokens *t)
{
	const struct rd_token *last = t->n > 0 ? &t->v[t->n - 1] : NULL;

	return last != NULL && !last->quoted
		&& (strcmp(last->text, "?") == 0 || strcmp(last->text, "--help") == 0);
}

static int run_any(struct rd_cli *cli, const struct rd_tokens *tokens, struct rd_err *err)
{
	struct rd_tokens command = *tokens;
	struct rd_flags flags;
	int ret;

	if (tokens->n == 0)
		return 0;
	command.n = rd_pipe_first(tokens);
	ret = rd_flags_take(cli, &command, &flags, err);
	if (ret < 0)
		return ret;
	cli->rate_ms = flags.rate_ms;
	return rd_pipe_first(tokens) < tokens->n || flags.watch_ms != 0
		? run_pipe(cli, tokens, &command, &flags, err)
		: rd_cli_run_tokens(cli, cli->tree, &command, run_command, err);
}

int rd_cli_run_parsed(struct rd_cli *cli, const char *line, struct rd_err *err)
{
	struct rd_tokens tokens;
	int ret;

	free(cli->line);
	cli->line = strndup(line, strcspn(line, "\r\n"));
	cli->blamed = false;
	cli->blame_off = 0;
	if (cli->line == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rd_tokenize(&tokens, cli->line, false, &cli->blame_off);
	if (ret < 0) {
		cli->blamed = true;
		return rd_err_set(err, ret,
			ret == -EINVAL ? "a quotation mark is not closed" : "the line is too long");
	}
	if (asks_help(&tokens))
		rd_cli_explain(cli, &tokens, tokens.n - 1, "");
	else
		ret = run_any(cli, &tokens, err);
	rd_tokens_free(&tokens);
	return ret;
}

int rd_cli_run_line(struct rd_cli *cli, const char *line, struct rd_err *err)
{
	struct rd_err mine = {0};
	int ret = rd_cli_run_parsed(cli, line, &mine);

	if (ret >= 0)
		return 0;
	if (cli->blamed)
		snprintf(mine.where, sizeof(mine.where), "column %zu: %s", cli->blame_off + 1,
			cli->line);
	if (err != NULL)
		*err = mine;
	return ret;
}
