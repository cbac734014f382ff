/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside of the engine: tokens, the tree, the matcher. Not for commands (they use engine/cmd.h).
 *
 * The tree is made of items in lists. The leading words of all commands are merged: a WORD followed by a CHOICE
 * whose alternatives are the next words, or the rest of a command, which ends in END.
 */
#pragma once

#include "engine/cmd.h"

#include <limits.h>

#define RD_CLI_MAX_TOKENS 256
#define RD_CLI_MAX_LINE 65536

struct rd_token {
	char *text; // unquoted
	size_t off, len; // its place in the line, in bytes
	bool quoted; // never a word then
	bool bar; // begins a stage of a pipe
};

struct rd_tokens {
	struct rd_token *v;
	unsigned n;
	char *buf; // all texts
	bool open_quote; // only with partial
};

// partial: an unfinished quote is fine. 0, -EINVAL with *off at the fault, -E2BIG, -ENOMEM.
int rd_tokenize(struct rd_tokens *t, const char *line, bool partial, size_t *off);
void rd_tokens_free(struct rd_tokens *t);

enum rd_item_kind {
	RD_ITEM_WORD,
	RD_ITEM_VALUE,
	RD_ITEM_OPT, // child: the content
	RD_ITEM_CHOICE, // child: the first alternative, the others by alt
	RD_ITEM_END, // a command is complete here
};

struct rd_item {
	enum rd_item_kind kind;
	char *text; // word, or a value's label
	char *alias; // other spellings of a word, between slashes
	char *key; // see cmd.h
	bool binds; // the token says something to the handler
	const struct rd_arg_desc *desc; // by key
	const char *help; // of a leading word
	const struct rd_cmd *cmd; // of END
	struct rd_item *child, *next, *alt;
};

// Compiles one grammar string into a list. NULL with *err.
struct rd_item *rd_grammar_compile(const struct rd_cmd *cmd, struct rd_err *err);
struct rd_item *rd_item_new(enum rd_item_kind kind, const char *text, size_t len);
void rd_item_free(struct rd_item *list); // with everything below and behind it

struct rd_args {
	struct rd_cli *cli;
	const struct rd_cmd *cmd;
	const struct rd_tokens *tokens;
	struct rd_bind { // one token that says something
		const struct rd_item *item;
		unsigned token;
	} v[RD_CLI_MAX_TOKENS];
	unsigned n;
};

struct rd_leaf { // a word or value that may stand at one place
	const struct rd_item *item;
	const struct rd_cont *up;
	struct rd_leaf *next;
};

struct rd_match {
	const struct rd_tokens *tokens;
	struct rd_args *args;
	bool expecting; // stop at the end of the tokens, complete or not
	bool failed; // the fail fields are set
	// why it failed, at the furthest place that any attempt reached
	unsigned fail_pos;
	const struct rd_leaf *fail_leaves;
	const struct rd_cmd *fail_end; // the command that could also have ended there
	bool fail_ambiguous;
	char fail_why[160]; // a value's own complaint
	struct rd_chunk *chunks; // memory of leaves and continuations
	size_t allocated;
	bool exhausted;
};

// Matches all tokens. 0 and args filled, or -EINVAL with the fail fields set. rd_match_free() in both cases.
int rd_match_run(struct rd_match *m, const struct rd_item *tree, const struct rd_tokens *tokens,
	struct rd_args *args);
// What may stand behind the first n tokens: the leaves are in fail_leaves. 0 or -EINVAL if they don't match.
int rd_match_expect(
	struct rd_match *m, const struct rd_item *tree, const struct rd_tokens *tokens, unsigned n);
void rd_match_free(struct rd_match *m);
bool rd_word_fits(const struct rd_item *word, const char *text, bool *exact);
const char *rd_word_spelling(const struct rd_item *word, const char *text, size_t *len);
// "switch SWITCH", "flood on|off", "N": what a person could type for this leaf.
void rd_leaf_text(const struct rd_item *item, char *buf, size_t len);
const char *rd_leaf_help(const struct rd_item *item);

// Checks a value; why gets the complaint.
int rd_value_check(const struct rd_arg_desc *d, const char *text, char *why, size_t len);
json_t *rd_value_json(const struct rd_cli *cli, const struct rd_arg_desc *d, const char *text);
// Names of files that begin with prefix, as candidates.
void rd_complete_files(const char *prefix, const char *help, rd_cli_candidate_fn each, void *arg);
// Path as seen from the command file's directory; malloc'ed.
char *rd_cli_resolve(const struct rd_cli *cli, const char *path);

struct rd_pipe;
struct rd_rate;

struct rd_cli {
	struct rd_cli_transport transport;
	struct rd_cli_screen screen; // all NULL: none
	struct rd_item *tree; // a CHOICE
	struct rd_item *stages; // what may follow a bar: a CHOICE
	struct rd_pipe *pipe; // of the line that runs
	struct rd_rate *rate; // of the line that runs with --rate, and that time
	unsigned rate_ms;
	FILE *out;
	bool json, pretty;
	bool marks; // who reads out knows them (lines.h)
	bool by_line; // JSON: one object per line
	char dir[PATH_MAX]; // of the command file; "" = as is
	char *line; // the last line run, for the caret
	size_t blame_off; // place of the error in it
	bool blamed;
};

int rd_tree_add(struct rd_item *tree, const struct rd_cmd *cmds, unsigned n, struct rd_err *err);
// The tokens of the stage or command that the last of them belongs to; *tree is what they are matched with.
struct rd_tokens rd_cli_segment(
	const struct rd_cli *cli, const struct rd_tokens *tokens, const struct rd_item **tree);
// Runs a line; the caller turns cli->blame_off into err.where.
int rd_cli_run_parsed(struct rd_cli *cli, const char *line, struct rd_err *err);
// Matches tokens with a tree, and gives what they say to run. 0 or -errno with *err, and the place is blamed when it is known.
int rd_cli_run_tokens(struct rd_cli *cli, const struct rd_item *tree,
	const struct rd_tokens *tokens, rd_cmd_fn run, struct rd_err *err);
void rd_cli_parse_error(struct rd_cli *cli, const struct rd_tokens *tokens,
	const struct rd_match *m, struct rd_err *err);
// "?": what may follow the first n tokens, if it begins with prefix. "help": usage of the commands that the tokens from
// first lead to.
void rd_cli_explain(
	struct rd_cli *cli, const struct rd_tokens *tokens, unsigned n, const char *prefix);
void rd_cli_usage(struct rd_cli *cli, const struct rd_tokens *tokens, unsigned first);
