/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a handler asks about the line that it runs for: values by key, params for the method, files.
 */
#include "engine/tree.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A word's text is the word in full, not the abbreviation that was typed.
static const char *bind_text(const struct rd_args *args, const struct rd_bind *b)
{
	if (b->item->kind == RD_ITEM_WORD)
		return b->item->text;
	return args->tokens->v[b->token].text;
}

static const struct rd_bind *find(const struct rd_args *args, const char *key)
{
	for (unsigned i = args->n; i > 0; i--)
		if (strcmp(args->v[i - 1].item->key, key) == 0)
			return &args->v[i - 1];
	return NULL;
}

bool rd_args_has(const struct rd_args *args, const char *key)
{
	return find(args, key) != NULL;
}

const char *rd_args_str(const struct rd_args *args, const char *key)
{
	const struct rd_bind *b = find(args, key);

	return b != NULL ? bind_text(args, b) : NULL;
}

uint64_t rd_args_num(const struct rd_args *args, const char *key, uint64_t absent)
{
	const struct rd_bind *b = find(args, key);
	json_t *v = b != NULL ? rd_value_json(args->cli, b->item->desc, bind_text(args, b)) : NULL;
	uint64_t num = json_is_integer(v) ? (uint64_t)json_integer_value(v) : absent;

	json_decref(v);
	return num;
}

// From a value that is the rest of the line: all its words, with a blank between them.
static json_t *rest_json(const struct rd_args *args, const struct rd_bind *b)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *v = NULL;

	if (out == NULL)
		return NULL;
	for (unsigned i = b->token; i < args->tokens->n; i++)
		fprintf(out, "%s%s", i != b->token ? " " : "", args->tokens->v[i].text);
	if (fclose(out) == 0)
		v = json_string(text);
	free(text);
	return v;
}

json_t *rd_args_params(const struct rd_args *args)
{
	json_t *params = json_object();

	for (unsigned i = 0; params != NULL && i < args->n; i++) {
		const struct rd_arg_desc *d = args->v[i].item->desc;
		json_t *v;

		if (d->param == NULL)
			continue;
		v = d->type == RD_ARG_REST
			? rest_json(args, &args->v[i])
			: rd_value_json(args->cli, d, bind_text(args, &args->v[i]));
		if (json_object_set_new(params, d->param, v) < 0) {
			json_decref(params);
			return NULL;
		}
	}
	return params;
}

char *rd_args_path(const struct rd_args *args, const char *key)
{
	const char *text = rd_args_str(args, key);

	return text != NULL ? rd_cli_resolve(args->cli, text) : NULL;
}

const struct rd_cmd *rd_args_cmd(const struct rd_args *args)
{
	return args->cmd;
}

void rd_args_blame(const struct rd_args *args, const char *key)
{
	const struct rd_bind *b = find(args, key);

	if (b == NULL)
		return;
	args->cli->blame_off = args->tokens->v[b->token].off;
	args->cli->blamed = true;
}

char *rd_cli_resolve(const struct rd_cli *cli, const char *path)
{
	char *joined;

	if (path[0] == '/' || cli->dir[0] == '\0')
		return strdup(path);
	return asprintf(&joined, "%s/%s", cli->dir, path) < 0 ? NULL : joined;
}

int rd_args_call(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *result = NULL, *params = rd_args_params(args);
	int ret;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rd_cli_call(cli, args->cmd->method, params, NULL, NULL, &result, err);
	if (ret == 0 && cli->json && json_object_size(result) > 0)
		rd_cli_put_json(cli, result);
	json_decref(result);
	return ret;
}
