/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A transport for the tests of commands: remembers the method and params, plays back items and a
 * result, or fails. The output of commands goes to memory.
 */
#pragma once

#include "engine/cli.h"

#include <stdlib.h>
#include <string.h>

struct fake {
	struct rd_cli *cli;
	char method[64]; // of the last call
	json_t *params;
	json_t *requests; // params of all calls
	json_t *items; // to play back: borrowed by nobody else
	json_t *result;
	struct rd_err fail; // when its code is not 0
	char *out, *shown; // what commands print now, and what fake_output() returned
	size_t out_len;
	FILE *stream;
};

static inline int fake_call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err)
{
	struct fake *f = arg;
	int ret = 0;

	snprintf(f->method, sizeof(f->method), "%s", method);
	json_decref(f->params);
	f->params = params != NULL ? params : json_object();
	json_array_append(f->requests, f->params);
	if (f->fail.code != 0) {
		if (err != NULL)
			*err = f->fail;
		return f->fail.code;
	}
	for (size_t i = 0; each != NULL && ret == 0 && i < json_array_size(f->items); i++)
		ret = each(each_arg, json_array_get(f->items, i));
	if (result != NULL)
		*result = json_incref(f->result);
	return ret;
}

static inline void fake_listen(struct fake *f)
{
	f->stream = open_memstream(&f->out, &f->out_len);
	if (f->stream == NULL)
		abort();
	rd_cli_set_output(f->cli, f->stream);
}

static inline void fake_open(struct fake *f)
{
	const struct rd_cli_transport t = {fake_call, f};

	memset(f, 0, sizeof(*f));
	f->requests = json_array();
	f->items = json_array();
	f->result = json_object();
	f->cli = rd_cli_new(&t);
	if (f->cli == NULL)
		abort();
	fake_listen(f);
}

static inline void fake_close(struct fake *f)
{
	rd_cli_free(f->cli);
	fclose(f->stream);
	free(f->out);
	free(f->shown);
	json_decref(f->params);
	json_decref(f->requests);
	json_decref(f->items);
	json_decref(f->result);
}

// What was printed since the last call.
static inline const char *fake_output(struct fake *f)
{
	fclose(f->stream);
	free(f->shown);
	f->shown = f->out;
	fake_listen(f);
	return f->shown;
}

static inline void fake_items(struct fake *f, const char *json)
{
	json_decref(f->items);
	f->items = json_loads(json, 0, NULL);
	if (f->items == NULL)
		abort();
}
