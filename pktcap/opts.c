/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parses pktcap's command line: pktcap-uw's long options (with one dash or two) and tcpdump's letters. Called by
 * main() once.
 */
#include "opts.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SNAPLEN_MIN 24 // pktcap-uw's

enum long_only { // options without a letter
	OPT_UPLINK = 256,
	OPT_SWITCHPORT,
	OPT_VMK,
	OPT_CAPTURE,
	OPT_DROP,
	OPT_DIR,
	OPT_STAGE,
	OPT_TRACE,
	OPT_PCAP,
	OPT_CONSOLE,
	OPT_FOLLOW,
	OPT_OUTER,
	OPT_INNER,
	OPT_JSON,
	OPT_SOCKET,
	OPT_HOST,
	OPT_META,
	OPT_COMMENT,
};

#define MAX_OPTIONS 64

static const struct option own_options[] = {
	{"uplink", required_argument, NULL, OPT_UPLINK},
	{"switchport", required_argument, NULL, OPT_SWITCHPORT},
	{"vmk", required_argument, NULL, OPT_VMK},
	{"capture", required_argument, NULL, OPT_CAPTURE},
	{"drop", optional_argument, NULL, OPT_DROP},
	{"dir", required_argument, NULL, OPT_DIR},
	{"stage", required_argument, NULL, OPT_STAGE},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"count", required_argument, NULL, 'c'},
	{"snaplen", required_argument, NULL, 's'},
	{"read", required_argument, NULL, 'r'},
	{"outfile", required_argument, NULL, 'o'},
	{"ng", no_argument, NULL, 'P'},
	{"pcap", no_argument, NULL, OPT_PCAP},
	{"console", no_argument, NULL, OPT_CONSOLE},
	{"availpoints", no_argument, NULL, 'A'},
	{"follow", no_argument, NULL, OPT_FOLLOW},
	{"outer-only", no_argument, NULL, OPT_OUTER},
	{"inner-only", no_argument, NULL, OPT_INNER},
	{"json", no_argument, NULL, OPT_JSON},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"host", required_argument, NULL, OPT_HOST},
	{"meta", required_argument, NULL, OPT_META},
	{"comment", required_argument, NULL, OPT_COMMENT},
	{"interface", required_argument, NULL, 'i'},
	{"buffer-size", required_argument, NULL, 'B'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

// The letters e, l, n and U are how we print anyway: accepted, for fingers know them.
static const char short_options[] = ":c:s:o:w:i:r:B:PADhVelnU";

struct word {
	const char *name;
	int value;
};

static const struct word dir_words[] = {
	{"0", PK_DIR_RX},
	{"1", PK_DIR_TX},
	{"2", PK_DIR_BOTH},
	{"rx", PK_DIR_RX},
	{"tx", PK_DIR_TX},
	{"both", PK_DIR_BOTH},
	{"input", PK_DIR_RX},
	{"output", PK_DIR_TX},
	{"inputAndOutput", PK_DIR_BOTH},
	{0},
};
static const struct word stage_words[] = {
	{"pre", PK_SIDE_PRE},
	{"post", PK_SIDE_POST},
	{"0", PK_SIDE_PRE},
	{"1", PK_SIDE_POST},
	{0},
};
static const struct word meta_words[] = {
	{"none", PK_META_NONE},
	{"lean", PK_META_LEAN},
	{"full", PK_META_FULL},
	{0},
};
static const struct word comment_words[] = {
	{"none", PK_COMMENT_NONE},
	{"decisions", PK_COMMENT_DECISIONS},
	{"all", PK_COMMENT_ALL},
	{0},
};

// The value of one of the words, or -EINVAL with the list of them in *err.
static int parse_word(
	const char *option, const char *s, const struct word *words, struct rd_err *err)
{
	char list[128];
	size_t len = 0;

	list[0] = '\0';
	for (const struct word *w = words; w->name != NULL; w++) {
		if (strcmp(w->name, s) == 0)
			return w->value;
		rd_str_addf(list, sizeof(list), &len, "%s%s", len ? ", " : "", w->name);
	}
	rd_err_set(err, -EINVAL, "%s %s is not known", option, s);
	rd_err_hint(err, "%s with one of: %s", option, list);
	return -EINVAL;
}

static int add_select(
	struct pk_opts *o, enum pk_select_kind kind, const char *name, struct rd_err *err)
{
	if (o->nb_select == PK_MAX_SELECT)
		return rd_err_set(err, -EINVAL, "more than %d ports were named", PK_MAX_SELECT);
	o->select[o->nb_select++] = (struct pk_select){.kind = kind, .name = name};
	return 0;
}

static int set_number(
	const char *option, const char *s, uint64_t max, uint64_t *out, struct rd_err *err)
{
	if (rd_parse_u64(s, 0, max, out) < 0)
		return rd_err_set(err, -EINVAL, "%s %s is not a number up to %llu", option, s,
			(unsigned long long)max);
	return 0;
}

static int set_snaplen(struct pk_opts *o, const char *s, struct rd_err *err)
{
	uint64_t n;
	int rc = set_number("--snaplen", s, PK_SNAPLEN_MAX, &n, err);

	if (rc < 0)
		return rc;
	if (n != 0 && n < SNAPLEN_MIN)
		return rd_err_set(err, -EINVAL, "--snaplen %s is below %d (0 = the whole packet)",
			s, SNAPLEN_MIN);
	o->snaplen = n == 0 ? PK_SNAPLEN_MAX : (uint32_t)n;
	return 0;
}

// Options that choose what is captured.
static int apply_where(struct pk_opts *o, int c, const char *arg, struct rd_err *err)
{
	int rc;

	switch (c) {
	case OPT_UPLINK:
		return add_select(o, PK_SELECT_UPLINK, arg, err);
	case OPT_SWITCHPORT:
		return add_select(o, PK_SELECT_SWITCHPORT, arg, err);
	case OPT_VMK:
		return add_select(o, PK_SELECT_VMK, arg, err);
	case 'i':
		return strcmp(arg, "any") == 0 ? 0 : add_select(o, PK_SELECT_ANY, arg, err);
	case OPT_DIR:
		rc = parse_word("--dir", arg, dir_words, err);
		o->dir = rc < 0 ? PK_DIR_BOTH : (enum pk_dir)rc;
		return rc;
	case OPT_STAGE:
		rc = parse_word("--stage", arg, stage_words, err);
		o->side = rc < 0 ? PK_SIDE_AUTO : (enum pk_side)rc;
		return rc;
	case OPT_CAPTURE:
		o->capture = arg;
		return 0;
	case OPT_HOST:
		o->host = arg;
		return 0;
	case OPT_SOCKET:
		o->socket = arg;
		return 0;
	default:
		return -ENOENT;
	}
}

// Options that choose what happens with it.
static int apply_output(struct pk_opts *o, int c, const char *arg, struct rd_err *err)
{
	int rc;

	switch (c) {
	case 'c':
		return set_number("--count", arg, UINT64_MAX, &o->count, err);
	case 's':
		return set_snaplen(o, arg, err);
	case 'o':
	case 'w':
		o->outfile = arg;
		return 0;
	case 'r':
		o->infile = arg;
		return 0;
	case 'B':
		rc = set_number("--buffer-size", arg, 1u << 20, &o->ring_size, err);
		o->ring_size *= 1024;
		return rc;
	case 'P':
		o->format = PK_FORMAT_PCAPNG;
		return 0;
	case OPT_PCAP:
		o->format = PK_FORMAT_PCAP;
		return 0;
	case OPT_META:
		rc = parse_word("--meta", arg, meta_words, err);
		o->meta = rc < 0 ? PK_META_AUTO : (enum pk_meta)rc;
		return rc;
	case OPT_COMMENT:
		rc = parse_word("--comment", arg, comment_words, err);
		o->comment = rc < 0 ? PK_COMMENT_AUTO : (enum pk_comment)rc;
		return rc;
	default:
		return -ENOENT;
	}
}

static int apply_switch(struct pk_opts *o, int c)
{
	switch (c) {
	case OPT_TRACE:
		o->trace = o->follow = true;
		return 0;
	case OPT_FOLLOW:
		o->follow = true;
		return 0;
	case OPT_CONSOLE:
		o->console = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_OUTER:
		o->outer_only = true;
		return 0;
	case OPT_INNER:
		o->inner_only = true;
		return 0;
	case 'A':
		o->mode = PK_LIST_POINTS;
		return 0;
	case 'D':
		o->mode = PK_LIST_PORTS;
		return 0;
	case 'h':
		o->mode = PK_HELP;
		return 0;
	case 'V':
		o->mode = PK_VERSION;
		return 0;
	default:
		return strchr("elnU", c) != NULL ? 0 : -ENOENT;
	}
}

static int bad_option(int c, char **argv, struct rd_err *err)
{
	if (c == ':')
		rd_err_set(err, -EINVAL, "option %s needs a value", argv[optind - 1]);
	else
		rd_err_set(err, -EINVAL, "option %s is not known or not unique", argv[optind - 1]);
	rd_err_hint(err, "pktcap --help");
	return -EINVAL;
}

static void add_term(char *filter, size_t size, size_t *len, const char *term)
{
	if (term[0] != '\0')
		rd_str_addf(filter, size, len, "%s%s", *len ? " and " : "", term);
}

// What is left of the arguments is the filter, as with tcpdump; filter options must hold as well.
static int join_filter(struct pk_opts *o, int argc, char **argv, struct rd_err *err)
{
	bool mixed = o->terms.vlan[0] || o->terms.text[0] || o->terms.tunnel[0];
	size_t size = sizeof(o->terms) + 32, len = 0;

	for (int i = optind; i < argc; i++)
		size += strlen(argv[i]) + 1;
	o->filter = calloc(1, size);
	if (o->filter == NULL)
		return rd_err_set(err, -ENOMEM, "no memory for the filter");
	add_term(o->filter, size, &len, o->terms.vlan);
	add_term(o->filter, size, &len, o->terms.text);
	if (optind < argc)
		add_term(o->filter, size, &len, mixed ? "(" : argv[optind]);
	for (int i = mixed ? optind : optind + 1; i < argc; i++)
		rd_str_addf(o->filter, size, &len, "%s%s", i > optind ? " " : "", argv[i]);
	if (optind < argc && mixed)
		rd_str_addf(o->filter, size, &len, ")");
	add_term(o->filter, size, &len, o->terms.tunnel);
	return 0;
}

static int check_together(struct pk_opts *o, struct rd_err *err)
{
	bool text = o->console || o->json || o->trace;

	if (o->drops.given && o->capture != NULL)
		return rd_err_set(err, -EINVAL, "--drop is a capture point: --capture excludes it");
	if (o->drops.given)
		o->capture = "drop";

	if (o->inner_only && o->outer_only)
		return rd_err_set(err, -EINVAL, "--inner-only and --outer-only exclude each other");
	if (o->json && (o->console || o->trace))
		return rd_err_set(err, -EINVAL, "--json excludes --console and --trace");
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

static int apply(struct pk_opts *o, int c, const char *arg, struct rd_err *err)
{
	int rc;

	if (c >= PK_TERM_FIRST)
		return pk_terms_add(&o->terms, c, arg, err);
	rc = apply_where(o, c, arg, err);
	if (rc == -ENOENT)
		rc = apply_output(o, c, arg, err);
	return rc == -ENOENT ? apply_switch(o, c) : rc;
}

// Our options and those of terms.c in one table.
static void join_options(struct option *all)
{
	size_t n = sizeof(own_options) / sizeof(own_options[0]) - 1;

	memcpy(all, own_options, n * sizeof(*all));
	for (size_t i = 0; n < MAX_OPTIONS - 1 && pk_term_options[i].name != NULL; i++)
		all[n++] = pk_term_options[i];
	memset(&all[n], 0, sizeof(*all));
}

int pk_opts_parse(struct pk_opts *o, int argc, char **argv, struct rd_err *err)
{
	struct option all[MAX_OPTIONS];
	int c, rc;

	memset(o, 0, sizeof(*o));
	o->dir = PK_DIR_BOTH;
	o->snaplen = PK_SNAPLEN_MAX;
	opterr = 0;
	join_options(all);
	while ((c = getopt_long_only(argc, argv, short_options, all, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_option(c, argv, err);
		rc = c == OPT_DROP ? pk_drops_add(&o->drops, optarg, argv, &optind, err)
				   : apply(o, c, optarg, err);
		if (rc < 0)
			return rd_err_set(err, rc, "option %s", argv[optind - 1]);
	}
	rc = join_filter(o, argc, argv, err);
	if (rc < 0)
		return rc;
	return check_together(o, err);
}

void pk_opts_free(struct pk_opts *o)
{
	if (o == NULL)
		return;
	free(o->filter);
	o->filter = NULL;
}
