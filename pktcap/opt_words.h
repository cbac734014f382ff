/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From argv to rows of the table of options. As GNU's getopt_long_only() with two differences that tcpdump's users need:
 * letters without a value may always be written together (-vn is -v -n, not the beginning of --vni), and options may
 * have values that are left out. Main thread.
 */
#pragma once

#include "options.h"

struct pk_words {
	const char **rest; // the words that are no options, in order; owned
	unsigned nb_rest;
	bool behind_dashes; // the first of them comes after "--": it is no command
};

// Calls every option's setter until one fails. 0, PK_AGAIN, or a negative errno with *err. pk_words_free() in any case.
int pk_words_parse(
	struct pk_words *w, struct pk_opts *o, int argc, char **argv, struct rd_err *err);
void pk_words_free(struct pk_words *w);
