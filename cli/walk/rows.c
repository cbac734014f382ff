/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs commands of the same daemon in a command tree of its own, because the caller's is busy with the walk command.
 */
#include "walk/rows.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cmd.h"

static int forward(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	return rd_cli_call(arg, method, params, each, each_arg, result, err);
}

char *rd_rows_run(struct rd_cli *cli, const char *line, struct rd_err *err)
{
	const struct rd_cli_transport transport = {.call = forward, .arg = cli};
	struct rd_cli *sub = rd_cli_new(&transport);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret = -ENOMEM;

	if (sub != NULL && out != NULL && rd_cmds_register(sub) == 0) {
		rd_cli_set_output(sub, out);
		ret = rd_cli_run_line(sub, line, err);
	}
	rd_cli_free(sub);
	if (out != NULL)
		fclose(out);
	if (ret < 0) {
		rd_err_set(err, ret, "cannot run %s", line);
		free(text);
		return NULL;
	}
	return text;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end != NULL && end[1] != '\0' ? end + 1 : NULL;
}

const char *rd_rows_nth(const char *text, unsigned n, int *len)
{
	const char *row = *text != '\0' ? text : NULL;

	for (unsigned i = 0; row != NULL && i <= n; i++)
		row = next_line(row);
	if (row != NULL)
		*len = (int)strcspn(row, "\n");
	return row;
}

const char *rd_rows_by_word(const char *text, const char *word, int *len)
{
	size_t n = strlen(word);

	for (const char *row = *text != '\0' ? text : NULL; row != NULL; row = next_line(row)) {
		const char *first = row + strspn(row, " ");

		if (strncmp(first, word, n) == 0 && strchr(" \t\n", first[n]) != NULL) {
			*len = (int)strcspn(row, "\n");
			return row;
		}
	}
	return NULL;
}
