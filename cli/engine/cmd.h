/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the author of a command writes: a row of struct rd_cmd per command, a row of struct rd_arg_desc per
 * value or flag, and a handler where the plain "make params, call the method" is not enough.
 *
 * Grammar: lower case = word ("port/ports": other spellings are aliases), UPPER = value, [x] = optional,
 * (a|b) = choice; neighbouring optional groups may come in any order. Keys bind grammar and args: a value's key is
 * the word before it ("mtu N": mtu), or its own label in lower case when it follows the command's own leading
 * words or nothing ("port add NAME": name). Words of a choice after a word have that word's key ("flood (on|off)": flood);
 * any other word that stands alone is a flag and its own key ("[default]").
 */
#pragma once

#include "engine/cli.h"

#include <stdint.h>

enum rd_arg_type {
	RD_ARG_FLAG, // a word alone: true
	RD_ARG_FLAG_NOT, // a word alone: false
	RD_ARG_ONOFF, // choice of on|off: a boolean
	RD_ARG_WORD, // choice of words: the word as a string
	RD_ARG_NUM, // decimal or 0x hex, min..max (max 0 = 2^32-1)
	RD_ARG_MAC,
	RD_ARG_IP,
	RD_ARG_PREFIX, // 10.0.0.0/8, a bare address, any
	RD_ARG_RANGE, // 80, 1000-2000, any
	RD_ARG_HEX, // bytes; blanks and colons ignored
	RD_ARG_MS, // duration, sent in milliseconds
	RD_ARG_SECONDS, // duration, sent in seconds; min..max in seconds
	RD_ARG_NAME, // a new object's name: 1..63 of [A-Za-z0-9._:-]
	RD_ARG_REF, // an existing object: NAME, HOST/NAME or a port id
	RD_ARG_REFS, // REF,REF,..: an array
	RD_ARG_TEXT,
	RD_ARG_FILE, // a path; relative ones count from the command file's directory
	RD_ARG_REST, // the rest of the line
};

// Where completion finds the names of living objects: a list method and the fields of its items.
struct rd_arg_names {
	const char *method; // "port.list"
	const char *field; // "name"
	const char *qualified; // "qname": offered once the person has typed a slash; NULL if none
};

struct rd_arg_desc { // a table of them ends with a NULL key
	const char *key;
	enum rd_arg_type type;
	const char *param; // name in params; NULL: the handler takes care of it
	const char *help; // one line
	uint64_t min, max;
	const struct rd_arg_names *names; // NULL: nothing to complete
};

struct rd_args; // what one line gave

typedef int (*rd_cmd_fn)(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);

// What --rate makes of a command's items: which fields tell one from another, and which are counters. Both end with NULL.
struct rd_rates {
	const char *const *keys, *const *counters;
};

// A command; without method and run it is a topic: only help for the words that lead to others.
struct rd_cmd {
	const char *grammar;
	const char *help; // one line
	const char *method; // for the plain handler, and rd_args_call()
	const struct rd_arg_desc *args; // NULL: no values
	rd_cmd_fn run; // NULL: rd_args_call() with the params of the line
	const struct rd_rates *rates; // NULL: no --rate
};

// Adds commands; the tables must outlive cli. -EINVAL (with *err) for a grammar that does not fit its args.
int rd_cli_add(struct rd_cli *cli, const struct rd_cmd *cmds, unsigned n, struct rd_err *err);

// What the line gave, by key. str: the last value's text, NULL if absent.
bool rd_args_has(const struct rd_args *args, const char *key);
const char *rd_args_str(const struct rd_args *args, const char *key);
uint64_t rd_args_num(const struct rd_args *args, const char *key, uint64_t absent);
// Every given value that has a param, typed. New reference; NULL when out of memory.
json_t *rd_args_params(const struct rd_args *args);
// The file named by key as a path that opens from here, malloc'ed; NULL if absent or out of memory.
char *rd_args_path(const struct rd_args *args, const char *key);
const struct rd_cmd *rd_args_cmd(const struct rd_args *args);
// Tells where an error of the handler belongs: under the value of this key.
void rd_args_blame(const struct rd_args *args, const char *key);

// The directory that relative file names count from: the command file's, or ".".
const char *rd_cli_dir(const struct rd_cli *cli);
FILE *rd_cli_out(const struct rd_cli *cli);
bool rd_cli_is_json(const struct rd_cli *cli);
// JSON as one object per line instead of an array, because a stage of a pipe looks at lines.
bool rd_cli_by_line(const struct rd_cli *cli);
// Whether the first byte of a line may be a mark (lines.h) that says what it is.
bool rd_cli_marks(const struct rd_cli *cli);
// Whether the output goes straight to a terminal: no file, no pipe.
bool rd_cli_on_screen(const struct rd_cli *cli);
// Whether the person wants the command to end. Waits so long, less if they do; false then.
bool rd_cli_stopped(const struct rd_cli *cli);
bool rd_cli_wait(const struct rd_cli *cli, unsigned ms);
// For commands that go on: what was printed is to be seen now. false when nobody reads it any more.
bool rd_cli_flush(struct rd_cli *cli);
// Prints one JSON value as the flags say, with a newline; part: without.
void rd_cli_put_json(const struct rd_cli *cli, const json_t *value);
void rd_cli_put_json_part(const struct rd_cli *cli, const json_t *value);
// Carries a method over the transport; params is stolen.
int rd_cli_call(struct rd_cli *cli, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err);
// The plain handler: calls the command's method with the line's params; --json prints a result that says something.
int rd_args_call(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
