/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages as text, error objects, and where the socket is. Used by the daemon's control thread and
 * by clients.
 */
#include "api/msg.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *rd_msg_dump(const json_t *msg, size_t *len)
{
	char *text = json_dumps(msg, JSON_COMPACT);
	char *line;
	size_t n;

	if (text == NULL)
		return NULL;
	n = strlen(text);
	line = realloc(text, n + 2);
	if (line == NULL) {
		free(text);
		return NULL;
	}
	line[n] = '\n';
	line[n + 1] = '\0';
	*len = n + 1;
	return line;
}

// Error texts may quote hostile bytes or be cut in the middle of a character; JSON must be UTF-8.
static json_t *text_value(const char *text)
{
	char ascii[sizeof(((struct rd_err *)0)->what)];
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	rd_str_copy(ascii, sizeof(ascii), text); // all texts of rd_err fit
	for (char *c = ascii; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_string(ascii);
}

json_t *rd_msg_error(json_int_t id, const struct rd_err *err)
{
	return json_pack("{s:I, s:{s:s, s:o, s:o, s:o}}", "id", id, "error", "code",
		rd_err_name(err->code), "what", text_value(err->what), "where",
		text_value(err->where), "try", text_value(err->hint));
}

static const char *text_of(const json_t *error, const char *key)
{
	const char *text = json_string_value(json_object_get(error, key));

	return text != NULL ? text : "";
}

void rd_msg_error_parse(const json_t *error, struct rd_err *err)
{
	int code = rd_err_code(text_of(error, "code"));
	const char *what = text_of(error, "what");

	rd_err_set(err, code != 0 ? code : -EIO, "%s", what[0] != '\0' ? what : "unknown error");
	rd_err_where(err, "%s", text_of(error, "where"));
	rd_err_hint(err, "%s", text_of(error, "try"));
}

const char *rd_socket_path(char *buf, size_t len)
{
	const char *env = getenv("REDDOT_SOCKET");
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (env != NULL && env[0] != '\0')
		snprintf(buf, len, "%s", env);
	else if (geteuid() == 0)
		snprintf(buf, len, "/run/reddot/reddotd.sock");
	else if (run != NULL && run[0] != '\0')
		snprintf(buf, len, "%s/reddot/reddotd.sock", run);
	else
		snprintf(buf, len, "/tmp/reddot-%u/reddotd.sock", (unsigned)geteuid());
	return buf;
}
