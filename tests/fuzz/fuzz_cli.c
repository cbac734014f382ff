/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fuzzes the command line: one line is run (against a transport that says yes), completed and explained. Lines with a
 * slash are not run: they could name files. Nor are those with a pipe to save (a file) or refresh (no end).
 */
#include "engine/cli.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static int call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	json_t *item = json_pack("{s:s,s:s,s:i}", "name", "b1", "qname", "h/b1", "id", 7);
	int ret = each != NULL ? each(each_arg, item) : 0;

	(void)arg;
	(void)err;
	FUZZ_CHECK(strchr(method, ' ') == NULL && (params == NULL || json_is_object(params)));
	json_decref(params);
	json_decref(item);
	if (result != NULL)
		*result = json_object();
	return ret;
}

static struct rd_cli *the_cli(FILE *out)
{
	static const struct rd_cli_transport transport = {call, NULL};
	static struct rd_cli *cli;

	if (cli == NULL) {
		cli = rd_cli_new(&transport);
		FUZZ_CHECK(cli != NULL && rd_cmds_register(cli) == 0);
		rd_cli_set_output(cli, out);
	}
	return cli;
}

static void check_candidate(void *arg, const char *word, const char *help)
{
	(void)arg;
	FUZZ_CHECK(word != NULL && help != NULL);
}

// A stage's word may be shortened to its first letter.
static bool is_harmless(const char *line)
{
	const char *bar = strchr(line, '|');

	return strchr(line, '/') == NULL && (bar == NULL || strpbrk(bar, "sr") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *sink;
	struct rd_cli *cli;
	struct rd_err err = {0};
	size_t start = 0;
	char *line;

	if (sink == NULL)
		sink = fopen("/dev/null", "w");
	line = strndup((const char *)data, size);
	FUZZ_CHECK(sink != NULL && line != NULL);
	cli = the_cli(sink);
	if (is_harmless(line) && rd_cli_run_line(cli, line, &err) < 0) {
		FUZZ_CHECK(err.code < 0 && err.what[0] != '\0');
		rd_cli_print_error(cli, sink, &err);
	}
	if (rd_cli_complete(cli, line, &start, check_candidate, NULL) == 0)
		FUZZ_CHECK(start <= strlen(line));
	rd_cli_help(cli, line);
	free(line);
	return 0;
}
