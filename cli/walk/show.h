/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The language that says which walks are shown: "stage dfw_in and (dport 80,443 or latency > 5us) and not verdict delivered". What a
 * person types and what packets hold is hostile: text, nesting, tests and regular expressions are bounded. Pure; one thread.
 */
#pragma once

#include "walk/store.h"

#define RD_SHOW_TEXT 200 // of an expression, with its NUL

struct rd_show; // an expression, ready to be asked

struct rd_show_err {
	int at; // column of what is wrong, from 0
	bool more; // nothing is wrong yet, but something is missing at the end
	char what[96];
};

// NULL with *err if it is none; an empty text is none.
struct rd_show *rd_show_parse(const char *text, struct rd_show_err *err);
void rd_show_free(struct rd_show *show);
bool rd_show_fits(const struct rd_show *show, const struct rd_wk *w);

// Words that can stand at the end of the text, for completion: each(arg, word) for those that begin with what is there already. Returns
// where that begins. Ports are those of the store's newest walks.
size_t rd_show_complete(const struct rd_store *s, const char *text,
	void (*each)(void *arg, const char *word), void *arg);
