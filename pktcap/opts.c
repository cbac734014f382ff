/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parses pktcap's command line, see opts.h: the words, then what they mean together. Called by main() once.
 */
#include "opts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "opt_words.h"
#include "opts_session.h"

static void add_term(char *filter, size_t size, size_t *len, const char *term)
{
	if (term[0] != '\0')
		rd_str_addf(filter, size, len, "%s%s", *len ? " and " : "", term);
}

// What is left of the arguments is the filter, as with tcpdump; filter options must hold as well.
static int join_filter(struct pk_opts *o, const struct pk_words *w, struct rd_err *err)
{
	bool mixed = o->terms.vlan[0] || o->terms.text[0] || o->terms.tunnel[0];
	size_t size = sizeof(o->terms) + 32, len = 0;

	o->nb_words = w->nb_rest;
	for (unsigned i = 0; i < w->nb_rest; i++)
		size += strlen(w->rest[i]) + 1;
	o->filter = calloc(1, size);
	if (o->filter == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the filter");
	add_term(o->filter, size, &len, o->terms.vlan);
	add_term(o->filter, size, &len, o->terms.text);
	if (w->nb_rest > 0)
		add_term(o->filter, size, &len, mixed ? "(" : w->rest[0]);
	for (unsigned i = mixed ? 0 : 1; i < w->nb_rest; i++)
		rd_str_addf(o->filter, size, &len, "%s%s", i > 0 ? " " : "", w->rest[i]);
	if (w->nb_rest > 0 && mixed)
		rd_str_addf(o->filter, size, &len, ")");
	add_term(o->filter, size, &len, o->terms.tunnel);
	return 0;
}

static int check_together(struct pk_opts *o, struct rd_err *err)
{
	bool text = o->console || o->json || o->trace;

	if (o->drops.given && o->capture != NULL)
		return rd_err_set(err, -EINVAL, "--drop is a capture point: --capture excludes it");
	if (o->drops.given || (o->last_drops != 0 && o->capture == NULL))
		o->capture = "drop";

	if (o->inner_only && o->outer_only)
		return rd_err_set(err, -EINVAL, "--inner-only and --outer-only exclude each other");
	if (o->json && o->console)
		return rd_err_set(err, -EINVAL, "--json excludes --console");
	if (o->diff != NULL && (o->json || o->summary))
		return rd_err_set(err, -EINVAL, "--diff is for the text of --trace");
	if (o->outfile != NULL && strcmp(o->outfile, "-") == 0 && text)
		return rd_err_set(err, -EINVAL, "-o - and text can't both go to standard output");
	if (o->outfile == NULL && (o->format != PK_FORMAT_AUTO || o->meta != PK_META_AUTO)) {
		rd_err_set(err, -EINVAL, "a file format was chosen, but no file");
		rd_err_hint(err, "-o FILE");
		return -EINVAL;
	}
	if (o->infile != NULL && (o->nb_select != 0 || o->host != NULL)) {
		rd_err_set(err, -EINVAL, "-r reads all ports of the file");
		rd_err_hint(err, "--capture STAGE, or a filter");
		return -EINVAL;
	}
	if (o->format == PK_FORMAT_PCAP && o->meta > PK_META_NONE)
		return rd_err_set(err, -EINVAL, "--pcap has no room for --meta: use -P");
	return 0;
}

static int parse_as(enum pk_style style, struct pk_words *words, struct pk_opts *o, int argc,
	char **argv, struct rd_err *err)
{
	memset(o, 0, sizeof(*o));
	o->style = style;
	o->snaplen = PK_SNAPLEN_MAX;
	return pk_words_parse(words, o, argc, argv, err);
}

static bool is_called_uw(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash != NULL ? slash + 1 : program, "pktcap-uw") == 0;
}

// "list", "show NAME" and "stop NAME" are no filters. (Behind "--" all is a filter: its words may be a stranger's.)
static void find_command(struct pk_opts *o)
{
	bool show = strncmp(o->filter, "show ", 5) == 0, stop = strncmp(o->filter, "stop ", 5) == 0;

	if (o->mode != PK_CAPTURE)
		return;
	if (strcmp(o->filter, "list") == 0)
		o->mode = PK_SESSION_LIST;
	if ((!show && !stop) || strchr(o->filter + 5, ' ') != NULL)
		return;
	o->mode = show ? PK_SESSION_SHOW : PK_SESSION_STOP;
	o->session.target = o->filter + 5;
}

int pk_opts_parse(struct pk_opts *o, int argc, char **argv, struct rd_err *err)
{
	enum pk_style style = argc > 0 && is_called_uw(argv[0]) ? PK_COMPAT : PK_NATIVE;
	struct pk_words words;
	int rc = parse_as(style, &words, o, argc, argv, err);

	// --compat may stand anywhere: what was read before it is read again.
	if (rc == PK_AGAIN) {
		pk_words_free(&words);
		rc = parse_as(PK_COMPAT, &words, o, argc, argv, err);
	}
	o->dir_given = o->dir != 0;
	if (!o->dir_given)
		o->dir = o->style == PK_COMPAT ? PK_DIR_RX : PK_DIR_BOTH;
	if (rc == 0)
		rc = join_filter(o, &words, err);
	if (rc == 0 && !words.behind_dashes)
		find_command(o);
	pk_words_free(&words);
	if (rc == 0)
		rc = check_together(o, err);
	return rc < 0 ? rc : pk_check_session(o, err);
}

void pk_opts_free(struct pk_opts *o)
{
	if (o == NULL)
		return;
	free(o->filter);
	o->filter = NULL;
}
