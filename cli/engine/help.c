/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Help for people: the next words of a line ("?"), the usage of commands ("help"), and the commands as a scdoc
 * manual page. All from the tree.
 */
#include "engine/flags.h"
#include "engine/pipe.h"

#include <string.h>

#define WRAP 76

// The grammar without aliases, in lines of at most WRAP columns, broken at blanks outside brackets.
static void put_grammar(FILE *to, const char *grammar, unsigned indent)
{
	unsigned col = indent;
	const char *blank = "";

	fprintf(to, "%*s", (int)indent, "");
	while (*grammar != '\0') {
		size_t len = 0, shown;
		int depth = 0;
		bool alias;

		for (; grammar[len] != '\0' && (grammar[len] != ' ' || depth > 0); len++)
			depth += (strchr("[(", grammar[len]) != NULL)
				- (strchr("])", grammar[len]) != NULL);
		alias = grammar[0] >= 'a' && grammar[0] <= 'z';
		shown = alias ? strcspn(grammar, "/") : len;
		shown = shown < len ? shown : len;
		if (col + shown > WRAP && col > indent + 4) {
			fprintf(to, "\n%*s", (int)indent + 4, "");
			col = indent + 4;
			blank = "";
		}
		fprintf(to, "%s%.*s", blank, (int)shown, grammar);
		col += (unsigned)shown + 1;
		grammar += len;
		grammar += *grammar == ' ';
		blank = *grammar != '\0' ? " " : "";
	}
	fputc('\n', to);
}

struct rd_tokens rd_cli_segment(
	const struct rd_cli *cli, const struct rd_tokens *tokens, const struct rd_item **tree)
{
	struct rd_tokens part = *tokens;
	unsigned bar = rd_pipe_last(tokens);

	*tree = cli->tree;
	if (bar == tokens->n)
		return part;
	*tree = cli->stages;
	part.v += bar + 1;
	part.n -= bar + 1;
	return part;
}

static bool begins(const struct rd_item *item, const char *prefix)
{
	bool exact;

	return item->kind == RD_ITEM_VALUE || rd_word_fits(item, prefix, &exact);
}

static void put_flag(void *arg, const char *word, const char *help)
{
	const struct rd_cli *cli = arg;
	char text[32];

	snprintf(text, sizeof(text), "%s [TIME]", word);
	fprintf(cli->out, "  %-28s %s\n", text, help);
}

// cmd: what would run, and does; NULL: a stage of a pipe.
static void put_enter(FILE *to, const struct rd_cmd *cmd)
{
	fprintf(to, "  %-28s run it%s%s\n  %-28s %s\n", "<enter>", cmd != NULL ? ": " : "",
		cmd != NULL ? cmd->help : "", "|",
		"match, except, count, last, json, save, refresh, no-more");
}

void rd_cli_explain(
	struct rd_cli *cli, const struct rd_tokens *tokens, unsigned n, const char *prefix)
{
	struct rd_tokens before = *tokens, part;
	const struct rd_item *tree;
	struct rd_match m;
	char text[96];

	before.n = n;
	part = rd_cli_segment(cli, &before, &tree);
	if (rd_match_expect(&m, tree, &part, part.n) == 0) {
		for (const struct rd_leaf *leaf = m.fail_leaves; leaf != NULL; leaf = leaf->next) {
			if (!begins(leaf->item, prefix))
				continue;
			rd_leaf_text(leaf->item, text, sizeof(text));
			fprintf(cli->out, "  %-28s %s\n", text, rd_leaf_help(leaf->item));
		}
		if (m.fail_end != NULL && tree == cli->tree && rd_flags_fit(&part))
			rd_flags_offer(m.fail_end->rates != NULL, prefix, put_flag, cli);
		if (m.fail_end != NULL && *prefix == '\0')
			put_enter(cli->out, tree == cli->tree ? m.fail_end : NULL);
	} else {
		fprintf(cli->out, "  no command begins like that\n");
	}
	rd_match_free(&m);
}

void rd_cli_help(struct rd_cli *cli, const char *line)
{
	const char *prefix = "";
	struct rd_tokens tokens;
	unsigned n;
	size_t off;

	if (rd_tokenize(&tokens, line, true, &off) < 0)
		return;
	n = tokens.n;
	if (n > 0 && !tokens.v[n - 1].bar
		&& tokens.v[n - 1].off + tokens.v[n - 1].len == strlen(line))
		prefix = tokens.v[--n].text;
	rd_cli_explain(cli, &tokens, n, prefix);
	rd_tokens_free(&tokens);
}

