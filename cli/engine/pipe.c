/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the stages behind a command and strings them together. The stages themselves are in pipe_stage.c.
 */
#include "engine/pipe.h"

#include <stdlib.h>
#include <string.h>

unsigned rd_pipe_first(const struct rd_tokens *tokens)
{
	unsigned i = 0;

	while (i < tokens->n && !tokens->v[i].bar)
		i++;
	return i;
}

unsigned rd_pipe_last(const struct rd_tokens *tokens)
{
	unsigned i = tokens->n;

	while (i > 0 && !tokens->v[i - 1].bar)
		i--;
	return i > 0 ? i - 1 : tokens->n;
}

static const char *before(const struct rd_pipe *p)
{
	return p->n > 0 ? p->stage[p->n - 1]->word : "";
}

// Adds a stage; it is freed when there is no place for it.
static int add(struct rd_cli *cli, struct rd_stage *s, const char *word, struct rd_err *err)
{
	struct rd_pipe *p = cli->pipe;
	int ret = 0;

	if (s == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory"); // keeps what the stage said
	s->word = word;
	s->pipe = p;
	if (strcmp(before(p), "save") == 0)
		ret = rd_err_set(
			err, -EINVAL, "nothing is left after save: write %s before it", word);
	else if (strcmp(before(p), "count") == 0 && strcmp(word, "save") != 0)
		ret = rd_err_set(err, -EINVAL, "count leaves one number: write %s before it", word);
	else if (p->n == RD_PIPE_STAGES)
		ret = rd_err_set(err, -E2BIG, "at most %d stages", RD_PIPE_STAGES);
	if (ret < 0) {
		s->ops->free(s);
		return ret;
	}
	if (p->n > 0)
		p->stage[p->n - 1]->next = s;
	p->stage[p->n++] = s;
	return 0;
}

static int add_match(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct rd_stage *s = rd_stage_match(rd_args_str(args, "re"), false, err);

	return add(cli, s, "match", err);
}

static int add_except(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	struct rd_stage *s = rd_stage_match(rd_args_str(args, "re"), true, err);

	return add(cli, s, "except", err);
}

static int add_count(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)args;
	return add(cli, rd_stage_count(), "count", err);
}

static int add_last(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return add(cli, rd_stage_last((size_t)rd_args_num(args, "n", 10)), "last", err);
}

static int add_save(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return add(cli, rd_stage_save(rd_args_path(args, "file")), "save", err);
}

static int set_json(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)args;
	(void)err;
	cli->pipe->json = true;
	return 0;
}

static int set_refresh(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	if (cli->pipe->refresh)
		return rd_err_set(err, -EINVAL, "refresh is written twice: once is enough");
	cli->pipe->refresh = true;
	cli->pipe->refresh_ms = (unsigned)rd_args_num(args, "duration", 1000);
	return 0;
}

static int set_no_more(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)args;
	(void)err;
	cli->pipe->no_more = true;
	return 0;
}

static const struct rd_arg_desc stage_args[] = {
	{.key = "re",
		.type = RD_ARG_TEXT,
		.help = "an extended regular expression, upper case as lower"},
	{.key = "n", .type = RD_ARG_NUM, .min = 1, .max = RD_PIPE_LAST_MAX, .help = "lines"},
	{.key = "duration",
		.type = RD_ARG_MS,
		.min = 100,
		.max = 86400000,
		.help = "time between two runs: 2, 500ms"},
	{.key = "file", .type = RD_ARG_FILE, .help = "a file, written anew"},
	{0},
};

static const struct rd_cmd stages[] = {
	{"match RE", "only lines in which the expression is found", NULL, stage_args, add_match},
	{"except RE", "only lines in which it is not found", NULL, stage_args, add_except},
	{"count", "how many lines, headings aside", NULL, NULL, add_count},
	{"last N", "only the last lines", NULL, stage_args, add_last},
	{"json", "as JSON; behind match, except and last one object per line", NULL, NULL,
		set_json},
	{"save FILE", "to a file", NULL, stage_args, add_save},
	{"refresh DURATION", "run again and again, until Ctrl-C", NULL, stage_args, set_refresh},
	{"no-more", "without stopping at the end of the screen", NULL, NULL, set_no_more},
};

int rd_pipe_register(struct rd_item *tree)
{
	return rd_tree_add(tree, stages, sizeof(stages) / sizeof(stages[0]), NULL);
}

