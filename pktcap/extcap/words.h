/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From the choices in Wireshark's dialog and toolbar to a command line of pktcap, so that both mean the same. Main thread.
 */
#pragma once

#include "args.h"
#include "toolbar.h"

#define EX_WORDS_MAX 256

struct ex_words {
	char *v[EX_WORDS_MAX + 1]; // ends with NULL, as argv does
	int n;
};

// 0 or a negative errno with *err. ex_words_free() in any case.
int ex_words_make(struct ex_words *w, const struct ex_args *a, const struct ex_toolbar *t,
	struct rd_err *err);
void ex_words_free(struct ex_words *w);