// rest: what follows the command's leading words.
typedef void (*visit_fn)(FILE *to, const struct rd_cmd *cmd, const struct rd_item *rest);

// Every command below a list, in the order of registration.
static void visit(const struct rd_item *list, FILE *to, visit_fn fn)
{
	for (const struct rd_item *item = list; item != NULL; item = item->next) {
		if (item->kind == RD_ITEM_END)
			fn(to, item->cmd, list);
		for (const struct rd_item *alt = item->child; alt != NULL; alt = alt->alt)
			visit(alt, to, fn);
	}
}

// Commands of a noun share one table of arguments: whether this one has d.
static bool uses(const struct rd_item *list, const struct rd_arg_desc *d)
{
	for (const struct rd_item *item = list; item != NULL; item = item->next) {
		if (item->desc == d)
			return true;
		for (const struct rd_item *alt = item->child; alt != NULL; alt = alt->alt)
			if (uses(alt, d))
				return true;
	}
	return false;
}

static void put_usage(FILE *to, const struct rd_cmd *cmd, const struct rd_item *rest)
{
	(void)rest;
	put_grammar(to, cmd->grammar, 2);
	fprintf(to, "        %s\n", cmd->help);
}

static void put_args(FILE *to, const struct rd_cmd *cmd, const struct rd_item *rest)
{
	put_usage(to, cmd, rest);
	for (const struct rd_arg_desc *d = cmd->args; d != NULL && d->key != NULL; d++)
		if (d->help != NULL && uses(rest, d))
			fprintf(to, "          %-14s %s\n", d->key, d->help);
}

static void put_topics(FILE *to, const struct rd_item *tree)
{
	for (const struct rd_item *word = tree->child; word != NULL; word = word->alt)
		fprintf(to, "  %-16s %s\n", word->text, word->help != NULL ? word->help : "");
	fputs("help WORDS explains the commands that begin with WORDS; WORDS ? lists what may follow.\n",
		to);
}

// The branch that a word leads to: exact, or the only one with that prefix.
static const struct rd_item *descend(const struct rd_item *node, const char *text)
{
	const struct rd_item *found = NULL;
	bool exact;

	for (const struct rd_item *word = node->child; word != NULL; word = word->alt) {
		if (word->kind != RD_ITEM_WORD || !rd_word_fits(word, text, &exact))
			continue;
		if (exact)
			return word->next;
		found = found == NULL ? word->next : node;
	}
	return found != node ? found : NULL;
}

void rd_cli_usage(struct rd_cli *cli, const struct rd_tokens *tokens, unsigned first)
{
	const struct rd_item *node = cli->tree, *next;
	unsigned i;

	for (i = first; i < tokens->n; i++) {
		next = node->kind == RD_ITEM_CHOICE ? descend(node, tokens->v[i].text) : NULL;
		if (next == NULL)
			break;
		node = next;
	}
	if (node == cli->tree) {
		put_topics(cli->out, node);
		return;
	}
	next = node->child;
	visit(node, cli->out, next != NULL && next->alt == NULL ? put_args : put_usage);
}

// scdoc(5) gives _ and * a meaning.
static void put_scdoc_text(FILE *to, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("_*\\#<>[]", *s) != NULL)
			fputc('\\', to);
		fputc(*s, to);
	}
}

static void put_scdoc(FILE *to, const struct rd_cmd *cmd, const struct rd_item *rest)
{
	fputs("```\n", to);
	put_grammar(to, cmd->grammar, 0);
	fputs("```\n\n", to);
	put_scdoc_text(to, cmd->help);
	fputs("\n\n", to);
	for (const struct rd_arg_desc *d = cmd->args; d != NULL && d->key != NULL; d++) {
		if (d->help == NULL || !uses(rest, d))
			continue;
		fprintf(to, "- *%s*: ", d->key);
		put_scdoc_text(to, d->help);
		fputc('\n', to);
	}
	fputc('\n', to);
}

void rd_cli_dump_scdoc(struct rd_cli *cli, FILE *to)
{
	for (const struct rd_item *word = cli->tree->child; word != NULL; word = word->alt) {
		fprintf(to, "## %s\n\n", word->text);
		if (word->help != NULL) {
			put_scdoc_text(to, word->help);
			fputs("\n\n", to);
		}
		visit(word->next, to, put_scdoc);
	}
}
