/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of pktcap's options. The parser, --help, the shell's completion and the option part of the manual pages are
 * made from it; a row in one of the groups (opt_*.c) is all that an option needs. Main thread.
 */
#pragma once

#include "opts.h"

#define PK_AGAIN 1 // a setter's: the style has changed, read everything again

struct pk_word { // a value that an argument can name
	const char *name;
	int value;
};

struct pk_option {
	const char *name; // --NAME, -NAME; NULL = letters only
	const char *letters; // "ow": -o and -w; NULL = none
	// NULL = takes nothing. Upper-case words stand for a value; "pre|post" is also what the shell completes, and PORT,
	// UPLINK, VMK, POINT, REASON, FILE, SESSION, VM and HOST are completed with what there is (pktcap.bash).
	const char *arg;
	bool (*is_arg)(const char *
			word); // the argument may be missing: it is the next word only if this says so
	enum pk_style only; // 0 = in both styles
	// *value is NULL if there is no argument. 0, PK_AGAIN, or a negative errno with *err.
	int (*set)(struct pk_opts *o, const struct pk_option *opt, const char *value,
		struct rd_err *err);
	size_t at; // offsetof(struct pk_opts, ...): where the setters below write
	const struct pk_word *words; // for pk_set_word
	uint64_t max; // for pk_set_number; 0 = none
	const char
		*help; // one line, at most 70 characters; NULL = not shown (and not in the manual)
	const char *man; // scdoc; NULL = as help
};

struct pk_group {
	const char *title; // of the section, in --help and in the manual
	const char *intro; // scdoc; NULL = none
	const struct pk_option *options; // ended by an empty one
};

extern const struct pk_group pk_group_where; // opt_where.c
extern const struct pk_group pk_group_filter; // opt_filter.c
extern const struct pk_group pk_group_follow; // opt_follow.c
extern const struct pk_group pk_group_limit; // opt_limit.c
extern const struct pk_group pk_group_text; // opt_text.c
extern const struct pk_group pk_group_file; // opt_file.c
extern const struct pk_group pk_group_collect; // opt_collect.c
extern const struct pk_group pk_group_rotate; // opt_rotate.c
extern const struct pk_group pk_group_trigger; // opt_trigger.c
extern const struct pk_group pk_group_session; // opt_session.c
extern const struct pk_group pk_group_other; // opt_other.c

extern const struct pk_group *const pk_groups[]; // in the order of --help, ended by NULL

// Whether the style has the option.
bool pk_option_in(const struct pk_option *opt, enum pk_style style);
const struct pk_option *pk_option_by_letter(enum pk_style style, char letter);
// By name, or by the beginning of one if it is the only one that begins so. *count says how many do.
const struct pk_option *pk_option_by_name(
	enum pk_style style, const char *name, size_t len, unsigned *count);

// Setters. bool at opt->at.
int pk_set_flag(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// unsigned: one more each time, as -v -v.
int pk_set_more(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// const char *.
int pk_set_text(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// uint64_t, up to opt->max.
int pk_set_number(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// An enum (its size is an int's): the value of one of opt->words.
int pk_set_word(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// uint64_t, in bytes: "100", "64k", "10M", "2G" (of 1024), not 0. megabytes: a number alone is millions of bytes.
int pk_set_size(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
int pk_set_megabytes(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// uint64_t, a time that is not 0: "10" (seconds), "500ms", "5m", "2h".
int pk_set_ms(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
int pk_set_seconds(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
// Nothing: the option says what happens anyway.
int pk_set_nothing(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err);
