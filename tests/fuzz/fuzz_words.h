/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A command line out of a fuzz input: one word per line, behind the name of the program.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_WORDS 64

struct fuzz_words {
	char *argv[FUZZ_WORDS + 1];
	int argc;
	char *text;
};

static inline void fuzz_words_make(struct fuzz_words *w, const uint8_t *data, size_t size)
{
	static char name[] = "program";
	char *at;

	memset(w, 0, sizeof(*w));
	w->text = malloc(size + 1);
	if (w->text == NULL)
		abort();
	if (size > 0)
		memcpy(w->text, data, size);
	w->text[size] = '\0';
	w->argv[w->argc++] = name;
	at = w->text;
	while (at != NULL && w->argc < FUZZ_WORDS)
		w->argv[w->argc++] = strsep(&at, "\n");
}

static inline void fuzz_words_free(struct fuzz_words *w)
{
	free(w->text);
}
