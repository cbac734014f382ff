/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engine's object: holds the tree, merges commands into it, carries methods. run.c runs lines.
 */
#include "engine/pipe.h"
#include "engine/rate.h"

#include <stdlib.h>
#include <string.h>

static int run_help(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);

static const struct rd_arg_desc help_args[] = {
	{.key = "command", .type = RD_ARG_REST, .help = "words of a command"},
	{0},
};

static const struct rd_cmd help_cmd = {
	.grammar = "help [COMMAND]",
	.help = "commands and their options; also: any words and then ?",
	.args = help_args,
	.run = run_help,
};

struct rd_cli *rd_cli_new(const struct rd_cli_transport *t)
{
	struct rd_cli *cli = calloc(1, sizeof(*cli));

	if (cli == NULL)
		return NULL;
	cli->out = stdout;
	if (t != NULL)
		cli->transport = *t;
	cli->tree = rd_item_new(RD_ITEM_CHOICE, NULL, 0);
	cli->stages = rd_item_new(RD_ITEM_CHOICE, NULL, 0);
	if (cli->tree == NULL || cli->stages == NULL || rd_cli_add(cli, &help_cmd, 1, NULL) < 0
		|| rd_pipe_register(cli->stages) < 0) {
		rd_cli_free(cli);
		return NULL;
	}
	return cli;
}

void rd_cli_free(struct rd_cli *cli)
{
	if (cli == NULL)
		return;
	rd_item_free(cli->tree);
	rd_item_free(cli->stages);
	free(cli->line);
	free(cli);
}

void rd_cli_set_output(struct rd_cli *cli, FILE *out)
{
	cli->out = out;
}

void rd_cli_set_json(struct rd_cli *cli, bool json, bool pretty)
{
	cli->json = json;
	cli->pretty = pretty;
}

void rd_cli_set_screen(struct rd_cli *cli, const struct rd_cli_screen *screen)
{
	cli->screen = *screen;
}

const char *rd_cli_dir(const struct rd_cli *cli)
{
	return cli->dir[0] != '\0' ? cli->dir : ".";
}

FILE *rd_cli_out(const struct rd_cli *cli)
{
	return cli->out;
}

bool rd_cli_is_json(const struct rd_cli *cli)
{
	return cli->json;
}

bool rd_cli_by_line(const struct rd_cli *cli)
{
	return cli->by_line;
}

bool rd_cli_marks(const struct rd_cli *cli)
{
	return cli->marks;
}

bool rd_cli_stopped(const struct rd_cli *cli)
{
	return cli->screen.stopped != NULL && cli->screen.stopped(cli->screen.arg);
}

void rd_cli_put_json_part(const struct rd_cli *cli, const json_t *value)
{
	json_dumpf(value, cli->out,
		JSON_ENCODE_ANY | (cli->pretty && !cli->by_line ? JSON_INDENT(2) : JSON_COMPACT)
			| JSON_REAL_PRECISION(12));
}

void rd_cli_put_json(const struct rd_cli *cli, const json_t *value)
{
	bool list = cli->by_line && json_is_array(value);

	for (size_t i = 0; list && i < json_array_size(value); i++)
		rd_cli_put_json(cli, json_array_get(value, i));
	if (list)
		return;
	rd_cli_put_json_part(cli, value);
	fputc('\n', cli->out);
}

struct guard { // around the receiver of a call's items
	const struct rd_cli *cli;
	rd_client_item_fn each;
	void *arg;
};

static int guarded(void *arg, const json_t *item)
{
	const struct guard *g = arg;

	if (rd_cli_stopped(g->cli))
		return -EINTR;
	if (ferror(g->cli->out)) // nobody reads any more
		return -EPIPE;
	return g->each(g->arg, item);
}

int rd_cli_call(struct rd_cli *cli, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	struct guard g = {.cli = cli};

	g.each = rd_rate_wrap(cli->rate, method, each, &each_arg);
	g.arg = each_arg; // perhaps the rate's own
	if (cli->transport.call != NULL)
		return cli->transport.call(cli->transport.arg, method, params,
			each != NULL ? guarded : NULL, &g, result, err);
	json_decref(params);
	return rd_err_set(err, -ENOTCONN, "no daemon to ask");
}

static void add_alt(struct rd_item *choice, struct rd_item *list)
{
	struct rd_item **tail = &choice->child;

	while (*tail != NULL)
		tail = &(*tail)->alt;
	*tail = list;
}

// The branch of a leading word below node, made when it is new. Its next is the CHOICE of what follows.
static struct rd_item *branch(struct rd_item *node, const struct rd_item *word)
{
	struct rd_item *b;

	for (b = node->child; b != NULL; b = b->alt)
		if (b->kind == RD_ITEM_WORD && strcmp(b->text, word->text) == 0)
			return b;
	b = rd_item_new(RD_ITEM_WORD, word->text, strlen(word->text));
	if (b == NULL)
		return NULL;
	b->alias = word->alias != NULL ? strdup(word->alias) : NULL;
	b->next = rd_item_new(RD_ITEM_CHOICE, NULL, 0);
	if (b->next == NULL) {
		rd_item_free(b);
		return NULL;
	}
	add_alt(node, b);
	return b;
}

// Hangs what follows the leading words, with an END behind it, below node.
static int add_rest(struct rd_item *node, struct rd_item *rest, const struct rd_cmd *cmd)
{
	struct rd_item *end = rd_item_new(RD_ITEM_END, NULL, 0), **tail = &rest;

	if (end == NULL) {
		rd_item_free(rest);
		return -ENOMEM;
	}
	end->cmd = cmd;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = end;
	add_alt(node, rest);
	return 0;
}

static int add_command(struct rd_item *tree, const struct rd_cmd *cmd, struct rd_err *err)
{
	struct rd_item *list = rd_grammar_compile(cmd, err), *node = tree, *word = NULL;

	if (list == NULL)
		return -EINVAL;
	while (list != NULL && list->kind == RD_ITEM_WORD) {
		struct rd_item *next = list->next;

		word = branch(node, list);
		list->next = NULL;
		rd_item_free(list);
		list = next;
		if (word == NULL) {
			rd_item_free(list);
			return rd_err_set(err, -ENOMEM, "out of memory");
		}
		node = word->next;
	}
	if (word != NULL && word->help == NULL)
		word->help = cmd->help;
	return cmd->method != NULL || cmd->run != NULL ? add_rest(node, list, cmd) : 0;
}

int rd_tree_add(struct rd_item *tree, const struct rd_cmd *cmds, unsigned n, struct rd_err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < n && ret == 0; i++)
		ret = add_command(tree, &cmds[i], err);
	return ret;
}

int rd_cli_add(struct rd_cli *cli, const struct rd_cmd *cmds, unsigned n, struct rd_err *err)
{
	return rd_tree_add(cli->tree, cmds, n, err);
}

static int run_help(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)err;
	rd_cli_usage(cli, args->tokens, 1);
	return 0;
}
