/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes pktcap's command line. Input: one word per line. Whatever is refused is refused with words, and what is taken is
 * within the bounds that the rest of the program relies on.
 */
#include "opts.h"

#include "fuzz.h"
#include "fuzz_words.h"

#include <getopt.h>

static void check(const struct pk_opts *o)
{
	FUZZ_CHECK(o->filter != NULL && o->nb_select <= PK_MAX_SELECT);
	FUZZ_CHECK(o->snaplen > 0 && o->snaplen <= PK_SNAPLEN_MAX);
	FUZZ_CHECK(o->dir >= PK_DIR_RX && o->dir <= PK_DIR_BOTH);
	FUZZ_CHECK(!o->inner_only || !o->outer_only);
	for (unsigned i = 0; i < o->nb_select; i++)
		FUZZ_CHECK(o->select[i].name != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_err err = {0};
	struct fuzz_words w;
	struct pk_opts o;
	int rc;

	fuzz_words_make(&w, data, size);
	optind = 0; // getopt starts anew
	rc = pk_opts_parse(&o, w.argc, w.argv, &err);
	FUZZ_CHECK(rc == 0 ? err.code == 0 : err.code < 0 && err.what[0] != '\0');
	if (rc == 0)
		check(&o);
	pk_opts_free(&o);
	fuzz_words_free(&w);
	return 0;
}