static int take_stage(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return args->cmd->run(cli, args, err);
}

// One stage: the tokens between two bars.
static int parse_stage(struct rd_cli *cli, const struct rd_tokens *words, struct rd_err *err)
{
	int ret = rd_cli_run_tokens(cli, cli->stages, words, take_stage, err);

	if (ret < 0 && !cli->blamed) {
		cli->blamed = true;
		cli->blame_off = words->v[0].off;
	}
	return ret;
}

static int missing_word(struct rd_cli *cli, const struct rd_token *bar, struct rd_err *err)
{
	cli->blamed = true;
	cli->blame_off = bar->off + 1;
	rd_err_set(err, -EINVAL, "a word is missing behind the bar");
	rd_err_hint(err,
		"match RE, except RE, count, last N, json, save FILE, refresh DURATION, no-more");
	return -EINVAL;
}

struct rd_pipe *rd_pipe_parse(
	struct rd_cli *cli, const struct rd_tokens *tokens, unsigned first, struct rd_err *err)
{
	struct rd_tokens words = *tokens;
	int ret = 0;

	cli->pipe = calloc(1, sizeof(*cli->pipe));
	if (cli->pipe == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	for (unsigned i = first; cli->pipe != NULL && i < tokens->n && ret == 0; i += 1 + words.n) {
		words.v = tokens->v + i + 1;
		words.n = tokens->n - i - 1;
		words.n = rd_pipe_first(&words);
		ret = words.n > 0 ? parse_stage(cli, &words, err)
				  : missing_word(cli, &tokens->v[i], err);
	}
	if (ret < 0) {
		rd_pipe_free(cli->pipe);
		cli->pipe = NULL;
	}
	return cli->pipe;
}

void rd_pipe_free(struct rd_pipe *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n; i++)
		p->stage[i]->ops->free(p->stage[i]);
	free(p);
}

bool rd_pipe_filters(const struct rd_pipe *p)
{
	return p->n > 0 && strcmp(p->stage[0]->word, "save") != 0;
}

// Lines of the notes lose their marks where nobody knows them.
static void put(struct rd_pipe *p, const char *text, size_t len, unsigned flags)
{
	if (p->marks && flags & RD_RECORD_HEAD)
		fputc(RD_MARK_HEAD, p->to);
	for (const char *end = text + len; text < end;) {
		const char *mark =
			p->marks ? NULL : memchr(text, RD_MARK_NOTE, (size_t)(end - text));
		size_t n = (size_t)((mark != NULL ? mark : end) - text);

		fwrite(text, 1, n, p->to);
		text += n + (mark != NULL);
	}
}

void rd_stage_pass(struct rd_stage *s, const char *text, size_t len, unsigned flags)
{
	if (s->next != NULL) {
		s->next->ops->record(s->next, text, len, flags);
		return;
	}
	put(s->pipe, text, len, flags);
	if (len < RD_RECORD_MAX) // a longer one goes on
		fputc('\n', s->pipe->to);
}

static void first_record(void *arg, const char *text, size_t len, unsigned flags)
{
	struct rd_pipe *p = arg;

	p->stage[0]->ops->record(p->stage[0], text, len, flags);
	p->lines.closed = ferror(p->to) != 0;
}

FILE *rd_pipe_open(struct rd_pipe *p, FILE *to, bool marks, struct rd_err *err)
{
	FILE *stream;

	p->to = to;
	p->marks = marks;
	p->lines.each = first_record;
	p->lines.arg = p;
	p->lines.closed = false;
	memset(&p->fault, 0, sizeof(p->fault));
	for (unsigned i = 0; i < p->n; i++)
		if (p->stage[i]->ops->open != NULL && p->stage[i]->ops->open(p->stage[i], err) < 0)
			return NULL;
	stream = rd_lines_open(&p->lines);
	if (stream == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	return stream;
}

int rd_pipe_close(struct rd_pipe *p, FILE *stream, struct rd_err *err)
{
	fclose(stream);
	for (unsigned i = 0; i < p->n; i++)
		if (p->stage[i]->ops->end != NULL)
			p->stage[i]->ops->end(p->stage[i]);
	if (p->fault.code == 0)
		return 0;
	if (err != NULL && err->code == 0)
		*err = p->fault;
	return p->fault.code;
}
