/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the command line of reddot-extcap. Input: one word per line; the first is a port's name at the daemon, too. Answers
 * must be well-formed sentences whatever the words are, and no value may become an option of pktcap. Filters are not
 * compiled: that is libpcap's parser, and it asks the name server.
 */
#include "answer.h"
#include "words.h"

#include "fuzz.h"
#include "fuzz_words.h"

#include "base/str.h"
#include "opts.h"

#include <getopt.h>
#include <stdio.h>

// "word {key=value}{key=value}": no brace inside braces, nothing that could begin another sentence.
static void check_line(const char *line, size_t len)
{
	bool inside = false;

	FUZZ_CHECK(len > 0 && line[len - 1] == '}');
	for (size_t i = 0; i < len; i++) {
		FUZZ_CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
		FUZZ_CHECK(line[i] != '{' || !inside);
		FUZZ_CHECK(line[i] != '}' || inside);
		inside = line[i] == '{' || (inside && line[i] != '}');
	}
}

static void check_answer(const char *text, size_t len)
{
	const char *end;

	for (; len > 0; len -= (size_t)(end + 1 - text), text = end + 1) {
		end = memchr(text, '\n', len);
		FUZZ_CHECK(end != NULL);
		check_line(text, (size_t)(end - text));
	}
}

static void answer(const struct ex_args *a, const struct pk_ports *ports)
{
	struct rd_err err = {0};
	const char *host;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	FUZZ_CHECK(f != NULL);
	ex_answer_interfaces(f, ports, a->stage != NULL ? a->stage : "");
	if (ex_args_host(a, &host, &err) == 0) {
		ex_answer_config(f, a, host, ports);
		if (a->reload != NULL)
			ex_answer_reload(f, a, host, ports);
	}
	fclose(f);
	check_answer(text, len);
	free(text);
}

static void capture(const struct ex_args *a)
{
	struct ex_toolbar t = {.in = -1, .out = -1, .follow = a->follow, .drops = a->drops};
	struct ex_words w = {0};
	struct rd_err err = {0};
	struct pk_opts o;

	if (ex_words_make(&w, a, &t, &err) == 0) {
		optind = 0;
		if (pk_opts_parse(&o, w.n, w.v, &err) == 0) {
			FUZZ_CHECK(o.mode == PK_CAPTURE && o.infile == NULL);
			FUZZ_CHECK(strcmp(o.outfile, "-") == 0 && o.format == PK_FORMAT_PCAPNG);
			FUZZ_CHECK(!o.console && !o.json && !o.trace);
			FUZZ_CHECK(strcmp(o.filter, a->filter != NULL ? a->filter : "") == 0);
		}
		pk_opts_free(&o);
	}
	FUZZ_CHECK(err.code == 0 || err.what[0] != '\0');
	ex_words_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pk_port known = {.host = "arm", .qname = "arm/vmnic1", .type = "uplink"},
		       named = known;
	struct pk_port *list[] = {&known, &named};
	struct pk_ports ports = {.list = list, .count = 2, .many_hosts = true};
	struct fuzz_words w;
	struct rd_err err = {0};
	struct ex_args a;

	fuzz_words_make(&w, data, size);
	(void)rd_str_copy(named.host, sizeof(named.host), w.argv[1]);
	(void)rd_str_copy(named.qname, sizeof(named.qname), w.argv[1]);
	if (ex_args_parse(&a, w.argc, w.argv, &err) == 0) {
		answer(&a, size % 2 ? &ports : NULL);
		capture(&a);
	} else {
		FUZZ_CHECK(err.code == -EINVAL && err.what[0] != '\0');
	}
	fuzz_words_free(&w);
	return 0;
}
