/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the words of the command line, see opt_words.h. Main thread.
 */
#include "opt_words.h"

#include <stdlib.h>
#include <string.h>

#define ABBREVIATION_MIN 3 // characters, after one dash: less could be meant as letters

struct reader {
	struct pk_opts *o;
	char **argv; // ended by NULL
	int next;
	struct rd_err *err;
};

static int unknown(struct reader *r, const char *word, unsigned count)
{
	rd_err_set(r->err, -EINVAL, "option %s is not %s", word, count > 1 ? "unique" : "known");
	rd_err_hint(r->err, "pktcap --help");
	return -EINVAL;
}

// Calls the setter with `value`, or with the next word if the option wants one.
static int apply(struct reader *r, const char *word, const struct pk_option *opt, const char *value)
{
	int rc;

	if (opt->arg == NULL && value != NULL)
		return rd_err_set(r->err, -EINVAL, "option %s takes no value", word);
	if (opt->arg != NULL && value == NULL && r->argv[r->next] != NULL
		&& (opt->is_arg == NULL || opt->is_arg(r->argv[r->next])))
		value = r->argv[r->next++];
	if (opt->arg != NULL && value == NULL && opt->is_arg == NULL) {
		rd_err_set(r->err, -EINVAL, "option %s needs a value", word);
		rd_err_hint(r->err, "pktcap --help");
		return -EINVAL;
	}
	rc = opt->set(r->o, opt, value, r->err);
	return rc < 0 ? rd_err_set(r->err, rc, "option %s", word) : rc;
}

static int apply_name(struct reader *r, const char *word, const char *name)
{
	const char *value = strchr(name, '=');
	size_t len = value != NULL ? (size_t)(value - name) : strlen(name);
	unsigned count;
	const struct pk_option *opt = pk_option_by_name(r->o->style, name, len, &count);

	if (len == 0)
		return unknown(r, word, 0);
	if (opt == NULL)
		return unknown(r, word, count);
	return apply(r, word, opt, value != NULL ? value + 1 : NULL);
}

// -vc3 is -v -c 3
static int apply_letters(struct reader *r, const char *word)
{
	for (const char *c = word + 1; *c != '\0'; c++) {
		const struct pk_option *opt = pk_option_by_letter(r->o->style, *c);
		int rc;

		if (opt == NULL)
			return unknown(r, word, 0);
		if (opt->arg != NULL)
			return apply(r, word, opt, c[1] != '\0' ? c + 1 : NULL);
		rc = apply(r, word, opt, NULL);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static bool are_flags(enum pk_style style, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct pk_option *opt = pk_option_by_letter(style, *letters);

		if (opt == NULL || opt->arg != NULL)
			return false;
	}
	return true;
}

// One dash: a whole name, letters without values, the beginning of a name, or letters, the first that fits.
static bool is_name(enum pk_style style, const char *name)
{
	size_t len = strcspn(name, "=");
	unsigned count;
	const struct pk_option *opt = pk_option_by_name(style, name, len, &count);

	if (opt != NULL && opt->name[len] == '\0')
		return true;
	if (are_flags(style, name))
		return false;
	return (count > 0 && len >= ABBREVIATION_MIN) || pk_option_by_letter(style, *name) == NULL;
}

static int apply_word(struct reader *r, const char *word)
{
	if (word[1] == '-')
		return apply_name(r, word, word + 2);
	if (is_name(r->o->style, word + 1))
		return apply_name(r, word, word + 1);
	return apply_letters(r, word);
}

int pk_words_parse(struct pk_words *w, struct pk_opts *o, int argc, char **argv, struct rd_err *err)
{
	struct reader r = {.o = o, .argv = argv, .next = 1, .err = err};
	bool options = true;
	int rc = 0;

	memset(w, 0, sizeof(*w));
	w->rest = calloc((size_t)argc + 1, sizeof(*w->rest));
	if (w->rest == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the options");
	while (rc == 0 && r.next < argc) {
		const char *word = argv[r.next++];

		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && word[0] == '-' && word[1] != '\0') {
			rc = apply_word(&r, word);
		} else {
			w->behind_dashes |= w->nb_rest == 0 && !options;
			w->rest[w->nb_rest++] = word;
		}
	}
	return rc;
}

void pk_words_free(struct pk_words *w)
{
	free(w->rest);
	memset(w, 0, sizeof(*w));
}
