/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A parsed expression: tests, and a program over their results in postfix order. Made by show_parse.c, run by show.c.
 */
#pragma once

#include <regex.h>

#include "walk/show.h"
#include "walk/show_fields.h"

#define RD_SHOW_TESTS 32
#define RD_SHOW_STEPS 96
#define RD_SHOW_DEPTH 16 // of brackets and "not"
#define RD_SHOW_VALUES 8 // of one test

enum rd_show_op {
	RD_SHOW_IS, // one of the values
	RD_SHOW_LESS,
	RD_SHOW_LEAST, // at least
	RD_SHOW_MORE,
	RD_SHOW_MOST, // at most
	RD_SHOW_CONTAINS,
	RD_SHOW_MATCHES,
	RD_SHOW_THERE // has any value but 0 and ""
};

struct rd_show_value {
	uint64_t low, high; // numbers and times
	uint8_t address[16], bits; // prefixes
	int family;
	char text[RD_SHOW_TEXT];
};

struct rd_show_test {
	enum rd_show_id field;
	enum rd_show_op op;
	unsigned n;
	struct rd_show_value value[RD_SHOW_VALUES];
	regex_t re;
	bool has_re;
};

enum rd_show_step { // what is done with the results so far; from RD_SHOW_ASK on: test number step - RD_SHOW_ASK
	RD_SHOW_AND,
	RD_SHOW_OR,
	RD_SHOW_NOT,
	RD_SHOW_ASK
};

struct rd_show {
	struct rd_show_test *test[RD_SHOW_TESTS];
	unsigned tests, steps;
	uint8_t step[RD_SHOW_STEPS];
};

// For show_parse.c: reads one value of a field. False with why.
bool rd_show_value(enum rd_show_id field, enum rd_show_op op, const char *text,
	struct rd_show_value *v, char *why, size_t size);
// Compiles t->value[0].text; refuses what could cost much. False with why.
bool rd_show_regex(struct rd_show_test *t, char *why, size_t size);
