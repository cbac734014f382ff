/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command engine: a tree of commands made from grammar strings, and what is needed to run one line of
 * them. It knows neither the socket nor DPDK nor readline: a transport callback carries the methods, so the same
 * commands run in reddot (over the socket) and inside the daemon (reddotd -f FILE). One thread per rd_cli.
 *
 *   struct rd_cli *cli = rd_cli_new(&transport);
 *   rd_cmds_register(cli);                      // librd_cmds: every command of docs/design/protocol.md
 *   rd_cli_run_file(cli, "demo.rd", &err);      // stops at the first error
 *
 * What a command's author needs is in engine/cmd.h.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "api/client.h"
#include "base/err.h"

struct rd_cli;

// Carries one method. Same contract as rd_client_call(): params is stolen (may be NULL), items go to each
// (may be NULL), *result is the caller's to free (result may be NULL). 0 or a negative errno with *err filled.
struct rd_cli_transport {
	int (*call)(void *arg, const char *method, json_t *params, rd_client_item_fn each,
		void *each_arg, json_t **result, struct rd_err *err);
	void *arg;
};

// t is copied; NULL makes a tree for help and completion only. NULL when out of memory.
struct rd_cli *rd_cli_new(const struct rd_cli_transport *t);
void rd_cli_free(struct rd_cli *cli); // NULL is fine
// Adds all commands. Defined in librd_cmds (cli/cmds). 0 or -ENOMEM / -EINVAL.
int rd_cmds_register(struct rd_cli *cli);

// Where show commands write; default stdout. The stream stays the caller's.
void rd_cli_set_output(struct rd_cli *cli, FILE *out);
void rd_cli_set_json(struct rd_cli *cli, bool json, bool pretty);

// A terminal, or what stands for one: gives each command the stream to print to, and takes it back. Without it all goes to the
// output. open: page says whether to stop at the end of the screen, clear whether to begin at its top. close: true when the
// person has seen enough. stopped: whether to end a command that runs. pause: waits so long; false
// when the person has seen enough of what is shown again and again (NULL: only stopped says that).
struct rd_cli_screen {
	FILE *(*open)(void *arg, bool page, bool clear);
	bool (*close)(void *arg, FILE *stream);
	bool (*stopped)(void *arg);
	bool (*pause)(void *arg, unsigned ms);
	void *arg;
};
void rd_cli_set_screen(struct rd_cli *cli, const struct rd_cli_screen *screen); // copied

// Runs one line: a command, and stages of a pipe behind it (docs/man/reddot.1). Blank and comment lines do nothing. err.where is "column N: text".
int rd_cli_run_line(struct rd_cli *cli, const char *line, struct rd_err *err);
// Runs a file ("-" = stdin) line by line, up to the first error; err.where is "file:line:column: text".
// Relative file names in it are relative to the file.
int rd_cli_run_file(struct rd_cli *cli, const char *path, struct rd_err *err);
// What / where / try, with the last line and a caret under the place when it is known.
void rd_cli_print_error(const struct rd_cli *cli, FILE *to, const struct rd_err *err);

// What may stand at the end of a partial line. word is what to type, "" for a free value whose label is help's
// first word. Calls the transport for names of live objects; failures there only mean fewer candidates.
typedef void (*rd_cli_candidate_fn)(void *arg, const char *word, const char *help);
// *start (may be NULL) gets the offset in line of the word that the candidates replace.
int rd_cli_complete(
	struct rd_cli *cli, const char *line, size_t *start, rd_cli_candidate_fn each, void *arg);
// Help for a partial line ("" = all commands), to the output: what the line may go on with. A last word without a blank
// behind it is still being typed: only what begins like it.
void rd_cli_help(struct rd_cli *cli, const char *line);
// The commands as sections of a scdoc(5) manual page.
void rd_cli_dump_scdoc(struct rd_cli *cli, FILE *to);
