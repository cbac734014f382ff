/* SPDX-License-Identifier: BSD-3-Clause
 *
 * sharkd: given a frame as a capture file, asked for its tree. JSON-RPC, a line each way (sharkd 4.0). The thread of deep.c.
 */
#include "walk/deep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rd_shark_start(struct rd_shark *s, struct rd_err *err)
{
	char name[] = "sharkd", dash[] = "-", *argv[] = {name, dash, NULL};
	int ret = rd_deep_file(s, err);

	return ret < 0 ? ret : rd_deep_spawn(s, argv, "SHARKD", err);
}

// One line, without its end. The caller's; NULL with *err.
static char *read_line(struct rd_shark *s, int leave, int64_t until, struct rd_err *err)
{
	char *line = malloc(RD_DEEP_ANSWER + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (line != NULL && (len == 0 || line[len - 1] != '\n')) {
		n = len < RD_DEEP_ANSWER
			? rd_deep_read(s, leave, until, line + len, RD_DEEP_ANSWER - len)
			: -EMSGSIZE;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (line != NULL && n > 0) {
		line[len - 1] =
			'\0'; // one question at a time: nothing stands behind the answer's end
		return line;
	}
	free(line);
	if (line == NULL)
		rd_err_set(err, -ENOMEM, "out of memory");
	else
		rd_deep_fail(s, "sharkd", n, err);
	return NULL;
}

// The answer to a question. NULL with *err.
static json_t *ask_for(
	struct rd_shark *s, const char *question, int leave, int64_t until, struct rd_err *err)
{
	size_t len = strlen(question);
	char *line = NULL;
	json_t *answer, *result;

	if (write(s->in, question, len) != (ssize_t)len) {
		rd_deep_fail(s, "sharkd", 0, err);
		return NULL;
	}
	line = read_line(s, leave, until, err);
	if (line == NULL)
		return NULL;
	answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	if (json_is_object(result))
		return result;
	json_decref(result);
	rd_err_set(err, -EPROTO, "sharkd did not take the packet");
	return NULL;
}

json_t *rd_shark_dissect(
	struct rd_shark *s, const struct rd_deep_ask *ask, int leave, struct rd_err *err)
{
	int64_t until = rd_deep_now_ms() + RD_DEEP_PATIENCE_MS;
	char question[200];
	json_t *result;

	if (rd_deep_put(s, ask, err) < 0)
		return NULL;
	snprintf(question, sizeof(question),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"load\",\"params\":{\"file\":\"/proc/%d/fd/%d\"}}\n",
		(int)getpid(), s->frame);
	result = ask_for(s, question, leave, until, err);
	if (result == NULL)
		return NULL;
	json_decref(result);
	return ask_for(s,
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"frame\",\"params\":{\"frame\":1,\"proto\":true}}\n",
		leave, until, err);
}
